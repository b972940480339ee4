"""What must hold of an identity's claims. Values that can be checked, explained and written down.

A condition holds, fails, or cannot say. It cannot say when its claim is missing, or is of another
kind than what it is compared with, or cannot be read as it stands (zero-width and bidirectional
characters). Cannot-say stays so under `Not`: what is missing never grants, either way round. Only
`Present` asks about absence itself. A list holds if any of its elements does.

Texts are compared code point by code point, so a look-alike in another script, width or case is
another text.
"""

from dataclasses import dataclass
from typing import TypeAlias

from mapping.cel import Cel
from mapping.circumstances import AtProvider, EmailDomain, Within
from mapping.comparisons import After, Before, Equals, In, Measured, Present
from mapping.evidence import Evidence
from mapping.finding import UNWANTED, Finding
from mapping.texts import Below, Contains, Glob, Matches

MAX_REASONS = 10

__all__ = [
    "After",
    "AllOf",
    "AnyOf",
    "AtProvider",
    "Before",
    "Below",
    "Cel",
    "Condition",
    "Contains",
    "EmailDomain",
    "Equals",
    "Finding",
    "Glob",
    "In",
    "Matches",
    "Measured",
    "NoneOf",
    "Not",
    "Present",
    "Within",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class AllOf:
    conditions: "tuple[Condition, ...]"

    def check(self, evidence: Evidence) -> Finding:
        findings = [condition.check(evidence) for condition in self.conditions]
        for decisive in (False, None):  # one that fails decides, then one that cannot say
            if any(finding.held is decisive for finding in findings):
                return Finding(held=decisive, because=_reasons(findings, held=decisive))
        return Finding(held=True, because=_reasons(findings, held=True))

    def plain(self) -> dict[str, object]:
        return {"all": [condition.plain() for condition in self.conditions]}

    def paths(self) -> frozenset[str]:
        return frozenset[str]().union(*(part.paths() for part in self.conditions))


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyOf:
    conditions: "tuple[Condition, ...]"

    def check(self, evidence: Evidence) -> Finding:
        findings = [condition.check(evidence) for condition in self.conditions]
        for decisive in (True, None):
            if any(finding.held is decisive for finding in findings):
                return Finding(held=decisive, because=_reasons(findings, held=decisive))
        return Finding(held=False, because=_reasons(findings, held=False))

    def plain(self) -> dict[str, object]:
        return {"any": [condition.plain() for condition in self.conditions]}

    def paths(self) -> frozenset[str]:
        return frozenset[str]().union(*(part.paths() for part in self.conditions))


@dataclass(frozen=True, slots=True, kw_only=True)
class Not:
    condition: "Condition"

    def check(self, evidence: Evidence) -> Finding:
        inner = self.condition.check(evidence)
        if inner.held is None:
            return inner
        if inner.held:
            return Finding(held=False, because=tuple(f"{UNWANTED}{b}" for b in inner.because))
        return Finding(held=True, because=inner.because)

    def plain(self) -> dict[str, object]:
        return {"not": self.condition.plain()}

    def paths(self) -> frozenset[str]:
        return self.condition.paths()


@dataclass(frozen=True, slots=True, kw_only=True)
class NoneOf:
    """Not one of them holds. As long as one cannot say, neither can this."""

    conditions: "tuple[Condition, ...]"

    def check(self, evidence: Evidence) -> Finding:
        return Not(condition=AnyOf(conditions=self.conditions)).check(evidence)

    def plain(self) -> dict[str, object]:
        return {"none": [condition.plain() for condition in self.conditions]}

    def paths(self) -> frozenset[str]:
        return frozenset[str]().union(*(part.paths() for part in self.conditions))


Comparison: TypeAlias = (
    Equals | In | Glob | Matches | Present | Contains | Below | Measured | Before | After
)
Circumstance: TypeAlias = AtProvider | EmailDomain | Within | Cel
Condition: TypeAlias = AllOf | AnyOf | NoneOf | Not | Comparison | Circumstance


def _reasons(findings: list[Finding], *, held: bool | None) -> tuple[str, ...]:
    """Those of the findings that decided."""
    reasons = (text for finding in findings if finding.held is held for text in finding.because)
    return tuple(dict.fromkeys(reasons))[:MAX_REASONS]
