"""API tokens: made for a person of the console, used by her programs, ended at once.

A token is 256 random bits behind a prefix that scanners of leaked secrets can look for. It is shown
once; its row keeps the SHA-256, which needs no pepper for so many bits.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256

from django.db import transaction

from gateway import wiring
from gateway.api_tokens.models import ApiToken, Scope
from gateway.audit.events import Event
from gateway.audit.record import record
from gateway.flows.errors import TokenAuthorGone, TokenEnded, TokenUnknown
from gateway.relying_parties.definition import DefinitionInvalid, FieldFault
from provisioning.models import Account

PREFIX = "ghat_"
DAYS, MAX_DAYS = 90, 365
STAMPED_EVERY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeToken:
    row: ApiToken
    text: str = field(repr=False)  # shown once


def make(
    *, account: str, name: str, scopes: Sequence[str], days: int, actor: str, now: datetime
) -> MadeToken:
    """Raises AccountUnknown; DefinitionInvalid with all faults of `name`, `scopes` and `days`."""
    text = PREFIX + secrets.token_urlsafe(32)
    with transaction.atomic():
        person = Account.objects.locked(account)
        _refuse_faults(person, name, scopes, days, now)
        row = ApiToken.objects.create(
            account=person,
            name=name,
            digest=_digest(text),
            scopes=sorted(set(scopes)),
            created_at=now,
            expires_at=now + timedelta(days=days),
        )
        detail = {
            "token": row.actor,
            "name": name,
            "scopes": row.scopes,
            "expires_at": row.expires_at.isoformat(),
        }
        record(Event.API_TOKEN_MADE, actor=actor, account=account, detail=detail, at=now)
    wiring.wake("audit.seal")
    return MadeToken(row=row, text=text)


def opened(text: str, *, now: datetime) -> ApiToken:
    """The live token, with its account. Raises TokenUnknown, TokenEnded, TokenAuthorGone."""
    row = ApiToken.objects.select_related("account").filter(digest=_digest(text)).first()
    if row is None:
        raise TokenUnknown("no such API token")
    if row.ended(now):
        raise TokenEnded(f"{row.actor} ended")
    if not (row.account.is_active and row.account.is_staff):
        raise TokenAuthorGone(f"{row.actor} is of {row.account_id}")
    if row.last_used_at is None or now - row.last_used_at >= STAMPED_EVERY:
        ApiToken.objects.filter(pk=row.pk).update(last_used_at=now)
    return row


def revoke(token: int, *, actor: str, now: datetime) -> bool:
    """Whether it was alive. From the return on nobody can use it. Raises TokenUnknown."""
    with transaction.atomic():
        row = ApiToken.objects.select_for_update().filter(pk=token).first()
        if row is None:
            raise TokenUnknown(f"no API token {token}")
        if row.revoked_at is not None:
            return False
        row.revoked_at = now
        row.save(update_fields=["revoked_at"])
        account = str(row.account_id)
        detail = {"token": row.actor, "name": row.name}
        record(Event.API_TOKEN_REVOKED, actor=actor, account=account, detail=detail, at=now)
    wiring.wake("audit.seal")
    return True


def _refuse_faults(
    person: Account, name: str, scopes: Sequence[str], days: int, now: datetime
) -> None:
    living = ApiToken.objects.filter(account=person, revoked_at=None, expires_at__gt=now)
    checks = {
        "name": not name.strip() or len(name) > ApiToken.MAX_NAME,
        "scopes": not scopes or not set(scopes) <= set(Scope.values),
        "days": not 1 <= days <= MAX_DAYS,
    }
    problems = {
        "name": f"must be a text of 1 to {ApiToken.MAX_NAME} letters",
        "scopes": f"must be one or more of {', '.join(Scope.values)}",
        "days": f"must be 1 to {MAX_DAYS}",
    }
    faults = [FieldFault(field=at, problem=problems[at]) for at, wrong in checks.items() if wrong]
    if living.filter(name=name).exists():
        faults.append(FieldFault(field="name", problem="is that of a living token already"))
    if not (person.is_active and person.is_staff):
        problem = "may not use the console, so no program may in this name"
        faults.append(FieldFault(field="account", problem=problem))
    if faults:
        raise DefinitionInvalid(tuple(faults))


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "replace")).hexdigest()
