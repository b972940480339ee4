"""What came of asking one condition, and why."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from mapping.evidence import KEPT_BACK, UNREADABLE, Evidence, Scalar

UNWANTED: Final = "unwanted: "  # before what held and should not have


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Held (True), failed (False) or cannot say (None), and why, for people to read."""

    held: bool | None
    because: tuple[str, ...]


def found(
    evidence: Evidence,
    claim: str,
    matched: Collection[Scalar],
    kinds: Collection[str],
    wanted: str,
) -> Finding:
    """Of a claim that `matched` these of its values, of the `kinds` that can be compared."""
    values = evidence.values(claim)
    if matched:
        # Providers list groups in any order; the reason must not change with it.
        best = min(matched, key=lambda value: (str(value), str(type(value))))
        return Finding(held=True, because=(f"{claim}: {evidence.said(claim, best)}",))
    if not values:
        return Finding(held=None, because=(f"{claim} is missing",))
    if UNREADABLE in values:
        return unreadable(evidence, claim)
    strange = sorted(values.keys() - set(kinds))
    if strange:
        return Finding(held=None, because=(f"{claim} holds {', '.join(strange)}",))
    return Finding(held=False, because=(f"{claim}: nothing {wanted}",))


def unreadable(evidence: Evidence, claim: str) -> Finding:
    text = evidence.said(claim, min(evidence.values(claim)[UNREADABLE], key=str))
    return Finding(held=None, because=(f"{claim}: {text} cannot be read as it stands",))


def without_values(because: Iterable[object], hidden: Collection[str]) -> tuple[str, ...]:
    """Reasons that were written down when these paths were not hidden yet."""
    return tuple(dict.fromkeys(_without_value(str(reason), hidden) for reason in because))


def _without_value(reason: str, hidden: Iterable[str]) -> str:
    claim = reason
    while claim.startswith(UNWANTED):
        claim = claim.removeprefix(UNWANTED)
    for path in hidden:
        # What lies below the path is as little told as the path itself.
        if claim.startswith((f"{path}: ", f"{path}.")):
            return f"{path}: {KEPT_BACK}"
    return reason
