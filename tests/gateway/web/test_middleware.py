"""What every request passes: the right host, a reference, one boundary for errors."""

import logging

import pytest
from django.db import OperationalError
from django.test import Client

from gateway.sessions.session import SessionStoreUnavailable
from gateway.web import errors, middleware
from providers import registry
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
    keys = client.get("/.well-known/jwks.json").json()["keys"]
    assert keys
    for key in keys:
        assert not key.keys() & {"d", "k", "p", "q"}
        assert key["kid"]


def test_every_page_forbids_framing_scripts_of_others_and_sniffing(client: Client) -> None:
    answer = client.get("/sign-in")
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert answer["X-Content-Type-Options"] == "nosniff"
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
    def fail() -> None:
        raise error

    monkeypatch.setattr(registry, "choices", fail)
    with caplog.at_level(logging.WARNING, logger="gateway.errors"):
        answer = client.get("/sign-in")
    text = answer.content.decode()
    assert answer.status_code == status
    assert words in text
    assert str(error) not in text
    assert str(error) in caplog.text
    reference = caplog.records[-1].getMessage()[:8]
    assert reference in text


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
