"""What an attack on the running configuration found, as it is kept and shown."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from providers.attacks.attack import HOLES, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Weakness:
    """Nothing that failed: a setting that somebody chose, and what it costs."""

    setting: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attacked:
    """A provider's row, or the gateway itself (empty slug). `problem`: why nothing was fired."""

    provider: str
    outcomes: tuple[Outcome, ...]
    weaknesses: tuple[Weakness, ...] = ()
    problem: str = ""

    def count(self, *verdicts: str) -> int:
        return sum(each.verdict in verdicts for each in self.outcomes)

    @property
    def holes(self) -> tuple[Outcome, ...]:
        return tuple(each for each in self.outcomes if each.verdict in HOLES)

    @property
    def unproven(self) -> tuple[Outcome, ...]:
        return tuple(each for each in self.outcomes if each.verdict == "not-proven")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    at: datetime
    attacked: tuple[Attacked, ...]

    @property
    def status(self) -> int:
        """0: all refused; 1: there is a hole; 2: something could not be proven."""
        if any(each.holes for each in self.attacked):
            return 1
        return 2 if any(each.unproven or each.problem for each in self.attacked) else 0

    def count(self, *verdicts: str) -> int:
        return sum(each.count(*verdicts) for each in self.attacked)

    def dumped(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return {**asdict(self), "at": self.at.isoformat()}

    @classmethod
    def loaded(cls, content: Mapping[str, Any]) -> "Report":
        """From `dumped`, by way of JSON."""
        return cls(
            at=datetime.fromisoformat(content["at"]),
            attacked=tuple(
                Attacked(
                    provider=each["provider"],
                    outcomes=tuple(Outcome(**outcome) for outcome in each["outcomes"]),
                    weaknesses=tuple(Weakness(**weakness) for weakness in each["weaknesses"]),
                    problem=each["problem"],
                )
                for each in content["attacked"]
            ),
        )
