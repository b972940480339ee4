"""Making break-glass accounts and closing them."""

import secrets
from datetime import datetime, timedelta
from hashlib import sha256

from django.db import transaction

from gateway import wiring
from gateway.audit.events import Event
from gateway.audit.record import record
from gateway.break_glass import factors
from gateway.break_glass.models import BreakGlass
from gateway.flows import api_tokens, ending, inbox
from gateway.flows.changes import record_changes
from gateway.flows.ending import Order
from gateway.flows.errors import NotPermitted
from gateway.flows.local import ensure_staff_role
from gateway.sessions.why import Why
from mapping import models as mapping_models
from provisioning import jit, roles
from provisioning.errors import AccountUnknown
from provisioning.models import Account

LINK_LIFETIME = timedelta(hours=1)


def make(email: str, *, actor: str, now: datetime) -> str:
    """The link by which the account of this address gets its password and its second factor, once.

    The account is made if there is no open one, and may open the console. One that has both keeps
    them until the link is used; what they opened until now, sessions and API tokens, ends at once:
    whoever asks for a new link may have lost the old ones to somebody. Raises NotPermitted where
    break-glass is off or no role opens the console, NotAdmitted, SessionStoreUnavailable.
    """
    config = wiring.config()
    if not config.break_glass:
        raise NotPermitted("break-glass is off; set GATEHOUSE_BREAK_GLASS=1")
    if not config.staff_role:
        raise NotPermitted("GATEHOUSE_STAFF_ROLE names no role that opens the console")
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        rules = mapping_models.in_force()
        ensure_staff_role(config.staff_role, now)
        before = _open(email)
        row = before or _made(email, actor, now)
        account = str(row.account_id)
        row.set_up_digest, row.set_up_until = digest(secret), now + LINK_LIFETIME
        row.save()
        gained = roles.grant_by_hand(
            account,
            config.staff_role,
            by=actor,
            rules=rules,
            staff_role=config.staff_role,
            now=now,
        )
        record_changes(gained, actor=actor, at=now)
        detail = {
            "expires_at": f"{row.set_up_until:%Y-%m-%dT%H:%MZ}",
            "tokens": api_tokens.revoke_all(account, now=now),
        }
        record(Event.BREAK_GLASS_LINK_MADE, actor=actor, account=account, detail=detail, at=now)
        if before is not None:
            order = Order(by=actor, reason="new set-up link", at=now, why=Why.POLICY)
            ending.of_locked_account(account, order)
    wiring.wake("audit.seal")
    return f"{config.base_url}/local/set-up/{secret}"


def close(account: str, *, actor: str, now: datetime) -> int:
    """Closes it, forgets its password and its factors, and ends its sessions; how many ended.

    Raises AccountUnknown for one of another kind, SessionStoreUnavailable.
    """
    with transaction.atomic():
        person = Account.objects.locked(account)
        row = BreakGlass.objects.filter(account=person).first()
        if row is None:
            raise AccountUnknown(account)
        forget_credentials(person, row)
        source = inbox.Source.COMMAND if actor == "operator" else inbox.Source.CONSOLE
        news = inbox.News(
            account=account,
            act=inbox.Act.CLOSE,
            source=source,
            by=actor,
            cause="break-glass account closed",
            at=now,
        )
        return inbox.take(news).sessions


def forget_credentials(person: Account, row: BreakGlass) -> None:
    """In the caller's transaction, which holds the account's row."""
    factors.forget(person)
    person.set_unusable_password()
    person.save(update_fields=["password"])
    row.set_up_digest, row.set_up_at = "", None
    row.save(update_fields=["set_up_digest", "set_up_at"])


def digest(secret: str) -> str:
    return sha256(secret.encode(errors="replace")).hexdigest()


def _open(email: str) -> BreakGlass | None:
    """Locks its account, so that two links made at once are one after the other."""
    found = BreakGlass.objects.filter(account__email=email.lower(), account__is_active=True)
    account = found.values_list("account", flat=True).first()
    if account is None:
        return None
    Account.objects.locked(str(account))
    return BreakGlass.objects.get(account=account)


def _made(email: str, actor: str, now: datetime) -> BreakGlass:
    account, changes = jit.break_glass_account(email, now=now)
    record_changes(changes, actor=actor, at=now)
    return BreakGlass(account_id=account, made_by=actor, made_at=now, set_up_until=now)
