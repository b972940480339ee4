"""Failures as the schema tells of them."""

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from gateway.web.problems import CONTENT_TYPE


@extend_schema_serializer(component_name="Fault")
class FaultShape(serializers.Serializer):
    field = serializers.CharField(help_text="Dotted: settings.issuer. Empty for the whole body.")
    problem = serializers.CharField()


class Problem(serializers.Serializer):
    """One shape for every failure."""

    code = serializers.CharField(help_text="Stable: to be compared by programs.")
    detail = serializers.CharField()
    remedy = serializers.CharField(allow_blank=True)
    fields_ = FaultShape(many=True)
    reference = serializers.CharField(help_text="Under which the log has the rest.")

    def get_fields(self) -> dict[str, serializers.Field]:
        """`fields` is also the name of what holds a serializer's fields."""
        found = super().get_fields()
        return {name.rstrip("_"): inner for name, inner in found.items()}


def problems(*statuses: int) -> dict[tuple[int, str], type[Problem]]:
    """Those of every endpoint, and these."""
    return {(status, CONTENT_TYPE): Problem for status in (400, *statuses, 429, 503)}
