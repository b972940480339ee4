"""From outside, at a gateway that listens, and through a proxy that spoils what it says."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from wsgiref.types import WSGIApplication

import pytest
from django.core.wsgi import get_wsgi_application
from django.db import connection

from gateway.flows.attack import wire
from providers.attacks.attack import Outcome
from providers.models import Provider
from tests.attack.test_command import attack
from tests.fakes.http_server import serving

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("idp", "saml_idp"),
    pytest.mark.filterwarnings("ignore:Key size should be:Warning"),
]
Spoil = Callable[[list[tuple[str, str]]], list[tuple[str, str]]]


def through(proxy: Spoil) -> WSGIApplication:
    """The gateway behind a proxy that changes its headers."""
    gateway = get_wsgi_application()

    def app(environ: dict[str, Any], start: Any) -> Any:
        environ["REMOTE_ADDR"] = "127.0.0.1"
        answer = gateway(environ, lambda status, headers, *_: start(status, proxy(headers)))
        body = list(answer)
        connection.close()  # this thread's own
        return body

    return app


@contextmanager
def listening(settings: Any, proxy: Spoil) -> Iterator[None]:
    with serving(lambda _environ, _start: []) as server:
        origin = f"http://127.0.0.1:{server.server_port}"
        settings.ENVIRONMENT = replace(settings.ENVIRONMENT, base_url=origin)
        server.app = through(proxy)
        yield


def fired(settings: Any, proxy: Spoil = list) -> dict[str, Outcome]:
    with listening(settings, proxy):
        outcomes = wire.attack(tuple(Provider.objects.all()), step=lambda: None)
    return {each.attack: each for each in outcomes}


def test_whatever_a_stranger_sends_is_answered_as_it_should_be(settings: Any) -> None:
    found = fired(settings)
    assert {n: o.why for n, o in found.items() if o.verdict != "refused"} == {}
    assert {"http.corp-oidc.logout", "http.corp-saml.unsigned", "http.return-to"} <= found.keys()


@pytest.mark.parametrize(
    ("lost", "found"),
    [
        ("set-cookie", {"http.corp-oidc.cookie", "http.corp-saml.cookie"}),
        ("cache-control", {"http.kept", "http.corp-oidc.logout"}),
        ("x-content-type-options", {"http.sniffed"}),
        ("content-security-policy", {"http.scripted"}),
    ],
)
def test_a_proxy_that_loses_a_header_is_found_out(
    settings: Any, lost: str, found: set[str]
) -> None:
    def proxy(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
        return [(name, value) for name, value in headers if name.lower() != lost]

    outcomes = fired(settings, proxy)
    assert {n for n, o in outcomes.items() if o.verdict == "accepted"} == found


def test_a_gateway_that_is_away_proves_nothing(settings: Any) -> None:
    away = "http://127.0.0.1:1"
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, base_url=away)
    status, printed = attack("--http")
    assert (status, f"{away}\n  not proven    http.framed" in printed) == (2, True), printed
