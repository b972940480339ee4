"""Whose account a provider means: only ever one of its own people's."""

from datetime import datetime

from django.db.models import Q

from providers import senders
from providers.models import Provider
from providers.signals.subjects import About, Address, IssuedSubject, Name, Opaque
from provisioning.models import LinkedIdentity
from provisioning.policy import LinkPolicy


def whose(about: About, provider: Provider, now: datetime) -> str:
    """The account; empty where it is nobody's, or not one alone. Raises ProviderMisconfigured.

    An issuer that is not the provider's own names nobody. An address does only where this
    provider's word for it counts, and it has vouched for it.
    """
    meant = [_meant(name, provider, now) for name in about.names]
    wanted = Q()
    for each in meant:
        if each is not None:
            wanted |= each
    if not wanted:
        return ""
    rows = LinkedIdentity.objects.filter(wanted).order_by()
    accounts = list(rows.values_list("account", flat=True).distinct()[:2])
    return str(accounts[0]) if len(accounts) == 1 else ""


def _meant(name: Name, provider: Provider, now: datetime) -> Q | None:
    match name:
        case IssuedSubject():
            issuer = senders.issuers(provider).get(name.issuer)
            return None if issuer is None else Q(issuer=issuer, subject=name.value)
        case Opaque():
            return Q(issuer__in=set(senders.issuers(provider).values()), subject=name.id)
        case Address():
            address = name.email.lower()
            if not LinkPolicy.of(provider, now).vouches(address):
                return None
            return Q(provider=provider.slug, verified_address=address)
