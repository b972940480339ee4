"""A sign-in that begins at the provider: nothing happens here before the person says yes."""

import re
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest

from gateway import wiring
from gateway.audit.models import AuditEvent
from gateway.flows import carried
from providers.identity import ClaimSet, ExternalIdentity, Subject
from providers.models import Provider
from tests.fakes.saml_logout import by_post
from tests.fakes.saml_messages import Asked
from tests.fakes.saml_provider import PEOPLE, SamlProvider
from tests.fakes.saml_signing import KeyPair, form_field
from tests.journeys.browser import Browser, saml_row
from tests.journeys.conftest import WIKI
from tests.journeys.test_saml_logout import ask, asked

ACS = "http://gateway.corp.localhost:8000/saml/corp-saml/acs"
CONTINUE = "/saml/corp-saml/continue"


@pytest.fixture
def portal(saml_idp: SamlProvider) -> SamlProvider:
    """The provider, allowed to begin."""
    allow(on=True)
    return saml_idp


def allow(*, on: bool) -> None:
    row = Provider.objects.get()
    row.settings |= {"idp_initiated": on}
    row.save()


def form(idp: SamlProvider, person: str = "ben", relay_state: str | None = None) -> dict[str, str]:
    """What the provider's own page of apps posts."""
    asked = Asked(id="", issuer=ACS.replace("/acs", "/metadata"), acs_url=ACS, relay_state="")
    honest = idp.says(asked, PEOPLE[person], datetime.now(UTC))
    said = replace(honest, in_response_to=None, response_in_response_to=None)
    state = {} if relay_state is None else {"RelayState": relay_state}
    return {"SAMLResponse": form_field(idp.answer(said)), **state}


def offered(browser: Browser, fields: dict[str, str]) -> str:
    page = browser.answer_saml("corp-saml", fields)
    assert page.status_code == 200, page.content.decode()
    [offer] = re.findall(r'name="offer" value="([^"]*)"', page.content.decode())
    return str(offer)


def test_the_person_is_shown_as_whom_and_signed_in_once_she_says_yes(
    portal: SamlProvider, browser: Browser
) -> None:
    page = browser.answer_saml("corp-saml", form(portal))
    text = unescape(page.content.decode())
    assert page.status_code == 200
    assert page["Cache-Control"] == "no-store"
    assert "Sign in as Ben Okafor?" in text
    assert "from Corp (SAML) as <strong>ben</strong>" in text
    assert browser.session is None
    assert not AuditEvent.objects.filter(event="login.succeeded").exists()
    [offer] = re.findall(r'name="offer" value="([^"]*)"', text)
    answer = browser.post(CONTINUE, {"offer": offer})
    assert (answer.status_code, answer["Location"]) == (303, "/")
    assert browser.session is not None
    assert browser.session.roles == {"payroll"}
    detail = AuditEvent.objects.get(event="login.succeeded").detail
    assert detail["idp_initiated"] is True


