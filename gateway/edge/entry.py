"""The entry handshake and signing out, on an app's own host (`/.gatehouse/`).

`start` keeps nothing but a sealed cookie on the app's host: the page to come back to, and a nonce
whose hash goes to the gateway. `enter` takes the ticket that the gateway gave for that hash, once,
and sets the session cookie of this host. `sign_out` asks the gateway to end the session.
"""

import json
import re
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from urllib.parse import parse_qs, urlencode

from gateway.config.keyring import KeyRing, KeyUse, SymmetricKey
from gateway.edge.demand import Demand
from gateway.edge.pages import redirect, told
from gateway.edge.request import EdgeAnswer, EdgeRequest, Header
from gateway.edge.routes import App
from gateway.sessions import cookie, ticket
from gateway.sessions.session import Session, SessionHandle
from gateway.tokens.seal import SealBroken, seal, unseal

PREFIX = "__Host-gatehouse-entry."
LIFETIME = timedelta(minutes=10)  # as long as a pending login
MAX_WAITING = 5
MAX_RETURN = 2048
PATHS = "/.gatehouse/"
_SLUG = re.compile(r"[A-Za-z0-9_-]{1,50}", re.ASCII)
_ID = re.compile(r"[A-Za-z0-9_-]{8,64}", re.ASCII)

Take = Callable[[str], Awaitable[bytes | None]]  # GETDEL
Load = Callable[[SessionHandle], Awaitable[Session | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What the handshake needs of its process."""

    gateway_url: str
    key_ring: Callable[[], KeyRing]
    take: Take
    load: Load

    def start(self, request: EdgeRequest, app: App, now: datetime) -> EdgeAnswer:
        """Leaves for the gateway. For people who go to a page; nothing else can follow."""
        if request.method != "GET" or not request.navigates:
            return told(request, 405, "entry.not-a-navigation", "Open this page in a browser.")
        entry_id, nonce = secrets.token_urlsafe(12), secrets.token_urlsafe(32)
        content = {
            "to": _same_host_path(field(request, "to")),
            "nonce": nonce,
            "until": int((now + LIFETIME).timestamp()),
        }
        sealed = seal(
            self._keys(request.host)[0], json.dumps(content).encode(), f"entry {entry_id}"
        )
        asked = {
            "id": entry_id,
            "origin": app.origin,
            "nonce": sha256(nonce.encode()).hexdigest(),
        }
        if _SLUG.fullmatch(provider := field(request, "provider")):
            asked["provider"] = provider  # of several, the one that the app's link names
        asked |= _demanded(request)
        kept = f"{PREFIX}{entry_id}={sealed}; Max-Age={int(LIFETIME.total_seconds())}"
        return redirect(
            f"{self.gateway_url}/entry?{urlencode(asked)}",
            ("set-cookie", f"{kept}; {cookie.ATTRIBUTES}"),
            *_drop_oldest(request),
        )

    async def enter(self, request: EdgeRequest, app: App, now: datetime) -> EdgeAnswer:
        """Comes back with a ticket. Raises SessionStoreUnavailable."""
        entry_id, given = field(request, "id"), field(request, "ticket")
        waiting = self._waiting(request, entry_id, now)
        if request.method != "GET" or waiting is None or not ticket.SHAPE.fullmatch(given):
            return _again(request, app)
        sealed = await self.take(ticket.key(given))
        nonce_hash = sha256(waiting["nonce"].encode()).hexdigest()
        token = (
            ticket.unseal(sealed, given, host=request.host, nonce_hash=nonce_hash)
            if sealed is not None
            else None
        )
        # The session must be alive now, not when the ticket was made.
        session = await self.load(token.handle) if token is not None else None
        if token is None or session is None:
            return _again(request, app)
        stay = cookie.stays(session, now)
        return redirect(
            app.origin + waiting["to"],
            ("set-cookie", cookie.set_cookie(token, request.host, self.key_ring(), stay)),
            ("set-cookie", cookie.clear_cookie(PREFIX + entry_id)),
            status=303,
        )

    def _waiting(self, request: EdgeRequest, entry_id: str, now: datetime) -> dict[str, str] | None:
        """What this browser sealed for this entry, if it is not too old."""
        if not _ID.fullmatch(entry_id):
            return None
        found = cookie.values(request.header(b"cookie"), PREFIX + entry_id)
        if len(found) != 1:
            return None
        try:
            content = json.loads(unseal(self._keys(request.host), found[0], f"entry {entry_id}"))
        except SealBroken:
            return None
        return content if now.timestamp() < content["until"] else None

    def _keys(self, host: str) -> tuple[SymmetricKey, ...]:
        return tuple(
            SymmetricKey(id=key.id, value=cookie.host_key(key.value, f"gatehouse entry {host}"))
            for key in self.key_ring().all(KeyUse.COOKIE)
        )


def may_sign_out(request: EdgeRequest, app: App) -> bool:
    """Whether a page of this very host asks: what the browser says of itself decides."""
    site = request.header(b"sec-fetch-site")
    if site:
        return site == "same-origin"
    return request.header(b"origin") == app.origin


def _again(request: EdgeRequest, app: App) -> EdgeAnswer:
    return told(
        request,
        400,
        "entry.ticket-unknown",
        "This way in was used before or took too long.",
        link=(f"{app.origin}{PATHS}start", f"Go to {app.name} again"),
    )


def _demanded(request: EdgeRequest) -> dict[str, str]:
    """What the page wants of the sign-in, if an edge or a page of the app could have written it.
    The gateway heeds what the app does demand somewhere, and the edge looks at what came of it.
    """
    names = ("acr_values", "amr_values", "max_age")
    try:
        return Demand.read({name: field(request, name) for name in names}).fields
    except ValueError:
        return {}


def _same_host_path(wanted: str) -> str:
    """A path of this host that no browser reads as another host's, or the front page."""
    strange = "\\" in wanted or " " in wanted or not wanted.isprintable()
    if strange or len(wanted) > MAX_RETURN or not wanted.isascii():
        return "/"
    if not wanted.startswith("/") or wanted.startswith(("//", PATHS)):
        return "/"
    return wanted


def _drop_oldest(request: EdgeRequest) -> list[Header]:
    # Browsers send cookies of one path oldest first (RFC 6265, 5.4).
    pairs = request.header(b"cookie")[: cookie.MAX_HEADER].split(";")
    names = [pair.partition("=")[0].strip(" \t") for pair in pairs]
    waiting = [name for name in names if name.startswith(PREFIX)]
    waiting = [name for name in waiting if _ID.fullmatch(name.removeprefix(PREFIX))]
    oldest = waiting[: max(0, len(waiting) - MAX_WAITING + 1)]
    return [("set-cookie", cookie.clear_cookie(name)) for name in oldest]


def field(request: EdgeRequest, name: str) -> str:
    """A field of the query; empty if it did not come exactly once."""
    try:
        values = parse_qs(request.query, max_num_fields=20).get(name, [])
    except ValueError:
        return ""
    return values[0] if len(values) == 1 else ""
