"""One vendor's words as a table, and the one reader of all such tables."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeAlias

from providers.connector import GroupDirectory, SignOut
from providers.dialects.addresses import well_formed
from providers.dialects.sign_out import openid_connect
from providers.identity import ClaimSet

# Names of one thing in the order in which they are tried; the first that was sent wins. A name is
# that of a claim or SAML attribute, or a dotted path into an object. `*/groups` is every claim
# whose name is an address that ends so.
Names: TypeAlias = tuple[str, ...]


def says_verified(received: ClaimSet, _email: str) -> bool:
    """OIDC Core 5.1. Absent is no."""
    return says_yes(received, "email_verified", "emailVerified")


def says_yes(received: ClaimSet, *names: str) -> bool:
    """A true boolean; as text too, since directories behind Okta and Auth0 hand on what they keep,
    and SAML attributes know nothing else.
    """
    for name in names:
        value = received.path(name)
        if value is not None:
            return value is True or [text.lower() for text in received.texts(name)] == ["true"]
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Spelling:
    """Implements `providers.connector.Dialect` from one table of names."""

    groups: Names
    roles: Names = ()
    addresses: Names
    usernames: Names
    full_names: Names
    given_names: Names
    family_names: Names
    subject_parts: Names = ("sub",)
    groups_elsewhere: Names = ()  # what is sent in place of too many groups
    lapses: frozenset[str] = frozenset()  # descriptions of a no that says: begin again
    vouches: Callable[[ClaimSet, str], bool] = says_verified
    offline: Mapping[str, str] = field(
        default_factory=lambda: MappingProxyType({"scope": "offline_access"})  # OIDC Core 11
    )
    directory: GroupDirectory | None = None
    sign_out: Callable[[SignOut], str | None] = openid_connect

    def claims(self, raw: Mapping[str, object]) -> ClaimSet:
        received = raw if isinstance(raw, ClaimSet) else ClaimSet(raw)
        email = _first(received, self.addresses)
        normal: dict[str, object] = {
            "groups": _all(received, self.groups),
            "email_verified": False,
        }
        if well_formed(email):
            normal |= {"email": email, "email_verified": self.vouches(received, email)}
        texts = {
            "preferred_username": _first(received, self.usernames),
            "name": self._full_name(received),
        }
        normal |= {name: text for name, text in texts.items() if text}
        if roles := _all(received, self.roles):
            normal["roles"] = roles
        return received.changed(normal, without=("email",))

    def subject(self, claims: Mapping[str, object]) -> str:
        parts = [_text(claims, part) for part in self.subject_parts]
        return ".".join(parts) if all(parts) else ""

    def username(self, claims: Mapping[str, object]) -> str:
        return _text(claims, "preferred_username") or _text(claims, "email") or self.subject(claims)

    def name(self, claims: Mapping[str, object]) -> str:
        return _text(claims, "name")

    def email(self, claims: Mapping[str, object]) -> tuple[str | None, bool]:
        address = _text(claims, "email")
        return (address, claims.get("email_verified") is True) if address else (None, False)

    def tells_groups(self, raw: Mapping[str, object]) -> bool:
        received = raw if isinstance(raw, ClaimSet) else ClaimSet(raw)
        return any(_named(received, name) for name in self.groups)

    def groups_withheld(self, claims: Mapping[str, object]) -> bool:
        if claims.get("groups"):
            return False
        elsewhere = claims.get("_claim_names")  # OIDC Core 5.6.2: aggregated or distributed
        if isinstance(elsewhere, Mapping) and "groups" in elsewhere:
            return True
        return any(name in claims for name in self.groups_elsewhere)

    def lapsed(self, described: str) -> bool:
        return described in self.lapses

    def sign_out_url(self, sign_out: SignOut) -> str | None:
        return self.sign_out(sign_out)

    def _full_name(self, received: ClaimSet) -> str:
        parts = (_first(received, self.given_names), _first(received, self.family_names))
        name = _first(received, self.full_names) or " ".join(parts)
        return " ".join(name.split())


def _text(claims: Mapping[str, object], name: str) -> str:
    value = claims.get(name)
    return value if isinstance(value, str) else ""


def _first(received: ClaimSet, names: Names) -> str:
    """The first text that is not empty."""
    for name in names:
        if text := next(iter(received.texts(name)), ""):
            return text
    return ""


def _all(received: ClaimSet, names: Names) -> list[str]:
    """The texts of the first name that was sent, each once, in the order received."""
    for name in names:
        sent = _named(received, name)
        if sent:
            return list(dict.fromkeys(text for each in sent for text in received.texts(each)))
    return []


def _named(received: ClaimSet, name: str) -> list[str]:
    if name.startswith("*/"):
        return [each for each in received if "://" in each and each.endswith(name[1:])]
    return [] if received.path(name) is None else [name]
