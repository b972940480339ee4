"""Signing in to a break-glass account: its password first, then its second factor; always both.

What one browser has proven so far travels sealed in its own cookie and is worth five minutes, so
strangers fill no store. A wrong password and an address that nobody has are told alike, and cost
alike.
"""

import json
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import transaction

from gateway import wiring
from gateway.audit.events import Event
from gateway.audit.record import record
from gateway.break_glass import factors
from gateway.break_glass.models import BreakGlass, BreakGlassUse
from gateway.config.keyring import KeyUse
from gateway.flows import limits, return_to
from gateway.flows.break_glass.equipping import MAX_PASSWORD, place
from gateway.flows.break_glass.telling import keep_use
from gateway.flows.errors import LocalRefused, TooManyTries
from gateway.flows.limits import Limit
from gateway.flows.local import LocalWay, admit
from gateway.flows.login import LoggedIn, end_replaced
from gateway.flows.visitor import Visitor
from gateway.tokens.seal import SealBroken, seal, unseal
from providers.errors import RequestUnknown, SharedCacheUnavailable
from provisioning.models import Account

PROVEN = timedelta(minutes=5)  # how long a right password waits for the second factor
LIFE = timedelta(hours=1)  # of the session
ACR = "urn:gatehouse:acr:two-factors"
# RFC 8176: a password, more than one factor, and which the second was.
_AMR = {"app": "otp", "recovery code": "otp", "passkey": "pop"}
_MAX_SEALED = 4096
_PURPOSE = "local sign-in"


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """What the page of the second factor asks for; `sealed` is for this browser's cookie."""

    has_app: bool
    passkey: dict[str, Any] | None = field(repr=False)
    sealed: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One of them; the others are empty."""

    code: str = field(repr=False, default="")  # of the app, or a recovery code
    passkey: str = field(repr=False, default="")  # what the browser says


@dataclass(frozen=True, slots=True, kw_only=True)
class _Proven:
    id: str
    account: str
    password: str  # stands for the one that was right
    return_to: str
    until: float
    passkey: dict[str, Any] | None


def first(
    email: str, password: str, *, wanted: str, visitor: Visitor, reference: str, now: datetime
) -> str:
    """What this browser has proven by the right password, sealed.

    Raises LocalRefused, TooManyTries, ReturnRefused, SharedCacheUnavailable.
    """
    checked = return_to.checked(wanted)
    limits.spend(Limit.LOCAL, visitor.counted_as)
    typed = sha256(email.lower().encode(errors="replace")).hexdigest()
    limits.spend(Limit.LOCAL_ACCOUNT, f"{typed} {visitor.counted_as}")
    limits.spend(Limit.LOCAL_ACCOUNT_ALL, typed)
    person = _person(email)
    if not _fits(person, password):
        _record_refusal(person, "password", visitor, reference, now)
        raise LocalRefused("the password is wrong, or nobody has this address")
    assert person is not None  # noqa: S101 -- nobody's password fits
    return _sealed(
        _Proven(
            id=secrets.token_urlsafe(16),
            account=str(person.pk),
            password=_fingerprint(person),
            return_to=checked,
            until=(now + PROVEN).timestamp(),
            passkey=None,
        )
    )


def challenge(sealed: str, *, now: datetime) -> Challenge:
    """A new one each time: a passkey answers each once. Raises RequestUnknown."""
    proven = _opened(sealed, now)
    person = Account.objects.known(proven.account)
    asked = factors.ask_for_passkey(person, place())
    options, state = asked or (None, None)
    renewed = _Proven(
        id=proven.id,
        account=proven.account,
        password=proven.password,
        return_to=proven.return_to,
        until=proven.until,
        passkey=state,
    )
    return Challenge(has_app=factors.has_app(person), passkey=options, sealed=_sealed(renewed))


def second(
    sealed: str, answer: Answer, *, visitor: Visitor, reference: str, now: datetime
) -> LoggedIn:
    """Signs in whoever has proven the password in this browser and now the second factor.

    Raises LocalRefused, RequestUnknown, AccountClosed, TooManyTries, SharedCacheUnavailable,
    SessionStoreUnavailable.
    """
    proven = _opened(sealed, now)
    limits.spend(Limit.LOCAL, visitor.counted_as)
    limits.spend(Limit.LOCAL_SECOND, f"{proven.account} {visitor.counted_as}")
    limits.spend(Limit.LOCAL_SECOND_ALL, proven.account)
    factor = _second_factor(proven, answer, visitor, reference, now)
    if not wiring.shared_cache().add(f"local:{proven.id}", b"1", PROVEN):
        raise RequestUnknown("this sign-in was completed before")
    way = LocalWay(
        event=Event.BREAK_GLASS_USED,
        detail={"factor": factor, "address": visitor.address},
        amr=("pwd", "mfa", _AMR[factor]),
        acr=ACR,
        life=LIFE,
        before=lambda person: _still(person, proven),
        beside=lambda person: keep_use(person, _use(factor), visitor, now),
    )
    token = admit(proven.account, way, visitor=visitor, reference=reference, now=now)
    end_replaced(visitor, by=proven.account, now=now)
    wanted = "/admin/" if proven.return_to == return_to.HOME else proven.return_to
    return LoggedIn(token=token, account=proven.account, provider="", return_to=wanted)


def _second_factor(
    proven: _Proven, answer: Answer, visitor: Visitor, reference: str, now: datetime
) -> str:
    """Which one it was, used up. Raises LocalRefused, RequestUnknown."""
    with transaction.atomic():
        person = Account.objects.locked(proven.account)
        _still(person, proven)
        factor = _answered(person, proven, answer, now)
        if factor:
            return factor
        _record_refusal(person, "second factor", visitor, reference, now)
        keep_use(person, BreakGlassUse.What.REFUSED, visitor, now)
    wiring.wake("audit.seal")
    raise LocalRefused("the second factor is wrong")


def _answered(person: Account, proven: _Proven, answer: Answer, now: datetime) -> str:
    if answer.passkey:
        state = proven.passkey
        fits = state and factors.use_passkey(person, place(), state, answer.passkey)
        return "passkey" if fits and _once(f"passkey:{proven.id}:{_said(answer)}") else ""
    if factors.use_code(person, answer.code, now):
        return "app"
    return "recovery code" if factors.use_recovery_code(person, answer.code) else ""


def _said(answer: Answer) -> str:
    return sha256(answer.passkey.encode(errors="replace")).hexdigest()


def _once(what: str) -> bool:
    """Over all processes."""
    return wiring.shared_cache().add(f"local:{what}", b"1", PROVEN)


def _still(person: Account, proven: _Proven) -> None:
    """Whether what was proven is true now, with the account's row locked. Raises RequestUnknown."""
    row = BreakGlass.objects.filter(account=person).first()
    if not person.is_active or row is None or row.set_up_at is None:
        raise RequestUnknown("the account was closed or is being set up anew")
    if _fingerprint(person) != proven.password:
        raise RequestUnknown("the password was changed meanwhile")


