"""What provisioning did, as facts for the flows to record and act on."""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountCreated:
    account: str  # Account.pk as text
    username: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityLinked:
    account: str
    issuer: str
    subject: str
    by: str  # "created", "verified-email"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileChanged:
    account: str
    fields: tuple[str, ...]  # names only; values are personal


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeChanged:
    """`origin`, which says it now, is empty when nothing of this identity does any more; `before`,
    which said it until now, when nothing did.
    """

    account: str
    name: str  # values are personal
    origin: str
    because: tuple[str, ...]  # why it is said now
    before: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleGained:
    """A held role came into being. `effective`: the account did not have the role before, and has
    it now.
    """

    account: str
    role: str
    origin: str  # "rule deployers v3 (keycloak-corp)", "by hand (ada)"
    because: tuple[str, ...]
    effective: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleLost:
    """A held role ended. `effective`: the account had the role, and nothing else gives it."""

    account: str
    role: str
    origin: str
    rule: str  # its id; empty for a hand
    because: tuple[str, ...]  # why it was given
    effective: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleMasked:
    """A role is held and does not count from now on."""

    account: str
    role: str
    why: str  # "denied", "outranked"
    by: str  # the origin of the denial; the role that outranks it
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleUnmasked:
    """A role that was held all the time counts again."""

    account: str
    role: str
    why: str  # what masked it: "denied", "outranked", "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountDeactivated:
    account: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountReactivated:
    account: str


Change: TypeAlias = (
    AccountCreated
    | IdentityLinked
    | ProfileChanged
    | RoleGained
    | RoleLost
    | RoleMasked
    | RoleUnmasked
    | AttributeChanged
    | AccountDeactivated
    | AccountReactivated
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Provisioned:
    """The account after a login: who it is now, what it may do, and what changed."""

    account: str
    username: str
    name: str
    email: str | None
    email_verified: bool
    roles: frozenset[str]  # effective: held, and neither denied nor outranked
    changes: tuple[Change, ...]
