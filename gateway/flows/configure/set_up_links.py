"""Links by which somebody without an account here fills in one provider that is not in use yet.

What the link carries is 256 random bits, shown once and kept as their SHA-256. It ends by itself,
by an administrator's click, and as soon as the provider is switched on: whoever holds it may never
change by which answers people are signed in.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from django.db import transaction

from gateway import wiring
from gateway.audit.events import Event
from gateway.audit.record import record
from gateway.flows.configure.keeping import clean, wake_after_commit
from gateway.flows.errors import LinkUnknown, ProviderInUse
from providers import registry
from providers.models import Provider, SetUpLink

DAYS = 7  # of a link, unless an admin says otherwise
MAX_DAYS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedLink:
    id: int
    actor: str  # in the record
    slug: str
    expires_at: datetime


def make_link(slug: str, *, holder: str, days: int, actor: str, now: datetime) -> str:
    """The link, which is never shown again. Raises ProviderUnknown, ProviderInUse,
    DefinitionInvalid.
    """
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        row = Provider.objects.select_for_update().get(pk=registry.find(slug).pk)
        if row.enabled:
            raise ProviderInUse(f"{slug} is in use")
        link = SetUpLink(
            provider=row,
            digest=_digest(secret),
            holder=holder,
            made_by=actor,
            made_at=now,
            expires_at=now + timedelta(days=min(max(days, 1), MAX_DAYS)),
        )
        clean(link, exclude={"provider", "revoked_at", "used_at"})
        link.save()
        detail = _told(link) | {"expires_at": f"{link.expires_at:%Y-%m-%dT%H:%MZ}"}
        record(Event.SET_UP_LINK_MADE, actor=actor, detail=detail, at=now)
        wake_after_commit()
    return f"{wiring.config().base_url}/set-up/{secret}"


def open_link(secret: str, *, now: datetime) -> OpenedLink:
    """Whose form it is; looking changes nothing. Raises LinkUnknown, ProviderInUse."""
    link = SetUpLink.objects.select_related("provider").filter(digest=_digest(secret)).first()
    if link is None:
        raise LinkUnknown("no such set-up link")
    check_link(link, now)
    return OpenedLink(
        id=link.pk,
        actor=f"setup link {link.pk} {link.holder}",
        slug=link.provider.slug,
        expires_at=link.expires_at,
    )


def check_link(link: SetUpLink, now: datetime) -> None:
    """Raises LinkUnknown, ProviderInUse."""
    if link.revoked_at is not None or link.expires_at <= now:
        raise LinkUnknown(f"set-up link {link.pk} has ended")
    if link.provider.enabled:
        raise ProviderInUse(f"{link.provider.slug} is in use")


def revoke_link(slug: str, link: int, *, actor: str, now: datetime) -> None:
    """Ends it; one that has ended already stays so. Raises LinkUnknown."""
    with transaction.atomic():
        found = SetUpLink.objects.select_for_update().filter(pk=link, provider__slug=slug).first()
        if found is None:
            raise LinkUnknown("no such set-up link")
        _revoke([found], actor=actor, now=now)


def revoke_links(row: Provider, *, actor: str, now: datetime) -> None:
    """All of a provider that is in use from now on, in the caller's transaction."""
    _revoke(list(SetUpLink.objects.filter(provider=row)), actor=actor, now=now)


def _revoke(links: list[SetUpLink], *, actor: str, now: datetime) -> None:
    for link in links:
        if link.revoked_at is None and link.expires_at > now:
            link.revoked_at = now
            link.save(update_fields=["revoked_at"])
            record(Event.SET_UP_LINK_REVOKED, actor=actor, detail=_told(link), at=now)
            wake_after_commit()


def _told(link: SetUpLink) -> dict[str, object]:
    return {"provider": link.provider.slug, "link": link.pk, "holder": link.holder}


def _digest(secret: str) -> str:
    return sha256(secret.encode(errors="replace")).hexdigest()
