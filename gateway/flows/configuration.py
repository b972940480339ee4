"""What an admin or a file wants to be so, as values, and what had to change for it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from mapping.pieces import same
from providers.models import DEFAULT_PRECEDENCE

MAX_SHOWN = 100  # characters of one value in a difference


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataPlace:
    """Where a SAML provider's metadata is published, as an admin said it."""

    url: str
    allowed_networks: tuple[str, ...] = ()
    ca_certificates: tuple[str, ...] = ()  # PEM; believed besides the machine's own
    proxy: str = ""  # its address; name and password are the row's secret
    anchors: tuple[str, ...] = ()  # PEM; with any, one of them must have signed it
    entity_id: str = ""  # of one among several entities


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedMetadata:
    """Where metadata comes from, and what was read there and is in force.

    Times are UTC; `taken` are the facts of `providers.saml.metadata.IdpMetadata`.
    """

    place: MetadataPlace
    taken: Mapping[str, object]
    valid_until: datetime | None
    fresh_until: datetime
    checked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedProvider:
    """One identity provider. Secrets that are not named keep their value; None takes one away.

    Without `metadata` the settings are an admin's own, and are never renewed.
    """

    slug: str
    name: str
    protocol: str
    dialect: str
    enabled: bool = True
    link_policy: str = "never"
    newcomers: str = "created"
    email_domains: tuple[str, ...] = ()
    profile: Mapping[str, object] = field(default_factory=dict)  # as `provisioning.profile` has it
    precedence: int = DEFAULT_PRECEDENCE
    settings: Mapping[str, object]
    secrets: Mapping[str, str | None] = field(default_factory=dict, repr=False)
    metadata: WantedMetadata | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedDomain:
    """A domain that leads to a provider by the operator's word."""

    domain: str
    provider: str  # slug
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedRole:
    """A role, what people are told about it, and what it may do in the console.

    Permissions are `app.codename`, or `app.*` for all of an app.
    """

    name: str
    label: str
    description: str = ""
    whom_to_ask: str = ""
    permissions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """One field before and after; both None where the values are not to be shown."""

    field: str
    before: object = None
    after: object = None

    def words(self) -> str:
        if self.before is None and self.after is None:
            return f"{self.field} (not shown)"
        return f"{self.field}: {_shown(self.before)} -> {_shown(self.after)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """What saving one thing did. Nothing was written if there are no changes and it is not made."""

    subject: str  # "provider corp-oidc"
    made: bool
    changes: tuple[FieldChange, ...]
    warnings: tuple[str, ...] = ()  # what follows of it as it is now, that nobody may have meant

    @property
    def fields(self) -> list[str]:
        return [change.field for change in self.changes]

    def words(self) -> tuple[str, ...]:
        """The difference for people to read, a line each, and what it warns of; none if there is
        none.
        """
        changed = tuple(f"~ {self.subject}: {change.words()}" for change in self.changes)
        if self.made:
            changed = (f"+ {self.subject}",)
        warned = tuple(f"! {self.subject}: {warning}" for warning in self.warnings)
        return (*changed, *warned) if changed else ()


def changes(before: Mapping[str, object], after: Mapping[str, object]) -> tuple[FieldChange, ...]:
    """The fields that differ, those of objects one by one: `settings.issuer`."""
    found: list[FieldChange] = []
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            found += [
                FieldChange(field=f"{name}.{inner.field}", before=inner.before, after=inner.after)
                for inner in changes(old, new)
            ]
        elif not same(old, new):
            found.append(FieldChange(field=name, before=old, after=new))
    return tuple(found)


def _shown(value: object) -> str:
    text = "nothing" if value is None else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"
