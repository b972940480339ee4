"""Service accounts: accounts of programs, each with a person who answers for it.

Nobody signs in to one, no provider tells of it, and it has roles by hand alone. What it opens, its
tokens open (see `api_tokens`); closing it ends them all.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from gateway import wiring
from gateway.api_tokens.models import ApiToken
from gateway.flows import api_tokens, inbox
from gateway.flows.changes import record_changes
from gateway.flows.inbox import Act, News, Source
from gateway.relying_parties.definition import DefinitionInvalid, FieldFault
from provisioning import services
from provisioning.errors import AccountUnknown, OwnerUnfit, UsernameTaken
from provisioning.models import Account, ServiceAccount

MAX_NAME = 200  # letters


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedService:
    username: str  # for ever
    name: str  # as apps and lists show it
    owner: str  # username of a person
    contact: str = ""


def make(wanted: WantedService, *, actor: str, now: datetime) -> str:
    """The id of its account. Raises DefinitionInvalid with all faults, NotPermitted for a
    program.
    """
    api_tokens.maker(actor)
    faults = list(_faults(wanted))
    if not services.USERNAME.fullmatch(wanted.username):
        problem = "must be 1 to 100 lower case letters, digits, dots, hyphens and underscores"
        faults.insert(0, FieldFault(field="username", problem=problem))
    _refuse(faults)
    try:
        with transaction.atomic():
            account, changes = services.make(
                wanted.username,
                name=wanted.name,
                owner=_owner(wanted.owner),
                contact=wanted.contact,
                now=now,
            )
            record_changes(changes, actor=actor, at=now)
    except (AccountUnknown, OwnerUnfit) as error:
        raise DefinitionInvalid((_NO_OWNER,)) from error
    except (UsernameTaken, IntegrityError) as error:
        taken = FieldFault(field="username", problem="is somebody's already")
        raise DefinitionInvalid((taken,)) from error
    wiring.wake("audit.seal")
    return account


def hand_over(account: str, *, owner: str, contact: str, actor: str, now: datetime) -> None:
    """Another person, by her username, answers for it. Raises AccountUnknown for what is no service
    account, DefinitionInvalid; NotPermitted for a program.
    """
    api_tokens.maker(actor)
    services.known(account)
    _refuse(list(_contact_faults(contact)))
    try:
        with transaction.atomic():
            changes = services.hand_over(account, owner=_owner(owner), contact=contact)
            record_changes(changes, actor=actor, at=now)
    except (AccountUnknown, OwnerUnfit) as error:
        raise DefinitionInvalid((_NO_OWNER,)) from error
    wiring.wake("audit.seal")


def close(account: str, *, source: Source, actor: str, now: datetime) -> None:
    """Its tokens end with it, for good. Raises AccountUnknown, SessionStoreUnavailable."""
    services.known(account)
    closing = News(
        account=account, act=Act.CLOSE, source=source, by=actor, cause="closed by hand", at=now
    )
    inbox.take(closing)


def orphaned(*, now: datetime) -> QuerySet[ServiceAccount]:
    """Those with a living token for which nobody who still works here answers: their programs go
    on, and somebody has to decide.
    """
    living = ApiToken.living(now).filter(account=OuterRef("account"))
    gone = Q(owner=None) | Q(owner__is_active=False)
    rows = ServiceAccount.objects.filter(gone, Exists(living), account__is_active=True)
    return rows.select_related("account", "owner")


_NO_OWNER = FieldFault(
    field="owner", problem="is nobody who could answer for it: name a person with an open account"
)


def _owner(username: str) -> str:
    row = Account.objects.filter(username=username).first() if username.isprintable() else None
    if row is None:
        raise AccountUnknown(username)
    return str(row.pk)


def _faults(wanted: WantedService) -> Iterator[FieldFault]:
    if not 1 <= len(wanted.name.strip()) <= MAX_NAME or not wanted.name.isprintable():
        yield FieldFault(field="name", problem=f"must be a text of 1 to {MAX_NAME} letters")
    yield from _contact_faults(wanted.contact)


def _contact_faults(contact: str) -> Iterator[FieldFault]:
    most = ServiceAccount.MAX_CONTACT
    if len(contact) > most or not contact.isprintable():
        yield FieldFault(field="contact", problem=f"must be a text of at most {most} letters")


def _refuse(faults: list[FieldFault]) -> None:
    if faults:
        raise DefinitionInvalid(tuple(faults))
