"""When a session was last used, in words that are true: more is not known, for a use is written
down only once half of the idle life is over.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import ngettext

_STEP = timedelta(minutes=5)
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


def seen(idle_for: timedelta, left: timedelta) -> str:
    """Of a session that lives `left` longer if nobody uses it, and would have lived `idle_for`."""
    since = max(idle_for - left, timedelta(0))
    if since < _HOUR:
        number = (since // _STEP + 1) * 5
        words = ngettext("in the last %d minute", "in the last %d minutes", number)
    elif since < _DAY:
        number = since // _HOUR + 1
        words = ngettext("in the last %d hour", "in the last %d hours", number)
    else:
        number = since // _DAY + 1
        words = ngettext("in the last %d day", "in the last %d days", number)
    return words % number


def place(country: str, address: str) -> str:
    """Where it began, as far as that is known."""
    return f"{country}, {address}" if country and address else country or address


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """Another browser or country than a session began in."""

    where: str  # "Chrome on Linux, FR"
    since: datetime  # UTC


def elsewhere(also: Iterable[Mapping[str, str]]) -> tuple[Elsewhere, ...]:
    """Of what stands in the index, the first that was noticed first."""
    return tuple(
        Elsewhere(
            where=", ".join(filter(None, (each["client"], each["country"]))),
            since=datetime.fromisoformat(each["at"]),
        )
        for each in also
    )
