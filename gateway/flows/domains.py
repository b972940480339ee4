"""Which domains lead to a provider: claimed, proven in DNS or stated, required, let go.

A proof is looked for at once when asked, every hour while it is waited for (two weeks), and every
day when it stands. One that is gone is told and counts for a week more; one that nobody could look
for counts for a month. DNS is asked before a transaction, never in it.
"""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from django.db import IntegrityError, transaction
from django.db.models import Count

from gateway import wiring
from gateway.audit.events import Event
from gateway.audit.record import record
from gateway.flows.configuration import Saved, WantedDomain, changes
from gateway.flows.configure.keeping import refuse, wake_after_commit
from gateway.relying_parties.definition import DefinitionInvalid, FieldFault
from providers import registry
from providers.domain_proof import Looked, Proof, look, new_token
from providers.domains import DomainInvalid, ownable
from providers.models import Provider, ProviderDomain
from provisioning.models import LinkedIdentity

GRACE = timedelta(days=7)  # a proof that is gone from DNS counts so much longer
UNSEEN = timedelta(days=30)  # and one that nobody could look for
WAITED_FOR = timedelta(days=14)  # a claim that is not proven by then is looked at on demand alone
AGAIN_STANDING, AGAIN = timedelta(days=1), timedelta(hours=1)
SECONDS = 20.0  # of one run; the rest is the next one's


class Standing(Enum):
    STATED = "stated"
    PROVEN = "proven"
    MISSING = "missing"  # its proof is gone, and counts until `counts_until`
    CLAIMED = "claimed"  # it leads nowhere


def standing(row: ProviderDomain, now: datetime) -> Standing:
    """How a domain stands, for people to be told."""
    if not row.counts(now):
        return Standing.CLAIMED
    if row.stated:
        return Standing.STATED
    return Standing.PROVEN if row.missing_since is None else Standing.MISSING


def claim(slug: str, domain: str, *, actor: str, now: datetime) -> ProviderDomain:
    """The row whose record is to be put into DNS; the same one if it is claimed already.

    Raises ProviderUnknown; DefinitionInvalid for what can be nobody's, or is another provider's.
    """
    with transaction.atomic():
        row, made = _row(registry.find(slug), domain, now)
        if made:
            row.next_check_at = now + AGAIN
            row.save()
            _tell(Event.DOMAIN_CLAIMED, row, actor=actor, now=now)
    return row


def state(provider: Provider, domain: str, *, actor: str, now: datetime) -> ProviderDomain:
    """Takes the operator's word for it. Raises DefinitionInvalid as `claim` does."""
    with transaction.atomic():
        row, _ = _row(provider, domain, now)
        if not row.stated:
            row.stated, row.held = True, True
            row.counts_until = row.missing_since = row.next_check_at = None
            row.problem = ""
            _save_held(row)
            _tell(Event.DOMAIN_STATED, row, actor=actor, now=now)
    return row


