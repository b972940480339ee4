"""What a merge, an undo or a split would do, to be looked at before it is done.

The digest stands for all that was decided upon. How many browsers are signed in just now is no part
of it: that may change while somebody reads.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.db import transaction

from gateway import wiring
from gateway.flows.begun_by import Live, begun_by
from gateway.relying_parties.models import RelyingParty
from gateway.sign_ins.models import Entered
from mapping import models as mapping_models
from provisioning.merging import Merging
from provisioning.moving import Moved, Terms
from provisioning.splitting import Splitting
from provisioning.unmerging import Undoing


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """One that the account that goes has entered, and whether it is told."""

    name: str
    told: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MergePlan:
    digest: str
    facts: Merging
    tokens: tuple[str, ...]  # names of API tokens that end
    sessions: int  # of the account that goes; they end
    kept_sessions: int  # of the other one; they end if it closes
    asked_again: int  # people about whom an administrator has to decide once more
    apps: tuple[App, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoPlan:
    digest: str
    facts: Undoing
    sessions: int  # of the account that stayed, by what leaves it; they end


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitPlan:
    digest: str
    facts: Splitting
    sessions: int


def terms(actor: str, now: datetime) -> Terms:
    """Under the rules that stay in force until the transaction ends."""
    rules = mapping_models.in_force()
    staff_role = wiring.config().staff_role
    return Terms(rules=rules, staff_role=staff_role, actor=actor, now=now)


@contextmanager
def looking() -> Iterator[None]:
    """What is done inside is undone again."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def digest(facts: Any, *more: object) -> str:  # noqa: ANN401 -- one of several dataclasses
    told = json.dumps([asdict(facts), *more], default=str, sort_keys=True)
    return sha256(told.encode()).hexdigest()


def sessions_by(moved: Moved, account: str) -> list[Live]:
    """Hers that began by what leaves the account."""
    return begun_by(account, [(each.provider, each.issuer) for each in moved.identities])


def apps_entered(account: str) -> tuple[App, ...]:
    entered = Entered.objects.filter(sign_in__account__pk=account).order_by()
    slugs = entered.values_list("relying_party", flat=True).distinct()
    rows = RelyingParty.objects.filter(slug__in=list(slugs), enabled=True).order_by("name")
    return tuple(App(name=row.name, told=bool(row.endings_url)) for row in rows)
