"""Why a known identity does not get in, and what cannot be done to an account.

ProvisioningError
    AccountClosed   the account is deactivated
    AccountEnded    its end date has come
    AccountUnknown  there is no such account
    ApprovalWanted  an administrator is to decide about the identity
    IdentityUnknown the account has no such identity
    IdentityUnreadable  what was kept of a person does not open
    LinkConflict    the identity would have to join an account that it may not join
    JoinDeclined    an administrator decided against it; says why
    OnlyIdentity    without this identity she could not sign in any more
    OtherProviderRequired  her domain requires another provider
    OwnerUnfit      a program or a closed account cannot answer for a service account
    UsernameTaken   somebody has this username
    NotAdmitted     nobody may be created for this identity
    ProofWanted     she may show that an account is hers, or say that she has none
    RoleUnknown     there is no such role
"""

from typing import ClassVar


class ProvisioningError(Exception):
    code: ClassVar[str] = "provisioning.error"
    account = ""  # of whoever was not let in, where that is known; for the record


class AccountClosed(ProvisioningError):
    code = "provisioning.account-closed"


class AccountEnded(ProvisioningError):
    code = "provisioning.account-ended"


class AccountUnknown(ProvisioningError):
    code = "provisioning.account-unknown"


class ApprovalWanted(ProvisioningError):
    """`reference` is what she was shown when she first asked; empty before that is on record."""

    code = "provisioning.approval-wanted"

    def __init__(self, reference: str = "") -> None:
        super().__init__("an administrator is to decide")
        self.reference = reference


class IdentityUnknown(ProvisioningError):
    code = "provisioning.identity-unknown"


class IdentityUnreadable(ProvisioningError):
    code = "provisioning.identity-unreadable"


class LinkConflict(ProvisioningError):
    code = "provisioning.link-conflict"


class InvitationOver(ProvisioningError):
    code = "provisioning.invitation-over"


class JoinDeclined(ProvisioningError):
    """`reason` is the administrator's, for the person."""

    code = "provisioning.join-declined"

    def __init__(self, reason: str) -> None:
        super().__init__("an administrator declined")
        self.reason = reason


class MergeUnfit(ProvisioningError):
    """`why` says which of the reasons, by its short name."""

    code = "merge.unfit"

    def __init__(self, why: str) -> None:
        super().__init__(f"these accounts are not merged: {why}")
        self.why = why


class MergeNeedsProof(ProvisioningError):
    code = "merge.needs-proof"


class MergeOver(ProvisioningError):
    """Too late to undo it, undone already, or never done."""

    code = "merge.over"


class OnlyIdentity(ProvisioningError):
    code = "provisioning.only-identity"


class OtherProviderRequired(ProvisioningError):
    """`provider` is the slug of the one that leads on; empty if it is switched off."""

    code = "provisioning.other-provider-required"

    def __init__(self, domain: str, provider: str, *, enabled: bool) -> None:
        super().__init__(f"{domain} requires {provider}")
        self.provider = provider if enabled else ""


class NotAdmitted(ProvisioningError):
    code = "provisioning.not-admitted"


class OwnerUnfit(ProvisioningError):
    code = "provisioning.owner-unfit"


class UsernameTaken(ProvisioningError):
    code = "provisioning.username-taken"


class ProofWanted(ProvisioningError):
    """`offer` names what is kept of her in this browser meanwhile; empty before it is kept."""

    code = "provisioning.proof-wanted"

    def __init__(self, offer: str = "") -> None:
        super().__init__("she may show that an account here is hers")
        self.offer = offer


class RoleUnknown(ProvisioningError):
    code = "provisioning.role-unknown"
