"""What a change of the rules would do, as JSON: `gateway.flows.mapping.previewing.BlastRadius`."""

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from gateway.api.mapping.shapes import Content
from gateway.api.reading import Strict


class Asked(Strict):
    """Either what rules should say, or a draft that says it."""

    content = Content(required=False)
    draft = serializers.UUIDField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("content" in attrs) is ("draft" in attrs):
            raise serializers.ValidationError("has either content or draft")
        return attrs


@extend_schema_serializer(component_name="Face")
class FaceShape(serializers.Serializer):
    account = serializers.UUIDField()
    username = serializers.CharField()
    name = serializers.CharField(allow_blank=True)


class PreviewedPerson(serializers.Serializer):
    face = FaceShape()
    loses = serializers.ListField(child=serializers.CharField())
    gains = serializers.ListField(child=serializers.CharField())
    keeps = serializers.ListField(child=serializers.CharField())


class PreviewedRole(serializers.Serializer):
    """In accounts."""

    role = serializers.CharField()
    before = serializers.IntegerField()
    after = serializers.IntegerField()
    gains = serializers.IntegerField()
    losses = serializers.IntegerField()


class PreviewedRule(serializers.Serializer):
    rule = serializers.CharField()
    accounts = serializers.IntegerField()
    unsure = serializers.IntegerField(help_text="People of whom it cannot say.")
    nobody = serializers.BooleanField(help_text="It holds of nobody.")
    always = serializers.BooleanField(help_text="It holds of everybody whom it can concern.")
    shadowed = serializers.BooleanField(help_text="Without it everybody would have the same.")


class PreviewedApp(serializers.Serializer):
    app = serializers.CharField()
    name = serializers.CharField()
    path = serializers.CharField()
    locked_out = serializers.IntegerField()
    let_in = serializers.IntegerField()
    faces = FaceShape(many=True, help_text="Some of those locked out.")


class PreviewResult(serializers.Serializer):
    """Numbers are of everybody; people a sample, those first whom it touches most."""

    based_on = serializers.IntegerField(help_text="The version in force.")
    as_of = serializers.DateTimeField()
    accounts = serializers.IntegerField()
    unknown = serializers.IntegerField(help_text="Of whom no provider's word is kept.")
    losing = serializers.IntegerField()
    gaining = serializers.IntegerField()
    untouched = serializers.IntegerField()
    on_hold = serializers.IntegerField(
        help_text="Who keep a role only because removals are held while a provider drifts; they"
        " do not count as losing one."
    )
    roles = PreviewedRole(many=True)
    people = PreviewedPerson(many=True)
    rules = PreviewedRule(many=True)
    given_to_nobody = serializers.ListField(child=serializers.CharField())
    apps = PreviewedApp(many=True)
    editor_loses_console = serializers.BooleanField()
    nobody_left_in_console = serializers.BooleanField()


class RulesPreview(serializers.Serializer):
    id = serializers.UUIDField()
    state = serializers.ChoiceField(["waiting", "running", "done", "failed"])
    done = serializers.IntegerField(help_text="People looked at.")
    total = serializers.IntegerField()
    result = PreviewResult(allow_null=True, help_text="Of one that is done.")
    code = serializers.CharField(allow_blank=True, help_text="Of one that failed: why.")
