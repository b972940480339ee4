"""A provider says that its session is over: what came of it here ends, and nothing else.

Every provider ends sessions of its own alone: its row, found by the address at which it speaks, is
part of every name. First of all sign-ins of that name that are under way are barred, so whatever
lives after that is listed; then what each person has of it ends by the inbox (`flows.inbox`).
A message counts once, but only when all that it named has ended: if Redis or the database is away
half-way, the provider may say the same again.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import groupby

from django.db import DatabaseError

from gateway import wiring
from gateway.flows import inbox
from gateway.flows.inbox import Act, News, Source
from gateway.sessions.session import Session, SessionHandle, SessionStoreUnavailable
from providers import registry
from providers.connector import (
    AuthenticationResponse,
    BackChannelLogout,
    Binding,
    FrontChannelLogout,
    LogoutNotice,
    OneUse,
    SharedCache,
    SingleLogout,
)
from providers.errors import (
    LogoutInvalid,
    ProviderUnknown,
    ResponseInvalid,
    SharedCacheUnavailable,
)

_log = logging.getLogger(__name__)


def told(slug: str, logout_token: str, *, reference: str, now: datetime) -> int:
    """By a logout token; how many sessions ended. None is as good an end as any.

    Raises ProviderUnknown, LogoutInvalid, ProviderUnreachable, SharedCacheUnavailable,
    SessionStoreUnavailable.
    """
    connector = wiring.connector_for(registry.enabled(slug))
    if not isinstance(connector, BackChannelLogout):
        raise ProviderUnknown(f"{slug} sends no logout tokens")
    try:
        notice = connector.logout_told(logout_token, now)
    except ResponseInvalid as error:
        raise _invalid(error) from error
    return _heed(slug, notice, Source.BACK_CHANNEL_LOGOUT, reference=reference, now=now)


def framed(slug: str, response: AuthenticationResponse, *, reference: str, now: datetime) -> str:
    """In a frame of the provider's page; the origin that may frame the answer.

    Raises ProviderUnknown, LogoutInvalid, SessionStoreUnavailable.
    """
    connector = wiring.connector_for(registry.enabled(slug))
    if not isinstance(connector, FrontChannelLogout):
        raise ProviderUnknown(f"{slug} frames no page of ours")
    try:
        notice = connector.logout_framed(response)
    except ResponseInvalid as error:
        raise _invalid(error) from error
    _heed(slug, notice, Source.BACK_CHANNEL_LOGOUT, reference=reference, now=now)
    return connector.origin


def asked(
    slug: str, response: AuthenticationResponse, *, address: str, reference: str, now: datetime
) -> Binding | None:
    """By a question that came to `address`: where to go with the answer.

    None for a provider whose row has no address for answers. Where something is away, the answer
    says that it was not done. Raises ProviderUnknown, LogoutInvalid, and what could not be answered
    so.
    """
    connector = wiring.connector_for(registry.enabled(slug))
    if not isinstance(connector, SingleLogout):
        raise ProviderUnknown(f"{slug} asks nothing")
    try:
        question = connector.logout_asked(response, address, now)
    except ResponseInvalid as error:
        raise _invalid(error) from error
    try:
        _heed(slug, question.notice, Source.SAML_LOGOUT, reference=reference, now=now)
    except (SessionStoreUnavailable, SharedCacheUnavailable, DatabaseError) as error:
        answer = connector.logout_answer(question, now, ended=False)
        if answer is None:
            raise
        _log.warning("%s %s is told that nothing ended: %s", reference, slug, type(error).__name__)
        return answer
    return connector.logout_answer(question, now, ended=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    reference: str
    now: datetime


def _heed(slug: str, notice: LogoutNotice, source: Source, *, reference: str, now: datetime) -> int:
    if notice.once is not None and counted(slug, notice.once, wiring.shared_cache()):
        raise _used_before()
    told = _Told(reference=reference, now=now)
    ended = sum(_end(slug, name, notice, source, told) for name in notice.names)
    if notice.once is not None:
        # The second time is at the same moment elsewhere, which ended the same and no more.
        count(slug, notice.once, wiring.shared_cache(), now)
    return ended


def counted(slug: str, once: OneUse, cache: SharedCache) -> bool:
    """Whether it was counted before."""
    return cache.get(_mark(slug, once)) is not None


def count(slug: str, once: OneUse, cache: SharedCache, now: datetime) -> None:
    """Remembers a message for as long as anybody would take it. Raises LogoutInvalid for one that
    was counted before.
    """
    if not cache.add(_mark(slug, once), b"1", max(once.until - now, timedelta(seconds=1))):
        raise _used_before()


def _end(slug: str, name: str, notice: LogoutNotice, source: Source, told: _Told) -> int:
    """What came of one name; a message has an id, and several names are several news of it."""
    named = sorted(wiring.session_store().bar_upstream(slug, name), key=_account)
    ended = 0
    for account, sessions in groupby(named, key=_account):
        news = News(
            account=account,
            act=Act.END_SESSIONS,
            source=source,
            by=slug,
            cause="upstream-logout",
            at=told.now,
            id=f"{notice.once.id} {name}" if notice.once is not None else "",
            sessions=tuple(sessions),
            reference=told.reference,
        )
        ended += inbox.take(news).sessions
    return ended


def _account(named: tuple[SessionHandle, Session]) -> str:
    return named[1].account


def _mark(slug: str, once: OneUse) -> str:
    return f"upstream-logout:{slug}:{sha256(once.id.encode(errors='replace')).hexdigest()}"


def _invalid(error: ResponseInvalid) -> LogoutInvalid:
    return LogoutInvalid(error.check, error.problem)


def _used_before() -> LogoutInvalid:
    return LogoutInvalid("logout.replay", "this message was used before")
