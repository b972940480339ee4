"""Comparisons of texts: patterns, parts, and groups below a group."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TypeAlias

import re2

from mapping.evidence import TEXT, Evidence, shown
from mapping.finding import Finding, found

# A pattern's compiled form, and so what one match can cost, is bounded by RE2 itself.
MAX_PATTERN_BYTES = 1 << 20
_LITERAL = re.compile(r"[^\\.+*?()|\[\]{}^$]*")
_QUANTIFIED = frozenset("*?{+")

Texts: TypeAlias = Callable[[str], list[str]]
"""Those, sorted, that begin with what it is called with; of one person or of everybody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Glob:
    """A text in which `*` stands for any characters but `/`; all else stands for itself.

    `/engineering/*` takes in /engineering/platform, not /engineering and not
    /engineering/platform/lead.
    """

    claim: str
    pattern: str

    def check(self, evidence: Evidence) -> Finding:
        matched = self.fitting(partial(evidence.texts, self.claim))
        return found(evidence, self.claim, matched, {TEXT}, f"like {shown(self.pattern)}")

    def fitting(self, texts: Texts) -> list[str]:
        begun = texts(self.pattern.partition("*")[0])
        return [text for text in begun if _globbed(text, self.pattern)]

    def plain(self) -> dict[str, object]:
        return {"claim": self.claim, "glob": self.pattern}

    def paths(self) -> frozenset[str]:
        return frozenset({self.claim})


@dataclass(frozen=True, slots=True, kw_only=True)
class Matches:
    """A text that an RE2 pattern matches from its first character to its last."""

    claim: str
    pattern: str

    def check(self, evidence: Evidence) -> Finding:
        matched = self.fitting(partial(evidence.texts, self.claim))
        return found(evidence, self.claim, matched, {TEXT}, f"matching {shown(self.pattern)}")

    def fitting(self, texts: Texts) -> list[str]:
        pattern = compiled(self.pattern)
        begun = texts(literal_of(self.pattern))
        return [text for text in begun if pattern.fullmatch(text)]  # type: ignore[no-untyped-call]

    def plain(self) -> dict[str, object]:
        return {"claim": self.claim, "matches": self.pattern}

    def paths(self) -> frozenset[str]:
        return frozenset({self.claim})


@dataclass(frozen=True, slots=True, kw_only=True)
class Contains:
    """A text that has this text somewhere in it."""

    claim: str
    text: str

    def check(self, evidence: Evidence) -> Finding:
        matched = self.fitting(partial(evidence.texts, self.claim))
        return found(evidence, self.claim, matched, {TEXT}, f"containing {shown(self.text)}")

    def fitting(self, texts: Texts) -> list[str]:
        return [text for text in texts("") if self.text in text]

    def plain(self) -> dict[str, object]:
        return {"claim": self.claim, "contains": self.text}

    def paths(self) -> frozenset[str]:
        return frozenset({self.claim})


@dataclass(frozen=True, slots=True, kw_only=True)
class Below:
    """The path of this group, or of one below it at any depth.

    `/engineering` takes in itself and /engineering/platform/lead, not /engineering-contractors.
    """

    claim: str
    group: str

    def check(self, evidence: Evidence) -> Finding:
        matched = self.fitting(partial(evidence.texts, self.claim))
        return found(evidence, self.claim, matched, {TEXT}, f"at or below {shown(self.group)}")

    def fitting(self, texts: Texts) -> list[str]:
        itself = texts(self.group)[:1]
        return [*(itself if itself == [self.group] else ()), *texts(f"{self.group}/")]

    def plain(self) -> dict[str, object]:
        return {"claim": self.claim, "below": self.group}

    def paths(self) -> frozenset[str]:
        return frozenset({self.claim})


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> "re2._Regexp":
    """Raises re2.error for what is no RE2 pattern, or too large a one."""
    options = re2.Options()
    options.max_mem = MAX_PATTERN_BYTES
    options.log_errors = False
    return re2.compile(pattern, options)  # type: ignore[no-any-return, no-untyped-call]


@lru_cache(maxsize=4096)
def literal_of(pattern: str) -> str:
    """What every text that an RE2 pattern matches begins with, as far as that is plain to see."""
    if "|" in pattern:
        return ""
    found = _LITERAL.match(pattern)
    literal = found[0] if found else ""
    follows = pattern[len(literal) : len(literal) + 1]
    return literal[:-1] if follows in _QUANTIFIED else literal


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
