"""What an app must look like before it is kept."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from gateway.edge.routes import normalised_prefix
from gateway.relying_parties.origins import OriginInvalid, usable

# What an app may learn beside the account id, which it always learns.
SHAREABLE = ("username", "name", "email", "roles", "provider")
MAX_NAME = 200

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,48}[a-z0-9])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldFault:
    """`field` is dotted, as it was written: `access.0.path`."""

    field: str
    problem: str


class DefinitionInvalid(Exception):
    """The definition cannot work as it stands; all its faults at once."""

    code: ClassVar[str] = "configuration.definition-invalid"

    def __init__(self, faults: tuple[FieldFault, ...]) -> None:
        super().__init__("; ".join(f"{fault.field} {fault.problem}" for fault in faults))
        self.faults = faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Who may see the pages below one path: everybody, or who holds one of these roles.

    Without roles and not public means every signed-in person. The longest path wins.
    """

    path: str
    roles: tuple[str, ...] = ()
    public: bool = False

    def plain(self) -> dict[str, object]:
        return {"path": self.path, "roles": list(self.roles), "public": self.public}


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """One downstream app, as an admin or a file describes it."""

    slug: str
    name: str
    enabled: bool = True
    origins: tuple[str, ...]
    access: tuple[Access, ...]
    shares: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()  # slugs; with any, its people sign in through these alone
    contact: str = ""


def faults(wanted: Definition) -> tuple[FieldFault, ...]:
    """Everything that is wrong with it, as far as it can be judged alone."""
    found = [*_name_faults(wanted), *_origin_faults(wanted), *_access_faults(wanted)]
    found += [
        FieldFault(field="shares", problem=f"has {share!r}; choose from {', '.join(SHAREABLE)}")
        for share in wanted.shares
        if share not in SHAREABLE
    ]
    return tuple(found)


def slug_fault(slug: str) -> FieldFault | None:
    """Slugs stand in addresses and in the record: lower case, digits and inner hyphens."""
    if _SLUG.fullmatch(slug):
        return None
    problem = f"is {slug!r}; write lower case letters, digits and hyphens, at most 50"
    return FieldFault(field="slug", problem=problem)


def _name_faults(wanted: Definition) -> Iterator[FieldFault]:
    fault = slug_fault(wanted.slug)
    if fault:
        yield fault
    if not 1 <= len(wanted.name) <= MAX_NAME:
        yield FieldFault(field="name", problem=f"is missing or longer than {MAX_NAME} letters")
    if len(wanted.contact) > MAX_NAME:
        yield FieldFault(field="contact", problem=f"is longer than {MAX_NAME} letters")


def _origin_faults(wanted: Definition) -> Iterator[FieldFault]:
    if not wanted.origins:
        yield FieldFault(field="origins", problem="is empty; write at least one address")
    seen: set[str] = set()
    for at, text in enumerate(wanted.origins):
        try:
            origin = usable(text)
        except OriginInvalid as error:
            yield FieldFault(field=f"origins.{at}", problem=str(error))
            continue
        if origin in seen:
            yield FieldFault(field=f"origins.{at}", problem="stands here twice")
        seen.add(origin)


def _access_faults(wanted: Definition) -> Iterator[FieldFault]:
    if "/" not in {access.path for access in wanted.access}:
        yield FieldFault(field="access", problem="has no entry for path '/'; say who may enter")
    seen: set[str] = set()
    for at, access in enumerate(wanted.access):
        try:
            prefix = normalised_prefix(access.path)
        except ValueError as error:
            yield FieldFault(field=f"access.{at}.path", problem=str(error))
            continue
        if prefix in seen:
            yield FieldFault(field=f"access.{at}.path", problem="stands here twice")
        if access.public and access.roles:
            problem = "is contradicted by roles; keep one of the two"
            yield FieldFault(field=f"access.{at}.public", problem=problem)
        seen.add(prefix)
