"""What the files declare, as values. Types are judged here; meaning, where the things are kept."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TypeVar

from gateway.flows.apply_declared import Declared
from gateway.flows.apply_fields import Fields
from gateway.flows.apply_references import ReferenceBroken, provider_metadata, secret
from gateway.flows.apply_rules import DeclaredRules, read_rules
from gateway.flows.apply_source import Fault, Source
from gateway.flows.configuration import WantedDomain, WantedMetadata, WantedProvider, WantedRole
from gateway.relying_parties.definition import Access, Definition
from providers.models import DEFAULT_PRECEDENCE

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """All that the files declare together. `rules` is None where no file has any of them."""

    roles: tuple[Declared[WantedRole], ...]
    providers: tuple[Declared[WantedProvider], ...]
    domains: tuple[Declared[WantedDomain], ...]
    rules: DeclaredRules | None
    relying_parties: tuple[Declared[Definition], ...]


def configuration(
    sources: Iterable[Source], *, variables: Mapping[str, str], now: datetime
) -> tuple[Configuration, list[Fault]]:
    """What could be read, and every fault of the rest. Fetches what the files refer to."""
    faults: list[Fault] = []
    roles: list[Declared[WantedRole]] = []
    providers: list[Declared[WantedProvider]] = []
    domains: list[Declared[WantedDomain]] = []
    apps: list[Declared[Definition]] = []
    files = [
        Fields(source=source, place="", content=source.content, faults=faults) for source in sources
    ]
    rules = read_rules(files)
    for file in files:
        roles += _each(file, "roles", _role)
        providers += _each(file, "providers", partial(_provider, variables=variables, now=now))
        domains += _each(file, "domains", _domain)
        apps += _each(file, "relying_parties", _relying_party)
        file.finish()
    faults += [
        *_twice(roles, "name", lambda role: role.name),
        *_twice(providers, "slug", lambda provider: provider.slug),
        *_twice(domains, "domain", lambda domain: domain.domain.lower()),
        *_twice(apps, "slug", lambda app: app.slug),
    ]
    wanted = Configuration(
        roles=tuple(roles),
        providers=tuple(providers),
        domains=tuple(domains),
        rules=rules,
        relying_parties=tuple(apps),
    )
    return wanted, faults


def _each(file: Fields, section: str, read: Callable[[Fields], _T]) -> Iterator[Declared[_T]]:
    """The things of one section that could be read without a fault."""
    for fields in file.things(section):
        before = len(file.faults)
        value = read(fields)
        fields.finish()
        if len(file.faults) == before:
            yield Declared(source=fields.source, place=fields.place, value=value)


def _twice(
    declared: Iterable[Declared[_T]], field: str, name_of: Callable[[_T], str]
) -> Iterator[Fault]:
    first: dict[str, Declared[_T]] = {}
    for thing in declared:
        earlier = first.setdefault(name_of(thing.value), thing)
        if earlier is not thing:
            place = earlier.fault(field, "")
            yield thing.fault(field, f"is declared already at {place.file}:{place.line}")


def _role(fields: Fields) -> WantedRole:
    return WantedRole(
        name=fields.text("name"),
        label=fields.text("label"),
        description=fields.text("description", ""),
        whom_to_ask=fields.text("whom_to_ask", ""),
        permissions=fields.texts("permissions"),
    )


def _provider(fields: Fields, variables: Mapping[str, str], now: datetime) -> WantedProvider:
    secrets = _secrets(fields, variables)
    settings, metadata = _settings(fields, secrets.get("proxy_credentials") or "", now)
    return WantedProvider(
        slug=fields.text("slug"),
        name=fields.text("name"),
        protocol=fields.text("protocol"),
        dialect=fields.text("dialect", "plain"),
        enabled=fields.flag("enabled", default=True),
        link_policy=fields.text("link_policy", "never"),
        newcomers=fields.text("newcomers", "created"),
        email_domains=fields.texts("email_domains"),
        profile=fields.mapping("profile"),
        precedence=_precedence(fields),
        settings=settings,
        secrets=secrets,
        metadata=metadata,
    )


def _precedence(fields: Fields) -> int:
    number = fields.number("precedence")
    return DEFAULT_PRECEDENCE if number is None else number


def _domain(fields: Fields) -> WantedDomain:
    return WantedDomain(
        domain=fields.text("domain"),
        provider=fields.text("provider"),
        required=fields.flag("required", default=False),
    )


def _settings(
    fields: Fields, proxy_credentials: str, now: datetime
) -> tuple[dict[str, object], WantedMetadata | None]:
    """What the file says itself wins over what the provider's metadata says, now and later."""
    declared = fields.mapping("settings")
    settings: dict[str, object] = dict(declared)
    reference = fields.take("metadata")
    if reference is None:
        return settings, None
    try:
        found, metadata = provider_metadata(
            reference,
            fields.source.file,
            entity_id=declared.get("entity_id"),
            proxy_credentials=proxy_credentials,
            now=now,
        )
    except ReferenceBroken as error:
        fields.fault("metadata", str(error))
        return settings, None
    return {**found, **settings}, metadata


def _secrets(fields: Fields, variables: Mapping[str, str]) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for name, reference in fields.mapping("secrets").items():
        try:
            found[name] = secret(reference, fields.source.file, variables)
        except ReferenceBroken as error:
            fields.fault(f"secrets.{name}", str(error))
    return found


def _relying_party(fields: Fields) -> Definition:
    session, endings = fields.part("session"), fields.part("endings")
    found = Definition(
        slug=fields.text("slug"),
        name=fields.text("name"),
        enabled=fields.flag("enabled", default=True),
        origins=fields.texts("origins"),
        access=tuple(_access(entry) for entry in fields.things("access")),
        shares=fields.texts("shares"),
        providers=fields.texts("providers"),
        contact=fields.text("contact", ""),
        session_lifetime_minutes=session.number("lifetime_minutes"),
        session_idle_minutes=session.number("idle_minutes"),
        endings_url=endings.text("url", ""),
        endings_networks=endings.texts("allowed_networks"),
    )
    session.finish()
    endings.finish()
    return found


def _access(fields: Fields) -> Access:
    found = Access(
        path=fields.text("path"),
        roles=fields.texts("roles"),
        public=fields.flag("public", default=False),
        exact=fields.flag("exact", default=False),
        preflight=fields.flag("preflight", default=False),
        programs=fields.flag("programs", default=False),
        away_seconds=fields.number("away_seconds") or 0,
        acr=fields.texts("acr"),
        amr=fields.texts("amr"),
        max_age_minutes=fields.number("max_age_minutes"),
        client_certificates=fields.texts("client_certificates"),
    )
    fields.finish()
    return found
