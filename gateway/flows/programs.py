"""Programs at apps: what Redis holds of their tokens follows what the database says.

Records are written and ended as sessions are: ends and losses before the commit, with the account's
row locked, so that none comes back by a change at the same moment. If Redis has lost them, or has
some again from a backup, they are brought in line from the rows; no token's text is needed for it.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from gateway import wiring
from gateway.api_tokens.models import ApiToken
from gateway.sessions.program import Program, ProgramHandle, named
from gateway.sessions.session import Session, account_tag
from mapping import models as mapping_models
from provisioning import roles
from provisioning.models import Account

BATCH = 1_000


def handle_of(row: ApiToken) -> ProgramHandle:
    return named(account_tag(str(row.account_id)), row.digest)


def write(account: Account, *, now: datetime) -> None:
    """All its living records, as the database says now; its row is locked. The last step of a
    transaction. Raises SessionStoreUnavailable.
    """
    effective = roles.effective(str(account.pk))
    _write(_living(now).filter(account=account), {account.pk: effective})


def write_roles(effective: Mapping[str, frozenset[str]]) -> None:
    """The same of many accounts with these roles, most of them people's; all rows are locked."""
    now = timezone.now()
    by_pk = {UUID(account): names for account, names in effective.items()}
    rows = _living(now).filter(account__in=by_pk, account__kind=Account.Kind.SERVICE)
    _write(rows, by_pk)


def end(rows: Iterable[ApiToken]) -> None:
    """From the return on no edge lets them in. Raises SessionStoreUnavailable."""
    handles = [handle_of(row) for row in rows if row.apps]
    if handles:
        wiring.session_store().programs.end(handles)


def restore(*, now: datetime) -> int:
    """Brings Redis in line with the rows, and notes when edges saw a token last; how many records
    were missing, too many or of another generation than their row: a backup of Redis has roles
    that were taken away since. Raises SessionStoreUnavailable.
    """
    wrong, last = 0, 0
    unexpired = ApiToken.objects.exclude(apps=[]).filter(expires_at__gt=now).order_by("pk")
    while rows := list(unexpired.filter(pk__gt=last)[:BATCH]):
        last = rows[-1].pk
        wrong += _in_line(rows, now=now)
        _note_uses(rows)
    return wrong


def _in_line(rows: list[ApiToken], *, now: datetime) -> int:
    there = wiring.session_store().programs.generations([handle_of(row) for row in rows])
    living = dict(
        _living(now).filter(pk__in=[row.pk for row in rows]).values_list("pk", "generation")
    )
    odd = [row for row in rows if _generation(row, there) != living.get(row.pk, _NO_RECORD)]
    for account in dict.fromkeys(row.account_id for row in odd):
        with transaction.atomic():
            found = Account.objects.locked(str(account))
            write(found, now=now)
            dead = ApiToken.objects.filter(account=found).exclude(apps=[])
            end(dead.exclude(pk__in=_living(now).filter(account=found).values("pk")))
    return len(odd)


_NO_RECORD = -1


def _generation(row: ApiToken, there: Mapping[ProgramHandle, int | None]) -> int | None:
    return there.get(handle_of(row), _NO_RECORD)


def _note_uses(rows: list[ApiToken]) -> None:
    by_handle = {handle_of(row): row for row in rows}
    changed = []
    for handle, at in wiring.session_store().programs.used(by_handle).items():
        row = by_handle[handle]
        if row.last_used_at is None or at > row.last_used_at:
            row.last_used_at = at
            changed.append(row)
    ApiToken.objects.bulk_update(changed, ["last_used_at"])


def _living(now: datetime) -> QuerySet[ApiToken]:
    """Tokens that Redis is to have a record of."""
    lasting = Q(account__ends_at=None) | Q(account__ends_at__gt=now)
    return (
        ApiToken.living(now)
        .exclude(apps=[])
        .filter(lasting, account__is_active=True)
        .select_related("account")
    )


def _write(rows: QuerySet[ApiToken], effective: Mapping[UUID, frozenset[str]]) -> None:
    found = list(rows)
    if not found:
        return
    ApiToken.objects.filter(pk__in=[row.pk for row in found]).update(generation=F("generation") + 1)
    version = mapping_models.active().version
    wiring.session_store().programs.put(
        {handle_of(row): _record(row, effective[row.account_id], version) for row in found}
    )


def _record(row: ApiToken, effective: frozenset[str], version: int) -> Program:
    account = row.account
    ends_at = row.expires_at if account.ends_at is None else min(row.expires_at, account.ends_at)
    session = Session(
        account=str(account.pk),
        username=account.username,
        name=account.name,
        email=None,
        email_verified=False,
        roles=effective,
        provider="",
        upstream_session=None,
        acr=None,
        amr=(),
        authenticated_at=row.created_at,
        started_at=row.created_at,
        expires_at=ends_at,
        idle_for=row.expires_at - row.created_at,
        ruleset=version,
        generation=row.generation + 1,
    )
    return Program(session=session, apps=frozenset(row.apps))
