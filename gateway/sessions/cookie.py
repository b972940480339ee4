"""The session cookie: it names the same session on every host and is worth nothing on another.

Value: `1.key id.shard tag.random part.MAC`. The MAC is HMAC-SHA-256 (RFC 2104) under a key that
HKDF (RFC 5869) derives from the master key for one `host[:port]`, over everything before it and the
host. So an app that leaks or replays the cookie it is sent gets nothing anywhere else.
"""

import base64
import hmac
import re
import secrets
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gateway.config.keyring import KeyRing, KeyUse, SymmetricKey
from gateway.sessions.session import Session, SessionHandle, SessionToken, account_tag

NAME = "__Host-gatehouse"
# RFC 6265bis, 4.1.3.2: with this prefix a browser takes it only with Secure, Path=/, no Domain.
ATTRIBUTES = "Path=/; Secure; HttpOnly; SameSite=Lax"
VERSION = "1"
MAX_HEADER = 16_384
MAX_KNOWN = 50_000  # about 300 bytes each

_OURS = re.compile(rf"(?:^|;)[ \t]*{NAME}=([^;]*)")
_VALUE = re.compile(
    r"1\.(?P<key>[a-z0-9]{1,32})\.(?P<tag>[0-9a-f]{3})\.(?P<secret>[A-Za-z0-9_-]{43})"
    r"\.(?P<mac>[A-Za-z0-9_-]{43})[ \t]*",
    re.ASCII,
)


def new_token(account: str) -> SessionToken:
    """A session's name: 256 random bits, never used before."""
    return SessionToken(tag=account_tag(account), secret=secrets.token_urlsafe(32))


def write(token: SessionToken, host: str, ring: KeyRing) -> str:
    """The cookie's value for one host, under the newest key."""
    key = ring.active(KeyUse.COOKIE)
    bound = f"{VERSION}.{key.id}.{token.tag}.{token.secret}"
    return f"{bound}.{_mac(key, host, bound)}"


def read(header: str, host: str, ring: KeyRing) -> SessionToken | None:
    """The session that a whole `Cookie` header names on this host, or None.

    None as well for two cookies of our name (one of them was planted), for another host's cookie
    and for anything else that we did not write. Never raises, whatever the browser sent.
    """
    found = _OURS.findall(header) if len(header) <= MAX_HEADER else []
    match = _VALUE.fullmatch(found[0]) if len(found) == 1 else None
    if match is None:
        return None
    key = ring.by_id(KeyUse.COOKIE, match["key"])
    if key is None:
        return None
    bound = match[0][: match.end("secret")]
    if not hmac.compare_digest(match["mac"], _mac(key, host, bound)):
        return None
    return SessionToken(tag=match["tag"], secret=match["secret"])


class Known:
    """Which session a cookie names, remembered: it comes with every request of a page.

    Remembered are cookies of ours alone, under SHA-256 of cookie and host, so that no cookie stays
    in memory; for as long as the key ring is the same one.
    """

    def __init__(self, key_ring: Callable[[], KeyRing]) -> None:
        self._key_ring = key_ring
        self._ring: KeyRing | None = None
        self._known: OrderedDict[bytes, SessionHandle] = OrderedDict()

    def handle(self, header: str, host: str) -> SessionHandle | None:
        """As `read` says."""
        ring = self._key_ring()
        if ring is not self._ring:
            self._known.clear()
            self._ring = ring
        found = _OURS.findall(header) if len(header) <= MAX_HEADER else []
        if len(found) != 1:
            return None
        # A host has no space.
        name = sha256(f"{host} {found[0]}".encode("utf-8", "surrogatepass")).digest()
        return self._known.get(name) or self._learn(name, header, host, ring)

    def _learn(self, name: bytes, header: str, host: str, ring: KeyRing) -> SessionHandle | None:
        token = read(header, host, ring)
        if token is None:
            return None
        self._known[name] = token.handle
        if len(self._known) > MAX_KNOWN:
            self._known.popitem(last=False)
        return token.handle


def values(header: str, name: str) -> list[str]:
    """All values that a `Cookie` header (RFC 6265, 4.2.1) holds under this name."""
    if len(header) > MAX_HEADER:
        return []
    prefix = f"{name}="
    pairs = [pair.strip(" \t") for pair in header.split(";") if prefix in pair]
    return [pair[len(prefix) :] for pair in pairs if pair.startswith(prefix)]


def stays(session: Session | None, now: datetime) -> timedelta | None:
    """How long the session's cookies outlive the browser's being closed; None: not at all."""
    if session is None or not session.remembered or session.expires_at <= now:
        return None
    return session.expires_at - now


def set_cookie(token: SessionToken, host: str, ring: KeyRing, stay: timedelta | None = None) -> str:
    """The value of a `Set-Cookie` header. It lives as long as the browser is open, or as told."""
    lives = f"Max-Age={stay // timedelta(seconds=1)}; " if stay is not None else ""
    return f"{NAME}={write(token, host, ring)}; {lives}{ATTRIBUTES}"


def clear_cookie(name: str = NAME) -> str:
    """The value of a `Set-Cookie` header that takes a cookie of ours away."""
    return f"{name}=; Max-Age=0; {ATTRIBUTES}"


def _mac(key: SymmetricKey, host: str, bound: str) -> str:
    text = f"{bound}.{host}".encode()
    digest = hmac.digest(host_key(key.value, f"gatehouse cookie {host}"), text, "sha256")
    return base64.urlsafe_b64encode(digest)[:43].decode()


@lru_cache(maxsize=1024)
def host_key(master: bytes, purpose: str) -> bytes:
    """32 bytes for one purpose on one host. Callers name hosts that they serve, so few."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode()).derive(master)
