"""What an app believed, as it is kept and shown."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias

Verdict: TypeAlias = Literal["believed", "fault", "cannot-tell", "refused"]
# Those that say that something is to be mended.
HOLES: frozenset[Verdict] = frozenset({"believed", "fault"})
Honest: TypeAlias = Literal["not-tried", "taken", "not-taken"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One lie and what became of it. `why` is the evidence: statuses, and whether the made-up name
    came back; never a body, a header or a token.
    """

    name: str
    words: str  # what the forger does
    source: str
    verdict: Verdict
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """`direct`: the app was asked past its proxy. `problem`: why nothing was tried."""

    at: datetime
    app: str  # slug
    url: str
    direct: bool
    honest: Honest = "not-tried"
    tried: tuple[Tried, ...] = ()
    problem: str = ""

    @property
    def status(self) -> int:
        """0: it believed nothing; 1: it believed something; 2: something cannot be told."""
        if self.count(*HOLES):
            return 1
        return 2 if self.problem or self.count("cannot-tell") else 0

    def count(self, *verdicts: Verdict) -> int:
        return sum(each.verdict in verdicts for each in self.tried)

    def dumped(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return {**asdict(self), "at": self.at.isoformat()}

    @classmethod
    def loaded(cls, content: Mapping[str, Any]) -> "Proof":
        """From `dumped`, by way of JSON."""
        tried = tuple(Tried(**each) for each in content["tried"])
        at = datetime.fromisoformat(content["at"])
        return cls(**{**content, "at": at, "tried": tried})
