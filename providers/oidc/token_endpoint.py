"""The back channel: a code is redeemed, and userinfo is asked for (OIDC Core 3.1.3 and 5.3)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote_plus, urlencode

from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc7523 import ClientSecretJWT, PrivateKeyJWT
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OctKey, RSAKey, import_key

from providers.errors import (
    ProviderMisconfigured,
    ProviderRefused,
    ProviderUnreachable,
    ResponseInvalid,
)
from providers.http import HttpClient, HttpResponse
from providers.oidc.json_object import NotAnObject, json_object
from providers.oidc.settings import SIGNING_ALGORITHMS, OidcSettings

MAX_ANSWER = 1024 * 1024
MAX_ACCESS_TOKEN = 64 * 1024
MIN_SHARED_KEY = 32
ASSERTION_LIVES = timedelta(seconds=60)

_WORD = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]+")  # RFC 6750, 2.1
_CURVES = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}
_OK = 200
_SERVER_ERROR = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    id_token: str = field(repr=False)
    access_token: str | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientCredentials:
    """How this gateway proves to the provider that it is the client (OIDC Core, section 9)."""

    client_id: str
    method: str
    secret: str = field(default="", repr=False)
    key: RSAKey | ECKey | None = field(default=None, repr=False)

    def prove(
        self, url: str, form: Mapping[str, str], now: datetime
    ) -> tuple[bytes, dict[str, str]]:
        """Body and headers of the request to the token endpoint."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        _, headers, body = self._authentication(url, now).prepare(
            "POST", url, headers, urlencode(form)
        )
        return body.encode(), headers

    def _authentication(self, url: str, now: datetime) -> ClientAuth:
        lifetime = {"iat": int(now.timestamp()), "exp": int((now + ASSERTION_LIVES).timestamp())}
        if self.key is not None:
            method = PrivateKeyJWT(
                url, claims=lifetime, headers=_key_names(self.key), alg=_algorithm(self.key)
            )
            return ClientAuth(self.client_id, self.key, method)
        if self.method == "client_secret_jwt":
            secret = OctKey.import_key(self.secret)
            return ClientAuth(self.client_id, secret, ClientSecretJWT(url, claims=lifetime))
        if self.method == "client_secret_basic":
            # RFC 6749, 2.3.1: both are form-encoded before they become user name and password.
            return ClientAuth(quote_plus(self.client_id), quote_plus(self.secret), self.method)
        return ClientAuth(self.client_id, self.secret, self.method)


def credentials(settings: OidcSettings, secrets: Mapping[str, str]) -> ClientCredentials:
    """From the row's secrets `client_secret`, or `private_key` (PEM, or a JWK with its `kid`).

    Raises ProviderMisconfigured.
    """
    method = settings.token_endpoint_auth_method
    if method == "private_key_jwt":
        key = _private_key(secrets.get("private_key", ""))
        return ClientCredentials(client_id=settings.client_id, method=method, key=key)
    secret = secrets.get("client_secret", "")
    if not secret:
        raise ProviderMisconfigured("secrets.client_secret", f"is missing; {method} needs it")
    if method == "client_secret_jwt" and len(secret.encode()) < MIN_SHARED_KEY:
        problem = f"is too short to sign with: {MIN_SHARED_KEY} bytes (RFC 7518, 3.2)"
        raise ProviderMisconfigured("secrets.client_secret", problem)
    return ClientCredentials(client_id=settings.client_id, method=method, secret=secret)


def redeem(
    http: HttpClient, url: str, client: ClientCredentials, form: Mapping[str, str], now: datetime
) -> Tokens:
    """Raises ProviderRefused, ResponseInvalid (`token.*`), ProviderUnreachable."""
    body, headers = client.prove(url, form, now)
    response = http.post(
        url, body=body, headers=headers, accept="application/json", limit=MAX_ANSWER
    )
    answer = _answer(response, "token")
    if str(answer.get("token_type", "")).lower() != "bearer":
        raise ResponseInvalid("token.type", "no bearer token")
    id_token, access_token = answer.get("id_token"), answer.get("access_token")
    if not isinstance(id_token, str) or not id_token:
        raise ResponseInvalid("token.id_token", "no ID token came")
    return Tokens(id_token=id_token, access_token=_bearer_token(access_token))


def ask_userinfo(http: HttpClient, url: str, tokens: Tokens, subject: object) -> dict[str, object]:
    """Raises ResponseInvalid (`userinfo.*`), ProviderRefused, ProviderUnreachable."""
    if tokens.access_token is None:
        raise ResponseInvalid("userinfo.access_token", "no access token came")
    response = http.get(
        url, accept="application/json", limit=MAX_ANSWER, bearer=tokens.access_token
    )
    claims = _answer(response, "userinfo")
    # OIDC Core 5.3.2: else the claims are somebody else's and must not be used.
    if claims.get("sub") != subject:
        raise ResponseInvalid("userinfo.sub", "about somebody else than the ID token")
    return claims


def upstream_word(value: object) -> str:
    """A provider's error code, fit for a log: these come from outside and could be anything."""
    return value if isinstance(value, str) and _WORD.fullmatch(value) else "unreadable"


def _answer(response: HttpResponse, what: str) -> dict[str, object]:
    if response.status >= _SERVER_ERROR:
        raise ProviderUnreachable(f"the {what} endpoint answered with status {response.status}")
    try:
        answer = json_object(response.body)
    except NotAnObject as error:
        status = response.status
        raise ResponseInvalid(f"{what}.body", f"status {status} and {error}") from error
    if response.status != _OK:
        raise ProviderRefused(upstream_word(answer.get("error")), f"at the {what} endpoint")
    return answer


def _bearer_token(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, str) and len(value) <= MAX_ACCESS_TOKEN and _TOKEN.fullmatch(value):
        return value
    raise ResponseInvalid("token.access_token", "no access token that could be sent on")


def _private_key(text: str) -> RSAKey | ECKey:
    if not text:
        raise ProviderMisconfigured("secrets.private_key", "is missing; private_key_jwt needs it")
    try:
        key = _from_jwk(text) if text.lstrip().startswith("{") else _from_pem(text)
    except (
        JoseError,
        ValueError,
        TypeError,
        KeyError,
        AttributeError,
        UnsupportedAlgorithm,
    ) as error:
        raise ProviderMisconfigured("secrets.private_key", "is no key in PEM or JWK") from error
    if not isinstance(key, RSAKey | ECKey) or not key.is_private:
        raise ProviderMisconfigured("secrets.private_key", "must be a private RSA or EC key")
    if _algorithm(key) not in SIGNING_ALGORITHMS:
        raise ProviderMisconfigured("secrets.private_key", "is of a curve that signs no JWT")
    return key


def _from_jwk(text: str) -> object:
    members: Any = json_object(text.encode())
    return import_key(members)


def _from_pem(text: str) -> object:
    native = load_pem_private_key(text.encode(), password=None)
    if isinstance(native, RSAPrivateKey):
        return RSAKey.import_key(text)
    return ECKey.import_key(text) if isinstance(native, EllipticCurvePrivateKey) else None


def _key_names(key: RSAKey | ECKey) -> dict[str, object]:
    """What lets the provider find the public half: its id, or its certificate, as Entra wants."""
    names = ((name, key.get(name)) for name in ("kid", "x5t#S256", "x5t"))
    return {name: value for name, value in names if value is not None}


def _algorithm(key: RSAKey | ECKey) -> str:
    if isinstance(key, ECKey):
        return _CURVES.get(key.curve_name, "none")
    return "PS256" if key.alg == "PS256" else "RS256"
