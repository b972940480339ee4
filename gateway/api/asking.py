"""What any write may say beside its body: rehearse only, and only if it is still as it was read."""

from collections.abc import Collection
from typing import Any, ClassVar

from django.utils.http import parse_etags
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from gateway.api.reading import Strict

IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    required=True,
    description="The ETag that was read, or *.",
)


class Unconditional(Exception):
    code: ClassVar[str] = "change.unconditional"


class Rehearsing(Strict):
    dry_run = serializers.BooleanField(
        default=False, help_text="Tells what would change, and changes nothing."
    )


def versions(request: Any) -> Collection[str] | None:  # noqa: ANN401
    """Those that may be changed; None for any. Weak tags match nothing (RFC 9110, 13.1.1).

    Raises Unconditional.
    """
    header = request.META.get("HTTP_IF_MATCH")
    if header is None:
        raise Unconditional("no If-Match")
    tags = parse_etags(header)
    return None if tags == ["*"] else [tag.strip('"') for tag in tags if tag.startswith('"')]
