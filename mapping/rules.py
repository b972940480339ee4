"""A rule: if this holds of an identity, the account has those roles, may never have these, and is
described so. And the reasons that a decision gives.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from mapping.conditions import Condition
from mapping.errors import RuleInvalid
from mapping.moments import end_of, plain_end
from mapping.parsing import parse
from mapping.shapes import kind_of, mapping_of, text_of
from mapping.templates import Template

# Role names travel to apps in a header, comma separated: plain ASCII, no spaces, no commas.
_ROLE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,149}")
_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")
_PROVIDER = re.compile(r"[A-Za-z0-9_-]{1,50}")
_ATTRIBUTE = re.compile(r"[a-z][a-z0-9_]{0,49}")
_KEYS = ("id", "when", "roles", "denies", "attributes", "provider", "priority", "until", "note")
DEFAULT: Final = "default"
"""Not a rule's id: the reason of a role that everyone at a provider has."""
MAX_PRIORITY = 1_000
MAX_ROLES = 50  # of one rule
MAX_ATTRIBUTES = 20  # of one rule

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Gives roles, denies roles, or writes attributes; at least one of these."""

    id: str
    when: Condition
    roles: tuple[str, ...] = ()  # sorted
    denies: tuple[str, ...] = ()  # sorted; masked from wherever else they come
    attributes: tuple[tuple[str, Template], ...] = ()  # sorted by name
    provider: str | None = None  # slug; None for every provider
    priority: int = 0  # the highest is named first as the reason, and its attribute wins
    until: datetime | None = None  # the first moment at which it holds no more
    note: str = ""  # for people who read the rules

    @classmethod
    def parse(cls, shape: object, field: str = "") -> "Rule":
        """Raises RuleInvalid, whose `field` is the place below `field`."""
        keys = mapping_of(shape, field)
        place = f"{field}." if field else ""
        unknown = sorted(str(key) for key in keys.keys() - set(_KEYS))
        if unknown:
            raise RuleInvalid(f"{place}{unknown[0]}", f"is not known; write {', '.join(_KEYS)}")
        for name in ("id", "when"):
            if name not in keys:
                raise RuleInvalid(f"{place}{name}", "is missing")
        if not keys.keys() & {"roles", "denies", "attributes"}:
            raise RuleInvalid(f"{place}roles", "is missing; or write denies or attributes")

        def read(name: str, reader: Callable[[object, str], _T], absent: _T) -> _T:
            return reader(keys[name], f"{place}{name}") if name in keys else absent

        return cls(
            id=_own_id(keys["id"], f"{place}id"),
            when=parse(keys["when"], f"{place}when"),
            roles=read("roles", role_names, ()),
            denies=read("denies", role_names, ()),
            attributes=read("attributes", _attributes, ()),
            provider=read("provider", provider_slug, None),
            priority=read("priority", _priority, 0),
            until=read("until", end_of, None),
            note=read("note", text_of, ""),
        )

    def plain(self) -> dict[str, object]:
        """What `parse` reads; what need not be said is left out."""
        said: dict[str, object] = {
            "roles": list(self.roles),
            "denies": list(self.denies),
            "attributes": {name: template.text for name, template in self.attributes},
            "provider": self.provider,
            "priority": self.priority,
            "until": plain_end(self.until) if self.until else None,
            "note": self.note,
        }
        kept = {name: value for name, value in said.items() if value}
        return {"id": self.id, "when": self.when.plain(), **kept}

    def paths(self) -> frozenset[str]:
        """The claims that are read: by its condition, and by what accounts are described with."""
        return self.when.paths().union(*(template.paths() for _, template in self.attributes))

    def named_roles(self) -> tuple[tuple[str, str], ...]:
        """Each role that the rule speaks of, with its place as `roles.0`."""
        lists = (("roles", self.roles), ("denies", self.denies))
        return tuple((role, f"{key}.{at}") for key, names in lists for at, role in enumerate(names))


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleGrant:
    """A role with its reason: which rule, of which version, because of which claims."""

    role: str
    rule: str
    version: int
    provider: str  # slug of the provider whose word it rests on
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Denial:
    """A role that is masked from wherever it comes, with the reason as a grant's."""

    role: str
    rule: str
    version: int
    provider: str
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeGrant:
    """What an account is described by, with the reason as a grant's; but of the claims that the
    value is made of, the reason tells nothing.
    """

    name: str
    value: str
    rule: str
    version: int
    provider: str
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NearMiss:
    """A rule that was asked and did not hold, and what was in the way."""

    role: str = ""
    attribute: str = ""  # it would have described the account by; then there is no role
    rule: str
    version: int
    provider: str  # slug of the provider whose word was asked
    because: tuple[str, ...]
    denies: bool = False  # it would have masked the role


def role_name(value: object, field: str) -> str:
    return _named(value, field, _ROLE)


def provider_slug(value: object, field: str) -> str:
    return _named(value, field, _PROVIDER)


def role_names(value: object, field: str) -> tuple[str, ...]:
    """Sorted, each once. Raises RuleInvalid."""
    if not isinstance(value, list | tuple) or not 1 <= len(value) <= MAX_ROLES:
        raise RuleInvalid(field, f"must be a list of 1 to {MAX_ROLES} roles")
    return tuple(sorted({role_name(name, f"{field}.{at}") for at, name in enumerate(value)}))


def _attributes(value: object, field: str) -> tuple[tuple[str, Template], ...]:
    if not isinstance(value, Mapping) or not 1 <= len(value) <= MAX_ATTRIBUTES:
        raise RuleInvalid(field, f"must be 1 to {MAX_ATTRIBUTES} names with a text each")
    read = {}
    for name, text in value.items():
        named = _named(name, f"{field}.{name}", _ATTRIBUTE)
        read[named] = Template.parse(text, f"{field}.{named}")
    return tuple(sorted(read.items()))


def _own_id(value: object, field: str) -> str:
    named = _named(value, field, _ID)
    if named == DEFAULT:
        raise RuleInvalid(
            field, f"{DEFAULT!r} names what everyone at a provider has; write another"
        )
    return named


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
