"""The standard attributes, and which of them a sign-in at one provider takes.

The list is closed: apps, rules and reports can rely on what a name means. Names are those of OIDC
Core 5.1 where it has them, else of SCIM (RFC 7643, 4.1.1 and 4.3) in the same spelling. Whatever
else describes people, rules say (`AccountAttribute`).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType

from providers.dialects.addresses import well_formed
from providers.dialects.profile import PROFILE
from providers.identity import ClaimSet, ExternalIdentity
from providers.models import Provider

MAX_VALUE = 200
MAX_ADDRESS = 254
MAX_CLAIM = 200  # letters of the path of a claim


class Attribute(StrEnum):
    NAME = "name"
    GIVEN_NAME = "given_name"
    FAMILY_NAME = "family_name"
    EMAIL = "email"
    PHONE_NUMBER = "phone_number"
    LOCALE = "locale"
    TITLE = "title"
    DEPARTMENT = "department"
    ORGANIZATION = "organization"
    EMPLOYEE_NUMBER = "employee_number"
    MANAGER = "manager"


class Take(StrEnum):
    """When a sign-in takes what the provider says."""

    ALWAYS = "always"
    FIRST = "first"  # the first time that it is said
    NEVER = "never"


# What nobody asked for is not collected: only what a person is called, and how she is written to.
_TAKEN = frozenset(
    {Attribute.NAME, Attribute.GIVEN_NAME, Attribute.FAMILY_NAME, Attribute.EMAIL, Attribute.LOCALE}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taking:
    take: Take
    kept: bool  # the row names it, or it is taken where none does
    claims: tuple[str, ...]  # paths in the order in which they are tried; none: as it comes anyway


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfilePolicy:
    """What sign-ins at one provider take."""

    takings: Mapping[Attribute, Taking] = field(
        default_factory=lambda: MappingProxyType(_takings({}))
    )

    @classmethod
    def of(cls, provider: Provider) -> "ProfilePolicy":
        return cls(takings=MappingProxyType(_takings(provider.profile)))

    @property
    def first(self) -> frozenset[Attribute]:
        """Those of which the first word stands."""
        return frozenset(a for a, taking in self.takings.items() if taking.take is Take.FIRST)

    def foretold(self) -> "ProfilePolicy":
        """What a directory or SCIM is heard about: every time, whatever sign-ins take."""
        heard = {
            attribute: replace(taking, take=Take.ALWAYS if taking.kept else Take.NEVER)
            for attribute, taking in self.takings.items()
        }
        return ProfilePolicy(takings=MappingProxyType(heard))

    def told(
        self, identity: ExternalIdentity, not_kept: Iterable[str] = ()
    ) -> dict[Attribute, str]:
        """What the provider says of the person and the policy takes, by attribute; never what comes
        from a claim that is not to be kept. The name and the address are the identity's own.
        """
        forbidden = tuple(not_kept)
        told: dict[Attribute, str] = {}
        for attribute, taking in self.takings.items():
            if taking.take is Take.NEVER:
                continue
            paths = [path for path in taking.claims if not _inside(path, forbidden)]
            value = _first(identity.claims, paths) or _own(identity, attribute, taking)
            if cleaned := clean(attribute, value):
                told[attribute] = cleaned
        return told


def clean(attribute: Attribute, value: str) -> str:
    """As it is kept: on one line, cut to size; empty for an address that is none."""
    if attribute is Attribute.EMAIL:
        return value if well_formed(value) and len(value) <= MAX_ADDRESS else ""
    return "".join(filter(str.isprintable, value)).strip()[:MAX_VALUE]


def faults(profile: object) -> Iterator[tuple[str, str]]:
    """What is wrong with a provider's `profile` as somebody wrote it: where, and a sentence."""
    if not isinstance(profile, Mapping):
        yield "", "is no object of attributes"
        return
    for name, said in profile.items():
        if name not in set(Attribute):
            yield str(name), f"is no attribute; there are {', '.join(Attribute)}"
        elif not isinstance(said, Mapping) or said.keys() - {"take", "claim"}:
            yield name, "is not `take` and `claim`"
        else:
            yield from _faults_of(name, said)


def _faults_of(name: str, said: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    if said.get("take", Take.ALWAYS) not in list(Take):
        yield f"{name}.take", f"is none of {', '.join(Take)}"
    claim = said.get("claim", "")
    if not isinstance(claim, str) or len(claim) > MAX_CLAIM or not claim.isprintable():
        yield f"{name}.claim", "is no name of a claim"
    elif claim and name == Attribute.EMAIL:
        # Whether an address is vouched for is known of the vendor's own claim alone.
        yield f"{name}.claim", "cannot be chosen: the address comes as the vendor spells it"


def _takings(said: Mapping[str, Mapping[str, str]]) -> dict[Attribute, Taking]:
    takings = {}
    for attribute in Attribute:
        own = said.get(attribute, {})
        kept = attribute in said or attribute in _TAKEN
        default = Take.ALWAYS if kept else Take.NEVER
        claim = own.get("claim", "")
        takings[attribute] = Taking(
            take=Take(own.get("take", default)),
            kept=kept,
            claims=(claim,) if claim else tuple(PROFILE.get(attribute, ())),
        )
    return takings


def _own(identity: ExternalIdentity, attribute: Attribute, taking: Taking) -> str:
    if attribute is Attribute.EMAIL:
        return identity.email or ""
    return identity.name if attribute is Attribute.NAME and not taking.claims else ""


def _inside(path: str, forbidden: tuple[str, ...]) -> bool:
    return any(path == each or path.startswith(f"{each}.") for each in forbidden)


def _first(claims: ClaimSet, paths: Iterable[str]) -> str:
    """The first that is a text with something in it, or a whole number."""
    for path in paths:
        value = claims.path(path)
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if text := next(iter(claims.texts(path)), ""):
            return text
    return ""
