"""One OIDC connector wired to the fake provider, and a browser that walks between them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from http.client import HTTPConnection
from ipaddress import ip_network
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc.jwk import RSAKey

from providers.connector import (
    AuthenticationRequest,
    AuthenticationResponse,
    LogoutRequest,
    RedirectBinding,
)
from providers.dialects import DIALECTS
from providers.http import HttpClient
from providers.identity import ExternalIdentity
from providers.oidc.connector import OidcConnector
from providers.oidc.settings import parse
from tests.fakes.cache import MemoryCache
from tests.fakes.oidc_provider import CLIENT_ID, CLIENT_SECRET, OidcProvider, oidc_provider

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
CALLBACK = "https://gateway.corp.example/oidc/corp/callback"
LOOPBACK = "127.0.0.0/8"
SIGNED_OUT = "https://gateway.corp.example/oidc/corp/signed-out"
FOREIGN_KEY = RSAKey.generate_key(2048, {"kid": "rsa-1"})


class OidcCase:
    """Implements `ConnectorCase`. `idp.lie` makes the provider lie; `connect` changes the row."""

    def __init__(self, idp: OidcProvider, http: HttpClient) -> None:
        self.idp = idp
        self.http = http
        self.now = NOW
        self.cache = MemoryCache(NOW)
        self._made: list[OidcConnector] = []
        if idp.vendor.published_issuer_path is None:  # else a row needs more than the defaults
            self.connector = self.connect()
        idp.at(NOW.timestamp())

    def connect(self, slug: str = "corp", **settings: object) -> OidcConnector:
        secrets: Any = settings.pop("secrets", {"client_secret": CLIENT_SECRET})
        dialect: Any = settings.pop("dialect", DIALECTS[self.idp.vendor.dialect])
        row = {"issuer": self.idp.issuer, "client_id": CLIENT_ID} | settings
        self.connector = OidcConnector(
            slug=slug,
            settings=parse({**row, "allowed_networks": [LOOPBACK]}),
            secrets=secrets,
            dialect=dialect,
            http=self.http,
            cache=self.cache,
        )
        self._made.append(self.connector)
        return self.connector

    def close(self) -> None:
        for made in self._made:
            made._http.close()  # its own, if it shows a certificate
        self.http.close()

    def request(self, **changes: Any) -> AuthenticationRequest:
        request = AuthenticationRequest(
            id="state-" + "s" * 37,
            provider="corp",
            callback_url=CALLBACK,
            return_to="/",
            nonce="nonce-" + "n" * 26,
            code_verifier="verifier-" + "v" * 34,
            force_authentication=False,
            expires_at=self.now + timedelta(minutes=10),
        )
        return replace(request, **changes)

    def sign_in(self, request: AuthenticationRequest, person: str) -> AuthenticationResponse:
        binding = self.connector.begin(request, self.now)
        assert isinstance(binding, RedirectBinding)
        return browse(f"{binding.url}&{urlencode({'person': person})}")

    def cancel(self, request: AuthenticationRequest) -> AuthenticationResponse:
        return self.sign_in(request, "nobody")

    def login(self, person: str = "ada", **changes: Any) -> ExternalIdentity:
        """The whole way."""
        request = self.request(**changes)
        return self.connector.complete(request, self.sign_in(request, person), self.now)

    def forge(self, response: AuthenticationResponse) -> AuthenticationResponse:
        self.idp.lie.signing_key = FOREIGN_KEY
        return response

    def silence(self) -> None:
        assert self.idp.server is not None
        self.idp.server.shutdown()
        self.idp.server.server_close()
        self.http.close()

    def sign_out(self, request: LogoutRequest) -> AuthenticationResponse:
        binding = self.connector.end_session(request, self.now)
        assert isinstance(binding, RedirectBinding)
        return browse(binding.url)

    def pass_time(self, **by: float) -> datetime:
        self.now = self.cache.pass_time(timedelta(**by))
        self.idp.at(self.now.timestamp())
        return self.now


@contextmanager
def oidc_case(timeout: float = 10.0, **options: Any) -> Iterator[OidcCase]:
    """`timeout` is the HTTP client's; `options` are those of `oidc_provider`."""
    with oidc_provider(**options) as idp:
        http = HttpClient(allowed_networks=[ip_network(LOOPBACK)], timeout=timeout)
        case = OidcCase(idp, http)
        try:
            yield case
        finally:
            case.close()


def browse(url: str) -> AuthenticationResponse:
    """Opens a page that redirects or posts itself at once, and brings what is carried on."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc, timeout=5)
    connection.request("GET", f"{parts.path}?{parts.query}")
    answer = connection.getresponse()
    location, page = answer.headers["Location"], answer.read().decode()
    connection.close()
    if location is None:
        return AuthenticationResponse(method="POST", fields=form_fields(page))
    fields = parse_qs(urlsplit(location).query, keep_blank_values=True)
    return AuthenticationResponse(
        method="GET",
        fields={name: values[0] for name, values in fields.items()},
        repeated=frozenset(name for name, values in fields.items() if len(values) > 1),
        query=urlsplit(location).query,
    )


def form_fields(page: str) -> dict[str, str]:
    found = re.findall(r'name="([^"]+)" value="([^"]*)"', page)
    return {unescape(name): unescape(value) for name, value in found}
