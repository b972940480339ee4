"""Comparisons of the values at one path: equality, presence, numbers and moments."""

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from mapping.evidence import NUMBER, TEXT, UNREADABLE, Evidence, Scalar, Values, by_kind, shown
from mapping.finding import Finding, found, unreadable
from mapping.moments import plain_begin, plain_end


@dataclass(frozen=True, slots=True, kw_only=True)
class Equals:
    """Exactly this JSON value: true is not 1, and "1" is neither."""

    claim: str
    value: Scalar

    def check(self, evidence: Evidence) -> Finding:
        return _among(self.claim, by_kind(self.value), (self.value,), evidence)

    def plain(self) -> dict[str, object]:
        return {"claim": self.claim, "equals": self.value}

    def paths(self) -> frozenset[str]:
        return frozenset({self.claim})


@dataclass(frozen=True, slots=True, kw_only=True)
class In:
    """Exactly one of these JSON values."""

    claim: str
    values: tuple[Scalar, ...]
    _by_kind: Values = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_kind", by_kind(self.values))

    def check(self, evidence: Evidence) -> Finding:
        return _among(self.claim, self._by_kind, self.values, evidence)

    def plain(self) -> dict[str, object]:
        return {"claim": self.claim, "in": list(self.values)}

    def paths(self) -> frozenset[str]:
        return frozenset({self.claim})


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """The claim is there (or not there, as asked). Empty texts and lists are not there."""

    claim: str
    present: bool

    def check(self, evidence: Evidence) -> Finding:
        values = evidence.values(self.claim)
        if UNREADABLE in values:
            return unreadable(evidence, self.claim)
        text = f"{self.claim} is present" if values else f"{self.claim} is missing"
        return Finding(held=bool(values) is self.present, because=(text,))

    def plain(self) -> dict[str, object]:
        return {"claim": self.claim, "present": self.present}

    def paths(self) -> frozenset[str]:
        return frozenset({self.claim})


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A number on this side of a limit. A text is no number, whatever it says."""

    claim: str
    operator: str  # of MEASURES
    limit: int | float

    def check(self, evidence: Evidence) -> Finding:
        holds, words = MEASURES[self.operator]
        numbers = evidence.values(self.claim).get(NUMBER, ())
        matched = [number for number in numbers if holds(number, self.limit)]
        return found(evidence, self.claim, matched, {NUMBER}, f"{words} {self.limit}")

    def plain(self) -> dict[str, object]:
        return {"claim": self.claim, self.operator: self.limit}

    def paths(self) -> frozenset[str]:
        return frozenset({self.claim})


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """A moment before this one: of a day given, before its beginning (UTC)."""

    claim: str
    moment: datetime

    def check(self, evidence: Evidence) -> Finding:
        told = plain_begin(self.moment)
        return _timed(evidence, self.claim, lambda at: at < self.moment, f"before {told}")

    def plain(self) -> dict[str, object]:
        return {"claim": self.claim, "before": plain_begin(self.moment)}

    def paths(self) -> frozenset[str]:
        return frozenset({self.claim})


@dataclass(frozen=True, slots=True, kw_only=True)
class After:
    """A moment after this one: of a day given, after its end (UTC)."""

    claim: str
    moment: datetime

    def check(self, evidence: Evidence) -> Finding:
        told = plain_end(self.moment)
        return _timed(evidence, self.claim, lambda at: at >= self.moment, f"after {told}")

    def plain(self) -> dict[str, object]:
        return {"claim": self.claim, "after": plain_end(self.moment)}

    def paths(self) -> frozenset[str]:
        return frozenset({self.claim})


MEASURES: Final[dict[str, tuple[Callable[[Any, Any], bool], str]]] = {
    "less": (operator.lt, "less than"),
    "at_most": (operator.le, "at most"),
    "more": (operator.gt, "more than"),
    "at_least": (operator.ge, "at least"),
}
# As directories write a moment: a day, a time with its zone, or LDAP's generalised time in UTC.
_ISO = re.compile(
    r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d))?", re.ASCII
)
_GENERALISED = re.compile(r"(\d{14})(\.\d+)?Z", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Seconds; whoever counts milliseconds is not misread as somebody of the year 50,000.
_LAST_SECOND = 32_503_680_000  # the year 3000


def _timed(
    evidence: Evidence, claim: str, holds: Callable[[datetime], bool], wanted: str
) -> Finding:
    values = evidence.values(claim)
    told = {value: moment_of(value) for kind in (TEXT, NUMBER) for value in values.get(kind, ())}
    matched = [value for value, at in told.items() if at is not None and holds(at)]
    strange = sorted((value for value, at in told.items() if at is None), key=str)
    if strange and not matched and UNREADABLE not in values:
        text = f"{claim}: {evidence.said(claim, strange[0])} is no moment"
        return Finding(held=None, because=(text,))
    return found(evidence, claim, matched, {TEXT, NUMBER}, wanted)


def moment_of(value: Scalar) -> datetime | None:
    """The moment that a claim's value says, a day's being its beginning; None if it says none."""
    try:
        if not isinstance(value, str):
            return _EPOCH + timedelta(seconds=value) if abs(value) < _LAST_SECOND else None
        if match := _GENERALISED.fullmatch(value):
            return datetime.strptime(match[1] + "+0000", "%Y%m%d%H%M%S%z")
        if not _ISO.fullmatch(value):
            return None
        at = datetime.fromisoformat(value)
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _among(claim: str, wanted: Values, told: tuple[Scalar, ...], evidence: Evidence) -> Finding:
    values = evidence.values(claim)
    matched = [v for kind, those in wanted.items() for v in values.get(kind, frozenset()) & those]
    if matched:
        return found(evidence, claim, matched, wanted.keys(), "")
    texts = " or ".join(shown(value) for value in told[:3]) + (" ..." if told[3:] else "")
    return found(evidence, claim, matched, wanted.keys(), f"equal to {texts}")
