"""What an app must look like before it is kept."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from ipaddress import ip_network
from typing import ClassVar
from urllib.parse import urlencode, urlsplit

from gateway.edge.certificate import fingerprint
from gateway.edge.demand import MAX_VALUES, VALUE, Demand
from gateway.edge.paths import normalised_path, normalised_prefix
from gateway.edge.routes import MAX_AWAY_SECONDS
from gateway.relying_parties.origins import OriginInvalid, usable

# What an app may learn beside the account id, which it always learns.
SHAREABLE = ("username", "name", "email", "roles", "provider")
MAX_NAME = 200
MAX_MINUTES = 366 * 24 * 60
MAX_CERTIFICATES = 1000  # of one path
MAX_URL = 2048
MAX_SAID = 1000  # letters of a demand in an address, beside whatever else that says

_MINUTES = f"is no whole number from 1 to {MAX_MINUTES}"
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

    Without roles and not public means every signed-in person. The longest path wins, and of two of
    one length the one that is `exact`: for this path alone, not for what lies below. She must have
    signed in by any of `acr`, with all of `amr`, no longer ago than `max_age_minutes`; where
    `client_certificates` (SHA-256, hex) are named, from a client that shows one of them. With
    `preflight`, what browsers ask before a request of another site's page (CORS) comes to the app.
    While Redis is away sessions count that were certain at most `away_seconds` ago. With
    `programs`, service accounts come in by tokens for this app; role and certificate decide.
    """

    path: str
    roles: tuple[str, ...] = ()
    public: bool = False
    exact: bool = False
    preflight: bool = False
    programs: bool = False
    away_seconds: int = 0
    acr: tuple[str, ...] = ()
    amr: tuple[str, ...] = ()
    max_age_minutes: int | None = None
    client_certificates: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """The path as routes keep it. Raises ValueError for one that none can match."""
        return normalised_path(self.path) if self.exact else normalised_prefix(self.path)

    def plain(self) -> dict[str, object]:
        """As a row keeps it; of what is rare, only what is there."""
        rare = {
            "exact": self.exact,
            "preflight": self.preflight,
            "programs": self.programs,
            "away_seconds": self.away_seconds,
            "acr": list(self.acr),
            "amr": list(self.amr),
            "max_age_minutes": self.max_age_minutes,
            "client_certificates": list(map(fingerprint, self.client_certificates)),
        }
        return {
            "path": self.place,
            "roles": list(self.roles),
            "public": self.public,
            **{name: value for name, value in rare.items() if value},
        }

    @staticmethod
    def read(entry: Mapping[str, object]) -> "Access":
        """From `plain`. Raises ValueError for what is of another shape."""
        known = {field.name for field in fields(Access)}
        path, public, exact = entry.get("path"), entry.get("public"), entry.get("exact", False)
        minutes = entry.get("max_age_minutes")
        if not isinstance(path, str) or not isinstance(public, bool) or entry.keys() - known:
            raise ValueError("no path, not said whether it is public, or something unknown")
        preflight, programs = entry.get("preflight", False), entry.get("programs", False)
        away = entry.get("away_seconds", 0)
        if not isinstance(away, int) or isinstance(away, bool):
            raise ValueError("away_seconds is no whole number")  # noqa: TRY004
        if not all(isinstance(each, bool) for each in (exact, preflight, programs)):
            raise ValueError("not said whether it is exact, or preflights or programs pass")
        if not isinstance(minutes, int | None) or isinstance(minutes, bool):
            raise ValueError("max_age_minutes is no whole number")  # noqa: TRY004
        return Access(
            path=path,
            roles=_texts(entry.get("roles")),
            public=public,
            exact=exact is True,
            preflight=preflight is True,
            programs=programs is True,
            away_seconds=away,
            acr=_texts(entry.get("acr", [])),
            amr=_texts(entry.get("amr", [])),
            max_age_minutes=minutes,
            client_certificates=_texts(entry.get("client_certificates", [])),
        )


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError("no list of texts")
    return tuple(value)


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
    session_lifetime_minutes: int | None = None  # an older sign-in must be renewed
    session_idle_minutes: int | None = None  # and one that was not used here for so long
    endings_url: str = ""  # where it is told that somebody has to go
    endings_networks: tuple[str, ...] = ()  # that are not public, on which that may be


