"""What every request passes: the right host, a reference, one boundary for errors."""

import logging
import re
from dataclasses import replace
from typing import Any

import pytest
from django.db import OperationalError
from django.http import HttpResponse
from django.test import Client

from gateway.flows import finding
from gateway.sessions import cookie
from gateway.sessions.session import SessionStoreUnavailable
from gateway.web import errors, middleware
from providers.errors import ProviderUnreachable

HOST = "gateway.corp.localhost:8000"
pytestmark = pytest.mark.usefixtures("db", "redis_url")


@pytest.fixture
def client() -> Client:
    return Client(headers={"Host": HOST}, raise_request_exception=False)


@pytest.mark.parametrize(
    "host",
    ["evil.example", "gateway.corp.localhost", "127.0.0.1:8001", "gateway.corp.localhost:80"],
)
def test_pages_answer_on_the_gateways_own_host_alone(host: str) -> None:
    for path in ("/", "/sign-in", "/admin/", "/entry"):
        assert Client().get(path, headers={"Host": host}).status_code in {400, 404}


def test_keys_and_health_answer_on_the_loopback_address_too() -> None:
    for path in ("/.well-known/jwks.json", "/health/live"):
        assert Client().get(path, headers={"Host": "127.0.0.1:8001"}).status_code == 200


def test_published_keys_are_public_halves(client: Client) -> None:
    answer = client.get("/.well-known/jwks.json")
    assert answer["Content-Security-Policy"] == "default-src 'none'"
    keys = answer.json()["keys"]
    assert keys
    for key in keys:
        assert not key.keys() & {"d", "k", "p", "q"}
        assert key["kid"]


def test_every_page_forbids_framing_scripts_of_others_and_sniffing(client: Client) -> None:
    answer = client.get("/sign-in")
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (ProviderUnreachable("timed out"), 502, "does not answer"),
        (SessionStoreUnavailable("ConnectionError"), 503, "You have not been signed out"),
        (OperationalError("no route to host"), 503, "Nothing is lost"),
        (RuntimeError("secret detail"), 500, "Something broke here"),
    ],
)
def test_an_error_becomes_words_and_a_reference_and_its_text_stays_in_the_log(
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
    status: int,
    words: str,
) -> None:
    def fail(*_args: object) -> None:
        raise error

    monkeypatch.setattr(finding, "offered", fail)
    with caplog.at_level(logging.WARNING, logger="gateway.errors"):
        answer = client.get("/sign-in")
    text = answer.content.decode()
    assert answer.status_code == status
    assert words in text
    assert str(error) not in text
    assert str(error) in caplog.text
    reference = caplog.records[-1].getMessage()[:8]
    assert reference in text


def _told_and_logged(answer: HttpResponse, caplog: pytest.LogCaptureFixture) -> bool:
    [reference] = re.findall(r"\b[A-Z]{8}\b", answer.content.decode())[:1]
    return caplog.records[-1].getMessage().startswith(reference)


@pytest.mark.parametrize(
    ("path", "headers"),
    [("/nowhere", {}), ("/sign-in", {"Host": "evil.example"}), ("/sign-in?" + "f=1&" * 200, {})],
)
def test_the_code_of_a_page_that_no_view_made_is_in_the_log_too(
    client: Client, caplog: pytest.LogCaptureFixture, path: str, headers: dict[str, str]
) -> None:
    with caplog.at_level(logging.INFO, logger="gateway.errors"):
        answer = client.get(path, headers=headers)
    assert _told_and_logged(answer, caplog)


def test_the_code_of_a_forged_form_is_in_the_log_with_its_reason(
    caplog: pytest.LogCaptureFixture,
) -> None:
    strict = Client(headers={"Host": HOST}, enforce_csrf_checks=True)
    answer = strict.post("/link/one-use-secret")
    assert answer.status_code == 403
    assert _told_and_logged(answer, caplog)
    assert "CSRF" in caplog.text
    assert "one-use-secret" not in caplog.text


def test_a_fault_around_the_views_leaves_its_traceback_under_the_code(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_args: object) -> None:
        raise RuntimeError("the key ring is gone")

    monkeypatch.setattr(cookie, "read", broken)
    answer = client.get("/sign-in")
    assert answer.status_code == 500
    assert _told_and_logged(answer, caplog)
    assert "Traceback" in caplog.text
    assert "the key ring is gone" in caplog.text
    assert "the key ring is gone" not in answer.content.decode()


def test_over_tls_browsers_are_told_to_stay_with_it(client: Client, settings: Any) -> None:
    assert "Strict-Transport-Security" not in client.get("/sign-in")
    secure = replace(settings.ENVIRONMENT, base_url="https://gateway.corp.example")
    settings.ENVIRONMENT, settings.SECURE_HSTS_SECONDS = secure, 31_536_000
    settings.ALLOWED_HOSTS = ["gateway.corp.example"]
    answer = Client(headers={"Host": "gateway.corp.example"}).get("/sign-in")
    assert answer["Strict-Transport-Security"] == "max-age=31536000"


def test_an_unknown_page_is_told_calmly(client: Client) -> None:
    answer = client.get("/nowhere")
    assert answer.status_code == 404
    assert "There is no such page" in answer.content.decode()


def test_a_reference_is_eight_letters_that_cannot_be_misheard() -> None:
    reference = middleware.new_reference()
    assert len(reference) == 8
    assert set(reference) <= set(middleware.ALPHABET)
    assert not set("ILOU01") & set(middleware.ALPHABET)


def test_the_status_of_every_error_is_one_of_an_error() -> None:
    assert all(400 <= text.status < 600 for text in errors.ERRORS.values())
