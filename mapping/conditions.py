"""What must hold of an identity's claims. Values that can be checked, explained and written down.

A condition holds, fails, or cannot say. It cannot say when its claim is missing, or is of another
kind than what it is compared with, or cannot be read as it stands (zero-width and bidirectional
characters). Cannot-say stays so under `Not`: what is missing never grants, either way round. Only
`Present` asks about absence itself. A list holds if any of its elements does.

Texts are compared code point by code point, so a look-alike in another script, width or case is
another text.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import re2

from mapping.evidence import TEXT, UNREADABLE, Evidence, Scalar, Values, by_kind, shown

# A pattern's compiled form, and so what one match can cost, is bounded by RE2 itself.
MAX_PATTERN_BYTES = 1 << 20
MAX_REASONS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Held (True), failed (False) or cannot say (None), and why, for people to read."""

    held: bool | None
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Equals:
    """Exactly this JSON value: true is not 1, and "1" is neither."""

    claim: str
    value: Scalar

    def check(self, evidence: Evidence) -> Finding:
        return _among(self.claim, (self.value,), evidence)

    def plain(self) -> dict[str, object]:
        return {"claim": self.claim, "equals": self.value}


@dataclass(frozen=True, slots=True, kw_only=True)
class In:
    """Exactly one of these JSON values."""

    claim: str
    values: tuple[Scalar, ...]

    def check(self, evidence: Evidence) -> Finding:
        return _among(self.claim, self.values, evidence)

    def plain(self) -> dict[str, object]:
        return {"claim": self.claim, "in": list(self.values)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Glob:
    """A text in which `*` stands for any characters but `/`; all else stands for itself.

    `/engineering/*` takes in /engineering/platform, not /engineering and not
    /engineering/platform/lead.
    """

    claim: str
    pattern: str

    def check(self, evidence: Evidence) -> Finding:
        values = evidence.values(self.claim)
        matched = [t for t in values.get(TEXT, ()) if _globbed(str(t), self.pattern)]
        return _finding(self.claim, values, matched, {TEXT}, f"like {shown(self.pattern)}")

    def plain(self) -> dict[str, object]:
        return {"claim": self.claim, "glob": self.pattern}


@dataclass(frozen=True, slots=True, kw_only=True)
class Matches:
    """A text that an RE2 pattern matches from its first character to its last."""

    claim: str
    pattern: str

    def check(self, evidence: Evidence) -> Finding:
        values = evidence.values(self.claim)
        pattern = compiled(self.pattern)
        matched = [t for t in values.get(TEXT, ()) if pattern.fullmatch(t)]  # type: ignore[no-untyped-call]
        return _finding(self.claim, values, matched, {TEXT}, f"matching {shown(self.pattern)}")

    def plain(self) -> dict[str, object]:
        return {"claim": self.claim, "matches": self.pattern}


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """The claim is there (or not there, as asked). Empty texts and lists are not there."""

    claim: str
    present: bool

    def check(self, evidence: Evidence) -> Finding:
        values = evidence.values(self.claim)
        if UNREADABLE in values:
            return _unreadable(self.claim, values)
        text = f"{self.claim} is present" if values else f"{self.claim} is missing"
        return Finding(held=bool(values) is self.present, because=(text,))

    def plain(self) -> dict[str, object]:
        return {"claim": self.claim, "present": self.present}


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Not:
    condition: "Condition"

    def check(self, evidence: Evidence) -> Finding:
        inner = self.condition.check(evidence)
        if inner.held is None:
            return inner
        if inner.held:
            return Finding(held=False, because=tuple(f"unwanted: {b}" for b in inner.because))
        return Finding(held=True, because=inner.because)

    def plain(self) -> dict[str, object]:
        return {"not": self.condition.plain()}


Condition: TypeAlias = AllOf | AnyOf | Not | Equals | In | Glob | Matches | Present


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> "re2._Regexp":
    """Raises re2.error for what is no RE2 pattern, or too large a one."""
    options = re2.Options()
    options.max_mem = MAX_PATTERN_BYTES
    options.log_errors = False
    return re2.compile(pattern, options)  # type: ignore[no-any-return, no-untyped-call]


def _among(claim: str, wanted: tuple[Scalar, ...], evidence: Evidence) -> Finding:
    values, asked = evidence.values(claim), by_kind(wanted)
    matched = [v for kind, those in asked.items() for v in values.get(kind, frozenset()) & those]
    texts = " or ".join(shown(value) for value in wanted[:3]) + (" ..." if wanted[3:] else "")
    return _finding(claim, values, matched, set(asked), f"equal to {texts}")


def _finding(
    claim: str, values: Values, matched: list[Scalar], kinds: set[str], wanted: str
) -> Finding:
    if matched:
        # Providers list groups in any order; the reason must not change with it.
        return Finding(held=True, because=(f"{claim}: {shown(min(matched, key=str))}",))
    if not values:
        return Finding(held=None, because=(f"{claim} is missing",))
    if UNREADABLE in values:
        return _unreadable(claim, values)
    strange = sorted(values.keys() - kinds)
    if strange:
        return Finding(held=None, because=(f"{claim} holds {', '.join(strange)}",))
    return Finding(held=False, because=(f"{claim}: nothing {wanted}",))


def _unreadable(claim: str, values: Values) -> Finding:
    text = shown(min(values[UNREADABLE], key=str))
    return Finding(held=None, because=(f"{claim}: {text} cannot be read as it stands",))


def _reasons(findings: list[Finding], *, held: bool | None) -> tuple[str, ...]:
    """Those of the findings that decided."""
    reasons = (text for finding in findings if finding.held is held for text in finding.because)
    return tuple(dict.fromkeys(reasons))[:MAX_REASONS]


def _globbed(text: str, pattern: str) -> bool:
    texts, patterns = text.split("/"), pattern.split("/")
    return len(texts) == len(patterns) and all(map(_segment_globbed, texts, patterns))


def _segment_globbed(text: str, pattern: str) -> bool:
    """Takes each literal at its earliest place, so the time is linear whatever the pattern."""
    head, *literals = pattern.split("*")
    if not literals:
        return text == pattern
    tail = literals.pop()
    if len(text) < len(head) + len(tail) or not text.startswith(head) or not text.endswith(tail):
        return False
    at, end = len(head), len(text) - len(tail)
    for literal in literals:
        found = text.find(literal, at, end)
        if found < 0:
            return False
        at = found + len(literal)
    return True
