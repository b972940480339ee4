"""Who has a draft open just now. Nothing of it is on record."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.flows.errors import RulesDraftGone
from gateway.flows.mapping import permits
from mapping.models import Draft, DraftPresence
from provisioning.models import Account

HERE = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    account: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A draft as whoever looks at it should know it: another edition means that it changed."""

    edition: int
    state: str
    changed_by: str
    others: tuple[Present, ...]  # by name


def seen(draft: uuid.UUID, *, actor: str, now: datetime) -> Desk:
    """Says that the actor has it open, and who else was here in the last 30 s. A page asks every
    ten.

    Raises NotPermitted, RulesDraftGone.
    """
    permits.see(actor)
    row = Draft.objects.filter(pk=draft).first()
    if row is None or not row.alive:
        raise RulesDraftGone(str(draft))
    me = uuid.UUID(actor)
    row.presences.filter(seen_at__lt=now - HERE).exclude(account=me).delete()
    DraftPresence.objects.update_or_create(draft=row, account=me, defaults={"seen_at": now})
    others = row.presences.exclude(account=me).values_list("account", flat=True)
    people = Account.objects.filter(pk__in=list(others))
    found = [Present(account=str(one.pk), name=one.get_full_name()) for one in people]
    return Desk(
        edition=row.edition,
        state=row.state,
        changed_by=row.changed_by,
        others=tuple(sorted(found, key=lambda one: (one.name, one.account))),
    )
