"""Switching a provider on and off, and taking it away.

First nobody can sign in by it any more; only then its sessions end and its roles go, account by
account, and its row last. If Redis does not answer half-way, what was done stays done and asking
again does the rest.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from gateway import wiring
from gateway.audit.differences import by_actor
from gateway.audit.events import Event
from gateway.audit.record import record
from gateway.flows import inbox, invitations
from gateway.flows.configure.editing import check_version
from gateway.flows.configure.keeping import wake_after_commit
from gateway.flows.configure.providers import current_provider, save_provider
from gateway.flows.configure.way_in import check_way_in_without
from gateway.flows.ending import Order
from gateway.flows.errors import ChangeStale
from gateway.flows.roles import put_on_record
from gateway.sessions.why import Why
from gateway.sign_ins.search import Search
from mapping import models as mapping_models
from mapping.ruleset import NOTHING
from providers import registry
from providers.models import Provider
from provisioning import delegations, last_identity, roles
from provisioning.changes import RoleLost
from provisioning.models import Account, LinkedIdentity


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted:
    sessions: int
    roles: int  # held roles that rested on it


def enable_provider(slug: str, *, seen: str, actor: str, now: datetime) -> None:
    """`seen` is the version that was looked at: the holder of a set-up link may have changed it
    since. Raises ProviderUnknown, ChangeStale, ProviderMisconfigured, DefinitionInvalid.
    """
    with transaction.atomic():
        row = Provider.objects.select_for_update(of=("self",)).get(pk=registry.find(slug).pk)
        check_version(row, {seen})
        save_provider(replace(current_provider(row), enabled=True), actor=actor, now=now)


@by_actor
def disable_provider(
    slug: str, *, end_sessions: bool, last_too: bool, actor: str, now: datetime
) -> int:
    """How many sessions ended; without `end_sessions` they live on until they end by themselves.
    `last_too`: whoever asks was told that no administrator could sign in any more, and means it.

    Raises ProviderUnknown, LastWayIn, EndingStopped.
    """
    row = registry.find(slug)
    _switch_off(row, last_too=last_too, actor=actor, now=now)
    return _end_sessions(row, actor=actor, now=now) if end_sessions else 0


@by_actor
def delete_provider(slug: str, *, actor: str, now: datetime) -> Deleted:
    """Its people keep their accounts and lose what rested on it: roles, denials, attributes. Who
    they are there is remembered, so whoever connects it again finds them; what it said of them is
    forgotten.

    Raises ProviderUnknown, LastWayIn, ChangeStale, EndingStopped.
    """
    row = registry.find(slug)
    _switch_off(row, last_too=False, actor=actor, now=now)
    ended = _end_sessions(row, actor=actor, now=now)
    rests = Q(held_roles__isnull=False) | Q(denied_roles__isnull=False)
    rests |= Q(attributes__isnull=False)
    held = LinkedIdentity.objects.filter(rests, provider=slug).distinct()
    lost = sum(_take_roles(each, actor=actor, now=now) for each in held.order_by("pk"))
    with transaction.atomic():
        check_way_in_without(row)
        there = Provider.objects.select_for_update(of=("self",)).filter(pk=row.pk)
        if any(each.enabled for each in there):
            raise ChangeStale(f"{slug} was enabled meanwhile")
        delegations.forget_provider(row)
        invitations.withdraw_all(slug, actor=actor, now=now)
        there.delete()
        last_identity.forget_provider(slug)
        detail = {"provider": slug, "sessions": ended, "roles": lost}
        record(Event.PROVIDER_DELETED, actor=actor, detail=detail, at=now)
        wake_after_commit()
    return Deleted(sessions=ended, roles=lost)


def _switch_off(row: Provider, *, last_too: bool, actor: str, now: datetime) -> None:
    """Whatever else of the row may be wrong."""
    with transaction.atomic():
        if not last_too:
            check_way_in_without(row)
        there = Provider.objects.select_for_update(of=("self",)).filter(pk=row.pk, enabled=True)
        found = there.first()
        # Whoever is being admitted by it just now comes first, and nobody after the commit.
        mapping_models.alone()
        if found is None:
            return
        found.enabled = False
        # Whoever read it before must read it again: no older version switches it on unawares.
        found.save(update_fields=["enabled", "updated_at"])
        detail = {"provider": row.slug, "made": False, "fields": ["enabled"]}
        record(Event.PROVIDER_CONFIGURED, actor=actor, detail=detail, at=now)
        wake_after_commit()


def _end_sessions(row: Provider, *, actor: str, now: datetime) -> int:
    order = Order(by=actor, reason="provider switched off", at=now, why=Why.POLICY)
    found = Search(provider=row.slug)
    return inbox.end_found(found, order, source=inbox.Source.CONSOLE).sessions


def _take_roles(linked: LinkedIdentity, *, actor: str, now: datetime) -> int:
    """Losses are written to live sessions of other providers before the commit. How many roles that
    it gave are gone.
    """
    account = str(linked.account_id)
    with transaction.atomic():
        rules = mapping_models.in_force()
        linked.account = Account.objects.locked(account)
        staff_role = wiring.config().staff_role
        _, changes = roles.reconcile(linked, NOTHING, rules, staff_role=staff_role, now=now)
        put_on_record(account, changes, rules, actor=actor, now=now)
    return sum(isinstance(change, RoleLost) for change in changes)
