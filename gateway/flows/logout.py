"""Signing out: ending sessions here, and, if the person wants it, the one at her provider."""

import json
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway import wiring
from gateway.config.keyring import KeyUse
from gateway.flows import ending
from gateway.flows.ending import Order
from gateway.sessions.session import Session, SessionHandle
from gateway.sessions.why import Why
from gateway.tokens.seal import SealBroken, unseal
from providers import registry
from providers.connector import (
    AuthenticationResponse,
    Binding,
    LogoutConnector,
    LogoutRequest,
)
from providers.errors import LogoutInvalid, ProviderRefused, RequestUnknown, ResponseInvalid

_log = logging.getLogger(__name__)

# How long after signing out here a person may still ask to be signed out at her provider as well.
FAREWELL = timedelta(minutes=10)
SIGN_OUT = "sign-out"


def sign_out(handle: SessionHandle, *, by: str, now: datetime) -> bool:
    """Ends one session; whether it lived. Raises SessionStoreUnavailable."""
    store = wiring.session_store()
    session = store.load(handle)
    if session is None:
        return False
    if notes := store.read_private(handle):
        wiring.shared_cache().put(f"farewell:{handle}", _farewell(session, notes), FAREWELL)
    return ending.one(handle, session, Order(by=by, reason=SIGN_OUT, at=now))


def end_own_session(*, account: str, handle: SessionHandle, now: datetime) -> bool:
    """Ends one of the account's sessions; False for one that is not hers or not alive."""
    session = wiring.session_store().load(handle)
    if session is None or session.account != account:
        return False
    return ending.one(handle, session, _her_own(account, now))


def end_other_sessions(*, account: str, keep: SessionHandle, now: datetime) -> int:
    """Ends all of the account's sessions but one; how many."""
    return ending.of_account(account, _her_own(account, now), keep=keep)


def _her_own(account: str, now: datetime) -> Order:
    return Order(by=account, reason=SIGN_OUT, at=now, why=Why.PERSON)


def _farewell(session: Session, notes: bytes) -> bytes:
    hint = json.loads(notes).get("logout_hint", "")
    return json.dumps({"provider": session.provider, "hint": hint}).encode()


def can_sign_out_upstream(handle: SessionHandle) -> str | None:
    """The slug of the provider where the person of this ended session may still be signed in."""
    farewell = wiring.shared_cache().get(f"farewell:{handle}")
    if farewell is None:
        return None
    slug = json.loads(farewell)["provider"]
    return str(slug) if slug else None


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamSignOut:
    provider: str
    binding: Binding


# The name of the address to come back to, by protocol.
RETURN_NAMES = {"oidc": "oidc-signed-out", "saml": "saml-slo"}


def sign_out_upstream(
    handle: SessionHandle, *, return_url: Callable[[str, str], str], now: datetime
) -> UpstreamSignOut | None:
    """Where to send the browser so that the provider ends its session too; None if it cannot.

    `return_url` makes the address to come back to from a slug and a name of RETURN_NAMES. Raises
    ProviderError.
    """
    farewell = wiring.shared_cache().take(f"farewell:{handle}")
    if farewell is None:
        return None
    content = json.loads(farewell)
    provider = registry.enabled(content["provider"])
    connector = wiring.connector_for(provider)
    if not isinstance(connector, LogoutConnector):
        return None
    try:
        keys = wiring.key_ring().all(KeyUse.PENDING)
        hint = unseal(keys, content["hint"], f"logout hint {handle}").decode()
    except SealBroken:
        return None
    request = LogoutRequest(
        id=secrets.token_urlsafe(32),
        hint=hint,
        return_url=return_url(provider.slug, RETURN_NAMES[provider.protocol]),
    )
    binding = connector.end_session(request, now)
    if binding is None:
        return None
    waiting = {"provider": provider.slug, "return_url": request.return_url}
    wiring.shared_cache().put(f"logout:{request.id}", json.dumps(waiting).encode(), FAREWELL)
    return UpstreamSignOut(provider=provider.slug, binding=binding)


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamSignedOut:
    provider: str  # its name, for people to read
    ended: bool  # False if it says that it did not end everything


def upstream_signed_out(
    slug: str, state: str, response: AuthenticationResponse
) -> UpstreamSignedOut:
    """What the provider answered. Raises RequestUnknown, ProviderUnknown, LogoutInvalid."""
    waiting = wiring.shared_cache().take(f"logout:{state}") if state else None
    if waiting is None:
        raise RequestUnknown("no sign-out is waiting for this answer")
    content = json.loads(waiting)
    if content["provider"] != slug:
        raise RequestUnknown(f"asked at {content['provider']}, answered at {slug}")
    provider = registry.enabled(slug)
    connector = wiring.connector_for(provider)
    if not isinstance(connector, LogoutConnector):
        raise RequestUnknown("this provider knows no sign-out")
    request = LogoutRequest(id=state, hint="", return_url=content["return_url"])
    try:
        connector.logout_ended(request, response)
    except ResponseInvalid as error:
        raise LogoutInvalid(error.check, error.problem) from error
    except ProviderRefused as error:
        _log.warning("%s did not sign out everywhere: %s", slug, error)
        return UpstreamSignedOut(provider=provider.name, ended=False)
    return UpstreamSignedOut(provider=provider.name, ended=True)
