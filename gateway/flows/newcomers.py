"""Whom no account knows: what she may do about it, and what is kept of her meanwhile.

Either she is offered to show that an account is hers; then all that her provider said waits for
her, sealed, under 256 random bits that her browser alone has. Or an administrator is to decide;
then who she is stands in his queue, and nothing else of her does.
"""

import json
import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.db import transaction

from gateway import wiring
from gateway.audit.events import Event
from gateway.audit.record import record
from gateway.config.keyring import KeyUse
from gateway.flows import carried
from gateway.flows.errors import JoiningGone
from gateway.flows.visitor import Asked
from gateway.tokens.seal import SealBroken, seal, unseal
from providers.identity import ExternalIdentity
from providers.models import Provider
from provisioning import linking
from provisioning.models import JoinRequest
from provisioning.policy import OFFER_LIFETIME, LinkPolicy

_TEXTS = {"username": 500, "name": 200, "email": 254}  # as long as the columns


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """Who came, and what her sign-in was about."""

    identity: ExternalIdentity = field(repr=False)
    return_to: str
    begun_at: datetime
    asked_at: datetime
    remember: bool
    idp_initiated: bool


def policy(provider: Provider, asked: Asked, now: datetime) -> LinkPolicy:
    """What the row says, and what this person has shown or said besides."""
    found = LinkPolicy.of(provider, now)
    if asked.is_new:
        found = replace(found, by_proof=False)
    return replace(found, proof=asked.proof)


def offer(identity: ExternalIdentity, asked: Asked, *, now: datetime) -> str:
    """The secret by which her browser finds it again. Raises SharedCacheUnavailable."""
    secret = secrets.token_urlsafe(32)
    content = {
        "identity": carried.dumped(identity),
        "return_to": asked.return_to,
        "begun_at": asked.begun_at,
        "asked_at": now,
        "remember": asked.remember,
        "idp_initiated": asked.idp_initiated,
    }
    name = name_of(secret)
    wiring.shared_cache().put(_key(name), sealed(content, _purpose(name)), OFFER_LIFETIME)
    return secret


def look(name: str, now: datetime) -> Offered:
    """What is kept by this name; it stays. Raises JoiningGone, SharedCacheUnavailable."""
    return _read(wiring.shared_cache().get(_key(name)), name, now)


def take(name: str, now: datetime) -> Offered:
    """The same, for the last time. Raises JoiningGone, SharedCacheUnavailable."""
    return _read(wiring.shared_cache().take(_key(name)), name, now)


def name_of(secret: str) -> str:
    """Names what is kept under a secret, and opens nothing."""
    return sha256(secret.encode(errors="replace")).hexdigest()


def sealed(content: dict[str, Any], purpose: str) -> bytes:
    key = wiring.key_ring().active(KeyUse.PENDING)
    return seal(key, json.dumps(content, default=datetime.isoformat).encode(), purpose).encode()


def opened(kept: bytes | None, purpose: str) -> dict[str, Any]:
    """Raises JoiningGone for nothing, and for what was sealed for another purpose."""
    if kept is None:
        raise JoiningGone("nothing of that name is kept")
    try:
        found = json.loads(unseal(wiring.key_ring().all(KeyUse.PENDING), kept.decode(), purpose))
    except SealBroken as error:
        raise JoiningGone(str(error)) from error
    return dict(found)


def ask(identity: ExternalIdentity, *, reference: str, now: datetime) -> str:
    """Puts her into the queue, once; the reference that she was shown the first time."""
    subject = identity.subject
    texts = {name: _plain(getattr(identity, name) or "", most) for name, most in _TEXTS.items()}
    fields = {
        **texts,
        "provider": identity.provider,
        "verified_address": linking.verified_address(identity),
        "last_asked_at": now,
    }
    with transaction.atomic():
        row, made = JoinRequest.objects.update_or_create(
            issuer=subject.issuer,
            subject=subject.value,
            defaults=fields,
            create_defaults={**fields, "reference": reference, "asked_at": now},
        )
        if made:
            record(
                Event.JOIN_ASKED,
                actor=identity.provider,
                reference=reference,
                detail=told(row),
                at=now,
            )
    return row.reference


def told(row: JoinRequest) -> dict[str, str]:
    """How a request is named on record."""
    return {
        "provider": row.provider,
        "issuer": row.issuer,
        "subject": row.subject,
        "request": row.reference,
    }


def _read(kept: bytes | None, name: str, now: datetime) -> Offered:
    content = opened(kept, _purpose(name))
    asked_at = datetime.fromisoformat(content["asked_at"])
    if now >= asked_at + OFFER_LIFETIME:
        raise JoiningGone("too long ago")
    return Offered(
        identity=carried.loaded(content["identity"]),
        return_to=content["return_to"],
        begun_at=datetime.fromisoformat(content["begun_at"]),
        asked_at=asked_at,
        remember=content["remember"] is True,
        idp_initiated=content["idp_initiated"] is True,
    )


def _plain(text: str, length: int) -> str:
    return "".join(filter(str.isprintable, text))[:length]


def _key(name: str) -> str:
    return f"joining:{name}"


def _purpose(name: str) -> str:
    return f"joining {name}"
