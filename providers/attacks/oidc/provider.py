"""An OIDC provider that the kit plays: it answers as the real one would, but for its lies.

It stands in the place of the HTTP client of a connector, so nothing leaves the process. It takes on
the issuer, client, algorithms, forms and encryption that the row names; only its keys are its own,
or are those that the real provider publishes, of which it has the public halves alone.
"""

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

from providers.attacks.oidc.encryption import encrypt
from providers.attacks.oidc.forgery import LEFT_OUT, part, sign, with_lies
from providers.attacks.oidc.keys import half_hash, key_for, public
from providers.connector import AuthenticationResponse
from providers.http import HttpClient, HttpResponse
from providers.oidc.issuer import Issuer
from providers.oidc.keys import current_name
from providers.oidc.settings import OidcSettings
from providers.tls import ClientCertificate

PERSON = "attack-kit-person"
EVENT = "http://schemas.openid.net/event/backchannel-logout"
_JSON = "application/json"
_KEY_TYPES = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}
Header = dict[str, Any]
Claims = dict[str, Any]


@dataclass
class Lies:
    """What is said instead of the truth. Members are set over the true ones."""

    discovery: Mapping[str, Any] = field(default_factory=dict)
    keys: Callable[[list[dict[str, Any]]], list[dict[str, Any]]] | None = None
    redirect: Mapping[str, Any] = field(default_factory=dict)
    person: Mapping[str, Any] = field(default_factory=dict)  # wherever it tells of her
    header: Mapping[str, Any] = field(default_factory=dict)
    claims: Mapping[str, Any] = field(default_factory=dict)
    payload: Callable[[bytes], bytes] | None = None  # of the ID token, after all else
    token: Callable[["PlayedProvider", Header, Claims], str] | None = None  # the whole ID token
    encrypted: bool | None = None
    token_answer: Mapping[str, Any] = field(default_factory=dict)
    userinfo: Mapping[str, Any] = field(default_factory=dict)
    userinfo_form: str | None = None


@dataclass
class _Grant:
    request: Mapping[str, str]
    access_token: str = ""


