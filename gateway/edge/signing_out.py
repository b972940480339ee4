"""Asking the gateway to end a session, on behalf of a page of an app."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import httpcore

from gateway.config.keyring import KeyRing
from gateway.sessions.session import SessionHandle
from gateway.tokens.keys import Addressed, Typ, sign_jwt

PATH = "/internal/sign-out"
TOKEN_LIFE = timedelta(seconds=10)
SECONDS = 2.0  # a person waits for it


class GatewayUnavailable(Exception):
    """The gateway did not say that the session ended, so nothing is said to have ended."""


class Gateway:
    """The gateway as the edge reaches it, without a proxy between."""

    def __init__(self, base_url: str, internal_url: str, key_ring: Callable[[], KeyRing]) -> None:
        self._audience = base_url + PATH
        self._issuer = base_url
        self._url = internal_url + PATH
        self._ring = key_ring
        self._pool = httpcore.ConnectionPool(max_connections=10)

    async def sign_out(self, handle: SessionHandle, address: str, now: datetime) -> None:
        """For the person at this address. Raises GatewayUnavailable."""
        addressed = Addressed(issuer=self._issuer, audience=self._audience, now=now)
        token = sign_jwt(self._ring(), Typ.INTERNAL, addressed, {"session": handle}, TOKEN_LIFE)
        try:
            answer = await asyncio.to_thread(self._post, token, address)
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as error:
            raise GatewayUnavailable(type(error).__name__) from error
        if answer.status != 200:  # noqa: PLR2004
            raise GatewayUnavailable(f"status {answer.status}")

    def _post(self, token: str, address: str) -> httpcore.Response:
        limits = dict.fromkeys(("connect", "read", "write", "pool"), SECONDS)
        return self._pool.request(
            "POST",
            self._url,
            headers={
                "Authorization": f"Bearer {token}",
                "Content-Length": "0",
                "X-Forwarded-For": address,
            },
            extensions={"timeout": limits},
        )
