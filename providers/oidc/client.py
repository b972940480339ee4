"""How this gateway proves to a provider that it is the client (OIDC Core, section 9; RFC 8705)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import quote_plus, urlencode

from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc7523 import ClientSecretJWT, PrivateKeyJWT
from joserfc.jwk import OctKey

from providers.errors import ProviderMisconfigured
from providers.http import HttpClient, HttpResponse
from providers.oidc.client_keys import KeyUse, PrivateKey, algorithm_of, key_id, read_key
from providers.oidc.settings import OidcSettings
from providers.tls import ClientCertificate, client_certificate

MAX_ANSWER = 1024 * 1024
MIN_SHARED_KEY = 32
ASSERTION_LIVES = timedelta(seconds=60)
BY_CERTIFICATE = frozenset({"tls_client_auth", "self_signed_tls_client_auth"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """Our name at one provider, and the proof of it.

    An assertion is written for the `issuer` alone, as draft-ietf-oauth-rfc7523bis and OIDC Core,
    errata set 3, have it, so that no other server can use it; where that is empty, for the endpoint
    that it is sent to. Its type stays `JWT`: there are verifiers that know no other one yet.
    """

    client_id: str
    method: str
    issuer: str = ""
    secret: str = field(default="", repr=False)
    key: PrivateKey | None = field(default=None, repr=False)
    certificate: ClientCertificate | None = field(default=None, repr=False)

    def post(
        self, http: HttpClient, url: str, form: Mapping[str, str], now: datetime
    ) -> HttpResponse:
        """Sends a form to one of the provider's endpoints, with our proof. Raises
        ProviderUnreachable.
        """
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        # Two of the methods put the client's name into the form themselves: once is enough.
        named = self.method in (*BY_CERTIFICATE, "client_secret_post")
        said = {n: v for n, v in form.items() if not (named and n == "client_id")}
        _, headers, body = self._authentication(url, now).prepare(
            "POST", url, headers, urlencode(said)
        )
        return http.post(
            url, body=body.encode(), headers=headers, accept="application/json", limit=MAX_ANSWER
        )

    def _authentication(self, url: str, now: datetime) -> ClientAuth:
        audience = self.issuer or url
        lifetime = {"iat": int(now.timestamp()), "exp": int((now + ASSERTION_LIVES).timestamp())}
        if self.key is not None:
            algorithm = algorithm_of(KeyUse.SIGN, self.key)
            method = PrivateKeyJWT(
                audience, claims=lifetime, headers=_names(self.key), alg=algorithm
            )
            return ClientAuth(self.client_id, self.key, method)
        if self.method == "client_secret_jwt":
            secret = OctKey.import_key(self.secret)
            return ClientAuth(self.client_id, secret, ClientSecretJWT(audience, claims=lifetime))
        if self.method == "client_secret_basic":
            # RFC 6749, 2.3.1: both are form-encoded before they become user name and password.
            return ClientAuth(quote_plus(self.client_id), quote_plus(self.secret), self.method)
        if self.method in BY_CERTIFICATE:  # RFC 8705, 2: the name in the form, the proof in TLS
            return ClientAuth(self.client_id, None, "none")
        return ClientAuth(self.client_id, self.secret, self.method)


def client(settings: OidcSettings, secrets: Mapping[str, str]) -> Client:
    """From the row's secrets: `client_secret`, `private_key` (PEM, or a JWK), or `tls_certificate`
    and `tls_private_key`. Raises ProviderMisconfigured.
    """
    name, method = settings.client_id, settings.token_endpoint_auth_method
    issuer = settings.issuer if settings.client_assertion_audience == "issuer" else ""
    if method == "private_key_jwt":
        key = read_key(KeyUse.SIGN, _needed(secrets, KeyUse.SIGN, method))
        return Client(client_id=name, method=method, issuer=issuer, key=key)
    if method in BY_CERTIFICATE:
        certificate = client_certificate(
            _needed(secrets, "tls_certificate", method), _needed(secrets, "tls_private_key", method)
        )
        return Client(client_id=name, method=method, certificate=certificate)
    secret = _needed(secrets, "client_secret", method)
    if method == "client_secret_jwt" and len(secret.encode()) < MIN_SHARED_KEY:
        problem = f"is too short to sign with: {MIN_SHARED_KEY} bytes (RFC 7518, 3.2)"
        raise ProviderMisconfigured("secrets.client_secret", problem)
    return Client(client_id=name, method=method, issuer=issuer, secret=secret)


def _needed(secrets: Mapping[str, str], name: str, method: str) -> str:
    if not secrets.get(name):
        raise ProviderMisconfigured(f"secrets.{name}", f"is missing; {method} needs it")
    return secrets[name]


def _names(key: PrivateKey) -> dict[str, object]:
    """What lets the provider find the public half: its id, and its certificate, as Entra wants."""
    certificate = ((name, key.get(name)) for name in ("x5t#S256", "x5t"))
    return {"kid": key_id(key), **{name: value for name, value in certificate if value is not None}}
