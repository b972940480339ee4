"""Turning our own keys over at one provider, as changes to the row's secrets.

A next key is published first and used later, once the provider has had time to fetch it; the one
before stays known until the following turn. What was encrypted to us is opened by any of the three.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import ClassVar, TypeAlias

from providers.oidc.client_keys import (
    NEXT,
    PREVIOUS,
    KeyKind,
    KeyUse,
    made_at,
    make_key,
    make_key_like,
    read_key,
)
from providers.oidc.settings import OidcSettings
from providers.tls import client_certificate, self_signed

PUBLISHED_FOR = timedelta(hours=24)  # as long as a provider may keep its copy of our keys

Changes: TypeAlias = dict[str, str | None]
"""Secrets by name; None takes one away."""

_TLS = ("tls_private_key", "tls_certificate")
# All secrets that the gateway may make and turn over by itself.
OWN = frozenset(slot + name for slot in ("", NEXT, PREVIOUS) for name in (*KeyUse, *_TLS))


class RotationRefused(Exception):
    """Nothing was turned over. The text says why and what to do first."""

    code: ClassVar[str] = "providers.rotation-refused"


def missing_keys(settings: OidcSettings, secrets: Mapping[str, str], now: datetime) -> Changes:
    """New keys for whatever the settings need and the row has not."""
    made: Changes = {}
    method = settings.token_endpoint_auth_method
    if method == "private_key_jwt" and not secrets.get(KeyUse.SIGN):
        made[KeyUse.SIGN] = make_key(KeyKind.RSA, now)
    if settings.decrypts and not secrets.get(KeyUse.DECRYPT):
        made[KeyUse.DECRYPT] = make_key(KeyKind.RSA, now)
    if settings.signs_own_certificate and not any(secrets.get(name) for name in _TLS):
        made |= dict(zip(_TLS, self_signed(settings.client_id, now), strict=True))
    return made


def first_keys(secrets: Mapping[str, str], kind: KeyKind, now: datetime) -> Changes:
    """New keys to sign and to decrypt with, where the row has none yet."""
    return {use: make_key(kind, now) for use in KeyUse if not secrets.get(use)}


def next_keys(settings: OidcSettings, secrets: Mapping[str, str], now: datetime) -> Changes:
    """A successor, of the same kind, for each key that is in use. Raises RotationRefused."""
    changes: Changes = {}
    for names in _turning(settings, secrets):
        if secrets.get(NEXT + names[0]):
            raise RotationRefused(f"There is a next {names[0]} already; put it to use first.")
        successor = zip(names, _successor(names, settings, secrets, now), strict=True)
        changes |= {NEXT + name: made for name, made in successor}
        changes |= {PREVIOUS + name: None for name in names if secrets.get(PREVIOUS + name)}
    if not changes:
        raise RotationRefused("This provider has no key of ours; make them first.")
    return changes


def promoted_keys(
    settings: OidcSettings, secrets: Mapping[str, str], now: datetime, *, early: bool
) -> Changes:
    """The next keys in use, those before them as previous ones. `early`: also if the provider may
    not have fetched them yet. Raises RotationRefused, ProviderMisconfigured.
    """
    changes: Changes = {}
    for names in _turning(settings, secrets):
        if not secrets.get(NEXT + names[0]):
            continue
        made = _next_made_at(names, secrets)
        if not early and (made is None or now < made + PUBLISHED_FOR):
            since = "an unknown time" if made is None else f"{made:%Y-%m-%d %H:%M} UTC"
            raise RotationRefused(
                f"The next {names[0]} is published since {since}; providers may take "
                f"{PUBLISHED_FOR // timedelta(hours=1)} hours to see it."
            )
        for name in names:
            changes |= {
                PREVIOUS + name: secrets[name],
                name: secrets[NEXT + name],
                NEXT + name: None,
            }
    if not changes:
        raise RotationRefused("There is no next key; make one first.")
    return changes


def _turning(settings: OidcSettings, secrets: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
    """What there is a key for. A certificate that an authority made is not ours to make anew."""
    yield from ((use.value,) for use in KeyUse if secrets.get(use))
    if settings.signs_own_certificate and all(secrets.get(name) for name in _TLS):
        yield _TLS


def _successor(
    names: tuple[str, ...], settings: OidcSettings, secrets: Mapping[str, str], now: datetime
) -> tuple[str, ...]:
    if names == _TLS:
        return self_signed(settings.client_id, now)
    return (make_key_like(read_key(names[0], secrets[names[0]]), now),)


def _next_made_at(names: tuple[str, ...], secrets: Mapping[str, str]) -> datetime | None:
    if names == _TLS:
        key, certificate = (secrets.get(NEXT + name, "") for name in names)
        return client_certificate(certificate, key).own.not_valid_before_utc
    return made_at(read_key(NEXT + names[0], secrets[NEXT + names[0]]))
