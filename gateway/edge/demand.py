"""How somebody must have signed in to go somewhere: which way, how long ago, and how lately she was
there. Pure; texts are compared letter by letter with what her provider signed.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from gateway.sessions.session import Session

# Values of acr and amr stand side by side in one text, parted by spaces (OpenID Connect Core 1.0,
# section 3.1.2.1), and in a quoted one (RFC 9110, 5.6.4).
VALUE = re.compile(r"[!#-\[\]-~]{1,200}", re.ASCII)
MAX_VALUES = 10
_SECONDS = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """Nothing at all by default."""

    acr: tuple[str, ...] = ()  # any one of these
    amr: tuple[str, ...] = ()  # all of these
    max_age: timedelta | None = None  # since her provider saw her
    # Who has not been at the app for this long must have been seen by her provider since.
    idle_for: timedelta | None = None

    @property
    def anything(self) -> bool:
        return self is not NOTHING and self != NOTHING  # it is NOTHING itself nearly always

    @property
    def fields(self) -> dict[str, str]:
        """As addresses and challenges say it (RFC 9470, section 3), and `amr_values` likewise."""
        said = {
            "acr_values": " ".join(self.acr),
            "amr_values": " ".join(self.amr),
            "max_age": "" if self.max_age is None else str(int(self.max_age.total_seconds())),
        }
        return {name: value for name, value in said.items() if value}

    @staticmethod
    def read(fields: Mapping[str, str]) -> "Demand":
        """From `fields`. Raises ValueError for what none of ours can say."""
        acr, amr = (tuple(fields.get(name, "").split()) for name in ("acr_values", "amr_values"))
        if not all(map(VALUE.fullmatch, acr + amr)) or max(len(acr), len(amr)) > MAX_VALUES:
            raise ValueError("a value of acr or amr that cannot be one, or too many of them")
        seconds = fields.get("max_age", "")
        if seconds and not _SECONDS.fullmatch(seconds):
            raise ValueError("max_age is no number of seconds")
        max_age = timedelta(seconds=int(seconds)) if seconds else None
        return Demand(acr=acr, amr=amr, max_age=max_age)

    def asked(self, *, in_use: bool) -> "Demand":
        """What is demanded of a sign-in by now: idle life is a matter of the app's use alone."""
        if self.idle_for is None:
            return self
        ages = [self.max_age, None if in_use else self.idle_for]
        known = [age for age in ages if age is not None]
        return replace(self, max_age=min(known, default=None), idle_for=None)

    def met_by(self, session: Session, now: datetime) -> bool:
        """What a provider did not say, or not in these very words, meets nothing. For `asked`."""
        return not self.lacking(session, now).anything

    def lacking(self, session: Session, now: datetime) -> "Demand":
        """The part of it that this session does not meet."""
        return Demand(
            acr=() if not self.acr or session.acr in self.acr else self.acr,
            amr=tuple(method for method in self.amr if method not in session.amr),
            max_age=None if _young(session, self.max_age, now) else self.max_age,
        )


NOTHING = Demand()


def _young(session: Session, max_age: timedelta | None, now: datetime) -> bool:
    if max_age is None:
        return True
    # Where nobody said when, `authenticated_at` is only when we were told of her.
    return session.auth_time_told and now < session.authenticated_at + max_age
