"""Signing in where the provider asks more of its client: keys, pushed requests, forms, ciphers."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from gateway.audit.models import AuditEvent
from gateway.flows import configure, provider_keys
from gateway.flows.configuration import WantedProvider
from providers.models import Provider
from providers.oidc.client_keys import KeyKind
from tests.fakes.oidc_encryption import Encryption
from tests.fakes.oidc_provider import OidcProvider
from tests.journeys.browser import HOST, Browser, visit

STRICT = {
    "token_endpoint_auth_method": "private_key_jwt",
    "id_token_encrypted": True,
    "userinfo": "encrypted",
    "response_mode": "form_post",
}


def connect(idp: OidcProvider, **settings: Any) -> None:
    """As an administrator does it: keys, then the row that needs them; the provider after it."""
    row = Provider.objects.get(slug="corp-oidc")
    wanted = WantedProvider(
        slug=row.slug,
        name=row.name,
        protocol=row.protocol,
        dialect=row.dialect,
        settings={**row.settings, **settings},
    )
    configure.save_provider(wanted, actor="operator", now=timezone.now())


def published() -> dict[str, Any]:
    """As whoever asks for it gets it."""
    answer = Browser().get("/oidc/corp-oidc/jwks.json")
    return dict(answer.json())


@pytest.fixture
def strict(idp: OidcProvider) -> OidcProvider:
    """A provider that has every demand at once, and takes our keys from where we publish them."""
    provider_keys.make_first("corp-oidc", KeyKind.EC, now=timezone.now())
    connect(idp, **STRICT)
    document = published()
    idp.client.method, idp.client.jwks = "private_key_jwt", lambda: document
    idp.pushed.only = idp.id_token_encrypted = True
    idp.userinfo_form, idp.encryption = "encrypted", Encryption(jwks=lambda: document)
    return idp


def test_a_provider_with_every_demand_signs_her_in(strict: OidcProvider, browser: Browser) -> None:
    address = browser.leave("corp-oidc")
    assert "state" not in address
    assert "nonce" not in address
    answer = browser.form_post_sign_in()
    assert answer.status_code == 303, answer.content.decode()
    assert browser.session is not None
    assert (browser.session.name, browser.session.roles) == ("Ada Byron", {"deployer"})


def test_nobody_notices_that_keys_are_turned_over(strict: OidcProvider, browser: Browser) -> None:
    provider_keys.publish_next("corp-oidc", now=timezone.now())
    assert browser.form_post_sign_in().status_code == 303
    seen = published()
    provider_keys.promote("corp-oidc", early=True, now=timezone.now())
    strict.client.jwks = lambda: seen  # and it still encrypts to the old one
    assert browser.form_post_sign_in().status_code == 303


def test_an_answer_by_form_comes_back_to_where_she_began_and_ends_the_session_before(
    strict: OidcProvider, browser: Browser
) -> None:
    browser.form_post_sign_in()
    before = browser.token
    answer = browser.form_post_sign_in(return_to="/sign-in")
    assert answer["Location"] == "/sign-in"
    assert before is not None
    assert browser.token != before


@pytest.mark.parametrize("fields", [{}, {"code": "1"}, {"state": "x", "code": "1"}, {"error": "x"}])
def test_a_form_that_nobody_asked_for_is_a_page_and_signs_nobody_out(
    strict: OidcProvider, browser: Browser, fields: dict[str, str]
) -> None:
    browser.form_post_sign_in()
    assert browser.cross_site_post("/oidc/corp-oidc/callback", fields).status_code == 400
    assert browser.session is not None


def test_the_other_method_than_the_row_says_signs_nobody_in(
    idp: OidcProvider, browser: Browser
) -> None:
    location = visit(browser.leave("corp-oidc")).location
    fields = dict(parse_qsl(urlsplit(location).query))
    answer = browser.cross_site_post("/oidc/corp-oidc/callback", fields)
    assert answer.status_code == 403
    assert browser.session is None
    failed = AuditEvent.objects.get(event="login.failed")
    assert str(failed.detail["problem"]).startswith("response.method")


@pytest.mark.parametrize("method", ["put", "delete", "patch", "head", "options"])
def test_no_other_method_is_known_at_the_callback(idp: OidcProvider, method: str) -> None:
    answer = getattr(Client(headers={"Host": HOST}), method)("/oidc/corp-oidc/callback")
    assert answer.status_code == 405


def test_a_pushed_request_that_is_refused_is_a_page_with_a_code(
    strict: OidcProvider, browser: Browser
) -> None:
    strict.lie.answers["par"] = (400, b'{"error": "invalid_request"}')
    answer = browser.get("/sign-in/corp-oidc")
    assert answer.status_code == 403
    assert "Your company did not let you in" in answer.content.decode()


def test_no_record_shows_a_token_a_reference_or_a_key(
    strict: OidcProvider, browser: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    browser.form_post_sign_in()
    told = caplog.text + "".join(str(row.detail) for row in AuditEvent.objects.all())
    for secret in ("eyJ", "urn:ietf:params:oauth:request_uri", '"d"', "PRIVATE KEY"):
        assert secret not in told
