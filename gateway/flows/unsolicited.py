"""A sign-in that the provider began by itself: off by default, and never without a click here.

Nothing says that the person at this browser wanted it. Whoever has an account at the provider could
have its answer posted by a stranger's browser, which would then work under the wrong name (login
CSRF). So the answer, believed and used up, only becomes an offer; the person is shown as whom she
would be signed in and says yes herself, by a form of our own.
"""

import json
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256

from gateway import wiring
from gateway.config.keyring import KeyUse
from gateway.flows import carried, login, return_to
from gateway.flows.errors import ReturnRefused
from gateway.flows.login import LoggedIn
from gateway.flows.shadow import Beside
from gateway.flows.visitor import Asked, Visitor
from gateway.tokens.seal import SealBroken, seal, unseal
from providers import registry
from providers.connector import (
    MAX_UNSOLICITED_AGO,
    AuthenticationResponse,
    Connector,
    UnsolicitedConnector,
)
from providers.errors import ProviderUnknown, RequestUnknown
from providers.identity import ExternalIdentity
from providers.models import Provider

OFFER_LIFETIME = timedelta(minutes=5)  # to read one sentence and click
CLOCK_SKEW = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """`secret` takes it up, once."""

    name: str
    username: str
    provider_name: str
    secret: str = field(repr=False)


def receive(
    slug: str,
    response: AuthenticationResponse,
    callback_url: str,
    *,
    beside: Beside,
    reference: str,
    now: datetime,
) -> Offer:
    """Believes the provider's answer and keeps it for the person to take up.

    Raises RequestUnknown where the provider may not begin a sign-in; and what a connector does,
    which is put on record.
    """
    provider = _allowed(slug)

    def ask(connector: Connector) -> ExternalIdentity:
        return _taking(connector, slug).unsolicited(callback_url, response, now)

    with login.followed(slug, reference=reference, now=now) as trace:
        identity = beside.identity(provider, ask, trace, reference=reference, now=now)
    secret = secrets.token_urlsafe(32)
    content = {
        "identity": carried.dumped(identity),
        "return_to": _checked(response.fields.get("RelayState", "")),
        # No later than the provider began it: what it ends from then on ends this too.
        "begun_at": now - MAX_UNSOLICITED_AGO - CLOCK_SKEW,
    }
    key = wiring.key_ring().active(KeyUse.PENDING)
    text = json.dumps(content, default=datetime.isoformat).encode()
    sealed = seal(key, text, _purpose(slug, secret))
    wiring.shared_cache().put(_key(secret), sealed.encode(), OFFER_LIFETIME)
    return Offer(
        name=identity.name,
        username=identity.username,
        provider_name=provider.name,
        secret=secret,
    )


def take_up(
    slug: str,
    secret: str,
    *,
    visitor: Visitor,
    reference: str,
    now: datetime,
) -> LoggedIn:
    """Signs in whom the offer names, once. Raises RequestUnknown, and what `login.complete` does
    once the provider has answered.
    """
    provider = _allowed(slug)
    sealed = wiring.shared_cache().take(_key(secret))
    if sealed is None:
        raise RequestUnknown("no such offer, or it is too old or was taken up")
    try:
        keys = wiring.key_ring().all(KeyUse.PENDING)
        content = json.loads(unseal(keys, sealed.decode(), _purpose(slug, secret)))
    except SealBroken as error:
        raise RequestUnknown(str(error)) from error
    with login.followed(slug, reference=reference, now=now) as trace:
        asked = Asked(
            return_to=content["return_to"],
            begun_at=datetime.fromisoformat(content["begun_at"]),
            visitor=visitor,
            idp_initiated=True,
        )
        who = carried.loaded(content["identity"])
        logged_in = login.admit(who, provider, asked, trace, reference=reference, now=now)
    login.end_replaced(visitor, by=logged_in.account, now=now)
    return logged_in


def _allowed(slug: str) -> Provider:
    """To strangers a provider that is off, unknown or not allowed to is all the same."""
    try:
        provider = registry.enabled(slug)
    except ProviderUnknown as error:
        raise RequestUnknown(f"an answer that nobody asked for, to {slug}") from error
    _taking(wiring.connector_for(provider), slug)
    return provider


def _taking(connector: Connector, slug: str) -> UnsolicitedConnector:
    if not isinstance(connector, UnsolicitedConnector) or not connector.takes_unsolicited:
        raise RequestUnknown(f"an answer that nobody asked for, by {slug}")
    return connector


def _checked(relay_state: str) -> str:
    """Where the provider's own link leads to, if that is a place of ours; it may be anything."""
    try:
        return return_to.checked(relay_state)
    except ReturnRefused:
        return return_to.HOME


def _key(secret: str) -> str:
    return f"unsolicited:{sha256(secret.encode()).hexdigest()}"


def _purpose(slug: str, secret: str) -> str:
    return f"unsolicited {slug} {secret}"
