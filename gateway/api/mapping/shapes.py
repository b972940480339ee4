"""Rules and their versions as JSON: what is sent and what is shown."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from gateway.api.reading import Strict, Text
from gateway.flows.mapping.consequences import Confirmed
from gateway.flows.mapping.publishing import MAX_COMMENT
from mapping.differences import Kind
from mapping.errors import RuleInvalid
from mapping.models import RuleSetVersion
from mapping.ruleset import RuleSet

_NOBODY = "An account's id, or 'operator'; empty if nobody wrote it down."


@extend_schema_field(
    {
        "type": "object",
        "properties": {
            "rules": {"type": "array", "items": {"type": "object"}},
            "exclusive_roles": {
                "type": "array",
                "items": {"type": "array", "items": {"type": "string"}},
            },
            "default_roles": {"type": "object", "additionalProperties": {"type": "string"}},
        },
        "additionalProperties": False,
        "description": "As `manage.py apply` reads it from a file: docs/map-roles.md.",
    }
)
class Content(serializers.Field):
    """An object; `mapping` knows what may stand in it, the flow which roles there are."""

    def to_internal_value(self, data: object) -> dict[str, object]:
        if not isinstance(data, dict):
            raise serializers.ValidationError("must be an object")
        try:
            RuleSet.parse(0, data)
        except RuleInvalid as error:
            raise serializers.ValidationError({error.field: [error.problem]}) from error
        return data

    def to_representation(self, value: dict[str, object]) -> dict[str, object]:
        return value


@extend_schema_serializer(component_name="RulesVersion")
class VersionShape(serializers.Serializer):
    """One version of the rules; version 0 has none and was never published."""

    version = serializers.IntegerField()
    published_at = serializers.DateTimeField(allow_null=True)
    published_by = serializers.CharField(allow_blank=True, help_text=_NOBODY)
    author = serializers.CharField(allow_blank=True, help_text=_NOBODY)
    approved_by = serializers.CharField(allow_blank=True, help_text=_NOBODY)
    approved_at = serializers.DateTimeField(allow_null=True)
    rolls_back_to = serializers.IntegerField(
        allow_null=True, help_text="The older version whose content this is again."
    )
    comment = serializers.CharField(allow_blank=True)


@extend_schema_serializer(component_name="Rules")
class RulesShape(VersionShape):
    """One version with what it says."""

    content = Content()


class RulesPage(serializers.Serializer):
    results = VersionShape(many=True)
    next_cursor = serializers.IntegerField(allow_null=True)


@extend_schema_serializer(component_name="RulesPublishing")
class PublishingShape(Strict):
    """What whoever publishes says of it, and has agreed to (409: rules.role-loss,
    rules.console-lost).
    """

    comment = Text(required=False, allow_blank=True, max_length=MAX_COMMENT, default="")
    confirm_losses = serializers.IntegerField(
        required=False, min_value=0, max_value=2**31 - 1, help_text="So many people lose a role."
    )
    confirm_name = Text(
        required=False,
        allow_blank=True,
        max_length=150,
        help_text="One's own username, if the console may be shut to oneself or to everybody.",
    )


@extend_schema_serializer(component_name="RulesWritten")
class WrittenShape(PublishingShape):
    content = Content()


@extend_schema_serializer(component_name="RulesRollBack")
class RollBackShape(PublishingShape):
    version = serializers.IntegerField(
        min_value=1, max_value=2**31 - 1, help_text="Whose content is published again."
    )


@extend_schema_serializer(component_name="FieldDifference")
class FieldDifferenceShape(serializers.Serializer):
    field = serializers.CharField(allow_blank=True)
    before = serializers.JSONField(allow_null=True)
    after = serializers.JSONField(allow_null=True)


@extend_schema_serializer(component_name="RulesDifference")
class DifferenceShape(serializers.Serializer):
    """One rule, or what goes for all of them, that came, changed or went."""

    kind = serializers.ChoiceField(list(Kind.__args__))  # type: ignore[attr-defined]  # a Literal
    name = serializers.CharField(help_text="A rule's id, or words.")
    fields_ = FieldDifferenceShape(many=True)

    def get_fields(self) -> dict[str, serializers.Field]:
        """`fields` is also the name of what holds a serializer's fields."""
        found = super().get_fields()
        return {name.rstrip("_"): inner for name, inner in found.items()}


class RulesDifferences(serializers.Serializer):
    before = serializers.IntegerField(help_text="A version.")
    after = serializers.IntegerField(help_text="A version.")
    differences = DifferenceShape(many=True)
    words = serializers.ListField(
        child=serializers.CharField(), help_text="As `manage.py apply --check` says them."
    )


def confirmed(sent: Mapping[str, Any]) -> Confirmed:
    return Confirmed(losing=sent.get("confirm_losses"), name=sent.get("confirm_name", ""))


def shown(row: RuleSetVersion | None) -> dict[str, Any]:
    """None is what is in force before anything was published."""
    if row is None:
        return _NOTHING
    return {name: getattr(row, name) for name in RulesShape().fields}


_NOTHING: dict[str, Any] = {
    "version": 0,
    "published_at": None,
    "published_by": "",
    "author": "",
    "approved_by": "",
    "approved_at": None,
    "rolls_back_to": None,
    "comment": "",
    "content": {"rules": []},
}