def declare(wanted: WantedDomain, *, actor: str, now: datetime) -> Saved:
    """What a file says: the domain leads to this provider, whoever held it before.

    Raises DefinitionInvalid.
    """
    provider = Provider.objects.filter(slug=wanted.provider).first()
    if provider is None:
        problem = f"is {wanted.provider!r}, which there is not; declare it"
        raise DefinitionInvalid((FieldFault(field="provider", problem=problem),))
    name = _ownable(wanted.domain)
    rows = ProviderDomain.objects.select_related("provider").filter(domain=name)
    before = rows.filter(held=True).first()
    with transaction.atomic():
        if before is not None and before.provider != provider:
            release(before, actor=actor, now=now)
        row = state(provider, name, actor=actor, now=now)
        require(row, required=wanted.required, actor=actor, now=now)
    return Saved(
        subject=f"domain {name}",
        made=before is None,
        changes=changes(_plain(before), _plain(rows.get(held=True))),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Concerned:
    """Who signs in with an address of a domain, but through other providers than its own."""

    people: int
    providers: tuple[tuple[str, int], ...]  # slug, and how many of them last came by it
    asking: bool  # whoever asks is among them


def concerned(row: ProviderDomain, *, account: str) -> Concerned:
    """Whom `require` would refuse at their next sign-in, as far as they are known; `account` is
    whoever asks.
    """
    others = LinkedIdentity.objects.filter(
        account__is_active=True, email__iendswith=f"@{row.domain}"
    ).exclude(provider=row.provider.slug)
    by_provider = others.values_list("provider").annotate(Count("account", distinct=True))
    return Concerned(
        people=others.values("account").distinct().count(),
        providers=tuple(by_provider.order_by("provider")),
        asking=others.filter(account__pk=account).exists(),
    )


def require(row: ProviderDomain, *, required: bool, actor: str, now: datetime) -> None:
    """Whether its people sign in through its provider alone. It binds while the domain is held."""
    with transaction.atomic():
        kept = ProviderDomain.objects.select_for_update(of=("self",)).filter(pk=row.pk).first()
        if kept is not None and kept.required != required:
            kept.required = row.required = required
            kept.save()
            told = {"required": required}
            _tell(Event.DOMAIN_REQUIRED, kept, actor=actor, now=now, **told)


def release(row: ProviderDomain, *, actor: str, now: datetime) -> None:
    """Lets it go: it leads nowhere, and may be another provider's."""
    with transaction.atomic():
        if ProviderDomain.objects.filter(pk=row.pk).delete()[0]:
            _tell(Event.DOMAIN_RELEASED, row, actor=actor, now=now)


def check(row: ProviderDomain, *, actor: str, now: datetime) -> ProviderDomain:
    """Looks in DNS now; the row as it is afterwards. What is stated needs no proof and stays."""
    if row.stated:
        return row
    looked = look(row.domain, row.token, wiring.config().dns_resolvers)
    with transaction.atomic():
        rows = ProviderDomain.objects.select_for_update(of=("self",)).select_related("provider")
        kept = rows.filter(pk=row.pk, stated=False).first()
        if kept is None:
            return row
        _judge(kept, looked, actor=actor, now=now)
    return kept


def check_due(*, now: datetime) -> int:
    """Looks for every proof that is due, the longest waiting first; how many."""
    until, count = time.monotonic() + SECONDS, 0
    while time.monotonic() < until:
        due = ProviderDomain.objects.filter(next_check_at__lte=now).order_by("next_check_at")
        row = due.select_related("provider").first()
        if row is None:
            break
        check(row, actor="gatehouse", now=now)
        count += 1
    return count


def _judge(row: ProviderDomain, looked: Looked, *, actor: str, now: datetime) -> None:
    row.checked_at, row.problem = now, looked.problem
    if looked.proof is Proof.FOUND:
        _found(row, actor=actor, now=now)
    elif looked.proof is Proof.ABSENT and row.held and row.counts_until is not None:
        row.counts_until = min(row.counts_until, now + GRACE)
        if row.missing_since is None:
            row.missing_since = now
            until = f"{row.counts_until:%Y-%m-%d %H:%M} UTC"
            _tell(Event.DOMAIN_MISSING, row, actor=actor, now=now, until=until)
    if row.held and not row.counts(now):
        _lapse(row, now)
    row.next_check_at = _next(row, now)
    row.save()


def _found(row: ProviderDomain, *, actor: str, now: datetime) -> None:
    try:
        _refuse_second(row, now)
        first, row.held = not row.held, True
        row.counts_until, row.missing_since = now + UNSEEN, None
        _save_held(row)
    except DefinitionInvalid as error:
        row.held, row.counts_until, row.problem = False, None, error.faults[0].problem
        return
    if first:
        _tell(Event.DOMAIN_PROVEN, row, actor=actor, now=now)


def _next(row: ProviderDomain, now: datetime) -> datetime | None:
    if row.held:
        return now + (AGAIN if row.problem else AGAIN_STANDING)
    return now + AGAIN if now < row.claimed_at + WAITED_FOR else None


def _row(provider: Provider, domain: str, now: datetime) -> tuple[ProviderDomain, bool]:
    """The provider's row for the domain, locked; or a new one that is not saved, and True."""
    name = _ownable(domain)
    rows = ProviderDomain.objects.select_for_update(of=("self",)).select_related("provider")
    found = rows.filter(provider=provider, domain=name).first()
    row = found or ProviderDomain(provider=provider, domain=name, token=new_token(), claimed_at=now)
    _refuse_second(row, now)
    return row, found is None


def _ownable(domain: str) -> str:
    try:
        return ownable(domain)
    except DomainInvalid as error:
        raise DefinitionInvalid((FieldFault(field="domain", problem=str(error)),)) from error


def _plain(row: ProviderDomain | None) -> dict[str, object]:
    if row is None:
        return {}
    return {"provider": row.provider.slug, "stated": row.stated, "required": row.required}


def _refuse_second(row: ProviderDomain, now: datetime) -> None:
    """Raises DefinitionInvalid while another provider holds the domain."""
    others = ProviderDomain.objects.select_for_update(of=("self",)).select_related("provider")
    other = others.filter(domain=row.domain, held=True).exclude(pk=row.pk).first()
    if other is None:
        return
    if other.counts(now):
        refuse([_taken(other.provider.slug)])
    _lapse(other, now)
    other.save()


def _save_held(row: ProviderDomain) -> None:
    """Raises DefinitionInvalid where another provider came to hold it at this very moment."""
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise DefinitionInvalid((_taken("another provider"),)) from error


def _taken(by: str) -> FieldFault:
    return FieldFault(field="domain", problem=f"belongs to {by} already; it must let it go first")


def _lapse(row: ProviderDomain, now: datetime) -> None:
    row.held, row.counts_until, row.missing_since = False, None, None
    _tell(Event.DOMAIN_LAPSED, row, actor="gatehouse", now=now)


def _tell(
    event: Event, row: ProviderDomain, *, actor: str, now: datetime, **more: str | bool
) -> None:
    detail = {"provider": row.provider.slug, "domain": row.domain, **more}
    record(event, actor=actor, detail=detail, at=now)
    wake_after_commit()
