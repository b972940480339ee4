"""Replacing our own key at one SAML provider, without a sign-in lost.

Three steps, each when the one before has reached the provider: a second key is published beside the
one that signs; it signs, and the old one still opens; the old one goes. `rotate` takes the next.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import Enum

from django.db import transaction

from gateway.audit.events import Event
from gateway.audit.record import record
from gateway.flows.configure import current_provider, save_provider
from providers.errors import ProviderUnknown
from providers.models import Provider
from providers.saml.keys import fingerprint, make_service_key
from providers.saml.settings import parse_secrets

_NOW = ("sp_private_key", "sp_certificate")
_NEXT = ("next_sp_private_key", "next_sp_certificate")
_PREVIOUS = ("previous_sp_private_key", "previous_sp_certificate")


class Step(Enum):
    PUBLISHED = "published"
    SIGNS = "signs"
    RETIRED = "retired"


def rotate(slug: str, *, actor: str, now: datetime) -> Step:
    """Takes the next step. Raises ProviderUnknown for what is no SAML provider,
    ProviderMisconfigured.
    """
    with transaction.atomic():
        row = Provider.objects.select_for_update().filter(slug=slug, protocol="saml").first()
        if row is None:
            raise ProviderUnknown(f"{slug} is no SAML provider")
        held = row.open_secrets()
        parse_secrets(held)
        step = _next_step(held)
        secrets = _after(step, held, slug, now)
        save_provider(current_provider(row, secrets=secrets), actor=actor, now=now)
        record(Event.KEYS_ROTATED, actor=actor, detail=_told(step, held, secrets, slug), at=now)
    return step


def _next_step(held: Mapping[str, str]) -> Step:
    if _PREVIOUS[0] in held:
        return Step.RETIRED
    return Step.SIGNS if _NEXT[0] in held else Step.PUBLISHED


def _after(step: Step, held: Mapping[str, str], slug: str, now: datetime) -> dict[str, str | None]:
    match step:
        case Step.PUBLISHED:
            return dict(zip(_NEXT, make_service_key(slug, now), strict=True))
        case Step.SIGNS:
            signs = zip(_NOW, (held[name] for name in _NEXT), strict=True)
            opens = zip(_PREVIOUS, (held[name] for name in _NOW), strict=True)
            return dict([*signs, *opens]) | dict.fromkeys(_NEXT)
        case Step.RETIRED:
            return dict.fromkeys(_PREVIOUS)


def _told(
    step: Step, held: Mapping[str, str], secrets: Mapping[str, str | None], slug: str
) -> dict[str, str]:
    """Our certificates by their SHA-256."""
    told = {"use": f"saml {slug}"}
    match step:
        case Step.PUBLISHED:
            return told | {"key_id": fingerprint(secrets[_NEXT[1]] or "")}
        case Step.SIGNS:
            return told | {"key_id": fingerprint(held[_NEXT[1]])}
        case Step.RETIRED:
            return told | {"retired": fingerprint(held[_PREVIOUS[1]])}
