"""What a SCIM connection says of a person, in the one form in which rules read everybody."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from providers.identity import ClaimSet, ExternalIdentity, Subject
from provisioning.scim.models import ScimConnection, ScimUser
from provisioning.scim.reading import text_at
from provisioning.scim.resources import ENTERPRISE

_OWN = ("userName", "externalId", "title", "userType", "locale", "preferredLanguage", "timezone")
_OF_THE_COMPANY = ("employeeNumber", "costCenter", "organization", "division", "department")
_LISTS = ("roles", "entitlements")


def identity(
    user: ScimUser, groups: Iterable[str], connection: ScimConnection, now: datetime
) -> ExternalIdentity:
    """`groups` are the names of those that she is in. Whoever may push for a provider keeps its
    directory, so that its word for an address is the provider's own: how far that counts, the
    provider's row says (`LinkPolicy`). Raises ResponseInvalid for more claims than one may have.
    """
    content = user.content
    named = address(content)
    return ExternalIdentity(
        provider=connection.provider.slug,
        subject=Subject(issuer=connection.issuer, value=str(user.pk)),
        claims=ClaimSet(_claims(content, sorted(groups))),
        username=user.user_name,
        name=_name(content),
        email=named or None,
        email_verified=bool(named),
        authenticated_at=now,
        acr=None,
        amr=(),
        upstream_session=None,
        upstream_names=(),
    )


def _claims(content: Mapping[str, Any], groups: list[str]) -> dict[str, object]:
    told = {name: text_at(content, name) for name in _OWN}
    told |= {name: text_at(content, f"{ENTERPRISE}:{name}") for name in _OF_THE_COMPANY}
    lists = {name: _values(content.get(name, ())) for name in _LISTS}
    found = {name: value for name, value in (told | lists).items() if value}
    return {**found, "groups": groups}


def _values(entries: Iterable[Mapping[str, Any]]) -> list[str]:
    return [entry["value"] for entry in entries if isinstance(entry.get("value"), str)]


def _name(content: Mapping[str, Any]) -> str:
    parts = (text_at(content, "name.givenName"), text_at(content, "name.familyName"))
    return (
        text_at(content, "displayName")
        or text_at(content, "name.formatted")
        or " ".join(filter(None, parts))
    )


def address(content: Mapping[str, Any]) -> str:
    """The primary one, or else that of work, or else the first."""
    entries = [entry for entry in content.get("emails", ()) if entry.get("value")]
    entries.sort(key=lambda entry: (not entry.get("primary"), entry.get("type") != "work"))
    return str(entries[0]["value"]) if entries else ""
