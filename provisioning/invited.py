"""Whom an administrator has invited: found at her first sign-in, and taken once.

An invitation beats what its provider does with newcomers, and nothing else: a domain that requires
another provider, an account that her address joins, a closed account come before it.
"""

from datetime import datetime

from providers.dialects.addresses import well_formed
from providers.identity import ExternalIdentity
from provisioning.changes import InvitationTaken
from provisioning.errors import InvitationOver, NotAdmitted, ProvisioningError
from provisioning.models import Account, Invitation, LinkedIdentity

INVITES, GIVES_ROLES = "provisioning.add_invitation", "provisioning.add_heldrole"


def find(
    identity: ExternalIdentity, vouched: str, now: datetime
) -> Invitation | ProvisioningError | None:
    """The open one of her address and provider, its row locked; or why there is one and it does
    not count. `vouched` is the address as linking compares it, empty if nobody vouches for it.
    """
    address = (identity.email or "").lower()
    if not well_formed(address):
        return None
    rows = Invitation.objects.select_for_update(no_key=True, of=("self",))
    rows = rows.filter(address=address, provider=identity.provider, taken_at=None)
    row = rows.order_by("-made_at").first()
    if row is None:
        return None
    if address != vouched:
        return NotAdmitted(f"invited, and {identity.provider} does not vouch for the address")
    why_not = _why_not(row, now)
    return InvitationOver(why_not) if why_not else row


def take(row: Invitation, account: Account, now: datetime) -> InvitationTaken:
    """In the caller's transaction, which has just made the account."""
    row.account, row.taken_at = account, now
    row.save(update_fields=["account", "taken_at"])
    account.ends_at = row.ends_at
    account.save(update_fields=["ends_at"])
    return InvitationTaken(
        account=str(account.pk),
        invitation=str(row.pk),
        made_by=row.made_by,
        roles=tuple(row.roles),
        ends_at="" if row.ends_at is None else row.ends_at.isoformat(),
    )


def _why_not(row: Invitation, now: datetime) -> str:
    if not row.is_open(now):
        return "withdrawn, or its time is over"
    if not _stands_by_it(row, now):
        return "whoever made it may not invite her like this any more"
    return "an account of hers was closed since it was made" if _was_let_go_since(row) else ""


def _stands_by_it(row: Invitation, now: datetime) -> bool:
    """What somebody made who was let go since, or may do it no more, is worth nothing. Who is none,
    is the operator.
    """
    maker = Account.objects.acting(row.made_by)
    if maker is None:
        return True
    wanted = (INVITES, GIVES_ROLES) if row.roles else (INVITES,)
    return maker.is_active and not maker.over(now) and maker.has_perms(wanted)


def _was_let_go_since(row: Invitation) -> bool:
    """Whom one side let go, an older invitation does not bring back."""
    hers = LinkedIdentity.objects.filter(verified_address=row.address)
    closed = hers.filter(account__is_active=False, account__deactivated_at__gte=row.made_at)
    return closed.exists()