@pytest.mark.parametrize(
    ("relay_state", "leads_to"),
    [
        ("/sign-in", "/sign-in"),
        (f"{WIKI}/reports", f"{WIKI}/reports"),
        ("https://evil.example/", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("something of the provider", "/"),
        ("", "/"),
        (None, "/"),
        ("/" + "x" * 3000, "/"),
    ],
)
def test_where_it_leads_is_a_place_of_ours(
    portal: SamlProvider, browser: Browser, relay_state: str | None, leads_to: str
) -> None:
    offer = offered(browser, form(portal, relay_state=relay_state))
    assert browser.post(CONTINUE, {"offer": offer})["Location"] == leads_to


def test_it_is_refused_where_the_row_does_not_allow_it(
    saml_idp: SamlProvider, browser: Browser
) -> None:
    assert browser.answer_saml("corp-saml", form(saml_idp)).status_code == 400
    allow(on=True)
    Provider.objects.update(enabled=False)
    assert browser.answer_saml("corp-saml", form(saml_idp)).status_code == 400
    assert browser.answer_saml("nobody", form(saml_idp)).status_code == 400
    assert browser.session is None


def test_an_offer_ends_with_the_permission(portal: SamlProvider, browser: Browser) -> None:
    offer = offered(browser, form(portal))
    allow(on=False)
    assert browser.post(CONTINUE, {"offer": offer}).status_code == 400
    allow(on=True)
    Provider.objects.update(enabled=False)
    assert browser.post(CONTINUE, {"offer": offer}).status_code == 400
    Provider.objects.update(enabled=True)
    assert browser.post(CONTINUE, {"offer": offer}).status_code == 303


def test_an_offer_is_taken_up_once_by_a_form_of_ours_at_its_own_provider(
    portal: SamlProvider, service_keys: KeyPair, browser: Browser
) -> None:
    saml_row(SamlProvider(), service_keys, "other")
    Provider.objects.filter(slug="other").update(
        settings=SamlProvider().settings(idp_initiated=True)
    )
    offer = offered(browser, form(portal))
    assert browser.get(CONTINUE).status_code == 405
    assert browser.post("/saml/other/continue", {"offer": offer}).status_code == 400
    assert browser.session is None
    offer = offered(browser, form(portal))
    assert browser.post(CONTINUE, {"offer": offer}).status_code == 303
    assert browser.post(CONTINUE, {"offer": offer}).status_code == 400
    for wrong in ("", "x" * 43, "\0"):
        assert browser.post(CONTINUE, {"offer": wrong}).status_code == 400


def test_nobody_else_s_browser_can_be_made_to_say_yes(
    portal: SamlProvider, browser: Browser
) -> None:
    offer = offered(browser, form(portal))
    victim = Browser()
    assert victim.cross_site_post(CONTINUE, {"offer": offer}).status_code == 403
    assert victim.session is None


def test_the_same_answer_makes_no_second_offer(portal: SamlProvider, browser: Browser) -> None:
    posted = form(portal)
    offered(browser, posted)
    assert browser.answer_saml("corp-saml", posted).status_code == 403
    failed = AuditEvent.objects.get(event="login.failed")
    assert "saml.replay" in failed.detail["problem"]


def test_a_sign_in_that_was_begun_here_is_never_completed_by_it(
    portal: SamlProvider, browser: Browser
) -> None:
    waiting = browser.saml_form("corp-saml", "ada")
    posted = form(portal, relay_state=waiting["RelayState"])
    assert browser.answer_saml("corp-saml", posted).status_code == 403
    assert browser.session is None


def test_the_session_of_before_ends(portal: SamlProvider, browser: Browser) -> None:
    browser.saml_sign_in(person="ada")
    before = browser.token
    offer = offered(browser, form(portal))
    assert wiring.session_store().load(before.handle) is not None  # type: ignore[union-attr]
    browser.post(CONTINUE, {"offer": offer})
    assert wiring.session_store().load(before.handle) is None  # type: ignore[union-attr]
    assert browser.session is not None
    assert browser.session.username == "ben"


def test_what_is_kept_of_an_offer_shows_nobody(portal: SamlProvider, browser: Browser) -> None:
    offer = offered(browser, form(portal))
    redis = wiring.redis_client()
    [key] = redis.keys("gh:cache:unsolicited:*")
    assert offer.encode() not in key
    assert b"ben" not in redis.get(key)
    assert 0 < redis.ttl(key) <= 300


def test_the_person_that_is_kept_is_the_person_that_comes_back() -> None:
    whole = ExternalIdentity(
        provider="corp",
        subject=Subject(issuer="saml:x", value="G-ada"),
        claims=ClaimSet({"groups": ["a", "b"], "name": "Ada", "deep": {"n": [1, None, True]}}),
        username="ada",
        name="Ada",
        email="ada@corp.example",
        email_verified=True,
        authenticated_at=datetime(2026, 11, 23, 9, tzinfo=UTC),
        acr="x",
        amr=("pwd", "otp"),
        upstream_session="_1",
        upstream_names=("name-id G-ada _1", "name-id G-ada"),
        session_ends=datetime(2026, 11, 23, 9, tzinfo=UTC) + timedelta(hours=1),
        logout_hint="hint",
    )
    import json

    for identity in (whole, replace(whole, session_ends=None, email=None, amr=())):
        kept = json.dumps(carried.dumped(identity), default=datetime.isoformat)
        back = carried.loaded(json.loads(kept))
        for part in fields(ExternalIdentity):
            assert getattr(back, part.name) == getattr(identity, part.name), part.name


def test_what_the_provider_ends_while_the_offer_stands_does_not_begin(
    portal: SamlProvider, browser: Browser
) -> None:
    elsewhere = Browser()
    elsewhere.saml_sign_in(person="ben")
    offer = offered(browser, form(portal))
    asked(Browser(), by_post(portal, ask(portal, name_id="G-ben", sessions=())))
    assert browser.post(CONTINUE, {"offer": offer}).status_code == 403
    assert browser.session is None
    assert elsewhere.session is None
