"""What came of asking one condition, and why."""

from collections.abc import Collection
from dataclasses import dataclass

from mapping.evidence import UNREADABLE, Evidence, Scalar


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
