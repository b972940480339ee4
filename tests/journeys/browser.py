"""A browser as far as cookies, redirects and sites go; and the gateway that it talks to."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from django.test import Client
from django.utils import timezone

from gateway import wiring
from gateway.sessions import cookie
from gateway.sessions.session import Session, SessionToken
from providers.models import Provider
from tests.fakes.oidc_case import form_fields

HOST = "gateway.corp.localhost:8000"
CSRF = "__Host-gatehouse-csrf"


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *_args: Any) -> None:
        return None


_outside = build_opener(_Stay())
_outside.handlers = [h for h in _outside.handlers if type(h).__name__ != "HTTPErrorProcessor"]
_outside.process_response = {}


@dataclass
class Answer:
    """What a provider's page answered."""

    status: int
    location: str
    body: str


def visit(url: str, form: Mapping[str, str] | None = None) -> Answer:
    """One request to a provider, without following its redirect."""
    from urllib.parse import urlencode

    data = urlencode(form).encode() if form is not None else None
    with _outside.open(Request(url, data)) as answer:
        return Answer(
            answer.status, answer.headers.get("Location", ""), answer.read().decode("utf-8")
        )


class _OldestFirst(Client):
    """Sends cookies oldest first, as browsers do (RFC 6265, 5.4); Django's client sorts them."""

    def _base_environ(self, **request: Any) -> Any:
        oldest_first = "; ".join(f"{m.key}={m.coded_value}" for m in self.cookies.values())
        return super()._base_environ(**{"HTTP_COOKIE": oldest_first, **request})


class Browser:
    """One person's browser at the gateway's host. Cookies are kept; CSRF is checked."""

    def __init__(self) -> None:
        self.client = _OldestFirst(enforce_csrf_checks=True, headers={"Host": HOST})

    @property
    def cookies(self) -> SimpleCookie:
        return self.client.cookies

    def get(self, path: str, **options: Any) -> Any:
        answer = self.client.get(_path(path), **options)
        self._forget_expired()
        return answer

    def post(self, path: str, fields: Mapping[str, str] | None = None, **options: Any) -> Any:
        """A form of our own page, with its CSRF token."""
        token = {"csrfmiddlewaretoken": self.cookies[CSRF].value} if CSRF in self.cookies else {}
        answer = self.client.post(_path(path), {**token, **(fields or {})}, **options)
        self._forget_expired()
        return answer

    def _forget_expired(self) -> None:
        """What a browser does at once and the test client's cookies do not."""
        for name, morsel in list(self.cookies.items()):
            if morsel["max-age"] == 0:
                del self.cookies[name]

    def cross_site_post(self, path: str, fields: Mapping[str, str]) -> Any:
        """A form that another site sends: only SameSite=None cookies come with it."""
        withheld = {
            name: morsel for name, morsel in self.cookies.items() if morsel["samesite"] != "None"
        }
        for name in withheld:
            del self.cookies[name]
        answer = self.client.post(_path(path), fields)
        self._forget_expired()
        for name, morsel in withheld.items():
            if name not in self.cookies:
                self.cookies[name] = morsel
        return answer

    def leave(self, slug: str, person: str = "ada", **query: str) -> str:
        """Begins a sign-in; the provider's address, with the person who sits there. By a link, but
        by the form of our page where she says whether she wants to stay.
        """
        if "remember" in query:
            self.get("/sign-in")
            answer = self.post(f"/sign-in/{slug}", query)
        else:
            answer = self.get(f"/sign-in/{slug}", data=query)
        assert answer.status_code == 302, answer.content.decode()
        return f"{answer['Location']}&person={person}"

    def sign_in(self, slug: str = "corp-oidc", person: str = "ada", **query: str) -> Any:
        """The whole way through an OIDC provider; the gateway's last answer."""
        return self.get(visit(self.leave(slug, person, **query)).location)

    def form_post_sign_in(self, slug: str = "corp-oidc", person: str = "ada", **query: str) -> Any:
        """The same, through a provider whose answer is a page that posts itself."""
        page = visit(self.leave(slug, person, **query)).body
        return self.cross_site_post(f"/oidc/{slug}/callback", form_fields(page))

    def saml_sign_in(self, slug: str = "corp-saml", person: str = "ada", **query: str) -> Any:
        return self.answer_saml(slug, self.saml_form(slug, person, **query))

    def saml_form(self, slug: str, person: str, **query: str) -> dict[str, str]:
        page = visit(self.leave(slug, person, **query)).body
        return dict(re.findall(r'name="?(\w+)"? value="([^"]*)"', page))

    def answer_saml(self, slug: str, form: Mapping[str, str]) -> Any:
        return self.cross_site_post(f"/saml/{slug}/acs", form)

    @property
    def token(self) -> SessionToken | None:
        held = self.cookies.get(cookie.NAME)
        header = f"{cookie.NAME}={held.value}" if held is not None else ""
        return cookie.read(header, HOST, wiring.key_ring())

    @property
    def session(self) -> Session | None:
        """Who the store says that this browser is."""
        return wiring.session_store().load(self.token.handle) if self.token else None


def _path(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def state_of(url: str) -> str:
    return parse_qs(urlsplit(url).query)["state"][0]


def oidc_row(idp: Any, slug: str = "corp-oidc", **row: Any) -> Provider:
    """A provider row for the OIDC fake."""
    settings = {
        "issuer": idp.issuer,
        "client_id": "gatehouse",
        "allowed_networks": ["127.0.0.0/8"],
    }
    provider = Provider(
        slug=slug,
        name=row.pop("name", "Corp"),
        protocol="oidc",
        dialect=row.pop("dialect", "plain"),
        settings=settings | row.pop("settings", {}),
        created_at=timezone.now(),
        **row,
    )
    provider.seal_secret("client_secret", "correct horse/battery+staple=%")
    provider.save()
    return provider


def saml_row(idp: Any, keys: Any, slug: str = "corp-saml") -> Provider:
    """A provider row for the SAML fake; `keys` are our side's."""
    provider = Provider(
        slug=slug,
        name="Corp (SAML)",
        protocol="saml",
        dialect="keycloak",
        settings=idp.settings(),
    )
    provider.seal_secret("sp_private_key", keys.key)
    provider.seal_secret("sp_certificate", keys.certificate)
    provider.save()
    return provider
