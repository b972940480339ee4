"""Starting the session of whoever was admitted: the last step of every sign-in's transaction."""

import json
from datetime import datetime, timedelta

from gateway import wiring
from gateway.config.keyring import KeyUse
from gateway.flows import ending, sign_ins
from gateway.flows.visitor import Asked, Visitor
from gateway.sessions.session import Session, SessionToken, UpstreamLogin
from gateway.tokens.seal import seal
from providers.identity import ExternalIdentity
from provisioning.changes import Provisioned


def start_from_provider(
    provisioned: Provisioned,
    identity: ExternalIdentity,
    *,
    ruleset: int,
    asked: Asked,
    now: datetime,
) -> SessionToken:
    """No session of ours outlives the one at the provider, where that says when it ends, nor the
    account's end date.

    Raises UpstreamSessionEnded if the provider ended this sign-in since it began.
    """
    config, ends = wiring.config(), identity.session_ends
    remembered = asked.remember and bool(config.session_remember)
    life = config.session_remember if remembered else config.session_lifetime
    session = Session(
        account=provisioned.account,
        username=provisioned.username,
        name=provisioned.name,
        email=provisioned.email,
        email_verified=provisioned.email_verified,
        roles=provisioned.roles,
        provider=identity.provider,
        upstream_session=identity.upstream_session,
        acr=identity.acr,
        amr=identity.amr,
        authenticated_at=identity.authenticated_at,
        auth_time_told=identity.auth_time_told,
        started_at=now,
        expires_at=_first(now + life, ends, provisioned.ends_at),
        idle_for=life if remembered else config.session_idle,
        ruleset=ruleset,
        remembered=remembered,
        client=asked.visitor.client,
        country=asked.visitor.country,
    )
    upstream = UpstreamLogin(names=identity.upstream_names, begun_at=asked.begun_at)
    return _start(session, asked.visitor, upstream)


def start_locally(
    provisioned: Provisioned,
    visitor: Visitor,
    *,
    amr: tuple[str, ...],
    acr: str | None,
    life: timedelta | None,
    now: datetime,
) -> SessionToken:
    """For whoever no provider vouches for; `life` where it is shorter than that of any session."""
    longest = wiring.config().session_lifetime
    session = Session(
        account=provisioned.account,
        username=provisioned.username,
        name=provisioned.name,
        email=provisioned.email,
        email_verified=provisioned.email_verified,
        roles=provisioned.roles,
        provider="",
        upstream_session=None,
        acr=acr,
        amr=amr,
        authenticated_at=now,
        auth_time_told=True,
        started_at=now,
        expires_at=_first(
            now + (longest if life is None else min(life, longest)), provisioned.ends_at
        ),
        idle_for=wiring.config().session_idle,
        ruleset=0,
        client=visitor.client,
        country=visitor.country,
    )
    return _start(session, visitor, None)


def _first(life: datetime, *ends: datetime | None) -> datetime:
    return min([life, *(each for each in ends if each is not None)])


def _start(session: Session, visitor: Visitor, upstream: UpstreamLogin | None) -> SessionToken:
    store = wiring.session_store()
    token = store.start(session, upstream)
    try:
        sign_ins.keep(token.handle, session, visitor)
        besides = visitor.sessions | {token.handle}
        ending.too_many(session.account, besides, by=session.account, at=session.started_at)
    except BaseException:
        store.end(token.handle)
        raise
    return token


def keep_logout_hint(token: SessionToken, identity: ExternalIdentity) -> None:
    """So that the person can be signed out at her provider later; sealed, beside the session."""
    if not identity.logout_hint:
        return
    key = wiring.key_ring().active(KeyUse.PENDING)
    sealed = seal(key, identity.logout_hint.encode(), f"logout hint {token.handle}")
    notes = json.dumps({"logout_hint": sealed}).encode()
    wiring.session_store().write_private(token.handle, notes)
