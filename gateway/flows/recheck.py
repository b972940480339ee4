"""Asking a provider about a signed-in person again, while she works.

Where the row says `recheck_minutes`, nobody stays signed in here much longer than that after her
provider took its word back. Its yes is mapped and provisioned as at sign-in: losses reach live
sessions before the commit, gains after it. Its no ends the session. Not being able to ask is
neither: the session goes on and the question is put off.
"""

import logging
import time
from datetime import datetime

from django.db import transaction

from gateway import wiring
from gateway.flows import inbox
from gateway.flows.changes import record_changes, write_roles
from gateway.flows.directories import completing
from gateway.flows.inbox import Act, News, Source
from gateway.flows.mapping import drift
from gateway.sessions.session import Session, SessionHandle, SessionStoreUnavailable
from mapping import models as mapping_models
from providers import registry
from providers.connector import Connector, Refreshes
from providers.errors import (
    ProviderError,
    ProviderMisconfigured,
    ProviderRefused,
    ProviderUnreachable,
    ResponseInvalid,
    SharedCacheUnavailable,
)
from providers.identity import ExternalIdentity
from providers.models import Provider
from provisioning import upstream
from provisioning.errors import ProvisioningError
from provisioning.jit import LinkPolicy, vouched_again
from provisioning.upstream import TakenGrant

_log = logging.getLogger(__name__)

# Of one run; the rest is the next one's, so that a slow provider does not keep the worker.
SECONDS = 20.0
# Answers that say nothing about the person: RFC 6749, 4.1.2.1; what is no answer of an endpoint at
# all comes from something that stands in front of it.
_LATER = frozenset({"temporarily_unavailable", "server_error", "slow_down"})
_NO_ANSWER = frozenset({"token.body", "userinfo.body", "userinfo.form"})


def begin(
    connector: Connector, identity: ExternalIdentity, session: SessionHandle, *, now: datetime
) -> None:
    """Keeps what the provider gave to ask it again, if its row wants that. In the transaction of
    the sign-in, whose session it is.
    """
    every = connector.recheck_every if isinstance(connector, Refreshes) else None
    if every is not None and identity.renewal is not None:
        upstream.keep(identity, identity.renewal, session=session, first_check=now + every)


def recheck(*, now: datetime) -> int:
    """Asks about everybody who is due, the longest first; how many were asked about."""
    until, count = time.monotonic() + SECONDS, 0
    while time.monotonic() < until and (grant := upstream.take_next(now)) is not None:
        try:
            _recheck(grant, now)
        except SessionStoreUnavailable:
            upstream.put_off(grant, now)
        count += 1
    if count:
        wiring.wake("audit.seal")
        wiring.wake("outbox.deliver")
    return count


def _recheck(grant: TakenGrant, now: datetime) -> None:
    session = _live(grant)
    if session is None:
        upstream.forget(grant.session)
        return
    try:
        _ask(grant, now)
    except (ProviderError, ProvisioningError) as error:
        if _says_nothing(error):
            _log.warning("%s: nobody could be asked about: %s", grant.provider, error)
            upstream.put_off(grant, now)
        else:
            _end(grant, session, _reason(error), now)


def _live(grant: TakenGrant) -> Session | None:
    """Without extending its idle life, as `load` would: nobody is using it just now."""
    live = wiring.session_store().of_account(grant.account)
    return next((session for handle, session in live if handle == grant.session), None)


def _ask(grant: TakenGrant, now: datetime) -> None:
    # A provider that was switched off vouches for nobody any more: ProviderUnknown is a no.
    provider = registry.enabled(grant.provider)
    connector = wiring.connector_for(provider)
    every = connector.recheck_every if isinstance(connector, Refreshes) else None
    if every is None or not isinstance(connector, Refreshes):
        upstream.forget(grant.session)  # its row does not want it any more
        return
    identity = connector.refresh(
        grant.renewal(), lambda renewal: upstream.replace(grant, renewal), now
    )
    if identity.subject != grant.subject:
        raise ResponseInvalid("claims.subject", "another person than the one who signed in")
    _bring_up_to_date(provider, identity, now)
    ends = identity.session_ends
    upstream.checked(grant, next_check=now + every if ends is None else min(now + every, ends))


def _bring_up_to_date(provider: Provider, identity: ExternalIdentity, now: datetime) -> None:
    with transaction.atomic(durable=True):
        rules = mapping_models.in_force()
        registry.still_enabled(provider)  # from here on whoever switches it off waits
        identity = completing.with_groups(identity)
        provisioned = vouched_again(
            identity,
            drift.decided(identity, rules, actor=provider.slug, now=now),
            rules,
            policy=LinkPolicy.of(provider, now),
            staff_role=wiring.config().staff_role,
            now=now,
        )
        record_changes(provisioned.changes, actor=provider.slug, at=now)
        write_roles(provisioned.changes, {provisioned.account: provisioned.roles}, rules.version)


def _says_nothing(error: ProviderError | ProvisioningError) -> bool:
    """Whether the person may still be welcome: it was only not possible to ask."""
    match error:
        case ProviderUnreachable() | SharedCacheUnavailable() | ProviderMisconfigured():
            return True
        case ProviderRefused():
            return error.upstream_code in _LATER
        case ResponseInvalid():
            return error.check in _NO_ANSWER
    return False


def _reason(error: ProviderError | ProvisioningError) -> str:
    match error:
        case ProviderRefused():
            return f"recheck: {error.upstream_code}"
        case ResponseInvalid():
            return f"recheck: {error.check}"
    return f"recheck: {error.code}"


def _end(grant: TakenGrant, session: Session, reason: str, now: datetime) -> None:
    news = News(
        account=session.account,
        act=Act.END_SESSIONS,
        source=Source.REFRESH_REFUSED,
        by=grant.provider,
        cause=reason,
        at=now,
        sessions=((SessionHandle(grant.session), session),),
    )
    inbox.take(news)
