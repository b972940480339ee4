"""A draft of rules as JSON."""

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from gateway.api.mapping.shapes import Content
from gateway.api.reading import Strict, Text
from gateway.flows.mapping.drafting import MAX_NAME
from mapping.models import Draft


@extend_schema_serializer(component_name="RulesDraftSummary")
class SummaryShape(serializers.ModelSerializer):
    """A draft without what it says. People are accounts' ids."""

    class Meta:
        model = Draft
        fields: tuple[str, ...] = (
            *("id", "name", "state", "edition", "based_on", "rolls_back_to", "published_as"),
            *("created_by", "created_at", "changed_by", "changed_at", "submitted_by"),
            *("submitted_at", "approved_by", "approved_at"),
        )
        # Else the schema tells the range of a database's integers, and no two have the same.
        read_only_fields = fields


@extend_schema_serializer(component_name="RulesDraft")
class DraftShape(SummaryShape):
    """Rules that are not in force. `based_on` is the version that it changes: where another one is
    in force by now, rebase it.
    """

    content = Content()

    class Meta(SummaryShape.Meta):
        fields = (*SummaryShape.Meta.fields, "content")


class RulesDraftPage(serializers.Serializer):
    results = SummaryShape(many=True)
    next_cursor = serializers.UUIDField(allow_null=True)


@extend_schema_serializer(component_name="RulesDraftBegun")
class BegunShape(Strict):
    name = Text(max_length=MAX_NAME)
    content = Content(required=False, help_text="Without it the rules in force.")


@extend_schema_serializer(component_name="RulesDraftSaved")
class SavedShape(Strict):
    content = Content()


@extend_schema_serializer(component_name="RulesDraftRebased")
class RebasedShape(Strict):
    keep = serializers.DictField(
        child=serializers.ChoiceField(["mine", "theirs"]),
        required=False,
        default=dict,
        help_text="For each rule that both changed whose shall stand: mine is the draft's.",
    )
