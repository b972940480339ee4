"""Finding the first place where the record is not what was sealed."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from gateway.audit.chain import GENESIS, Link


class Fault(StrEnum):
    """How a chain can be broken, in words for whoever has to explain it."""

    MISSING = "the link with this position was taken out"
    MISPLACED = "this link does not follow the one before it: one of the two was replaced"
    EDITED = "the event at this position was changed after it was sealed"
    TAIL_MISSING = "the signed head names a later position: the last links were taken out"
    OTHER_CHAIN = "the signed head has another hash at this position: the chain was made anew"


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """How far a chain reached, as it was signed."""

    position: int  # 0 for a chain without links
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    position: int
    fault: Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    head: Head  # the last link that holds
    broken: Broken | None  # the first that does not
    unsealed: int = 0  # events that no link covers yet

    def told(self, what: str) -> str:
        """A sentence about `what` was walked."""
        if self.broken:
            return f"{what} is broken at position {self.broken.position}: {self.broken.fault}."
        waiting = f" {self.unsealed} events are not sealed yet." if self.unsealed else ""
        reach = "empty"
        if self.head.position:
            reach = f"{self.head.position} links, the last with hash {self.head.hash}"
        return f"{what} holds: {reach}.{waiting}"


def verify_links(links: Iterable[tuple[Link, str]], signed: Head | None = None) -> Verification:
    """Walks the links with their stored hashes, in order, up to the first that does not hold.

    With a signed head the chain must reach it and have its hash there.
    """
    head = Head(position=0, hash=GENESIS)
    for found, stored in links:
        fault = _fault(found, stored, head)
        if fault is not None:
            broken = Broken(position=head.position + 1, fault=fault)
            return Verification(head=head, broken=broken)
        head = Head(position=found.position, hash=stored)
        if signed and signed.position == head.position and signed.hash != head.hash:
            broken = Broken(position=head.position, fault=Fault.OTHER_CHAIN)
            return Verification(head=head, broken=broken)
    if signed and signed.position > head.position:
        broken = Broken(position=head.position + 1, fault=Fault.TAIL_MISSING)
        return Verification(head=head, broken=broken)
    return Verification(head=head, broken=None)


def _fault(found: Link, stored: str, before: Head) -> Fault | None:
    if found.position > before.position + 1:
        return Fault.MISSING
    if found.position != before.position + 1 or found.previous != before.hash:
        return Fault.MISPLACED
    if found.hash() != stored:
        return Fault.EDITED
    return None
