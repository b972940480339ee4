"""Which servers are primaries now, as those say who decide on it.

One witness may be cut off, or stopped and gone on, and tell of yesterday: only what more than half
of them say counts. Sentinels are the witnesses of a primary, the primaries of a cluster their own.
A primary that was replaced without knowing it has no majority on its side.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TypeAlias

from redis.crc import key_slot

from gateway.config.redis_address import Kind, Place, RedisAddress

# What a majority said is relied on for so long.
LEASE_SECONDS = 1.5
# It is asked for anew after this.
ASK_SECONDS = 0.5
SLOTS = 16384  # of a whole cluster
_EVERY_SLOT = ((0, SLOTS - 1),)

Command: TypeAlias = tuple[str | bytes | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """A primary and what it keeps. Two are the same if they are in one place: a server that lost
    a slot says so itself.
    """

    place: Place
    slots: tuple[tuple[int, int], ...] = field(default=_EVERY_SLOT, compare=False)
    replicas: bool = field(default=False, compare=False)  # whether one is alive

    def keeps(self, slot: int) -> bool:
        return any(first <= slot <= last for first, last in self.slots)

    @property
    def size(self) -> int:
        """How many slots it keeps."""
        return sum(last - first + 1 for first, last in self.slots)

    @property
    def canary_tag(self) -> str | None:
        """The hash tag of this primary's own canaries; empty where it keeps everything, None where
        no session can lie.
        """
        if self.slots == _EVERY_SLOT:
            return ""
        return next((tag for tag, slot in _tags() if self.keeps(slot)), None)


View: TypeAlias = frozenset[Shard]


def slot_of(key: str | bytes) -> int:
    return key_slot(key.encode() if isinstance(key, str) else key)


def shard_of(view: View, slot: int) -> Shard | None:
    return next((shard for shard in view if shard.keeps(slot)), None)


def key_of(command: Command) -> str:
    """The key by which its server is found; all others of the command lie in the same slot."""
    return str(command[3] if command[0] == "EVAL" else command[1])


@cache
def _tags() -> tuple[tuple[str, int], ...]:
    """Every tag that an account can have, and its slot."""
    return tuple((f"{n:03x}", slot_of(f"{n:03x}")) for n in range(4096))


class Witnesses:
    """Whom to ask, what, and what their answers come to."""

    def __init__(self, address: RedisAddress) -> None:
        self._address = address
        self.whom = address.members

    @property
    def questions(self) -> list[Command]:
        if self._address.kind is Kind.CLUSTER:
            return [("CLUSTER", "SLOTS")]
        service = self._address.service
        return [("SENTINEL", "MASTER", service), ("SENTINEL", "REPLICAS", service)]

    def understood(self, witness: Place, answers: list[object]) -> View | None:
        """What one says. None: it does not know, or doubts it."""
        try:
            if self._address.kind is Kind.CLUSTER:
                return _slots(answers[0], witness)
            return _primary(answers[0], answers[1])
        except (ValueError, TypeError, KeyError, IndexError, AttributeError):
            return None

    def agreed(self, said: Mapping[Place, View]) -> View | None:
        """The view of more than half of all who are entitled to one."""
        for view, count in Counter(said.values()).items():
            entitled = {*self._address.members}
            if self._address.kind is Kind.CLUSTER:
                entitled = {shard.place for shard in view}
                count = sum(said.get(place) == view for place in entitled)  # noqa: PLW2901
            if count > len(entitled) / 2:
                return self._agreed(view, said)
        return None

    def _agreed(self, view: View, said: Mapping[Place, View]) -> View:
        found = [each for each in said.values() if each == view]
        alive = {shard.place for each in found for shard in each if shard.replicas}
        if self._address.kind is Kind.CLUSTER:
            self.whom = tuple(shard.place for shard in view)
        return frozenset(
            Shard(place=shard.place, slots=shard.slots, replicas=shard.place in alive)
            for shard in found[-1]
        )

    def led_on(self, said: Mapping[Place, View]) -> bool:
        """Nobody agreed: whether there are others to ask now, of whom these told."""
        if self._address.kind is not Kind.CLUSTER:
            return False
        told = {shard.place for view in said.values() for shard in view}
        further = told - said.keys()
        self.whom = tuple(told) if further else self._address.members
        return bool(further)


def _primary(master: object, replicas: object) -> View | None:
    told = _named(master)
    if {*told["flags"].split(",")} != {"master"}:
        return None  # down, or being replaced
    others = replicas if isinstance(replicas, list) else []
    alive = any(_named(each)["flags"] == "slave" for each in others)
    place = Place(host=told["ip"], port=int(told["port"]))
    return frozenset({Shard(place=place, replicas=alive)})


def _named(told: object) -> dict[str, str]:
    """A map, or a list of names and values."""
    if isinstance(told, list):
        told = dict(zip(told[::2], told[1::2], strict=True))
    if not isinstance(told, dict):
        raise TypeError
    return {name.decode(): value.decode() for name, value in told.items()}


def _slots(told: object, witness: Place) -> View | None:
    slots: dict[Place, list[tuple[int, int]]] = {}
    replicas: dict[Place, bool] = {}
    if not isinstance(told, list) or not told:
        return None
    for first, last, primary, *others in told:
        host = primary[0].decode() if primary[0] else ""
        # A node that does not know its own name leaves it out.
        place = Place(host=host if host not in {"", "?"} else witness.host, port=int(primary[1]))
        slots.setdefault(place, []).append((first, last))
        replicas[place] = replicas.get(place, True) and bool(others)
    return frozenset(
        Shard(place=place, slots=tuple(sorted(ranges)), replicas=replicas[place])
        for place, ranges in slots.items()
    )
