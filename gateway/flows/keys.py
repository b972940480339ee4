"""Turning keys over: a new one is made known first and signs and seals a while later, an old one is
taken out when nothing rests on it any more.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from django.db import transaction

from gateway import wiring
from gateway.audit.events import Event
from gateway.audit.record import record
from gateway.break_glass import adapter as second_factors
from gateway.config import keyring
from gateway.config.keyring import KeyUse
from gateway.streams import models as streams
from providers.models import Provider, reseal_secrets
from providers.secrets import sealed_under
from provisioning import last_identity, upstream
from provisioning.directories import models as directories

# Until a new key signs: every machine has read its file by then (a cluster needs up to two minutes
# to hand a changed secret out), and every app has asked for the public keys anew (five minutes).
MADE_KNOWN = timedelta(minutes=10)


class KeyInUse(Exception):
    """The key cannot be taken out. The text says why and what to do first."""

    code: ClassVar[str] = "keys.in-use"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyEntry:
    """A key of the ring, without the key."""

    use: KeyUse
    id: str
    created_at: str
    active: bool  # seals and signs; the others only open and verify
    used_from: datetime | None  # one that is not active yet


def entries(now: datetime) -> tuple[KeyEntry, ...]:
    """All keys of the ring, those of one use together, newest first. Raises KeyRingInvalid."""
    content = keyring.read(wiring.config().key_ring)
    ring = keyring.parse(content)
    active = {key.id for use in ring.symmetric for key in ring.all(use)[:1]}
    active |= {key.kid or "" for use in ring.signing for key in ring.signers(use)[:1]}
    found = [
        KeyEntry(
            use=KeyUse(str(entry["use"])),
            id=str(entry["id"]),
            created_at=str(entry["created_at"]),
            active=str(entry["id"]) in active,
            used_from=_still_to_come(entry, now),
        )
        for entry in _keys(content)
    ]
    return tuple(sorted(found, key=lambda key: (key.use, key.created_at), reverse=True))


def _still_to_come(entry: dict[str, object], now: datetime) -> datetime | None:
    moment = datetime.fromisoformat(str(entry.get("used_from", entry["created_at"])))
    return moment if moment > now else None


def rotate(use: KeyUse, *, at_once: bool, now: datetime) -> str:
    """Makes a new key of one use and both files anew; its id. Raises KeyRingInvalid.

    Until it is known everywhere it only opens and verifies; `at_once` is for a key that was stolen.
    """
    content = keyring.read(wiring.config().key_ring)
    made = keyring.new_key(use, now, used_from=None if at_once else now + MADE_KNOWN)
    with transaction.atomic():
        detail = {"use": use.value, "key_id": str(made["id"])}
        record(Event.KEYS_ROTATED, actor="operator", detail=detail, at=now)
        _write(content, [*_keys(content), made])
    return str(made["id"])


def retire(key_id: str, *, now: datetime) -> None:
    """Takes an old key out of both files. Raises KeyInUse, KeyRingInvalid."""
    entry = next((entry for entry in entries(now) if entry.id == key_id), None)
    if entry is None:
        raise KeyInUse(f"There is no key {key_id}; `manage.py keys list` shows them.")
    if entry.active:
        raise KeyInUse(f"{key_id} is in use; run `manage.py keys rotate {entry.use}` first.")
    content = keyring.read(wiring.config().key_ring)
    with transaction.atomic():
        if _seals_something(entry):
            raise KeyInUse(
                f"{key_id} still seals {entry.use}; run `manage.py secrets rotate` first."
            )
        detail = {"use": entry.use.value, "retired": key_id}
        record(Event.KEYS_ROTATED, actor="operator", detail=detail, at=now)
        _write(content, [key for key in _keys(content) if key["id"] != key_id])


def write_edge_ring() -> None:
    """Makes the edge's file from the gateway's. Raises KeyRingInvalid."""
    content = keyring.read(wiring.config().key_ring)
    keyring.write(wiring.config().edge_key_ring, keyring.for_edge(content))


def rotate_secrets(*, now: datetime) -> int:
    """Seals all providers' secrets and grants, the second factors of break-glass accounts, and what
    is kept of people, under the newest keys; how many were not yet.

    Raises ProviderMisconfigured, SealBroken if a secret does not open: then nothing is changed.
    """
    with transaction.atomic():
        count = reseal_secrets() + upstream.reseal() + streams.reseal()
        count += directories.reseal_secrets()
        count += second_factors.reseal()
        _record_sealed(KeyUse.SECRETS, count, now)
    people = last_identity.reseal()
    _record_sealed(KeyUse.IDENTITIES, people, now)
    return count + people


def _record_sealed(use: KeyUse, count: int, now: datetime) -> None:
    if count:
        detail = {"count": count, "key_id": wiring.key_ring().active(use).id}
        record(Event.SECRETS_ROTATED, actor="operator", detail=detail, at=now)


def _seals_something(entry: KeyEntry) -> bool:
    if entry.use is KeyUse.IDENTITIES:
        return last_identity.sealed_under(entry.id)
    return entry.use is KeyUse.SECRETS and (
        upstream.sealed_under(entry.id)
        or streams.sealed_under(entry.id)
        or directories.sealed_under(entry.id)
        or second_factors.sealed_under(entry.id)
        or _seals_a_provider(entry.id)
    )


def _seals_a_provider(key_id: str) -> bool:
    return any(
        sealed_under(sealed) == key_id
        for provider in Provider.objects.select_for_update()
        for sealed in provider.sealed_secrets.values()
    )


def _keys(content: dict[str, object]) -> list[dict[str, object]]:
    keys = content["keys"]
    assert isinstance(keys, list)  # noqa: S101 -- read() refuses anything else
    return keys


def _write(content: dict[str, object], keys: list[dict[str, object]]) -> None:
    """The edge's file first: it must be able to verify what the gateway is about to sign."""
    changed = content | {"keys": keys}
    keyring.write(wiring.config().edge_key_ring, keyring.for_edge(changed))
    keyring.write(wiring.config().key_ring, changed)
