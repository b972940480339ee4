"""What a careful provider asks of its client: secret or signature, redirect URI, PKCE."""

import base64
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote_plus

from cryptography import x509
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import Key, OctKey
from joserfc.jws import JWSRegistry

from tests.fakes.oidc_encryption import imported

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Denied(Exception):
    """An OAuth error code, as the text."""

    def __init__(self, code: str, status: int = 400) -> None:
        super().__init__(code)
        self.status = status


def once_each(source: str) -> dict[str, str]:
    """RFC 6749, 3.1 and 3.2: no parameter twice."""
    said = parse_qs(source)
    if any(len(values) > 1 for values in said.values()):
        raise Denied("invalid_request")
    return {name: values[0] for name, values in said.items()}


@dataclass
class ClientCheck:
    client_id: str
    secret: str
    method: str = "client_secret_basic"
    public_key: Key | None = None  # registered by hand
    jwks: Callable[[], Mapping[str, Any]] | None = None  # or the client's own list of them
    subject_dn: str = ""  # RFC 8705, 2.1.2
    audience: str = "issuer"  # or the very "endpoint"
    used: set[str] = field(default_factory=set)  # ids of assertions
    header: dict[str, Any] = field(default_factory=dict)  # of the last assertion
    asked: list[Mapping[str, str]] = field(default_factory=list)  # authorization requests

    def check_authorization(self, fields: Mapping[str, str]) -> None:
        """RFC 6749, 4.1.1; RFC 7636, 4.3: S256 or nothing."""
        self.asked.append(fields)
        wanted = {"client_id", "redirect_uri", "state", "nonce", "scope", "code_challenge"}
        if not wanted <= fields.keys() or fields["client_id"] != self.client_id:
            raise Denied("invalid_request")
        if fields.get("response_type") != "code" or "openid" not in fields["scope"].split():
            raise Denied("unsupported_response_type")
        if fields.get("code_challenge_method") != "S256":
            raise Denied("invalid_request")

    def check_redemption(self, asked: Mapping[str, str], fields: Mapping[str, str]) -> None:
        """RFC 6749, 4.1.3; RFC 7636, 4.6."""
        digest = hashlib.sha256(fields.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if challenge != asked["code_challenge"]:
            raise Denied("invalid_grant")
        if fields.get("redirect_uri") != asked["redirect_uri"]:
            raise Denied("invalid_grant")

    def check_secret(
        self, fields: Mapping[str, str], environ: Mapping[str, Any], places: Mapping[str, str]
    ) -> None:
        """RFC 6749, 2.3.1; RFC 7523, 3; RFC 8705, 2. Only by the one method that is registered."""
        audience, given = places[self.audience], environ.get("client.certificate")
        proven = {
            "client_secret_basic": lambda: self._basic(environ.get("HTTP_AUTHORIZATION", "")),
            "client_secret_post": lambda: (fields.get("client_id"), fields.get("client_secret")),
            "client_secret_jwt": lambda: self._assertion(fields, audience, "HS256"),
            "private_key_jwt": lambda: self._assertion(fields, audience, "PS256 RS256 ES256"),
            "tls_client_auth": lambda: self._named(fields, given),
            "self_signed_tls_client_auth": lambda: self._listed(fields, given),
        }[self.method]()
        if proven != (self.client_id, self.secret):
            raise Denied("invalid_client", 401)

    def _named(self, fields: Mapping[str, str], given: bytes | None) -> tuple[str, str]:
        if not given:
            raise Denied("invalid_client", 401)
        subject = x509.load_der_x509_certificate(given).subject.rfc4514_string()
        if subject != self.subject_dn:
            raise Denied("invalid_client", 401)
        return fields["client_id"], self.secret

    def _listed(self, fields: Mapping[str, str], given: bytes | None) -> tuple[str, str]:
        listed = [key["x5c"][0] for key in self._listed_keys() if "x5c" in key]
        if base64.b64encode(given or b"").decode() not in listed:
            raise Denied("invalid_client", 401)
        return fields["client_id"], self.secret

    def _listed_keys(self) -> list[Mapping[str, Any]]:
        return [] if self.jwks is None else list(self.jwks()["keys"])

    def _key_for(self, assertion: str) -> Key:
        if self.jwks is None:
            return self.public_key or OctKey.import_key(self.secret)
        kid = jws.extract_compact(assertion.encode()).headers()["kid"]
        for key in self._listed_keys():
            if key["kid"] == kid and key["use"] == "sig":
                return imported(key)
        raise Denied("invalid_client", 401)

    def _basic(self, authorization: str) -> tuple[str, str]:
        scheme, _, encoded = authorization.partition(" ")
        name, _, secret = base64.b64decode(encoded).decode().partition(":")
        if scheme != "Basic":
            raise Denied("invalid_client", 401)
        return unquote_plus(name), unquote_plus(secret)

    def _assertion(
        self, fields: Mapping[str, str], audience: str, algorithms: str
    ) -> tuple[str, str]:
        if fields.get("client_assertion_type") != ASSERTION:
            raise Denied("invalid_client", 401)
        key = self._key_for(fields["client_assertion"])
        registry = JWSRegistry(algorithms=algorithms.split())
        try:
            token = jwt.decode(fields["client_assertion"], key, registry=registry)
        except JoseError as error:
            raise Denied("invalid_client", 401) from error
        claims, self.header = token.claims, token.header
        lifetime = claims["exp"] - claims["iat"]
        if claims["aud"] != audience or claims["sub"] != claims["iss"] or lifetime > 300:
            raise Denied("invalid_client", 401)
        if claims["jti"] in self.used:
            raise Denied("invalid_client", 401)
        self.used.add(claims["jti"])
        return claims["sub"], self.secret
