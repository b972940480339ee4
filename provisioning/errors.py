"""Why a known identity does not get in.

ProvisioningError
    AccountClosed   the account is deactivated
    LinkConflict    the identity would have to join an account that it may not join
    NotAdmitted     nobody may be created for this identity
"""

from typing import ClassVar


class ProvisioningError(Exception):
    code: ClassVar[str] = "provisioning.error"


class AccountClosed(ProvisioningError):
    code = "provisioning.account-closed"


class LinkConflict(ProvisioningError):
    code = "provisioning.link-conflict"


class NotAdmitted(ProvisioningError):
    code = "provisioning.not-admitted"
