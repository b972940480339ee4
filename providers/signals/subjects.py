"""Whom a message is about (RFC 9493; Shared Signals Framework 1.0, section 3)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from providers.errors import ResponseInvalid

MAX_NAME = 1024  # characters of an issuer, a subject, an address or an id
MAX_ALIASES = 20
EVERY_SESSION = "ALL"  # as Keycloak names all of somebody's sessions


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedSubject:
    issuer: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Opaque:
    id: str


Name: TypeAlias = IssuedSubject | Address | Opaque


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """`names` all mean one person; there are none where she is named in a way that nobody here
    knows. `session` is what the provider calls the one session that is meant; empty for all.
    """

    names: tuple[Name, ...] = ()
    session: str = ""


def read(subject: object, check: str) -> About:
    """A simple or a complex subject. Raises ResponseInvalid, by the name of `check`.

    Lawful forms that say nothing here (a telephone number, a device) are no error.
    """
    members = _object(subject, check)
    if members.get("format") == "complex" or members.keys() & {"user", "session"}:
        user = members.get("user")
        names = () if user is None else _names(_object(user, check), check)
        return About(names=names, session=_session(members.get("session"), check))
    return About(names=_names(members, check))


def _names(members: Mapping[str, object], check: str) -> tuple[Name, ...]:
    if members.get("format") != "aliases":
        return _simple(members, check)
    listed = members.get("identifiers")
    if not isinstance(listed, list) or not 1 <= len(listed) <= MAX_ALIASES:
        raise ResponseInvalid(check, f"no list of 1 to {MAX_ALIASES} aliases")
    # RFC 9493, 3.2.8: no aliases within aliases; `_simple` knows none.
    return tuple(name for each in listed for name in _simple(_object(each, check), check))


def _simple(members: Mapping[str, object], check: str) -> tuple[Name, ...]:
    form = members.get("format")
    if not isinstance(form, str):
        raise ResponseInvalid(check, "no format is named")
    reader = _READERS.get(form)
    return () if reader is None else (reader(members, check),)


def _session(members: object, check: str) -> str:
    """One session's name; where its form is not known it may be any of hers: all are meant."""
    if members is None:
        return ""
    named = _object(members, check)
    if named.get("format") != "opaque":
        return ""
    found = _text(named, "id", check)
    return "" if found == EVERY_SESSION else found


def _issued(members: Mapping[str, object], check: str) -> IssuedSubject:
    issuer, value = _text(members, "iss", check), _text(members, "sub", check)
    return IssuedSubject(issuer=issuer, value=value)


def _address(members: Mapping[str, object], check: str) -> Address:
    return Address(email=_text(members, "email", check))


def _opaque(members: Mapping[str, object], check: str) -> Opaque:
    return Opaque(id=_text(members, "id", check))


_READERS: Mapping[str, Callable[[Mapping[str, object], str], Name]] = {
    "iss_sub": _issued,
    "email": _address,
    "opaque": _opaque,
}


def _object(value: object, check: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise ResponseInvalid(check, "a subject that is no object")
    return value


def _text(members: Mapping[str, object], name: str, check: str) -> str:
    value = members.get(name)
    if not isinstance(value, str) or not 1 <= len(value) <= MAX_NAME:
        raise ResponseInvalid(check, f"{name} is no text of 1 to {MAX_NAME} characters")
    return value
