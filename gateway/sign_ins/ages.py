"""Whether a provider says when it saw people (`auth_time`), by its last sign-ins."""

from gateway.sign_ins.models import SignIn

NEWEST = 20  # sign-ins that are looked at


def tells_ages(provider: str) -> bool | None:
    """By sessions that live, else by those that ended last. None where neither is known."""
    rows = SignIn.objects.filter(provider=provider)
    live = rows.filter(ended_at__isnull=True).order_by("-id")
    ended = rows.filter(ended_at__isnull=False).order_by("-ended_at", "-id")
    for found in (live, ended):
        newest = found.values_list("auth_time_told", flat=True)[:NEWEST]
        known = [told for told in newest if told is not None]
        if known:
            return any(known)
    return None
