"""What each provider last said of each person, kept so that a change of the rules can be looked at
before it is live.

Kept is all that rules can ask about, but for the claims that the operator does not want kept;
nothing that only a live session needs (session ids, tokens). It is sealed with AES-256-GCM and
bound to its row: what is copied to another row does not open. One key seals all rows as it stands,
for deriving one for each would take longer than opening it; nonces are 96 random bits, good for
four thousand million sealings under one key (NIST SP 800-38D, 8.3).
"""

import json
import os
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple
from zlib import crc32

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import transaction
from django.db.models import Q

from providers.errors import ResponseInvalid
from providers.identity import ClaimSet, ExternalIdentity, Subject
from provisioning.errors import IdentityUnreadable
from provisioning.models import LastIdentity, LinkedIdentity

_NONCE_BYTES = 12
_DECIDED = ("decided_version", "decided_at", "decided_under")
# Rows changed in one go: short enough that a sign-in of one of these people does not wait.
BATCH = 500


def keep(
    identity: ExternalIdentity,
    linked: LinkedIdentity,
    *,
    version: int,
    not_kept: frozenset[str],
    now: datetime,
) -> None:
    """In place of what was kept before; one statement, in the caller's transaction. `version` is
    that of the rules by which the person was decided upon.
    """
    keep_all([(identity, linked)], version=version, not_kept=not_kept, now=now)


def keep_all(
    told: Iterable[tuple[ExternalIdentity, LinkedIdentity]],
    *,
    version: int,
    not_kept: frozenset[str],
    now: datetime,
) -> None:
    """The same of several people, still in one statement."""
    rows = []
    for identity, linked in told:
        key, sealed = _sealed(linked.pk, _plain(identity, not_kept))
        rows.append(
            LastIdentity(
                linked_identity=linked,
                key=key,
                sealed=sealed,
                seen_at=now,
                decided_version=version,
                decided_at=now,
                decided_under=circumstances(),
            )
        )
    LastIdentity.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["linked_identity"],
        update_fields=["key", "sealed", "seen_at", *_DECIDED],
    )


def circumstances() -> int:
    """Stands for what decides beside rules and claims: the operator's settings, as they are now."""
    told = (settings.CLAIMS_NOT_KEPT, settings.RULES_NEVER_GIVE)
    return crc32(json.dumps([sorted(names) for names in told]).encode()) >> 1 or 1


def decided(identities: Iterable[int], version: int, now: datetime, *, under: int) -> int:
    """Rules of this version were asked about these now, under these circumstances; 0 where more
    than rules, claims and settings decided. Of how many that was news.
    """
    news = Q(decided_version__lt=version) | Q(decided_at__lt=now)
    rows = LastIdentity.objects.filter(news, pk__in=list(identities))
    return rows.update(decided_version=version, decided_at=now, decided_under=under)


def undecided(identities: Iterable[int]) -> None:
    """These are to be decided upon anew, whatever rules were asked about them; as a query they may
    be everybody.
    """
    LastIdentity.objects.filter(pk__in=identities).update(decided_version=0)


class Sealed(NamedTuple):
    """What is needed of a row to open it; of a hundred thousand, rows of Django's are dear."""

    pk: int
    key: str
    sealed: bytes | memoryview


def opened(row: LastIdentity | Sealed, *, only: AbstractSet[str] | None = None) -> ExternalIdentity:
    """The person as she was last vouched for. Of her claims those of these names alone, if any are
    named: to freeze all of everybody's takes far longer.

    Raises IdentityUnreadable.
    """
    try:
        told = json.loads(_unsealed(row))
        claims = told["claims"]
        if only is not None:
            claims = {name: claims[name] for name in only & claims.keys()}
        return ExternalIdentity(
            provider=told["provider"],
            subject=Subject(issuer=told["issuer"], value=told["subject"]),
            claims=ClaimSet(claims),
            username=told["username"],
            name=told["name"],
            email=told["email"],
            email_verified=told["email_verified"],
            authenticated_at=datetime.fromisoformat(told["authenticated_at"]),
            acr=told["acr"],
            amr=tuple(told["amr"]),
            upstream_session=None,
            upstream_names=(),
        )
    except (InvalidTag, ValueError, KeyError, TypeError, ResponseInvalid) as error:
        raise IdentityUnreadable(f"{row.pk}: {type(error).__name__}") from error


def readable(
    row: LastIdentity | Sealed | None, *, only: AbstractSet[str] | None = None
) -> ExternalIdentity | None:
    """The same; None where nothing is kept, or it cannot be read."""
    try:
        return None if row is None else opened(row, only=only)
    except IdentityUnreadable:
        return None


