"""The token endpoint: a code is redeemed (OIDC Core 3.1.3), or a refresh token (section 12)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from providers.errors import ResponseInvalid
from providers.http import HttpClient
from providers.oidc.answers import answer_of, upstream_word
from providers.oidc.client import Client
from providers.trace import checks

MAX_ACCESS_TOKEN = 64 * 1024
MAX_REFRESH_TOKEN = 16 * 1024

_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]+")  # RFC 6750, 2.1
_PRINTABLE = re.compile(r"[ -~]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    id_token: str = field(repr=False)
    access_token: str | None = field(repr=False)
    refresh_token: str | None = field(default=None, repr=False)


@checks("token.body", "token.type", "token.id_token", "token.access_token")
def redeem(
    http: HttpClient, url: str, client: Client, form: Mapping[str, str], now: datetime
) -> Tokens:
    """Raises ProviderRefused, ResponseInvalid (`token.*`), ProviderUnreachable."""
    answer = answer_of(client.post(http, url, form, now), "token")
    if str(answer.get("token_type", "")).lower() != "bearer":
        came = upstream_word(answer.get("token_type"))
        raise ResponseInvalid("token.type", "no bearer token", expected="Bearer", received=came)
    id_token, access_token = answer.get("id_token"), answer.get("access_token")
    if not isinstance(id_token, str) or not id_token:
        raise ResponseInvalid("token.id_token", "no ID token came")
    return Tokens(
        id_token=id_token,
        access_token=_bearer_token(access_token),
        refresh_token=_refresh_token(answer.get("refresh_token")),
    )


def _bearer_token(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, str) and fit_for_bearer(value):
        return value
    raise ResponseInvalid("token.access_token", "no access token that could be sent on")


def fit_for_bearer(token: str) -> bool:
    """Whether it can stand in an Authorization header."""
    return len(token) <= MAX_ACCESS_TOKEN and _TOKEN.fullmatch(token) is not None


def _refresh_token(value: object) -> str | None:
    """RFC 6749, A.17: any printable ASCII."""
    if value is None:
        return None
    if isinstance(value, str) and len(value) <= MAX_REFRESH_TOKEN and _PRINTABLE.fullmatch(value):
        return value
    raise ResponseInvalid("token.refresh_token", "no refresh token that could be sent back")
