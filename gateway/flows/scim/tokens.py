"""Tokens of SCIM connections: shown once, two at a time so that one can be turned over, ended at
once. 256 random bits behind a prefix that scanners of leaked secrets can look for; the row keeps
the SHA-256, which needs no pepper for so many bits.
"""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256

from django.db import transaction

from gateway import wiring
from gateway.audit.events import Event
from gateway.audit.record import record
from gateway.flows.errors import TokenUnknown
from gateway.relying_parties.definition import DefinitionInvalid, FieldFault
from provisioning.scim.errors import Unproven
from provisioning.scim.models import ScimConnection, ScimToken

PREFIX = "ghsc_"
AT_ONCE = 2
DAYS, MAX_DAYS = 365, 730
STAMPED_EVERY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeToken:
    row: ScimToken
    text: str = field(repr=False)  # shown once


def make(*, connection: str, days: int, actor: str, now: datetime) -> MadeToken:
    """`connection` is its slug. Raises TokenUnknown for one that is not there; DefinitionInvalid if
    it has two living tokens, or for `days`.
    """
    text = PREFIX + secrets.token_urlsafe(32)
    with transaction.atomic():
        of = ScimConnection.objects.select_for_update().filter(slug=connection).first()
        if of is None:
            raise TokenUnknown(f"no SCIM connection {connection}")
        _refuse_faults(of, days, now)
        row = ScimToken.objects.create(
            connection=of,
            digest=_digest(text),
            made_by=actor,
            created_at=now,
            expires_at=now + timedelta(days=days),
        )
        detail = {
            "connection": of.slug,
            "token": str(row.pk),
            "expires_at": row.expires_at.isoformat(),
        }
        record(Event.SCIM_TOKEN_MADE, actor=actor, detail=detail, at=now)
    wiring.wake("audit.seal")
    return MadeToken(row=row, text=text)


def opened(text: str, *, connection: str, now: datetime) -> ScimConnection:
    """The connection that shows itself by a living token of its own. Raises Unproven, also for one
    of another connection.
    """
    rows = ScimToken.objects.select_related("connection__provider")
    row = rows.filter(digest=_digest(text), connection__slug=connection).first()
    if row is None:
        raise Unproven("this is no token of this connection")
    if row.ended(now):
        raise Unproven("this token has expired or was revoked")
    if row.last_used_at is None or now - row.last_used_at >= STAMPED_EVERY:
        ScimToken.objects.filter(pk=row.pk).update(last_used_at=now)
    return row.connection


def revoke(token: int, *, actor: str, now: datetime) -> bool:
    """Whether it was alive. From the return on nobody can use it. Raises TokenUnknown."""
    with transaction.atomic():
        rows = ScimToken.objects.select_related("connection").select_for_update(of=("self",))
        row = rows.filter(pk=token).first()
        if row is None:
            raise TokenUnknown(f"no SCIM token {token}")
        if row.revoked_at is not None:
            return False
        row.revoked_at = now
        row.save(update_fields=["revoked_at"])
        detail = {"connection": row.connection.slug, "token": str(row.pk)}
        record(Event.SCIM_TOKEN_REVOKED, actor=actor, detail=detail, at=now)
    wiring.wake("audit.seal")
    return True


def _refuse_faults(connection: ScimConnection, days: int, now: datetime) -> None:
    faults = []
    if not 1 <= days <= MAX_DAYS:
        faults.append(FieldFault(field="days", problem=f"must be 1 to {MAX_DAYS}"))
    if ScimToken.living(now).filter(connection=connection).count() >= AT_ONCE:
        problem = f"has {AT_ONCE} living tokens: revoke one first"
        faults.append(FieldFault(field="connection", problem=problem))
    if faults:
        raise DefinitionInvalid(tuple(faults))


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "replace")).hexdigest()