def faults(wanted: Definition) -> tuple[FieldFault, ...]:
    """Everything that is wrong with it, as far as it can be judged alone."""
    found = [*_name_faults(wanted), *_origin_faults(wanted), *_access_faults(wanted)]
    found += [
        FieldFault(field="shares", problem=f"has {share!r}; choose from {', '.join(SHAREABLE)}")
        for share in wanted.shares
        if share not in SHAREABLE
    ]
    found += [
        FieldFault(field=f"session.{name}", problem=_MINUTES)
        for name, minutes in (
            ("lifetime_minutes", wanted.session_lifetime_minutes),
            ("idle_minutes", wanted.session_idle_minutes),
        )
        if not _possible(minutes)
    ]
    return (*found, *_endings_faults(wanted))


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
    if "/" not in {access.path for access in wanted.access if not access.exact}:
        yield FieldFault(field="access", problem="has no entry for path '/'; say who may enter")
    seen: set[tuple[str, bool]] = set()
    for at, access in enumerate(wanted.access):
        try:
            place = access.place
        except ValueError as error:
            yield FieldFault(field=f"access.{at}.path", problem=str(error))
            continue
        if (place, access.exact) in seen:
            yield FieldFault(field=f"access.{at}.path", problem="stands here twice")
        seen.add((place, access.exact))
        for name, problem in _demand_faults(access):
            yield FieldFault(field=f"access.{at}.{name}", problem=problem)


def _demand_faults(access: Access) -> Iterator[tuple[str, str]]:
    said = {
        "roles": access.roles,
        "programs": access.programs,
        "acr": access.acr,
        "amr": access.amr,
        "max_age_minutes": access.max_age_minutes,
        "client_certificates": access.client_certificates,
    }
    against = [name for name, value in said.items() if value]
    if access.public and against:
        yield "public", f"is contradicted by {', '.join(against)}; keep one of the two"
    for name, values in (("acr", access.acr), ("amr", access.amr)):
        if not all(map(VALUE.fullmatch, values)) or len(values) > MAX_VALUES:
            problem = f"has more than {MAX_VALUES} values, or one that is not of plain signs alone"
            yield name, problem
    said_in_full = urlencode(Demand(acr=access.acr, amr=access.amr).fields)
    if len(said_in_full) > MAX_SAID:
        yield "acr", f"and amr are longer together than an address can hold ({MAX_SAID} letters)"
    if not 0 <= access.away_seconds <= MAX_AWAY_SECONDS:
        yield "away_seconds", f"is no whole number from 0 to {MAX_AWAY_SECONDS}"
    if not _possible(access.max_age_minutes):
        yield "max_age_minutes", _MINUTES
    shown = access.client_certificates
    if not all(map(fingerprint, shown)) or len(shown) > MAX_CERTIFICATES:
        problem = f"holds what is no SHA-256 in 64 hex digits, or more than {MAX_CERTIFICATES}"
        yield "client_certificates", problem


def _endings_faults(wanted: Definition) -> Iterator[FieldFault]:
    for at, network in enumerate(wanted.endings_networks):
        try:
            ip_network(network)
        except ValueError:
            problem = f"is {network!r}; write a network, as 10.0.0.0/8"
            yield FieldFault(field=f"endings.allowed_networks.{at}", problem=problem)
    if not wanted.endings_url:
        return
    try:
        parts = urlsplit(wanted.endings_url)
        usable_url = parts.scheme in {"https", "http"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable_url = False
    if not usable_url or "@" in parts.netloc or parts.fragment or not wanted.endings_url.isascii():
        yield FieldFault(field="endings.url", problem="is no plain address, as https://app/ended")
    elif len(wanted.endings_url) > MAX_URL:
        yield FieldFault(field="endings.url", problem=f"is longer than {MAX_URL} letters")
    elif parts.scheme == "http" and not wanted.endings_networks:
        yield FieldFault(field="endings.url", problem="is not https")


def _possible(minutes: int | None) -> bool:
    return minutes is None or 1 <= minutes <= MAX_MINUTES
