"""Accounts, the identities linked to them, the roles that they hold and are denied, and what
describes them.

What a deletion takes with it: an account takes all of these. A link cannot go while roles or
denials rest on it, nor a role while somebody holds it or is denied it; whoever wants that ends
those first, by way of `provisioning.roles`, so that `Account.groups` follows.
"""

from provisioning.models.accounts import SCIM_ISSUERS, Account, AccountManager, LinkedIdentity
from provisioning.models.closures import Closure, Source, ToldGone
from provisioning.models.invitations import Invitation
from provisioning.models.joining import JoinRequest, Unlinked
from provisioning.models.kept import AccountAttribute, LastIdentity, UpstreamGrant
from provisioning.models.merging import Merge
from provisioning.models.profile import ProfileValue
from provisioning.models.roles import DeniedRole, HeldRole, RoleInfo
from provisioning.models.services import ServiceAccount

__all__ = [
    "SCIM_ISSUERS",
    "Account",
    "AccountAttribute",
    "AccountManager",
    "Closure",
    "DeniedRole",
    "HeldRole",
    "Invitation",
    "JoinRequest",
    "LastIdentity",
    "LinkedIdentity",
    "Merge",
    "ProfileValue",
    "RoleInfo",
    "ServiceAccount",
    "Source",
    "ToldGone",
    "Unlinked",
    "UpstreamGrant",
]