def _use(factor: str) -> BreakGlassUse.What:
    recovered = factor == "recovery code"
    return BreakGlassUse.What.RECOVERED if recovered else BreakGlassUse.What.SIGNED_IN


def _person(email: str) -> Account | None:
    found = BreakGlass.objects.select_related("account").filter(
        account__email=email.lower(), account__is_active=True, set_up_at__isnull=False
    )
    row = found.first() if email.isprintable() else None
    return row.account if row is not None else None


def _fits(person: Account | None, password: str) -> bool:
    if len(password) > MAX_PASSWORD:
        return False
    if person is None:
        make_password(password)  # as dear as looking one up
        return False
    return person.check_password(password)


def _record_refusal(
    person: Account | None, step: str, visitor: Visitor, reference: str, now: datetime
) -> None:
    """Thirty a minute over all: strangers do not fill the record."""
    with suppress(TooManyTries, SharedCacheUnavailable):
        limits.spend(Limit.LOCAL_REFUSED, "")
        with transaction.atomic():
            record(
                Event.BREAK_GLASS_REFUSED,
                actor="anonymous",
                account=str(person.pk) if person is not None else "",
                reference=reference,
                detail={"step": step, "address": visitor.address},
                at=now,
            )


def _fingerprint(person: Account) -> str:
    return sha256(person.password.encode()).hexdigest()[:32]


def _sealed(proven: _Proven) -> str:
    content = {name: getattr(proven, name) for name in _Proven.__slots__}
    key = wiring.key_ring().active(KeyUse.PENDING)
    return seal(key, json.dumps(content).encode(), _PURPOSE)


def _opened(sealed: str, now: datetime) -> _Proven:
    """Raises RequestUnknown."""
    if len(sealed) > _MAX_SEALED:
        raise RequestUnknown("larger than what we seal")
    try:
        content = json.loads(unseal(wiring.key_ring().all(KeyUse.PENDING), sealed, _PURPOSE))
    except SealBroken as error:
        raise RequestUnknown(str(error)) from error
    proven = _Proven(**content)
    if now.timestamp() >= proven.until:
        raise RequestUnknown("the password was given too long ago")
    return proven
