"""Fetching anew what providers publish: by itself before it grows stale, and at an operator's word.

Whatever cannot be fetched leaves in force what there is: by that people go on signing in.
"""

import logging
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from cryptography import x509
from django.db import transaction

from gateway import wiring
from gateway.audit.events import Event
from gateway.audit.record import record
from gateway.flows import metadata
from providers import registry
from providers.errors import ProviderError, ProviderMisconfigured, ProviderUnreachable
from providers.models import HeldMetadata, Provider
from providers.oidc.keys import shown_kid
from providers.oidc.metadata import Published

AHEAD = timedelta(minutes=2)  # two runs before a document is stale
MAX_SECONDS = 45.0  # of one run; what is due then is the next one's
AT_ONCE = 8  # a few silent providers do not hold up all others

_log = logging.getLogger(__name__)


def renew(*, now: datetime) -> int:
    """Renews the documents of enabled OIDC providers that are kept and due, the longest overdue
    first; of how many providers those were. Raises SharedCacheUnavailable.
    """
    until = time.monotonic() + MAX_SECONDS
    due = [each for _, each in sorted(_due(now), key=lambda found: found[0])]
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="renew") as pool:
        return sum(pool.map(partial(_renewed, until=until, now=now), due))


def _due(now: datetime) -> Iterator[tuple[datetime, Published]]:
    rows = Provider.objects.filter(enabled=True, protocol=Provider.Protocol.OIDC)
    for row in rows.iterator():
        try:
            documents = registry.published_documents(row, wiring.shared_cache())
        except ProviderMisconfigured:
            continue  # whoever signs in there is told; nobody waits here
        for each in documents:
            at = each.due_at()
            if at is not None and at <= now + AHEAD:
                yield at, each


def _renewed(document: Published, *, until: float, now: datetime) -> bool:
    if time.monotonic() > until:
        return False
    try:
        document.renew_due(now + AHEAD, now)
    except ProviderUnreachable as error:
        _log.warning("what is published could not be renewed: %s", error)
        return False
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What one issuer publishes now. `keys` in words; `waits`: a change is held for an admin."""

    issuer: str
    keys: tuple[str, ...]
    waits: bool = False


def refresh(slug: str, *, actor: str, now: datetime) -> tuple[Fetched, ...]:
    """Asks one provider now, whatever is kept, has failed or is waited for. Raises ProviderUnknown,
    and ProviderUnreachable, ProviderMisconfigured if not all of it could be taken; that it was
    tried is on record.
    """
    row = registry.find(slug)
    detail: dict[str, object] = {"provider": slug}
    try:
        found = _saml(row, now) if row.protocol == Provider.Protocol.SAML else _oidc(row, now)
        detail["keys"] = [key for each in found for key in each.keys]
    except ProviderError as error:
        detail["problem"] = str(error)
        raise
    finally:
        with transaction.atomic():
            record(Event.PROVIDER_REFRESHED, actor=actor, detail=detail, at=now)
        wiring.wake("audit.seal")
    return found


def _oidc(row: Provider, now: datetime) -> tuple[Fetched, ...]:
    return tuple(
        Fetched(
            issuer=each.issuer,
            keys=tuple(f"{shown_kid(key.kid)} ({key.kty})" for key in each.fetch_anew(now)),
        )
        for each in registry.published_documents(row, wiring.shared_cache())
    )


def _saml(row: Provider, now: datetime) -> tuple[Fetched, ...]:
    metadata.read_now(row, now=now)
    row.refresh_from_db()
    held = HeldMetadata.objects.filter(provider=row, dismissed=False).exists()
    keys = tuple(_certificate(pem) for pem in row.settings["certificates"])
    return (Fetched(issuer=row.settings["entity_id"], keys=keys, waits=held),)


def _certificate(pem: str) -> str:
    found = x509.load_pem_x509_certificate(pem.encode())
    return f"{found.subject.rfc4514_string()} until {found.not_valid_after_utc:%Y-%m-%d}"
