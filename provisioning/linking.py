"""Which account an identity belongs to: decided here, done in `jit`.

Issuer and subject decide, whatever else the provider says. An e-mail address joins an identity to
an account that another provider made only if all of this is true:
- this provider's row says that it may, and names the domain of the address, or holds it;
- this provider vouches for the address, which is plain ASCII with one `@`;
- a provider whose row says the same vouched for exactly that address at the account (the case of
  ASCII letters aside, as mail systems do; two accounts that differ in case alone are two, so nobody
  is joined);
- that is one account, active, without any power here (masked or not), which this issuer does not
  know by another subject: the address would have passed from one person to the next.
An address that an untrusted provider vouched for counts nowhere: who signs up there first under
somebody's address waits in vain for her.

Besides, a person may prove that an account is hers by signing in to it once more, and an
administrator may decide. No decision joins anything to an account with power here, nor to one that
has a password: that takes her own proof.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from django.db.models import Q, QuerySet

from providers.dialects.addresses import well_formed
from providers.domains import domain_of
from providers.identity import ExternalIdentity, Subject
from providers.models import Provider, held_domains
from provisioning import invited, power, told
from provisioning.errors import (
    AccountClosed,
    AccountEnded,
    JoinDeclined,
    LinkConflict,
    NotAdmitted,
    OtherProviderRequired,
    ProvisioningError,
)
from provisioning.models import (
    SCIM_ISSUERS,
    Account,
    Invitation,
    JoinRequest,
    LinkedIdentity,
    Unlinked,
)
from provisioning.policy import PROOF_LIFETIME, LinkPolicy, Proof, named

# As long as the columns; OIDC Core 2 allows a `sub` 255, SAML 2.0 Core 8.3.7 a NameID 256.
MAX_SUBJECT = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    linked: LinkedIdentity  # its row is locked, and its account's before it


@dataclass(frozen=True, slots=True, kw_only=True)
class Create:
    by: str = "created"
    invitation: Invitation | None = None  # its row is locked


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    account: Account  # its row is locked
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prove:
    """She may show that an account is hers, or say that she has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """An administrator is to decide."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuse:
    error: ProvisioningError


Action: TypeAlias = Known | Create | Link | Prove | Wait | Refuse


def whose(subject: Subject) -> str:
    """The account that it is linked to; empty if there is none."""
    linked = LinkedIdentity.objects.filter(issuer=subject.issuer, subject=subject.value)
    return str(linked.values_list("account", flat=True).first() or "")


def decide(
    identity: ExternalIdentity, policy: LinkPolicy, now: datetime, *, staff_role: str
) -> Action:
    """What is to be done, with the rows locked that it rests on. Changes nothing."""
    if not _lasting(identity.subject):
        return Refuse(error=NotAdmitted("the subject is empty, too long or not plain text"))
    linked = _known(identity.subject)
    elsewhere = _required_elsewhere(identity, now)
    if elsewhere is not None:
        return Refuse(error=elsewhere)
    if linked is not None:
        return shut(linked.account, now) or Known(linked=linked)
    if told.is_gone(identity.subject):  # her account went, or there never was one
        return Refuse(error=AccountClosed("a source says that she has gone"))
    if policy.proof is not None:
        return _proven(identity, policy, policy.proof, now)
    joined = _by_address(identity, policy, now, staff_role)
    return joined or _stranger(identity, policy, now, staff_role)


def _known(subject: Subject) -> LinkedIdentity | None:
    """Its link, and before it its account, locked: PostgreSQL takes the locks as `of` names them,
    and whoever moves a link to another account has locked both of those first. One that was moved
    while we waited is not found where it was: so it is looked for once more.
    """
    named = LinkedIdentity.objects.filter(issuer=subject.issuer, subject=subject.value)
    rows = named.select_related("account").select_for_update(no_key=True, of=("account", "self"))
    found = rows.first()
    return rows.first() if found is None and named.exists() else found


def _required_elsewhere(identity: ExternalIdentity, now: datetime) -> OtherProviderRequired | None:
    """Whether a domain of hers requires another provider than the one that she comes through: that
    of the address which this one gives, vouched for or not, or of one that another vouched for at
    her account.
    """
    required = held_domains(now).filter(required=True).exclude(provider__slug=identity.provider)
    if not required.exists():
        return None
    vouched = LinkedIdentity.objects.filter(
        account__identities__issuer=identity.subject.issuer,
        account__identities__subject=identity.subject.value,
    ).exclude(verified_address="")
    addresses = {identity.email or "", *vouched.values_list("verified_address", flat=True)}
    row = (
        required.filter(domain__in={domain_of(address) for address in addresses})
        .select_related("provider")
        .first()
    )
    if row is None:
        return None
    return OtherProviderRequired(row.domain, row.provider.slug, enabled=row.provider.enabled)


def verified_address(identity: ExternalIdentity) -> str:
    """The address as linking compares it; empty unless it is verified and well formed."""
    if not identity.email or not identity.email_verified or not well_formed(identity.email):
        return ""
    return identity.email.lower()


def _lasting(subject: Subject) -> bool:
    return all(
        0 < len(text) <= MAX_SUBJECT and text.isprintable()
        for text in (subject.issuer, subject.value)
    )


def _by_address(
    identity: ExternalIdentity, policy: LinkPolicy, now: datetime, staff_role: str
) -> Link | Refuse | None:
    address = verified_address(identity)
    if not policy.vouches(address):
        return None
    who = Q(provider__in=_trusted_providers(address, now) if policy.by_verified_email else ())
    if policy.newcomers == Provider.Newcomers.TOLD:
        who |= Q(provider=identity.provider, issuer__startswith=SCIM_ISSUERS)
    vouched = LinkedIdentity.objects.filter(who, verified_address=address)
    known_to_issuer = LinkedIdentity.objects.filter(issuer=identity.subject.issuer)
    accounts = list(
        Account.objects.select_for_update(no_key=True)
        .filter(pk__in=vouched.values("account"))
        .exclude(pk__in=known_to_issuer.values("account"))
        .exclude(pk__in=_unlinked(identity).values("account"))
        .order_by("pk")
    )
    if not accounts:
        return None
    if len(accounts) > 1:
        return Refuse(error=LinkConflict(f"{len(accounts)} accounts have this address"))
    return _joinable(accounts[0], now, staff_role, by="verified-email")


def _joinable(account: Account, now: datetime, staff_role: str, *, by: str) -> Link | Refuse:
    """By anything less than her own proof."""
    if (refused := shut(account, now)) is not None:
        return refused
    if power.has_power(account, staff_role):
        return Refuse(error=LinkConflict(f"{account.pk} has power here: only a proof joins it"))
    return Link(account=account, by=by)


def _proven(
    identity: ExternalIdentity, policy: LinkPolicy, proof: Proof, now: datetime
) -> Link | Refuse:
    """A proof is worth nothing any more once anything that it rests on was taken off."""
    account = Account.objects.select_for_update(no_key=True).filter(pk=proof.account).first()
    if account is None or not policy.by_proof or now >= proof.given_at + PROOF_LIFETIME:
        return Refuse(error=LinkConflict("a proof that is too old, or not asked for any more"))
    if not account.identities.filter(pk=proof.linked).exists():
        return Refuse(error=LinkConflict("what proved it is not hers any more"))
    if _unlinked(identity).filter(at__gte=proof.asked_at).exists():
        return Refuse(error=LinkConflict("it was taken off an account meanwhile"))
    if account.unlinked.filter(at__gte=proof.given_at).exists():
        return Refuse(error=LinkConflict("something was taken off the account meanwhile"))
    return shut(account, now) or Link(account=account, by="proof")


def _stranger(
    identity: ExternalIdentity, policy: LinkPolicy, now: datetime, staff_role: str
) -> Action:
    """Whom no account knows, and nothing joins by itself."""
    expected = policy.by_invitation and invited.find(identity, verified_address(identity), now)
    if isinstance(expected, Invitation):
        return Create(by="invitation", invitation=expected)
    by_admin = policy.newcomers == Provider.Newcomers.APPROVAL
    decided = _decided(identity, now, staff_role) if by_admin else None
    if decided is not None:
        return decided
    if policy.by_proof:
        return Prove()
    if by_admin:
        return Wait()
    if policy.newcomers == Provider.Newcomers.CREATED:
        return Create()
    return Refuse(error=expected or NotAdmitted(f"newcomers here: {policy.newcomers}"))


def _decided(identity: ExternalIdentity, now: datetime, staff_role: str) -> Action | None:
    """What became of what she asked for; None if she did not ask. As whoever decides it, this locks
    the account before the request.
    """
    subject = identity.subject
    rows = JoinRequest.objects.filter(
        provider=identity.provider, issuer=subject.issuer, subject=subject.value
    )
    named = rows.filter(state=JoinRequest.State.JOIN).values_list("account_id", flat=True).first()
    account = Account.objects.locked(str(named)) if named is not None else None
    asked = rows.select_for_update(no_key=True).first()
    if asked is None:
        return None
    match asked.state:
        case JoinRequest.State.CREATE:
            return Create(by="approval")
        case JoinRequest.State.JOIN if account is not None and asked.account_id == account.pk:
            return _joinable(account, now, staff_role, by="approval")
        case JoinRequest.State.DECLINED:
            return Refuse(error=JoinDeclined(asked.reason))
    return Wait()


def _unlinked(identity: ExternalIdentity) -> QuerySet[Unlinked]:
    subject = identity.subject
    return Unlinked.objects.filter(issuer=subject.issuer, subject=subject.value)


def _trusted_providers(address: str, now: datetime) -> list[str]:
    # A provider that is switched off still vouched: that is how people move to the next one.
    domain = address.rpartition("@")[2]
    rows = Provider.objects.filter(link_policy=Provider.LinkPolicy.VERIFIED_EMAIL)
    listed = rows.values_list("slug", "email_domains")
    holding = rows.filter(domains__in=held_domains(now).filter(domain=domain))
    return [
        *(slug for slug, domains in listed if domain in named(domains)),
        *holding.values_list("slug", flat=True),
    ]


def shut(account: Account, now: datetime) -> Refuse | None:
    """Why nobody signs in to this account now, by whatever identity; None if somebody may."""
    if account.is_program:
        return Refuse(error=NotAdmitted(f"{account.pk} is a program, and no program signs in"))
    if account.over(now):
        return Refuse(error=AccountEnded(str(account.pk)))
    return None if account.is_active else Refuse(error=AccountClosed(str(account.pk)))
