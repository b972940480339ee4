"""A claims provider (OpenID Connect Core 1.0, section 5.6.2) that really signs."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from tests.fakes.http_server import serving
from tests.fakes.oidc_forgery import LEFT_OUT
from tests.fakes.oidc_provider import OidcProvider
from tests.fakes.oidc_vendors import PLAIN


class Registry(OidcProvider):
    """What it `says` of ada, as a token, at `/claims`; `called` is what came there."""

    def __init__(self) -> None:
        super().__init__(vendor=replace(PLAIN, paths={**PLAIN.paths, "claims": "/claims"}))
        self.says: Mapping[str, Any] = {"groups": ["/registry"], "department": "research"}
        self.called: list[Mapping[str, Any]] = []
        self.rotate(kid="registry-1")

    def token(self, **changes: Any) -> str:
        claims = {"iss": self.issuer, **self.says, **changes}
        return self.sign({n: value for n, value in claims.items() if value is not LEFT_OUT})

    def _claims(self, _fields: object, environ: Mapping[str, Any]) -> Any:
        self.called.append(environ)
        return 200, {"Content-Type": "application/jwt"}, self.token().encode()


@contextmanager
def claims_registry() -> Iterator[Registry]:
    provider = Registry()
    with serving(provider) as server:
        provider.server, provider.base = server, server.url
        yield provider
