"""Inviting somebody of whom no provider has told: made, sent, sent again, withdrawn.

The mail leads to a page that says by which provider and under which address to sign in. The link
opens nothing: what lets her in is that the provider vouches for exactly the address
(`provisioning.invited`). So it may stand in a mailbox, a ticket or a chat.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction

from gateway import wiring
from gateway.audit.events import Event
from gateway.audit.record import record
from gateway.config.environment import Environment
from gateway.flows.errors import InvitationGone
from gateway.notices.mail import Mail, MailNotSent, send
from gateway.relying_parties.definition import DefinitionInvalid, FieldFault
from providers import registry
from providers.dialects.addresses import well_formed
from providers.errors import ProviderUnknown
from providers.models import Provider
from provisioning.invited import GIVES_ROLES
from provisioning.models import Account, Invitation, LinkedIdentity
from provisioning.power import giving_power

_log = logging.getLogger(__name__)

TASK = "invitations.send"
DAYS = 7
MAX_MAILS = 5  # of one invitation
MAX_ROLES = 50
KEPT = timedelta(days=90)  # after it is over, unless somebody came by it
_CLAIMED = timedelta(minutes=10)  # as long as one worker may take to send; then another may
_AGAIN = timedelta(minutes=1)
_AT_ONCE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedInvitation:
    address: str
    provider: str  # slug
    roles: tuple[str, ...] = ()
    ends_at: datetime | None = None  # of the account
    days: int = DAYS


def make(wanted: WantedInvitation, *, actor: str, now: datetime) -> Invitation:
    """One that is there for the same address and provider is withdrawn.

    Raises DefinitionInvalid with all faults.
    """
    address, expires_at = wanted.address.strip().lower(), now
    if 1 <= wanted.days <= Invitation.MOST_DAYS:
        expires_at = now + timedelta(days=wanted.days)
    by = Account.objects.acting(actor)
    faults = [*_faults(wanted, address, expires_at, now), *_faults_of_roles(wanted.roles, by)]
    if faults:
        raise DefinitionInvalid(tuple(faults))
    try:
        with transaction.atomic():
            earlier = Invitation.objects.select_for_update().filter(
                address=address, provider=wanted.provider, taken_at=None, withdrawn_at=None
            )
            for row in earlier:
                _withdraw(row, actor=actor, now=now)
            made = Invitation.objects.create(
                address=address,
                provider=wanted.provider,
                ends_at=wanted.ends_at,
                roles=sorted(set(wanted.roles)),
                made_by=actor,
                made_at=now,
                expires_at=expires_at,
                claimed_until=now,
            )
            detail = {
                **_told(made),
                "roles": made.roles,
                "ends_at": "" if made.ends_at is None else made.ends_at.isoformat(),
                "expires_at": made.expires_at.isoformat(),
            }
            record(Event.INVITATION_MADE, actor=actor, detail=detail, at=now)
            transaction.on_commit(partial(wiring.wake, TASK))
    except IntegrityError as error:  # somebody else has just invited the same person
        problem = "was invited at this moment by somebody else"
        raise DefinitionInvalid((FieldFault(field="address", problem=problem),)) from error
    wiring.wake("audit.seal")
    return made


def send_again(pk: UUID, *, actor: str, now: datetime) -> None:
    """Raises InvitationGone for one that is over, and after the fifth mail."""
    with transaction.atomic():
        row = _locked(pk)
        if not row.is_open(now) or row.mails >= MAX_MAILS:
            raise InvitationGone("it is over, or was sent often enough")
        row.mails, row.mailed_at, row.mail_error, row.claimed_until = row.mails + 1, None, "", now
        row.save(update_fields=["mails", "mailed_at", "mail_error", "claimed_until"])
        record(Event.INVITATION_SENT, actor=actor, detail=_told(row), at=now)
        transaction.on_commit(partial(wiring.wake, TASK))
    wiring.wake("audit.seal")


def withdraw(pk: UUID, *, actor: str, now: datetime) -> None:
    """Nobody comes in by it any more; who came already stays. Raises InvitationGone."""
    with transaction.atomic():
        row = _locked(pk)
        if row.taken_at is not None or row.withdrawn_at is not None:
            raise InvitationGone("somebody came by it, or it was withdrawn")
        _withdraw(row, actor=actor, now=now)
    wiring.wake("audit.seal")


def withdraw_all(provider: str, *, actor: str, now: datetime) -> None:
    """Those to a provider that goes, in the caller's transaction."""
    rows = Invitation.objects.select_for_update().filter(provider=provider)
    for row in rows.filter(taken_at=None, withdrawn_at=None).order_by("pk"):
        _withdraw(row, actor=actor, now=now)


def look(pk: UUID, now: datetime) -> Invitation:
    """What the page of its link shows. Raises InvitationGone."""
    row = Invitation.objects.filter(pk=pk).first()
    if row is None or not row.is_open(now):
        raise InvitationGone("there is none, or it is over")
    return row


