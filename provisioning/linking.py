"""Which account an identity belongs to: decided here, done in `jit`.

Issuer and subject decide, whatever else the provider says. An e-mail address joins an identity to
an account that another provider made only if all of this is true:
- this provider's row says that it may, and names the domain of the address, or holds it;
- this provider vouches for the address, which is plain ASCII with one `@`;
- a provider whose row says the same vouched for exactly that address at the account (the case of
  ASCII letters aside, as mail systems do; two accounts that differ in case alone are two, so nobody
  is joined);
- that is one account, active, without any power here, which this issuer does not know by another
  subject: the address would have passed from one person to the next.
An address that an untrusted provider vouched for counts nowhere: who signs up there first under
somebody's address waits in vain for her.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from django.contrib.auth.models import Permission
from django.db.models import Q

from providers.dialects.addresses import well_formed
from providers.domains import domain_of
from providers.identity import ExternalIdentity, Subject
from providers.models import Provider, held_domains
from provisioning.errors import (
    AccountClosed,
    LinkConflict,
    NotAdmitted,
    OtherProviderRequired,
    ProvisioningError,
)
from provisioning.models import Account, LinkedIdentity

# As long as the columns; OIDC Core 2 allows a `sub` 255, SAML 2.0 Core 8.3.7 a NameID 256.
MAX_SUBJECT = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkPolicy:
    """What an e-mail address from one provider is worth."""

    by_verified_email: bool
    email_domains: frozenset[str]  # lower case; exactly these, none below them

    @classmethod
    def of(cls, provider: Provider, now: datetime) -> "LinkPolicy":
        """With the domains that lead to the provider: who holds one speaks for its addresses."""
        held = held_domains(now).filter(provider=provider).values_list("domain", flat=True)
        return cls(
            by_verified_email=provider.link_policy == Provider.LinkPolicy.VERIFIED_EMAIL,
            email_domains=frozenset(_named(provider.email_domains)) | frozenset(held),
        )

    def vouches(self, address: str) -> bool:
        """Whether this provider's word for the address, in lower case, is taken at all."""
        return address.rpartition("@")[2] in self.email_domains

    def trusts(self, address: str) -> bool:
        return self.by_verified_email and self.vouches(address)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    linked: LinkedIdentity  # its account's row is locked


@dataclass(frozen=True, slots=True, kw_only=True)
class Create:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    account: Account  # its row is locked


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuse:
    error: ProvisioningError


Action: TypeAlias = Known | Create | Link | Refuse


def decide(identity: ExternalIdentity, policy: LinkPolicy, now: datetime) -> Action:
    """What is to be done, with the rows locked that it rests on. Changes nothing."""
    if not _lasting(identity.subject):
        return Refuse(error=NotAdmitted("the subject is empty, too long or not plain text"))
    linked = (
        LinkedIdentity.objects.select_for_update(no_key=True, of=("self", "account"))
        .select_related("account")
        .filter(issuer=identity.subject.issuer, subject=identity.subject.value)
        .first()
    )
    elsewhere = _required_elsewhere(identity, now)
    if elsewhere is not None:
        return Refuse(error=elsewhere)
    if linked is not None:
        return Known(linked=linked) if linked.account.is_active else _closed(linked.account)
    address = verified_address(identity)
    return _by_address(address, identity, now) if policy.trusts(address) else Create()


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


def _by_address(address: str, identity: ExternalIdentity, now: datetime) -> Action:
    vouched = LinkedIdentity.objects.filter(
        verified_address=address, provider__in=_trusted_providers(address, now)
    )
    known_to_issuer = LinkedIdentity.objects.filter(issuer=identity.subject.issuer)
    accounts = list(
        Account.objects.select_for_update(no_key=True)
        .filter(pk__in=vouched.values("account"))
        .exclude(pk__in=known_to_issuer.values("account"))
        .order_by("pk")
    )
    if not accounts:
        return Create()
    if len(accounts) > 1:
        return Refuse(error=LinkConflict(f"{len(accounts)} accounts have this address"))
    if not accounts[0].is_active:
        return _closed(accounts[0])
    if _has_power(accounts[0]):
        return Refuse(error=LinkConflict(f"{accounts[0].pk} has power here: an admin must join it"))
    return Link(account=accounts[0])


def _trusted_providers(address: str, now: datetime) -> list[str]:
    # A provider that is switched off still vouched: that is how people move to the next one.
    domain = address.rpartition("@")[2]
    rows = Provider.objects.filter(link_policy=Provider.LinkPolicy.VERIFIED_EMAIL)
    named = rows.values_list("slug", "email_domains")
    holding = rows.filter(domains__in=held_domains(now).filter(domain=domain))
    return [
        *(slug for slug, domains in named if domain in _named(domains)),
        *holding.values_list("slug", flat=True),
    ]


def _named(domains: Iterable[object]) -> Iterator[str]:
    return (str(domain).lower() for domain in domains)


def _has_power(account: Account) -> bool:
    if account.is_staff or account.is_superuser:
        return True
    return Permission.objects.filter(Q(user=account) | Q(group__user=account)).exists()


def _closed(account: Account) -> Refuse:
    return Refuse(error=AccountClosed(str(account.pk)))
