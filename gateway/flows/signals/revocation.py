"""A provider asks that all of somebody's sessions end: Global Token Revocation, by Okta called
Universal Logout.

Its assertion counts once, but only when what it asked for is done: if Redis or the database is away
half-way, the provider may ask the same again.
"""

from datetime import datetime
from hashlib import sha256

from gateway import wiring
from gateway.flows.inbox import Act, News, Source, take
from gateway.flows.signals.errors import RevocationUnproven
from gateway.flows.signals.people import whose
from gateway.flows.upstream_logout import count, counted
from providers import registry, senders
from providers.connector import OneUse
from providers.errors import LogoutInvalid, ResponseInvalid
from providers.models import Provider
from providers.signals import revocation
from providers.signals.subjects import About
from provisioning.errors import AccountUnknown


def revoke(
    slug: str, assertion: str, body: bytes, *, address: str, reference: str, now: datetime
) -> int:
    """How many sessions ended; none is as good an end as any. `address` is where it was asked.

    Raises ProviderUnknown, RevocationUnproven, LogoutInvalid for a body that names nobody in a form
    that is known, AccountUnknown, ProviderUnreachable, SharedCacheUnavailable,
    SessionStoreUnavailable.
    """
    provider = registry.enabled(slug)
    once = _proven(provider, assertion, address, now)
    if counted(slug, once, wiring.shared_cache()):
        raise RevocationUnproven("this assertion was used before")
    about = _read(body)
    account = whose(about, provider, now)
    if account:
        ended = take(
            News(
                account=account,
                act=Act.END_SESSIONS,
                source=Source.GLOBAL_TOKEN_REVOCATION,
                by=slug,
                cause="global token revocation",
                at=now,
                id=sha256(once.id.encode(errors="replace")).hexdigest(),
                reference=reference,
            )
        ).sessions
    count(slug, once, wiring.shared_cache(), now)
    if not account:
        raise AccountUnknown(f"nobody of {slug} alone is named so")
    return ended


def _proven(provider: Provider, assertion: str, address: str, now: datetime) -> OneUse:
    signer = senders.signer(provider, wiring.shared_cache(), now)
    try:
        return revocation.verify(
            assertion,
            issuer=signer.issuer,
            audience=address,
            algorithms=signer.algorithms,
            keys=signer.keys,
            now=now,
        )
    except ResponseInvalid as error:
        raise RevocationUnproven(f"{error.check}: {error.problem}") from error


def _read(body: bytes) -> About:
    try:
        return revocation.about(body)
    except ResponseInvalid as error:
        raise LogoutInvalid(error.check, error.problem) from error
