"""A pending login: what one browser keeps, sealed, while its person is away at the provider.

The seal travels in a cookie, so anonymous visitors fill no store; Redis keeps only the mark that it
was used. Whoever can show it is the browser that began this login: that is the binding which state
(RFC 6749, 10.12) and InResponseTo need.
"""

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from gateway import wiring
from gateway.config.keyring import KeyUse
from gateway.sessions.session import SessionHandle
from gateway.tokens.seal import SealBroken, seal, unseal
from providers.connector import REQUEST_LIFETIME, AuthenticationRequest, SharedCache
from providers.errors import RequestUnknown

MAX_SEALED = 4096  # what browsers keep of one cookie
_EARLIER = "earlier session of a browser"


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedBy:
    """An admin who tries a provider out, and the session in which she does."""

    account: str
    session: SessionHandle


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingLogin:
    request: AuthenticationRequest
    # The session of this browser when it left: the cross-site POST of a SAML answer does not bring
    # the session cookie, and a new sign-in must still end the old one.
    replaces: SessionHandle | None
    # If there is one, nobody is to be signed in by this: `flows.trial` takes it, and nothing else.
    tried_by: TriedBy | None = None
    remember: bool = False  # she wants to stay signed in on this device
    # If there is one, nobody is signed in by this either: it names the joining (`flows.joining`)
    # for which somebody proves that an account is hers.
    proves: str = ""


def pending_id(state: str) -> str:
    """The public half of a pending login's name: tells parallel logins of one browser apart."""
    return sha256(state.encode()).hexdigest()[:16]


def keep(pending: PendingLogin) -> str:
    """The sealed text for the browser's cookie."""
    request = pending.request
    content = {
        "v": 1,
        "id": request.id,
        "provider": request.provider,
        "callback_url": request.callback_url,
        "return_to": request.return_to,
        "nonce": request.nonce,
        "code_verifier": request.code_verifier,
        "force": request.force_authentication,
        "expires_at": request.expires_at.timestamp(),
        "max_age": None if request.max_age is None else request.max_age.total_seconds(),
        "replaces": pending.replaces,
        "remember": pending.remember,
        "proves": pending.proves,
        "tried_by": None if pending.tried_by is None else asdict(pending.tried_by),
    }
    key = wiring.key_ring().active(KeyUse.PENDING)
    return seal(key, json.dumps(content).encode(), _purpose(request.id))


def read(sealed: str, state: str, provider: str, now: datetime) -> PendingLogin:
    """The pending login of this browser, this state and this provider. Raises RequestUnknown."""
    if len(sealed) > MAX_SEALED:
        raise RequestUnknown("the pending login is too large to be ours")
    try:
        keys = wiring.key_ring().all(KeyUse.PENDING)
        content = json.loads(unseal(keys, sealed, _purpose(state)))
    except SealBroken as error:
        raise RequestUnknown(str(error)) from error
    max_age = content.get("max_age")  # a seal from before there were any has none
    request = AuthenticationRequest(
        id=content["id"],
        provider=content["provider"],
        callback_url=content["callback_url"],
        return_to=content["return_to"],
        nonce=content["nonce"],
        code_verifier=content["code_verifier"],
        force_authentication=content["force"],
        expires_at=datetime.fromtimestamp(content["expires_at"], tz=now.tzinfo),
        max_age=None if max_age is None else timedelta(seconds=max_age),
    )
    if request.provider != provider:
        raise RequestUnknown(f"begun at {request.provider}, answered at {provider}")
    if now >= request.expires_at:
        raise RequestUnknown("the pending login is too old")
    tried_by = content.get("tried_by")  # a seal from before there were any has none
    return PendingLogin(
        request=request,
        replaces=content["replaces"],
        tried_by=None if tried_by is None else TriedBy(**tried_by),
        remember=content.get("remember") is True,
        proves=str(content.get("proves", "")),
    )


def use(pending: PendingLogin, cache: SharedCache | None = None) -> None:
    """Marks it as used, over all processes that share the cache; by default all of them. Raises
    RequestUnknown the second time.
    """
    mark = f"login:{sha256(pending.request.id.encode()).hexdigest()}"
    if not (cache or wiring.shared_cache()).add(mark, b"1", REQUEST_LIFETIME):
        raise RequestUnknown("the pending login was used before")


def keep_earlier(session: SessionHandle) -> str:
    """For the logins that still wait in this browser: the session that it has meanwhile, sealed.

    They were begun before it, so none of them names it, and it must end when one is completed.
    """
    key = wiring.key_ring().active(KeyUse.PENDING)
    return seal(key, session.encode(), _EARLIER)


def read_earlier(sealed: str) -> SessionHandle | None:
    """None for whatever is not ours."""
    try:
        keys = wiring.key_ring().all(KeyUse.PENDING)
        return SessionHandle(unseal(keys, sealed, _EARLIER).decode())
    except SealBroken:
        return None


def _purpose(state: str) -> str:
    return f"pending login {state}"