class PlayedProvider(HttpClient):
    """`published` are keys of somebody else, whose private halves nobody here has."""

    def __init__(
        self,
        settings: OidcSettings,
        *,
        client_jwks: Mapping[str, Any] | None = None,
        published: list[dict[str, Any]] | None = None,
    ) -> None:
        # No pool of connections: nothing that it is asked leaves this process.
        self.settings = settings
        self.lie = Lies()
        self.keyless = published is not None
        self.algorithm = self._fitting_algorithm(published or [])
        self.key = key_for(self.algorithm, "attack-kit")
        self.published = published if published is not None else [public(self.key)]
        self._client_jwks = client_jwks or {"keys": []}
        issuer = Issuer(configured=settings.issuer, tenants=frozenset(settings.tenants))
        self.tenant = settings.tenants[0] if settings.tenants else "attack-kit-tenant"
        self._published_issuer = issuer.published
        self.issuer = issuer.of({"tid": self.tenant}, "attack")
        self._base = f"{settings.issuer.rstrip('/')}/attack-kit"
        self._grants: dict[str, _Grant] = {}
        self._pushed: dict[str, Mapping[str, str]] = {}

    # --- what the gateway's own HTTP client can be asked

    def showing(self, certificate: ClientCertificate) -> "PlayedProvider":  # noqa: ARG002
        return self

    def close(self) -> None:
        pass

    def get(self, url: str, *, accept: str, limit: int, bearer: str = "") -> HttpResponse:  # noqa: ARG002
        if url.endswith("/.well-known/openid-configuration"):
            return _answer(url, self._discovery())
        if url.startswith(f"{self._base}/keys"):
            return _answer(url, {"keys": self._keys()})
        if url.startswith(f"{self._base}/userinfo"):
            return self._userinfo(url, bearer)
        return _answer(url, {"error": "not_found"}, status=404)

    def post(
        self,
        url: str,
        *,
        body: bytes,
        headers: Mapping[str, str],  # noqa: ARG002 - who the client is, the real provider judges
        accept: str,  # noqa: ARG002
        limit: int,  # noqa: ARG002
    ) -> HttpResponse:
        form = dict(parse_qsl(body.decode(), keep_blank_values=True))
        if url.startswith(f"{self._base}/par"):
            reference = f"urn:ietf:params:oauth:request_uri:{secrets.token_urlsafe(16)}"
            self._pushed[reference] = form
            return _answer(url, {"request_uri": reference, "expires_in": 60}, status=201)
        return self._tokens(url, form)

    # --- what a browser brings

    def asked(self, url: str) -> dict[str, str]:
        """The authorization request that a browser was sent away with."""
        fields = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
        return dict(self._pushed.get(fields.get("request_uri", ""), fields))

    def authorize(self, url: str, **lies: object) -> AuthenticationResponse:
        """What the browser brings back; `lies` are fields of it."""
        request = self.asked(url)
        code = secrets.token_urlsafe(24)
        self._grants[code] = _Grant(request)
        true = {"code": code, "state": request.get("state", ""), "iss": self.issuer}
        fields = with_lies(true, {**self.lie.redirect, **lies})
        method: Literal["GET", "POST"] = (
            "POST" if request.get("response_mode") == "form_post" else "GET"
        )
        return AuthenticationResponse(method=method, fields=fields)

    # --- what it says

    def _discovery(self) -> dict[str, Any]:
        base = self._base
        true = {
            "issuer": self._published_issuer,
            "authorization_endpoint": f"{base}/authorize",
            "token_endpoint": f"{base}/token",
            "userinfo_endpoint": f"{base}/userinfo",
            "jwks_uri": f"{base}/keys",
            "pushed_authorization_request_endpoint": f"{base}/par",
            "authorization_response_iss_parameter_supported": True,
        }
        return with_lies(true, self.lie.discovery)

    def _keys(self) -> list[dict[str, Any]]:
        return self.lie.keys(self.published) if self.lie.keys else self.published

    def _tokens(self, url: str, form: Mapping[str, str]) -> HttpResponse:
        grant = self._grants.get(form.get("code", ""))
        if grant is None or not _proves(form, grant.request):
            return _answer(url, {"error": "invalid_grant"}, status=400)
        grant.access_token = self.access_token()
        answer = {
            "access_token": grant.access_token,
            "token_type": "Bearer",
            "expires_in": 300,
            "refresh_token": secrets.token_urlsafe(24),
            "id_token": self._id_token(grant),
        }
        return _answer(url, with_lies(answer, self.lie.token_answer))

    def access_token(self) -> str:
        """RFC 9068."""
        now = int(time.time())
        client_id = self.settings.client_id
        claims = {"iss": self.issuer, "aud": client_id, "client_id": client_id, "iat": now}
        claims |= {"exp": now + 300, "jti": secrets.token_urlsafe(16), **self.person()}
        return self.signed(claims, self.header({"typ": "at+jwt"}))

    def person(self) -> Claims:
        """Whom the kit signs in, in every vendor's words."""
        true = {
            "sub": PERSON,
            "oid": PERSON,
            "tid": self.tenant,
            "email": "attack-kit@attack-kit.invalid",
            "email_verified": True,
            "preferred_username": "attack-kit",
            "name": "Attack Kit",
            "groups": [],
            "sid": "attack-kit-session",
        }
        return {**true, **self.lie.person}

    def _id_token(self, grant: _Grant) -> str:
        now = int(time.time())
        digest = half_hash(grant.access_token, self.algorithm)
        true = {
            "iss": self.issuer,
            "aud": self.settings.client_id,
            "iat": now,
            "exp": now + 300,
            "auth_time": now,
            "nonce": grant.request.get("nonce", ""),
            "at_hash": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "acr": (self.settings.acr_values or ("1",))[0],
            **self.person(),
        }
        claims, header = with_lies(true, self.lie.claims), self.header(self.lie.header)
        if self.lie.token is not None:
            token = self.lie.token(self, header, claims)
        else:
            payload = json.dumps(claims).encode()
            token = self.signed(self.lie.payload(payload) if self.lie.payload else payload, header)
        encrypts = self.settings.id_token_encrypted
        told = self.lie.encrypted
        return encrypt(token, self._client_jwks) if (encrypts if told is None else told) else token

    def logout_token(self, lies: Mapping[str, Any], header: Mapping[str, Any]) -> str:
        """Back-Channel Logout 1.0, section 2.4."""
        now = int(time.time())
        true = {
            "iss": self.issuer,
            "aud": self.settings.client_id,
            "iat": now,
            "exp": now + 120,
            "jti": secrets.token_urlsafe(16),
            "sub": PERSON,
            "tid": self.tenant,
            "sid": "attack-kit-session",
            "events": {EVENT: {}},
        }
        told = self.header({"typ": "logout+jwt", **header})
        if self.lie.token is not None:
            return self.lie.token(self, told, with_lies(true, lies))
        return self.signed(with_lies(true, lies), told)

    def _userinfo(self, url: str, bearer: str) -> HttpResponse:
        form = self.lie.userinfo_form or self.settings.userinfo
        if not bearer:
            return _answer(url, {"error": "invalid_token"}, status=401)
        said = {**self.person(), "iss": self.issuer, "aud": self.settings.client_id}
        said = with_lies(said, self.lie.userinfo)
        if form == "json":
            return _answer(url, said)
        unsigned = f"{part({'alg': 'none'})}.{part(said)}."
        token = unsigned if form == "unsigned" else self.signed(said, self.header({}))
        text = encrypt(token, self._client_jwks) if self._encrypts_userinfo(form) else token
        return HttpResponse(
            status=200, headers={"content-type": "application/jwt"}, body=text.encode(), url=url
        )

    def _encrypts_userinfo(self, form: str) -> bool:
        return self.settings.userinfo == "encrypted" and form != "plainly-signed"

    # --- how it signs

    def header(self, lies: Mapping[str, Any]) -> Header:
        return with_lies({"alg": self.algorithm, "kid": self._named_key(), "typ": "JWT"}, lies)

    def fitting(self) -> dict[str, Any] | None:
        """The published key that a token of this row's algorithm would be signed with."""
        return next((key for key in self.published if _fits(key, self.algorithm)), None)

    def _fitting_algorithm(self, published: list[dict[str, Any]]) -> str:
        """The first of the row's that a published key is for, so that this key can be imitated."""
        named = self.settings.signing_algorithms
        fitting = (each for each in named if any(_fits(key, each) for key in published))
        return next(fitting, named[0])

    def _named_key(self) -> object:
        found = self.fitting()
        return LEFT_OUT if found is None or "kid" not in found else found["kid"]

    def signed(self, payload: object, header: Mapping[str, Any]) -> str:
        """By this provider's key; by a stranger's where only the public one is known."""
        key = key_for(self.algorithm, "stranger") if self.keyless else self.key
        return sign(header, payload, key, self.algorithm)


def _fits(key: Mapping[str, Any], algorithm: str) -> bool:
    named = (None, algorithm, current_name(algorithm))
    return key.get("kty") == _KEY_TYPES[algorithm[:2]] and key.get("alg") in named


def _proves(form: Mapping[str, str], request: Mapping[str, str]) -> bool:
    """PKCE, for whoever asked for it (RFC 7636, 4.6)."""
    if "code_challenge" not in request:
        return True
    digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == request["code_challenge"]


def _answer(url: str, content: Mapping[str, Any], status: int = 200) -> HttpResponse:
    headers = {"content-type": _JSON}
    return HttpResponse(status=status, headers=headers, body=json.dumps(content).encode(), url=url)
