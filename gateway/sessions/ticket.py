"""The one-use ticket that brings a session to an app's host.

Redis keeps, under the ticket's SHA-256 and for thirty seconds, the session's token encrypted
(AES-256-GCM) under a key that HKDF derives from the ticket: whoever reads Redis has neither. The
host and the hash of the browser's nonce are authenticated with it, so a ticket opens on the host
and in the browser that it was made for, and nowhere else. Taking it (GETDEL) spends it.
"""

import json
import re
import secrets
from datetime import timedelta
from hashlib import sha256

import redis
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gateway.sessions.session import SessionStoreUnavailable, SessionToken

LIFETIME = timedelta(seconds=30)
SHAPE = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_NONCE_BYTES = 12


def issue(client: "redis.Redis", *, token: SessionToken, host: str, nonce_hash: str) -> str:
    """A ticket for `host` and for the browser whose nonce has this SHA-256.

    Raises SessionStoreUnavailable.
    """
    ticket = secrets.token_urlsafe(32)
    nonce = secrets.token_bytes(_NONCE_BYTES)
    content = json.dumps([token.tag, token.secret]).encode()
    sealed = nonce + _cipher(ticket).encrypt(nonce, content, _bound(host, nonce_hash))
    try:
        client.set(key(ticket), sealed, px=LIFETIME)
    except redis.RedisError as error:
        raise SessionStoreUnavailable(type(error).__name__) from error
    return ticket


def unseal(sealed: bytes, ticket: str, *, host: str, nonce_hash: str) -> SessionToken | None:
    """The session that a taken ticket names; None on another host or in another browser."""
    nonce, body = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
    try:
        tag, secret = json.loads(_cipher(ticket).decrypt(nonce, body, _bound(host, nonce_hash)))
    except (InvalidTag, ValueError):
        return None
    return SessionToken(tag=tag, secret=secret)


def key(ticket: str) -> str:
    """Where Redis keeps what belongs to a ticket."""
    return f"gh:ticket:{sha256(ticket.encode()).hexdigest()}"


def _cipher(ticket: str) -> AESGCM:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"gatehouse ticket")
    return AESGCM(derived.derive(ticket.encode()))


def _bound(host: str, nonce_hash: str) -> bytes:
    return f"{host} {nonce_hash}".encode()
