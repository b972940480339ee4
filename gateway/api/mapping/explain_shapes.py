"""An explanation as JSON: `gateway.flows.mapping.explain.Explanation`, rules by their ids."""

from dataclasses import asdict
from typing import Any, get_args

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from gateway.api.mapping.preview_shapes import FaceShape
from gateway.flows.mapping.explain import Explanation, Mask, Origin, Reason


class ExplainedReason(serializers.Serializer):
    """One thing that gives her the role."""

    origin = serializers.ChoiceField(list(get_args(Origin)))
    since = serializers.DateTimeField()
    rule = serializers.CharField(allow_blank=True)
    in_force = serializers.BooleanField(help_text="The rule is there still.")
    version = serializers.IntegerField(allow_null=True)
    provider = serializers.CharField(allow_blank=True)
    because = serializers.ListField(child=serializers.CharField())
    given_by = serializers.CharField(allow_blank=True)


class ExplainedMask(serializers.Serializer):
    """Why the role does not count although something gives it."""

    why = serializers.ChoiceField(["denied", "outranked", "closed"])
    by = serializers.CharField(allow_blank=True, help_text="The rule, or the role.")
    version = serializers.IntegerField(allow_null=True)
    provider = serializers.CharField(allow_blank=True)
    because = serializers.ListField(child=serializers.CharField())


@extend_schema_serializer(component_name="ClaimSeen")
class ClaimShape(serializers.Serializer):
    path = serializers.CharField()
    values = serializers.ListField(child=serializers.CharField())
    more = serializers.IntegerField()
    kept_back = serializers.BooleanField()


class ExplainedMiss(serializers.Serializer):
    """A rule that would give the role and did not hold of what one provider said."""

    rule = serializers.CharField()
    provider = serializers.CharField()
    seen_at = serializers.DateTimeField()
    unsure = serializers.BooleanField()
    because = serializers.ListField(child=serializers.CharField())
    claims = ClaimShape(many=True)


class RulesExplanation(serializers.Serializer):
    """Rules by their ids, providers by their slugs."""

    face = FaceShape()
    role = serializers.CharField()
    version = serializers.IntegerField(help_text="Of the rules in force.")
    has = serializers.BooleanField(help_text="It counts.")
    reasons = ExplainedReason(many=True)
    masks = ExplainedMask(many=True)
    coming = serializers.ListField(
        child=serializers.CharField(), help_text="Rules that hold and have not given it yet."
    )
    coming_by_default = serializers.ListField(child=serializers.CharField())
    missed = ExplainedMiss(many=True)
    more_missed = serializers.IntegerField()
    elsewhere = serializers.ListField(
        child=serializers.CharField(), help_text="Rules for people of other providers."
    )
    default_elsewhere = serializers.ListField(child=serializers.CharField())
    ended = serializers.ListField(child=serializers.CharField(), help_text="Rules.")
    not_kept = serializers.ListField(
        child=serializers.CharField(), help_text="Providers whose word on her is not kept."
    )
    switched_off = serializers.ListField(child=serializers.CharField())
    forbidden = serializers.BooleanField(
        help_text="The operator's setting forbids rules to give it."
    )
    in_vain = serializers.ListField(
        child=serializers.CharField(), help_text="Rules that say they give it, and do not."
    )
    on_hold = serializers.ListField(
        child=serializers.CharField(),
        help_text="Claims that drift: what rules over them gave her stays while removals are held.",
    )
    nobody_gives_it = serializers.BooleanField()


def shown(found: Explanation) -> dict[str, Any]:
    plain = ("role", "version", "has", "coming_by_default", "more_missed", "default_elsewhere")
    lists = ("not_kept", "switched_off", "on_hold")
    return {
        **{name: getattr(found, name) for name in (*plain, *lists)},
        "nobody_gives_it": found.nobody_gives_it,
        "forbidden": found.forbidden,
        "in_vain": [rule.id for rule in found.in_vain],
        "face": found.face,
        "reasons": [_reason(each) for each in found.reasons],
        "masks": [_mask(each) for each in found.masks],
        "coming": [rule.id for rule in found.coming],
        "missed": [
            {
                "rule": each.rule.id,
                "provider": each.provider,
                "seen_at": each.seen_at,
                "unsure": each.unsure,
                "because": each.because,
                "claims": [asdict(claim) for claim in each.claims],
            }
            for each in found.missed
        ],
        "elsewhere": [rule.id for rule in found.elsewhere],
        "ended": [rule.id for rule in found.ended],
    }


def _reason(reason: Reason) -> dict[str, Any]:
    names = ("origin", "since", "version", "provider", "because", "given_by")
    told = {name: getattr(reason, name) for name in names}
    return told | {"rule": reason.rule_id, "in_force": reason.rule is not None}


def _mask(mask: Mask) -> dict[str, Any]:
    return {name: getattr(mask, name) for name in ("why", "by", "version", "provider", "because")}
