"""Whoever signs in can be found: since when, by which provider, from where, in which apps."""

import pytest
from django.utils import timezone

from gateway.sign_ins.models import SignIn
from gateway.sign_ins.search import Search
from tests.fakes.oidc_provider import OidcProvider
from tests.fakes.saml_provider import SamlProvider
from tests.journeys.browser import Browser
from tests.journeys.conftest import WIKI

pytestmark = pytest.mark.usefixtures("idp")


def row_of(browser: Browser) -> SignIn:
    assert browser.token is not None
    return SignIn.objects.get(handle=browser.token.handle)


def test_a_sign_in_stands_in_the_index_with_its_provider_and_address(browser: Browser) -> None:
    browser.client.defaults["HTTP_X_FORWARDED_FOR"] = "198.51.100.7"
    browser.sign_in()
    row, session = row_of(browser), browser.session
    assert (row.provider, row.address, str(row.account_id)) == (
        *("corp-oidc", "198.51.100.7"),
        session.account,
    )
    assert row.expires_at.replace(microsecond=0) == session.expires_at
    assert row.known_until == row.started_at + session.idle_for
    assert list(Search(address="198.51.100.7").live()) == [row]


def test_a_saml_sign_in_does_too(saml_idp: SamlProvider, browser: Browser) -> None:
    browser.saml_sign_in()
    assert row_of(browser).provider == "corp-saml"


def test_an_app_that_she_enters_is_noted_once(browser: Browser) -> None:
    browser.sign_in()
    for _ in range(2):
        browser.get(f"/entry?id=abcdefgh&nonce={'0' * 64}&origin={WIKI}")
    [entered] = row_of(browser).entered.all()
    assert entered.relying_party == "wiki"
    assert entered.first_at <= timezone.now()


def test_a_session_that_its_browser_signed_in_anew_over_is_marked(browser: Browser) -> None:
    browser.sign_in(person="ada")
    old = row_of(browser)
    browser.sign_in(person="ben")
    old.refresh_from_db()
    assert old.end_reason == "signed in anew"
    assert [row.handle for row in Search().live()] == [browser.token.handle]


def test_a_session_whose_person_signs_out_is_marked(browser: Browser) -> None:
    browser.sign_in()
    row = row_of(browser)
    browser.get("/")
    browser.post("/sign-out")
    row.refresh_from_db()
    assert (row.end_reason, row.ended_by) == ("sign-out", str(row.account_id))


def test_a_sign_in_that_is_not_committed_leaves_neither_row_nor_session(
    idp: OidcProvider, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gateway import wiring
    from gateway.flows import sign_ins

    def full(*_: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(sign_ins, "keep", full)
    browser.client.raise_request_exception = False
    assert browser.sign_in().status_code == 500
    assert not SignIn.objects.exists()
    assert not [key for key in wiring.redis_client().keys("gh:*") if b"}:s:" in key]
