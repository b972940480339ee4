"""Refresh tokens as a careful provider gives them out: each good once, and all ended by misuse."""

import secrets
from dataclasses import dataclass
from typing import Generic, TypeVar

from tests.fakes.oidc_client_check import Denied

Granted = TypeVar("Granted")


@dataclass
class _Family(Generic[Granted]):
    """All refresh tokens that came from one sign-in."""

    username: str
    granted: Granted
    revoked: bool = False


class RefreshTokens(Generic[Granted]):
    """With rotation and reuse detection (RFC 9700, 4.14.2)."""

    def __init__(self) -> None:
        self._current: dict[str, _Family[Granted]] = {}
        self._used: dict[str, _Family[Granted]] = {}

    def issue(self, username: str, granted: Granted) -> str:
        return self._next(_Family(username, granted))

    def rotate(self, token: str) -> tuple[Granted, str]:
        """What was granted, and the next token. Raises Denied."""
        if token in self._used:
            self._used[token].revoked = True
        family = self._current.pop(token, None)
        if family is None or family.revoked:
            raise Denied("invalid_grant")
        self._used[token] = family
        return family.granted, self._next(family)

    def revoke(self, username: str) -> None:
        """As an administrator does it: nothing that she was given before counts any more."""
        for family in [*self._current.values(), *self._used.values()]:
            family.revoked = family.revoked or family.username == username

    @property
    def current(self) -> list[str]:
        return [token for token, family in self._current.items() if not family.revoked]

    def _next(self, family: _Family[Granted]) -> str:
        token = secrets.token_urlsafe(24)
        self._current[token] = family
        return token
