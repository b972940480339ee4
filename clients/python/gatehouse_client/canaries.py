"""Whether a reader can be sure to hear of every end: are all canaries alive?

Each process that can end sessions writes its canary every half second, over the very connection by
which it ends them. One that was seen to change between two readings was written after the first of
them was asked for; whatever its process had ended before that has been announced to us.
"""

import math
from dataclasses import dataclass

REGISTRY = b"gh:canaries"
PREFIX = b"gh:canary:"
PROOF_SECONDS = 1.5


@dataclass(slots=True)
class _Canary:
    value: bytes | None = None
    read_at: float = -math.inf  # when the last reading was asked for
    proven_at: float = -math.inf


class Canaries:
    """Moments are seconds of the monotonic clock."""

    def __init__(self) -> None:
        self._known: dict[bytes, _Canary] = {}
        self.proven_until = -math.inf

    def forget(self) -> None:
        """The connection is gone, and with it every proof."""
        self.registered(frozenset())

    def registered(self, names: frozenset[bytes]) -> None:
        """Who is on the register now. A new one has proven nothing yet."""
        self._known = {name: self._known.get(name, _Canary()) for name in names}
        self._judge()

    def read(self, name: bytes, value: bytes | None, asked_at: float) -> None:
        """A reading. None: the process is gone, and its registration has lapsed."""
        canary = self._known.get(name)
        if canary is None:
            return
        if value is not None and canary.value not in {None, value}:
            canary.proven_at = canary.read_at
        canary.value, canary.read_at = value, asked_at
        self._judge()

    def _judge(self) -> None:
        alive = [c for c in self._known.values() if c.value is not None or c.read_at == -math.inf]
        # Nobody registered is nobody whom we would hear: not proven.
        oldest = min((canary.proven_at for canary in alive), default=-math.inf)
        self.proven_until = oldest + PROOF_SECONDS
