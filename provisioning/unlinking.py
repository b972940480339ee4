"""Taking an identity off an account, with all that rested on it.

Runs in the caller's transaction with the account's row locked.
"""

from collections.abc import Iterable
from datetime import datetime

from mapping.ruleset import NOTHING, RuleSet
from providers.models import Provider
from provisioning import attributes, roles
from provisioning.changes import Change, IdentityUnlinked
from provisioning.errors import IdentityUnknown, OnlyIdentity
from provisioning.models import SCIM_ISSUERS, Account, LinkedIdentity, Unlinked


def own(account: str, identity: int) -> LinkedIdentity:
    """One of the account's, that she may take off. Raises IdentityUnknown, OnlyIdentity."""
    linked = LinkedIdentity.objects.filter(pk=identity, account_id=account).first()
    if linked is None or not opens(linked):
        raise IdentityUnknown(str(identity))
    if identity not in removable(LinkedIdentity.objects.filter(account_id=account)):
        raise OnlyIdentity(str(identity))
    return linked


def removable(hers: Iterable[LinkedIdentity]) -> frozenset[int]:
    """The keys of those that may be taken off, of all of one account: another one lets her in."""
    rows = list(hers)
    ways = ways_in(rows)
    return frozenset(linked.pk for linked in rows if opens(linked) and ways - {linked.pk})


def ways_in(hers: Iterable[LinkedIdentity]) -> frozenset[int]:
    """The keys of those by which anybody can sign in now: their providers are there, and on."""
    opening = [linked for linked in hers if opens(linked)]
    slugs = {linked.provider for linked in opening}
    on = set(Provider.objects.filter(enabled=True, slug__in=slugs).values_list("slug", flat=True))
    return frozenset(linked.pk for linked in opening if linked.provider in on)


def opens(linked: LinkedIdentity) -> bool:
    """Whether anybody signs in by it; what SCIM tells of is the company's own record."""
    return not linked.issuer.startswith(SCIM_ISSUERS)


def unlink(
    account: Account,
    identity: int,
    rules: RuleSet,
    *,
    staff_role: str,
    actor: str,
    now: datetime,
) -> tuple[LinkedIdentity, frozenset[str], tuple[Change, ...]]:
    """What was taken off, the effective roles that are left, and the changes. What else was kept of
    the identity goes with it. Raises IdentityUnknown, OnlyIdentity.
    """
    linked = own(str(account.pk), identity)
    linked.account = account
    effective, changed = roles.reconcile(linked, NOTHING, rules, staff_role=staff_role, now=now)
    gone = IdentityUnlinked(
        account=str(account.pk),
        provider=linked.provider,
        issuer=linked.issuer,
        subject=linked.subject,
    )
    described = attributes.withdraw_identity(linked, actor=actor, now=now)
    LinkedIdentity.objects.filter(pk=identity).delete()
    keep_apart(account, linked.issuer, linked.subject, now)
    return linked, effective, (gone, *changed, *described)


def keep_apart(account: Account, issuer: str, subject: str, at: datetime) -> None:
    """No proof from before, and no address ever, joins the two from now on."""
    Unlinked.objects.update_or_create(
        account=account, issuer=issuer, subject=subject, defaults={"at": at}
    )
