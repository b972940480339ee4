"""What was ended and rewritten of late, to be told again to a server that may have forgotten.

A failover can lose what the old primary had acknowledged. Ends may be repeated in any order. Of the
rewrites of one record the newest alone is told again, and only over an older one: whichever process
comes first, the one of the highest generation stays.
"""

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from gateway.sessions import scripts
from gateway.sessions.views import Command, Shard, key_of, slot_of

# How far back a failover can have lost acknowledged writes, with a wide margin.
REPLAY_SECONDS = 60.0
# A change of the rules may rewrite every live session of a company at once: some 30 MB.
REPLAY_COMMANDS = 25_000
# A rewrite loses a race only to a newer one, and those are few.
_TRIES = 3

# Runs several commands at one server, and their answers.
Run: TypeAlias = Callable[[list[Command]], list[object]]
# The generation of what lies under a key, or None if it is no record of ours.
Generation: TypeAlias = Callable[[str, bytes], int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewrite:
    """A record as it was written in place of another."""

    key: str
    written: bytes
    generation: int


class Recent:
    """Thread-safe."""

    def __init__(self, generation: Generation) -> None:
        self._generation = generation
        self._lock = threading.Lock()
        self._ends: deque[tuple[float, Command]] = deque(maxlen=REPLAY_COMMANDS)
        self._rewrites: OrderedDict[str, tuple[float, Rewrite]] = OrderedDict()

    def ended(self, command: Command) -> None:
        """A command that may be repeated at any time without harm."""
        with self._lock:
            self._ends.append((time.monotonic(), command))

    def rewrote(self, rewrite: Rewrite) -> None:
        with self._lock:
            self._rewrites.pop(rewrite.key, None)
            self._rewrites[rewrite.key] = time.monotonic(), rewrite
            if len(self._rewrites) > REPLAY_COMMANDS:
                self._rewrites.popitem(last=False)

    def tell(self, shard: Shard, run: Run) -> None:
        """Everything of the last minute that lies there. Raises RedisError."""
        oldest = time.monotonic() - REPLAY_SECONDS
        with self._lock:
            ends = [command for at, command in self._ends if at >= oldest]
            rewrites = [rewrite for at, rewrite in self._rewrites.values() if at >= oldest]
        run([command for command in ends if shard.keeps(slot_of(key_of(command)))])
        waiting = [each for each in rewrites if shard.keeps(slot_of(each.key))]
        for _ in range(_TRIES):
            waiting = self._tell_rewrites(waiting, run)

    def _tell_rewrites(self, rewrites: list[Rewrite], run: Run) -> list[Rewrite]:
        """Those whose record somebody changed at the same moment."""
        found = run([("GET", each.key) for each in rewrites])
        older = [
            (each, raw)
            for each, raw in zip(rewrites, found, strict=True)
            if isinstance(raw, bytes) and self._is_older(raw, each)
        ]
        answers = run(
            [("EVAL", scripts.REPLACE, 1, each.key, raw, each.written) for each, raw in older]
        )
        return [each for (each, _), answer in zip(older, answers, strict=True) if answer != 1]

    def _is_older(self, raw: bytes, rewrite: Rewrite) -> bool:
        if raw == rewrite.written:
            return False
        generation = self._generation(rewrite.key, raw)
        return generation is not None and generation < rewrite.generation
