"""A rule: if this holds of an identity, the account has that role."""

import re
from dataclasses import dataclass

from mapping.conditions import Condition
from mapping.errors import RuleInvalid
from mapping.parsing import kind_of, mapping_of, parse, text_of

# Role names travel to apps in a header, comma separated: plain ASCII, no spaces, no commas.
_ROLE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,149}")
_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")
_PROVIDER = re.compile(r"[A-Za-z0-9_-]{1,50}")
_KEYS = ("id", "role", "when", "provider", "priority")
MAX_PRIORITY = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    id: str
    role: str
    when: Condition
    provider: str | None  # slug; None for every provider
    priority: int  # of several rules for one role the highest is named first as the reason

    @classmethod
    def parse(cls, shape: object, field: str = "") -> "Rule":
        """Raises RuleInvalid, whose `field` is the place below `field`."""
        keys = mapping_of(shape, field)
        place = f"{field}." if field else ""
        unknown = sorted(str(key) for key in keys.keys() - set(_KEYS))
        if unknown:
            raise RuleInvalid(f"{place}{unknown[0]}", f"is not known; write {', '.join(_KEYS)}")
        for name in ("id", "role", "when"):
            if name not in keys:
                raise RuleInvalid(f"{place}{name}", "is missing")
        provider = keys.get("provider")
        return cls(
            id=_named(keys["id"], f"{place}id", _ID),
            role=_named(keys["role"], f"{place}role", _ROLE),
            when=parse(keys["when"], f"{place}when"),
            provider=None if provider is None else _named(provider, f"{place}provider", _PROVIDER),
            priority=_priority(keys.get("priority", 0), f"{place}priority"),
        )

    def plain(self) -> dict[str, object]:
        """What `parse` reads; what need not be said is left out."""
        plain: dict[str, object] = {"id": self.id, "role": self.role, "when": self.when.plain()}
        if self.provider is not None:
            plain["provider"] = self.provider
        if self.priority:
            plain["priority"] = self.priority
        return plain


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleGrant:
    """A role with its reason: which rule, of which version, because of which claims."""

    role: str
    rule: str
    version: int
    provider: str  # slug of the provider whose word it rests on
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NearMiss:
    """A rule that was asked and did not grant, and what was in the way."""

    role: str
    rule: str
    because: tuple[str, ...]


def _named(value: object, field: str, pattern: re.Pattern[str]) -> str:
    text = text_of(value, field)
    if not pattern.fullmatch(text):
        raise RuleInvalid(field, f"{text!r} is no name; it must match {pattern.pattern}")
    return text


def _priority(value: object, field: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > MAX_PRIORITY:
        raise RuleInvalid(
            field, f"is {kind_of(value)}; write a whole number up to {MAX_PRIORITY} either way"
        )
    return value
