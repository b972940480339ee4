"""Which sessions of an account began by an identity of hers. It is known only by which provider she
came last, and several may speak for one issuer.
"""

from collections.abc import Collection
from typing import TypeAlias

from gateway import wiring
from gateway.sessions.session import Session, SessionHandle
from providers import senders
from providers.errors import ProviderMisconfigured
from providers.models import Provider

Live: TypeAlias = tuple[SessionHandle, Session]


def begun_by(account: str, identities: Collection[tuple[str, str]]) -> list[Live]:
    """Those that began at the provider of any of these, or at another that speaks for its issuer;
    `identities` are provider and issuer of each. Raises SessionStoreUnavailable.
    """
    live = wiring.session_store().of_account(account)
    theirs = {provider for provider, _ in identities}
    issuers = {issuer for _, issuer in identities}
    used = {session.provider for _, session in live} - theirs
    rows = Provider.objects.filter(slug__in=used) if used else ()
    theirs |= {row.slug for row in rows if _speaks_for_any(row, issuers)}
    return [(handle, session) for handle, session in live if session.provider in theirs]


def _speaks_for_any(row: Provider, issuers: set[str]) -> bool:
    try:
        return not issuers.isdisjoint(senders.issuers(row).values())
    except ProviderMisconfigured:
        return True  # nobody can say that it does not
