"""What an administrator is told about who has forgotten what she ended."""

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from gateway.flows import ending
from gateway.sessions.roll_call import Receipt


def taken(request: HttpRequest) -> str:
    """The receipt of what she has just ended, in words."""
    return sentence(
        ending.receipt(
            by=str(request.user.pk),
            reference=request.reference,  # type: ignore[attr-defined]
            at=timezone.now(),
        )
    )


def sentence(receipt: Receipt | None) -> str:
    """None: Redis did not say."""
    if receipt is None:
        return gettext(
            "Redis did not say which edges have heard of it; each asks again before it lets anybody"
            " in."
        )
    if not receipt.edges:
        return gettext("No edge is running that could remember them.")
    if receipt.heard == receipt.edges:
        told = ngettext(
            "The one edge had forgotten them after %(milliseconds)d ms.",
            "All %(edges)d edges had forgotten them after %(milliseconds)d ms.",
            receipt.edges,
        )
        return told % {"edges": receipt.edges, "milliseconds": receipt.milliseconds}
    told = gettext(
        "%(heard)d of %(edges)d edges had forgotten them after %(milliseconds)d ms. One that hears"
        " nothing lets nobody in from memory after a second and a half."
    )
    return told % {
        "heard": receipt.heard,
        "edges": receipt.edges,
        "milliseconds": receipt.milliseconds,
    }