def silent(path: str) -> Q:
    """Of whom nothing is kept, or under a key that is away now. `path` leads to what is kept."""
    keys = [key for key, _ in settings.IDENTITY_KEYS()]
    return Q(**{path: None}) | ~Q(**{f"{path}__key__in": keys})


def key_away() -> Q:
    """What of it no key that is there can open."""
    return ~Q(key__in=[key for key, _ in settings.IDENTITY_KEYS()])


def looked_at(paths: Iterable[str]) -> frozenset[str]:
    """The claims that these paths can come to: by their whole name, or by their first step."""
    return frozenset(name for path in paths for name in (path, path.partition(".")[0]))


def without(claims: Mapping[str, object], paths: Iterable[str]) -> dict[str, object]:
    """The claims but for those at the paths, whichever way `ClaimSet.path` would come to them."""
    left = dict(claims)
    for path in paths:
        left.pop(path, None)
        first, *rest = path.split(".")
        inside = left.get(first)
        if rest and isinstance(inside, Mapping):
            left[first] = _without(inside, rest)
    return left


def forget_before(moment: datetime) -> int:
    """Deletes what is of people who were last seen before; how many those were."""
    total = 0
    while True:
        old = LastIdentity.objects.filter(seen_at__lt=moment).order_by("seen_at")[:BATCH]
        deleted, _ = LastIdentity.objects.filter(pk__in=[row.pk for row in old.only("pk")]).delete()
        total += deleted
        if deleted < BATCH:
            return total


def forget_provider(slug: str) -> None:
    """What a provider said that is no more."""
    LastIdentity.objects.filter(linked_identity__provider=slug).delete()


def forget(links: Iterable[LinkedIdentity]) -> None:
    """The same of these identities alone."""
    LastIdentity.objects.filter(linked_identity__in=list(links)).delete()


def reseal() -> int:
    """Seals whatever an older key sealed under the newest one, in batches; how many those were.

    What does not open stays as it is: its key may come back, and the person signs in some day.
    """
    newest, count, after = settings.IDENTITY_KEYS()[0][0], 0, 0
    while True:
        with transaction.atomic():
            older = LastIdentity.objects.select_for_update(of=("self",)).exclude(key=newest)
            rows = list(older.filter(pk__gt=after).order_by("pk")[:BATCH])
            if not rows:
                return count
            after = rows[-1].pk
            moved = [row for row in rows if _moved(row)]
            LastIdentity.objects.bulk_update(moved, ["key", "sealed"])
        count += len(moved)


def sealed_under(key: str) -> bool:
    """Whether anything kept needs this key."""
    return LastIdentity.objects.filter(key=key).exists()


def _moved(row: LastIdentity) -> bool:
    try:
        row.key, row.sealed = _sealed(row.pk, _unsealed(row))
    except (InvalidTag, KeyError):
        return False
    return True


def _plain(identity: ExternalIdentity, not_kept: frozenset[str]) -> bytes:
    told = {
        "provider": identity.provider,
        "issuer": identity.subject.issuer,
        "subject": identity.subject.value,
        "username": identity.username,
        "name": identity.name,
        "email": identity.email,
        "email_verified": identity.email_verified,
        "authenticated_at": identity.authenticated_at.isoformat(),
        "acr": identity.acr,
        "amr": identity.amr,
        "claims": without(identity.claims.plain(), not_kept),
    }
    return json.dumps(told, separators=(",", ":")).encode()


def _without(value: Mapping[str, object], steps: list[str]) -> dict[str, object]:
    step, *rest = steps
    if not rest:
        return {name: each for name, each in value.items() if name != step}
    inside = value.get(step)
    return {**value, step: _without(inside, rest)} if isinstance(inside, Mapping) else dict(value)


def _sealed(row: int, plain: bytes) -> tuple[str, bytes]:
    key_id, key = settings.IDENTITY_KEYS()[0]
    nonce = os.urandom(_NONCE_BYTES)
    return key_id, nonce + _cipher(key).encrypt(nonce, plain, _bound_to(row))


def _unsealed(row: LastIdentity | Sealed) -> bytes:
    """Raises InvalidTag; KeyError if the key is not in the ring."""
    cipher = _cipher(dict(settings.IDENTITY_KEYS())[row.key])
    sealed = memoryview(row.sealed)
    return cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _bound_to(row.pk))


@lru_cache(maxsize=8)
def _cipher(key: bytes) -> AESGCM:
    return AESGCM(key)


def _bound_to(row: int) -> bytes:
    return b"last identity %d" % row
