"""Letting somebody draft rules for the people of one provider, and no others."""

from datetime import datetime

from django.db import transaction

from gateway.audit.events import Event
from gateway.audit.record import record
from gateway.flows.configure.keeping import wake_after_commit
from gateway.flows.mapping import permits
from providers import registry
from provisioning import delegations
from provisioning.models import Account


def drafters(provider: str, *, actor: str) -> tuple[Account, ...]:
    """Whoever is named for it, by username. Raises NotPermitted, ProviderUnknown."""
    permits.delegate(actor)
    return delegations.drafters(registry.find(provider))


def allow(*, account: str, provider: str, actor: str, now: datetime) -> None:
    """Raises NotPermitted, AccountUnknown, ProviderUnknown."""
    permits.delegate(actor)
    with transaction.atomic():
        if delegations.allow(Account.objects.locked(account), registry.find(provider)):
            _record(Event.RULES_DELEGATED, account, provider, actor, now)


def withdraw(*, account: str, provider: str, actor: str, now: datetime) -> None:
    """Raises NotPermitted, AccountUnknown, ProviderUnknown."""
    permits.delegate(actor)
    with transaction.atomic():
        if delegations.withdraw(Account.objects.locked(account), registry.find(provider)):
            _record(Event.RULES_DELEGATION_ENDED, account, provider, actor, now)


def _record(event: Event, account: str, provider: str, actor: str, now: datetime) -> None:
    record(event, actor=actor, account=account, detail={"provider": provider}, at=now)
    wake_after_commit()
