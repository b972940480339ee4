"""What a set-up link opens: a password and a second factor, given together or not at all."""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from gateway import wiring
from gateway.audit.events import Event
from gateway.audit.record import record
from gateway.break_glass import factors
from gateway.break_glass.models import BreakGlass, BreakGlassUse
from gateway.config.keyring import KeyUse
from gateway.flows import api_tokens, ending
from gateway.flows.break_glass.accounts import digest, forget_credentials
from gateway.flows.break_glass.telling import keep_use
from gateway.flows.ending import Order
from gateway.flows.errors import LinkUnknown
from gateway.flows.visitor import Visitor
from gateway.relying_parties.definition import DefinitionInvalid, FieldFault
from gateway.sessions.why import Why
from gateway.tokens.seal import SealBroken, seal, unseal
from provisioning.models import Account

MAX_PASSWORD = 200  # letters: a longer one would only keep the hasher busy
_OFFER_LIVES = timedelta(minutes=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What the page shows; `sealed` comes back with the answer."""

    username: str
    email: str
    until: datetime
    secret: str = field(repr=False)  # of the app, to type
    address: str = field(repr=False)  # the same, as a QR code carries it
    passkey: dict[str, Any] = field(repr=False)
    sealed: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    password: str = field(repr=False)
    again: str = field(repr=False)
    code: str = field(repr=False)  # of the app; empty if a passkey was made
    passkey: str = field(repr=False)  # the browser's answer; empty if there is none
    sealed: str = field(repr=False)


def place() -> factors.Place:
    config = wiring.config()
    return factors.Place(name=config.branding.name, origin=config.base_url)


def offer(secret: str, *, earlier: str = "", now: datetime) -> Offer:
    """Looking changes nothing. `earlier` is the seal of an offer whose answer had faults: an app
    that has its secret already keeps it. Raises LinkUnknown.
    """
    row = _row(secret, now)
    known = _opened(earlier, row, now)
    key = str(known["totp"]) if known else factors.new_secret()
    passkey, state = factors.offer_passkey(row.account, place())
    content = {"totp": key, "passkey": state, "until": (now + _OFFER_LIVES).timestamp()}
    issuer = wiring.config().branding.name
    active = wiring.key_ring().active(KeyUse.PENDING)
    return Offer(
        username=row.account.username,
        email=row.account.email,
        until=row.set_up_until,
        secret=key,
        address=factors.address_of(key, row.account.username, issuer),
        passkey=passkey,
        sealed=seal(active, json.dumps(content).encode(), _purpose(row)),
    )


def equip(
    secret: str, given: Given, *, visitor: Visitor, reference: str, now: datetime
) -> list[str]:
    """Uses the link up; the recovery codes, which are shown once. What the account had before,
    sessions and API tokens among it, is over.

    Raises LinkUnknown; DefinitionInvalid, which leaves the link.
    """
    account = _row(secret, now).account
    with transaction.atomic():
        person = Account.objects.locked(str(account.pk))
        row = _row(secret, now)  # as it is under the lock: a link works once
        _refuse_faults(person, given)
        offered = _opened(given.sealed, row, now)
        if offered is None:
            raise _fault("code", "was for a page that is too old; begin again")
        forget_credentials(person, row)
        factor = _add_factor(person, offered, given, now)
        person.set_password(given.password)
        person.save(update_fields=["password"])
        row.set_up_at = now
        row.save(update_fields=["set_up_at"])
        codes = factors.recovery_codes(person)
        record(
            Event.BREAK_GLASS_EQUIPPED,
            actor=str(person.pk),
            account=str(person.pk),
            reference=reference,
            detail={
                "factor": factor,
                "address": visitor.address,
                "tokens": api_tokens.revoke_all(str(person.pk), now=now),
            },
            at=now,
        )
        keep_use(person, BreakGlassUse.What.SET_UP, visitor, now)
        order = Order(by=str(person.pk), reason="new credentials", at=now, why=Why.POLICY)
        ending.of_locked_account(str(person.pk), order)
    wiring.wake("audit.seal")
    return codes


def _add_factor(person: Account, offered: dict[str, Any], given: Given, now: datetime) -> str:
    """Which one; of what was offered to this link alone. Raises DefinitionInvalid."""
    if given.passkey:
        if not factors.add_passkey(person, place(), offered["passkey"], given.passkey):
            raise _fault("passkey", "was not made for this page; try again")
        return "passkey"
    counter = factors.counter_of(offered["totp"], given.code, now)
    if counter is None:
        raise _fault("code", "is not the one that the app shows now")
    factors.add_app(person, offered["totp"], counter)
    return "app"


def _refuse_faults(person: Account, given: Given) -> None:
    if len(given.password) > MAX_PASSWORD:
        raise _fault("password", f"must have at most {MAX_PASSWORD} letters")
    if given.password != given.again:
        raise _fault("again", "is another one")
    try:
        validate_password(given.password, person)
    except ValidationError as error:
        raise _fault("password", " ".join(error.messages)) from error


def _fault(name: str, problem: str) -> DefinitionInvalid:
    return DefinitionInvalid((FieldFault(field=name, problem=problem),))


def _row(secret: str, now: datetime) -> BreakGlass:
    found = BreakGlass.objects.select_related("account").filter(set_up_digest=digest(secret))
    row = found.first()
    if row is None or not row.link_works(now) or not row.account.is_active:
        raise LinkUnknown("no such set-up link")
    return row


def _opened(sealed: str, row: BreakGlass, now: datetime) -> dict[str, Any] | None:
    try:
        keys = wiring.key_ring().all(KeyUse.PENDING)
        content: dict[str, Any] = json.loads(unseal(keys, sealed, _purpose(row)))
    except SealBroken:
        return None
    return content if now.timestamp() < content["until"] else None


def _purpose(row: BreakGlass) -> str:
    """Nothing that was offered to one link is taken by another."""
    return f"break-glass set-up {row.account_id} {row.set_up_digest}"