def link(row: Invitation) -> str:
    return f"{wiring.config().base_url}/invited/{row.pk}"


def send_due(*, now: datetime) -> int:
    """A mail for each that was not sent yet; how many were."""
    config = wiring.config()
    if config.mail_server is None:
        return 0
    return sum(_sent(config, row, now) for row in _claimed(now))


def purge(*, now: datetime) -> int:
    """Forgets those that nobody took, three months after they were over."""
    stale = Invitation.objects.filter(taken_at=None, expires_at__lt=now - KEPT)
    return stale.delete()[0]


def _faults(
    wanted: WantedInvitation, address: str, expires_at: datetime, now: datetime
) -> Iterable[FieldFault]:
    if not well_formed(address):
        yield FieldFault(field="address", problem="is no plain e-mail address")
    elif _is_known(address, wanted.provider):
        yield FieldFault(
            field="address", problem="belongs to somebody who comes by this provider already"
        )
    try:
        registry.enabled(wanted.provider)
    except ProviderUnknown:
        yield FieldFault(field="provider", problem="is none that is switched on")
    if expires_at == now:
        yield FieldFault(field="days", problem=f"must be between 1 and {Invitation.MOST_DAYS}")
    if wanted.ends_at is not None and wanted.ends_at <= expires_at:
        yield FieldFault(
            field="ends_at", problem="must be later than the last day of the invitation"
        )


def _is_known(address: str, provider: str) -> bool:
    return LinkedIdentity.objects.filter(provider=provider, verified_address=address).exists()


def _faults_of_roles(names: tuple[str, ...], by: Account | None) -> Iterable[FieldFault]:
    """An invitation gives what whoever makes it may give by hand, and no power here: an address
    alone would have it.
    """
    if names and by is not None and not by.has_perm(GIVES_ROLES):
        yield FieldFault(field="roles", problem="are for whoever may give roles by hand")
        return
    if len(names) > MAX_ROLES:
        yield FieldFault(field="roles", problem=f"are more than {MAX_ROLES}")
        return
    plain = [name for name in names if name.isprintable()]  # PostgreSQL takes no NUL in a question
    there = set(Group.objects.filter(name__in=plain).values_list("name", flat=True))
    loud = giving_power(plain, wiring.config().staff_role)
    for name in names:
        if name not in there:
            yield FieldFault(field="roles", problem=f"hold none that is called {name[:100]}")
        elif name in loud:
            yield FieldFault(
                field="roles", problem=f"must not hold {name}, which opens the console"
            )


def _locked(pk: UUID) -> Invitation:
    row = Invitation.objects.select_for_update().filter(pk=pk).first()
    if row is None:
        raise InvitationGone("there is none")
    return row


def _withdraw(row: Invitation, *, actor: str, now: datetime) -> None:
    row.withdrawn_at = now
    row.save(update_fields=["withdrawn_at"])
    record(Event.INVITATION_WITHDRAWN, actor=actor, detail=_told(row), at=now)


def _told(row: Invitation) -> dict[str, object]:
    return {"invitation": str(row.pk), "provider": row.provider}


def _claimed(now: datetime) -> list[Invitation]:
    with transaction.atomic():
        enabled = Provider.objects.filter(enabled=True).values("slug")
        due = Invitation.objects.filter(
            provider__in=enabled,
            mailed_at=None,
            taken_at=None,
            withdrawn_at=None,
            expires_at__gt=now,
            claimed_until__lte=now,
        )
        rows = list(due.select_for_update().order_by("made_at")[:_AT_ONCE])
        mine = Invitation.objects.filter(pk__in=[row.pk for row in rows])
        mine.update(claimed_until=now + _CLAIMED)
    return rows


def _sent(config: Environment, row: Invitation, now: datetime) -> bool:
    assert config.mail_server is not None  # noqa: S101 -- whoever asks has looked
    try:
        send(config.mail_server, _mail(config, row))
    except (MailNotSent, ProviderUnknown) as error:  # the latter: it went at this moment
        _log.warning("the mail of an invitation was not sent: %s", error)
        row.claimed_until, row.mail_error = now + _AGAIN, str(error)[:100]
        row.save(update_fields=["claimed_until", "mail_error"])
        return False
    row.mailed_at, row.mail_error = now, ""
    row.save(update_fields=["mailed_at", "mail_error"])
    return True


def _mail(config: Environment, row: Invitation) -> Mail:
    name, by = config.branding.name, registry.find(row.provider).name
    return Mail(
        id=f"invitation-{row.pk}-{row.mails}",
        sender=config.sends_as,
        to=(row.address,),
        subject=f"You are invited to {name}",
        body=f"You are invited to {name}.\n\n"
        f"Sign in with {by}, as {row.address}:\n  {link(row)}\n\n"
        f"The invitation is for you alone and ends on {row.expires_at:%Y-%m-%d at %H:%M} UTC.\n"
        "If you did not expect it, do nothing.\n",
    )
