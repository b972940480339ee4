"""Signing in over SAML, and the same person at two providers."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from lxml import etree

from gateway import wiring
from providers.connector import PostBinding
from providers.models import Provider
from providers.saml.envelope import inflated
from provisioning.models import Account, HeldRole, LinkedIdentity, ProfileValue
from tests.fakes.oidc_provider import OidcProvider
from tests.fakes.saml_provider import PEOPLE, SamlProvider, asked
from tests.fakes.saml_question import question_of
from tests.fakes.saml_signing import KeyPair, form_field
from tests.journeys.browser import Browser

pytestmark = pytest.mark.usefixtures("saml_idp")


def test_a_first_sign_in_makes_the_account_its_roles_and_a_session(
    saml_idp: SamlProvider, browser: Browser
) -> None:
    answer = browser.saml_sign_in(person="ben", return_to="/sign-in")
    assert (answer.status_code, answer["Location"]) == (303, "/sign-in")
    linked = LinkedIdentity.objects.get()
    assert (linked.issuer, linked.subject) == (f"saml:{saml_idp.entity_id}", "G-ben")
    assert linked.account.name == "Ben Okafor"
    assert browser.session is not None
    assert browser.session.roles == {"payroll"}


def test_the_session_of_before_ends_though_its_cookie_does_not_come_with_the_post(
    browser: Browser,
) -> None:
    browser.saml_sign_in(person="ben")
    before = browser.token
    browser.saml_sign_in(person="ben")
    assert before is not None
    assert browser.token != before
    assert wiring.session_store().load(before.handle) is None


def test_use_another_account_makes_the_provider_ask_again(
    saml_idp: SamlProvider, browser: Browser
) -> None:
    def asked(**query: str) -> str | None:
        request = parse_qs(urlsplit(browser.leave("corp-saml", **query)).query)["SAMLRequest"][0]
        return etree.fromstring(inflated(request)).get("ForceAuthn")

    assert asked(fresh="1") == "true"
    assert asked() is None


def test_of_two_tabs_the_later_ends_the_session_of_the_earlier(browser: Browser) -> None:
    """Both were begun before there was a session, and no session cookie comes with the second."""
    one, two = browser.saml_form("corp-saml", "ben"), browser.saml_form("corp-saml", "ben")
    browser.answer_saml("corp-saml", one)
    earlier = browser.token
    assert browser.answer_saml("corp-saml", two).status_code == 303
    assert earlier is not None
    assert wiring.session_store().load(earlier.handle) is None
    assert browser.session is not None


def test_the_note_of_the_earlier_session_goes_with_the_last_tab_and_is_worth_nothing_made_up(
    browser: Browser,
) -> None:
    one, two = browser.saml_form("corp-saml", "ben"), browser.saml_form("corp-saml", "ben")
    browser.answer_saml("corp-saml", one)
    note = browser.cookies["__Host-gatehouse-earlier"]
    assert (note["samesite"], note["secure"], note["httponly"]) == ("None", True, True)
    earlier = browser.token.handle
    note.set(note.key, earlier, earlier)
    assert browser.answer_saml("corp-saml", two).status_code == 303
    assert wiring.session_store().load(earlier) is not None
    assert "__Host-gatehouse-earlier" not in browser.cookies


def test_the_same_answer_twice_is_refused(browser: Browser) -> None:
    form = browser.saml_form("corp-saml", "ben")
    assert browser.answer_saml("corp-saml", form).status_code == 303
    assert browser.answer_saml("corp-saml", form).status_code == 400


def test_an_answer_in_another_browser_is_refused(browser: Browser) -> None:
    form = browser.saml_form("corp-saml", "ben")
    victim = Browser()
    victim.leave("corp-saml")
    assert victim.answer_saml("corp-saml", form).status_code == 400
    assert victim.session is None


def test_a_provider_that_wants_the_request_posted_gets_a_form_that_leaves_by_itself(
    saml_idp: SamlProvider, service_keys: KeyPair, browser: Browser
) -> None:
    row = Provider.objects.get()
    row.settings |= {"sso_binding": "post"}
    row.save()
    page = browser.get("/sign-in/corp-saml")
    assert page.status_code == 200, page.content.decode()
    assert "form-action 'self' https: http:" in page["Content-Security-Policy"]
    text = page.content.decode()
    assert f'action="{saml_idp.base_url}/sso"' in text
    fields = dict(re.findall(r'name="(SAMLRequest|RelayState)" value="([^"]*)"', text))
    binding = PostBinding(url=f"{saml_idp.base_url}/sso", fields=fields)
    said = saml_idp.says(
        question_of(binding, service_keys.certificate), PEOPLE["ben"], datetime.now(UTC)
    )
    form = {
        "SAMLResponse": form_field(saml_idp.answer(said)),
        "RelayState": fields["RelayState"],
    }
    assert browser.answer_saml("corp-saml", form).status_code == 303
    assert browser.session is not None


@pytest.mark.parametrize(("hours", "lives"), [(1, 1), (11, 10)])
def test_no_session_outlives_that_of_the_provider(
    saml_idp: SamlProvider, service_keys: KeyPair, browser: Browser, hours: int, lives: int
) -> None:
    url = browser.leave("corp-saml").partition("&person=")[0]
    question = asked(urlsplit(url).query, service_keys.certificate)
    now = datetime.now(UTC).replace(microsecond=0)
    said = replace(
        saml_idp.says(question, PEOPLE["ben"], now), session_ends=now + timedelta(hours=hours)
    )
    form = {
        "SAMLResponse": form_field(saml_idp.answer(said)),
        "RelayState": question.relay_state,
    }
    assert browser.answer_saml("corp-saml", form).status_code == 303
    assert browser.session is not None
    late = browser.session.expires_at - (now + timedelta(hours=lives))
    assert timedelta(0) <= late < timedelta(seconds=10)


def test_an_answer_that_nobody_asked_for_is_refused(browser: Browser) -> None:
    form = browser.saml_form("corp-saml", "ben") | {"RelayState": "/admin/"}
    assert browser.answer_saml("corp-saml", form).status_code == 400
    assert browser.answer_saml("corp-saml", {"SAMLResponse": "PGE+"}).status_code == 400
    assert browser.client.get("/saml/corp-saml/acs").status_code == 405


def test_an_answer_to_one_login_does_not_complete_another(browser: Browser) -> None:
    first = browser.saml_form("corp-saml", "ben")
    second = browser.saml_form("corp-saml", "ada")
    swapped = {"SAMLResponse": first["SAMLResponse"], "RelayState": second["RelayState"]}
    assert browser.answer_saml("corp-saml", swapped).status_code == 403


def test_our_metadata_stands_at_a_stable_address(browser: Browser) -> None:
    answer = browser.get("/saml/corp-saml/metadata")
    text = answer.content.decode()
    assert answer.status_code == 200
    assert 'entityID="http://gateway.corp.localhost:8000/saml/corp-saml/metadata"' in text
    assert "http://gateway.corp.localhost:8000/saml/corp-saml/acs" in text
    assert browser.get("/saml/nobody/metadata").status_code == 404


def test_one_person_at_two_providers_keeps_the_roles_of_each_apart(
    idp: OidcProvider, browser: Browser
) -> None:
    browser.sign_in("corp-oidc", "ada")
    account = Account.objects.get()
    # Both identities are hers: an administrator has joined them.
    browser.saml_sign_in("corp-saml", "ben")
    other = Account.objects.exclude(pk=account.pk).get()
    LinkedIdentity.objects.filter(account=other).update(account=account)
    HeldRole.objects.filter(account=other).update(account=account)
    ProfileValue.objects.filter(account=other).update(account=account)
    browser.saml_sign_in("corp-saml", "ben")
    assert browser.session is not None
    assert browser.session.account == str(account.pk)
    assert browser.session.roles == {"deployer", "payroll"}
    browser.sign_in("corp-oidc", "ada")
    assert browser.session.roles == {"deployer", "payroll"}
    # What one provider gave goes when that provider says so, and only then.
    idp.people["ada"] = replace(idp.people["ada"], groups=())
    browser.sign_in("corp-oidc", "ada")
    assert browser.session.roles == {"payroll"}
