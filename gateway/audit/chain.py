"""What a hash of the chain covers, so that anybody can compute it again.

`hash = SHA-256(canonical JSON of {previous, position, sealed_at, event})`, where canonical means
keys sorted, no white space, ASCII only, moments in UTC with microseconds.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

GENESIS = "0" * 64  # what the first link names as the one before it


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One position of the chain: what its hash covers, wherever it was read from."""

    position: int
    previous: str
    sealed_at: str
    event: Mapping[str, object]

    def hash(self) -> str:
        """The hash that this content has: 64 hex digits."""
        covered = {
            "previous": self.previous,
            "position": self.position,
            "sealed_at": self.sealed_at,
            "event": self.event,
        }
        text = json.dumps(covered, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()
