"""Why a known identity does not get in, and what cannot be done to an account.

ProvisioningError
    AccountClosed   the account is deactivated
    AccountUnknown  there is no such account
    IdentityUnreadable  what was kept of a person does not open
    LinkConflict    the identity would have to join an account that it may not join
    OtherProviderRequired  her domain requires another provider
    NotAdmitted     nobody may be created for this identity
    RoleUnknown     there is no such role
"""

from typing import ClassVar


class ProvisioningError(Exception):
    code: ClassVar[str] = "provisioning.error"


class AccountClosed(ProvisioningError):
    code = "provisioning.account-closed"


class AccountUnknown(ProvisioningError):
    code = "provisioning.account-unknown"


class IdentityUnreadable(ProvisioningError):
    code = "provisioning.identity-unreadable"


class LinkConflict(ProvisioningError):
    code = "provisioning.link-conflict"


class OtherProviderRequired(ProvisioningError):
    """`provider` is the slug of the one that leads on; empty if it is switched off."""

    code = "provisioning.other-provider-required"

    def __init__(self, domain: str, provider: str, *, enabled: bool) -> None:
        super().__init__(f"{domain} requires {provider}")
        self.provider = provider if enabled else ""


class NotAdmitted(ProvisioningError):
    code = "provisioning.not-admitted"


class RoleUnknown(ProvisioningError):
    code = "provisioning.role-unknown"
