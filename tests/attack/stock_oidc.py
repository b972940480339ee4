"""mozilla-django-oidc as its documentation sets it up, with the kit let loose on it.

A project and a process of its own: `python -m tests.attack.stock_oidc` prints verdicts by attack.
"""

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import django
from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from django.urls import include, path

from providers.attacks.attack import judged
from providers.attacks.oidc import CONTROLS, SIGN_IN
from providers.attacks.oidc.provider import PlayedProvider
from providers.attacks.oidc.target import OidcAttack
from providers.connector import AuthenticationResponse
from providers.errors import ResponseInvalid
from providers.http import HttpResponse as Answer
from providers.oidc.settings import parse
from tests.fakes.http_server import WebServer, serving

# https://mozilla-django-oidc.readthedocs.io/en/stable/installation.html, "Quick start"
QUICK_START = {
    "AUTHENTICATION_BACKENDS": ["mozilla_django_oidc.auth.OIDCAuthenticationBackend"],
    "OIDC_RP_CLIENT_ID": "stock-client",
    "OIDC_RP_CLIENT_SECRET": "stock-secret-of-enough-letters-for-hs256",
    "OIDC_RP_SIGN_ALGO": "RS256",
    "LOGIN_REDIRECT_URL": "/in",
    "LOGOUT_REDIRECT_URL": "/out",
    "LOGIN_REDIRECT_URL_FAILURE": "/failed",
}


def configure(issuer: str) -> None:
    base = f"{issuer}/attack-kit"
    settings.configure(
        SECRET_KEY="stock",
        ALLOWED_HOSTS=["*"],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "mozilla_django_oidc",
        ],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
        ],
        ROOT_URLCONF=_Later(),
        USE_TZ=True,
        OIDC_OP_AUTHORIZATION_ENDPOINT=f"{base}/authorize",
        OIDC_OP_TOKEN_ENDPOINT=f"{base}/token",
        OIDC_OP_USER_ENDPOINT=f"{base}/userinfo",
        OIDC_OP_JWKS_ENDPOINT=f"{base}/keys",
        **QUICK_START,
    )
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def page(_request: object) -> HttpResponse:
    return HttpResponse("")


class _Later:
    """The library reads its settings as its addresses are imported."""

    @property
    def urlpatterns(self) -> list[Any]:
        return [path("in", page), path("failed", page), path("oidc/", include(LIBRARY))]


LIBRARY = "mozilla_django_oidc.urls"


class Stock:
    """Implements `OidcTarget`, as far as the library goes."""

    def __init__(self) -> None:
        self.browser = Client(raise_request_exception=False)

    def another(self) -> "Stock":
        return Stock()

    def begin(self) -> str:
        return self.browser.get("/oidc/authenticate/")["Location"]

    def complete(self, response: AuthenticationResponse) -> object:
        known = self._account()
        send = self.browser.get if response.method == "GET" else self.browser.post
        answer = send("/oidc/callback/", dict(response.fields))
        if answer.status_code == 500:
            raise RuntimeError("HTTP 500")
        if "error" in response.fields and known and not self._account():
            return "signed out"
        if answer.status_code == 302 and answer["Location"] == "/in":
            return self._account()
        raise ResponseInvalid("stock", f"status {answer.status_code}")

    def _account(self) -> object:
        return self.browser.session.get("_auth_user_id")

    def logout_told(self, logout_token: str) -> object:
        raise NotImplementedError

    logout_framed = logout_told


class Over:
    """The played provider as a site, for a client that brings its own way out."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.provider: PlayedProvider | None = None

    def __call__(self, environ: dict[str, Any], start: Any) -> list[bytes]:
        answer = self._answer(environ)
        start(f"{answer.status} -", [("Content-Type", answer.headers["content-type"])])
        return [answer.body]

    def _answer(self, environ: dict[str, Any]) -> Answer:
        assert self.provider is not None
        url = f"{self.base}{environ['PATH_INFO']}"
        if environ["REQUEST_METHOD"] == "POST":
            body = environ["wsgi.input"].read()
            return self.provider.post(url, body=body, headers={}, accept="", limit=0)
        bearer = environ.get("HTTP_AUTHORIZATION", "").removeprefix("Bearer ")
        return self.provider.get(url, accept="", limit=0, bearer=bearer)


@contextmanager
def site() -> Iterator[tuple[WebServer, Over]]:
    with serving(lambda _environ, _start: []) as server:
        over = Over(server.url)
        server.app = over
        yield server, over


def main() -> None:
    logging.disable()
    with site() as (server, over):
        configure(server.url)
        row = parse(
            {
                "issuer": server.url,
                "client_id": "stock-client",
                "signing_algorithms": ["RS256"],
                "acr_values": ["mfa"],
                "max_age": 300,
                "allowed_networks": ["127.0.0.0/8"],
            }
        )

        def verdict(attack: OidcAttack) -> str:
            over.provider = provider = PlayedProvider(row)
            return judged(attack, lambda: attack.fire(Stock(), provider)).verdict

        asked = [each for each in (CONTROLS[0], *SIGN_IN) if each.where(PlayedProvider(row))]
        found = {each.name: verdict(each) for each in asked}
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
