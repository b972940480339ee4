"""What a directory's row may say, by kind: read once, typed, refused with the field's name."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from typing import TypeAlias
from urllib.parse import urlsplit

from providers.addresses import Network
from providers.errors import ProviderMisconfigured
from providers.tls import authorities
from provisioning.directories.errors import DirectoryMisconfigured

MAX_TEXT = 1024
_ATTRIBUTE = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}")  # RFC 4512, 1.4
Check: TypeAlias = Callable[[str], str]
"""Of one text: returns it as it is to be used, or raises ValueError in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One field of a kind. Without a default it must be filled in."""

    check: Check
    default: str | None = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Which addresses may be gone to beside public ones, and whose certificates are believed
    beside the machine's own.
    """

    allowed: tuple[Network, ...]
    authorities: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    texts: Mapping[str, str]
    reach: Reach

    def __getitem__(self, name: str) -> str:
        return self.texts[name]


def _plain(text: str) -> str:
    if not text.isprintable():
        raise ValueError("has characters that cannot be seen")
    return text


def _web(text: str) -> str:
    return _address(text.rstrip("/"), ("https", "http"), "https://keycloak.corp.example")


def _bare_web(text: str) -> str:
    found = _web(text)
    if urlsplit(found).path:
        raise ValueError("is more than a host: leave out what follows it")
    return found


def _ldap(text: str) -> str:
    found = _address(text.rstrip("/"), ("ldaps", "ldap"), "ldaps://ldap.corp.example")
    if urlsplit(found).path:
        raise ValueError("is more than a host: the base stands in a field of its own")
    return found


def _address(text: str, schemes: tuple[str, ...], example: str) -> str:
    parts = urlsplit(_plain(text))
    plain = bool(parts.hostname) and not (parts.query or parts.fragment or "@" in parts.netloc)
    try:
        lawful = plain and parts.scheme in schemes and parts.port != 0 and text.isascii()
    except ValueError:
        lawful = False
    if not lawful:
        raise ValueError(f"is no address such as {example}")
    return text


def _filter(text: str) -> str:
    if not (text.startswith("(") and text.endswith(")") and text.count("(") == text.count(")")):
        raise ValueError("is no filter such as (objectClass=person)")
    return _plain(text)


def _attribute(text: str) -> str:
    if not _ATTRIBUTE.fullmatch(text):
        raise ValueError("is no name of an attribute, such as entryUUID")
    return text


def _one_of(*choices: str, default: str | None = None) -> Setting:
    def check(text: str) -> str:
        if text not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}")
        return text

    return Setting(check=check, default=default or choices[0], choices=choices)


_ID = re.compile(r"[A-Za-z0-9._~-]+")


def _segment(text: str) -> str:
    """It becomes a step of a path."""
    if not _ID.fullmatch(text) or text in {".", ".."}:
        raise ValueError("may hold letters, digits, dots and dashes")
    return text


KINDS: Mapping[str, Mapping[str, Setting]] = {
    "keycloak": {
        "url": Setting(check=_web),
        "realm": Setting(check=_segment),
        "client_id": Setting(check=_plain),
        "group_names": _one_of("path", "name"),
    },
    "ldap": {
        "url": Setting(check=_ldap),
        "bind_dn": Setting(check=_plain),
        "people_base": Setting(check=_plain),
        "people_filter": Setting(check=_filter, default="(objectClass=inetOrgPerson)"),
        "subject_attribute": Setting(check=_attribute, default="entryUUID"),
        "username_attribute": Setting(check=_attribute, default="uid"),
        "groups_from": _one_of("memberOf", "search"),
        "groups_base": Setting(check=_plain, default=""),
        "groups_filter": Setting(check=_filter, default="(objectClass=groupOfNames)"),
        "group_names": _one_of("name", "dn"),
    },
    "okta": {
        "url": Setting(check=_bare_web),
        "subject": _one_of("id", "login"),
    },
    "auth0": {
        "url": Setting(check=_bare_web),
        "client_id": Setting(check=_plain),
    },
}
SECRETS: Mapping[str, str] = {
    "keycloak": "client_secret",
    "ldap": "bind_password",
    "okta": "api_token",
    "auth0": "client_secret",
}
_NETWORK = frozenset({"allowed_networks", "ca_certificates"})


def parse(kind: str, settings: Mapping[str, object]) -> Settings:
    """Raises DirectoryMisconfigured, which names the field."""
    if kind not in KINDS:
        raise DirectoryMisconfigured("kind", f"must be one of {', '.join(KINDS)}")
    for name in settings:
        if name not in KINDS[kind] and name not in _NETWORK:
            raise DirectoryMisconfigured(name, f"is not a setting of a directory by {kind}")
    texts = {name: _read(name, each, settings.get(name)) for name, each in KINDS[kind].items()}
    return Settings(texts=texts, reach=_reach(settings))


def _read(name: str, setting: Setting, value: object) -> str:
    if value in {None, ""}:
        if setting.default is None:
            raise DirectoryMisconfigured(name, "must be filled in")
        return setting.default
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise DirectoryMisconfigured(name, f"must be text of {MAX_TEXT} letters at most")
    try:
        return setting.check(value)
    except ValueError as error:
        raise DirectoryMisconfigured(name, str(error)) from error


def _reach(settings: Mapping[str, object]) -> Reach:
    texts = settings.get("allowed_networks", [])
    if not isinstance(texts, list):
        raise DirectoryMisconfigured("allowed_networks", "must be a list of networks")
    allowed = []
    for text in texts:
        try:
            allowed.append(ip_network(str(text)))
        except ValueError as error:
            problem = f"{text} is no network, e.g. 10.2.0.0/16"
            raise DirectoryMisconfigured("allowed_networks", problem) from error
    try:
        believed = authorities("ca_certificates", settings.get("ca_certificates", []))
    except ProviderMisconfigured as error:
        raise DirectoryMisconfigured(error.field, error.problem) from error
    return Reach(allowed=tuple(allowed), authorities=believed)
