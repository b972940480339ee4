"""What provisioning did, as facts for the flows to record and act on."""

from dataclasses import dataclass
from datetime import datetime
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
    # "created", "verified-email", "proof", "approval", "invitation", "merge", "undo", "split"
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationTaken:
    """She came whom somebody had invited."""

    account: str
    invitation: str
    made_by: str
    roles: tuple[str, ...]
    ends_at: str  # as ISO 8601 says it; empty for no end


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityUnlinked:
    account: str
    provider: str  # slug
    issuer: str
    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileChanged:
    account: str
    fields: tuple[str, ...]  # names only; values are personal
    source: str  # by whose word: "hand", "scim okta", "directory okta", "provider okta"


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
class Closing:
    """What one word that an account is closed did."""

    added: bool  # False: this source had said so
    closed: bool  # it was open until now


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifting:
    """What taking closures away did."""

    lifted: int
    left: tuple[str, ...]  # the sources that still say that it is closed
    opened: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountEndMoved:
    """`ends_at` and `before` as ISO 8601 says them; empty for no end."""

    account: str
    ends_at: str
    before: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceAccountMade:
    account: str
    username: str
    owner: str  # Account.pk as text
    contact: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceAccountHanded:
    """Another person answers for it, or is to be asked about it."""

    account: str
    owner: str
    before: str  # who answered for it; empty if nobody did any more
    contact: str


Change: TypeAlias = (
    AccountCreated
    | IdentityLinked
    | InvitationTaken
    | IdentityUnlinked
    | ProfileChanged
    | RoleGained
    | RoleLost
    | RoleMasked
    | RoleUnmasked
    | AttributeChanged
    | AccountEndMoved
    | ServiceAccountMade
    | ServiceAccountHanded
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
    ends_at: datetime | None = None  # nothing of the account lives longer
