"""A test sign-in from the console: judged like a real one, and nobody is signed in."""

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
import redis
from django.utils import timezone

from gateway import wiring
from gateway.audit.models import AuditEvent
from gateway.flows import limits, login, pending, trial
from gateway.flows.shadow import Beside
from gateway.flows.visitor import Visitor
from gateway.sessions import cookie
from gateway.traces.models import LoginTrace
from mapping import models as mapping_models
from providers.connector import AuthenticationResponse
from providers.errors import RequestUnknown
from providers.models import Provider
from provisioning.models import Account
from tests.fakes.oidc_provider import OidcProvider
from tests.fakes.saml_provider import SamlProvider
from tests.journeys.browser import Browser, oidc_row, state_of, visit
from tests.journeys.test_rehearsal import rows
from tests.journeys.trying import admin, comes_back, page_of, result_of, sets_out

PENDING = "__Host-gatehouse-login."


@pytest.fixture
def desk(idp: OidcProvider, browser: Browser) -> Browser:
    """Dora, signed in at corp-oidc; next-oidc is connected but switched off."""
    oidc_row(idp, "next-oidc", name="Next", enabled=False)
    return admin(browser)


def pending_of(browser: Browser) -> str:
    [name] = [name for name in browser.cookies if name.startswith(PENDING)]
    return name


def test_the_page_shows_checks_claims_account_and_roles_of_a_provider_that_is_off(
    desk: Browser,
) -> None:
    page = result_of(desk, "next-oidc")
    for shown in (
        "Next: this sign-in would work",
        "Nothing was changed, nobody was signed in.",
        "id_token.aud",
        "account.admitted",
        "ada@corp.example",
        "A new account would be made.",
        "gains deployer",
        "rule deployers v1",
        "/engineering/platform",
    ):
        assert shown in page, shown


def test_a_role_that_would_not_count_is_not_said_to_be_gained(desk: Browser) -> None:
    in_force = mapping_models.active()
    content = in_force.plain()
    leavers = {"id": "leavers", "when": {"provider": ["next-oidc"]}, "denies": ["deployer"]}
    content["rules"] = [*content["rules"], leavers]
    mapping_models.publish(content, based_on=in_force.version, by="dora", now=timezone.now())
    page = result_of(desk, "next-oidc")
    assert "deployer would not count" in page
    assert "it is given, and denied by rule leavers v2" in page
    assert "gains deployer" not in page


def test_it_changes_nothing_but_the_record_and_her_session_stays(
    desk: Browser, redis_url: str
) -> None:
    before, token, cookies = rows(), desk.token, desk.cookies[cookie.NAME].value
    result_of(desk, "next-oidc")
    assert (desk.token, desk.cookies[cookie.NAME].value) == (token, cookies)
    assert desk.session is not None
    after = rows()
    [event] = AuditEvent.objects.filter(event="provider.tested")
    assert event.actor == desk.session.account
    assert event.detail == {"provider": "next-oidc", "failed_check": ""}
    changed = {label for label in before if before[label] != after[label]}
    assert changed == {AuditEvent._meta.label}
    assert not Account.objects.filter(username="ada").exists()
    assert [name for name in desk.cookies if name.startswith(PENDING)] == []


def test_it_leaves_by_the_very_address_that_real_sign_ins_come_back_to(desk: Browser) -> None:
    query = parse_qs(urlsplit(sets_out(desk, "next-oidc")).query)
    assert query["redirect_uri"] == ["http://gateway.corp.localhost:8000/oidc/next-oidc/callback"]


def test_the_provider_may_be_let_ask_anew_who_it_is(desk: Browser) -> None:
    assert "prompt=" not in sets_out(desk, "next-oidc")
    assert "prompt=login" in desk.post(page_of("next-oidc"), {"fresh": "1"})["Location"]


def test_what_a_provider_said_runs_in_no_page(idp: OidcProvider, desk: Browser) -> None:
    hostile = "<script>alert(1)</script>"
    idp.lie.userinfo |= {hostile: hostile, "name": hostile, "groups": [f"/engineering/{hostile}"]}
    page = result_of(desk, "next-oidc")
    assert "&lt;script&gt;" in page
    assert hostile not in page


def test_form_post_too(desk: Browser) -> None:
    row = Provider.objects.get(slug="next-oidc")
    row.settings |= {"response_mode": "form_post"}
    row.save()
    token = desk.token
    assert "gains deployer" in result_of(desk, "next-oidc")
    assert desk.token == token


def test_saml_too(saml_idp: SamlProvider, browser: Browser) -> None:
    admin(browser, slug="corp-saml")
    Provider.objects.update(enabled=False)
    token = browser.token
    page = result_of(browser, "corp-saml", "ben")
    for shown in ("this sign-in would work", "saml.audience", "ben@corp.example", "gains payroll"):
        assert shown in page, shown
    assert browser.token == token
    assert browser.session is not None


def test_a_check_that_fails_is_shown_with_both_sides_and_the_remedy(
    idp: OidcProvider, desk: Browser
) -> None:
    idp.lie.claims["aud"] = "payroll"
    page = result_of(desk, "next-oidc")
    for shown in ("this sign-in would fail", "id_token.aud", "payroll", "as client_id here"):
        assert shown in page, shown
    assert AuditEvent.objects.get(event="provider.tested").detail["failed_check"] == "id_token.aud"
    assert not LoginTrace.objects.filter(provider="next-oidc").exists()
    assert not AuditEvent.objects.filter(event="login.failed").exists()


def test_the_providers_no_ends_on_the_result_page(desk: Browser) -> None:
    assert "provider.refused.access_denied" in result_of(desk, "next-oidc", "nobody")


def test_a_provider_that_cannot_even_be_left_for_ends_there_at_once(desk: Browser) -> None:
    row = Provider.objects.get(slug="next-oidc")
    row.settings |= {"issuer": "http://127.0.0.1:1/nobody"}
    row.save()
    desk.get(page_of("next-oidc"))
    answer = desk.post(page_of("next-oidc"))
    assert answer.status_code == 303
    page = desk.get(answer["Location"]).content.decode()
    assert "provider.unreachable" in page


def test_secrets_are_on_no_page_and_nowhere_in_redis_in_clear(
    idp: OidcProvider, desk: Browser, redis_url: str
) -> None:
    address = sets_out(desk, "next-oidc")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    answer = comes_back(desk, "next-oidc", address)
    page = desk.get(answer["Location"]).content.decode()
    with redis.Redis.from_url(redis_url) as client:
        kept = [client.get(key) for key in client.keys("gh:cache:trial:*")]
        assert 0 < client.ttl(client.keys("gh:cache:trial:*")[0]) <= 600
    text = page + repr(kept)
    assert "ada@corp.example" not in repr(kept)
    for secret in (asked["state"], asked["nonce"], "eyJ", *idp.access_tokens):
        assert secret not in text


def test_the_result_is_hers_alone_and_of_this_provider(desk: Browser) -> None:
    answer = comes_back(desk, "next-oidc", sets_out(desk, "next-oidc"))
    name = answer["Location"].rpartition("/")[2]
    assert desk.get(f"{page_of('corp-oidc')}{name}").status_code == 404
    assert desk.get(f"{page_of('next-oidc')}made-up").status_code == 404
    other = Browser()
    other.sign_in(person="ada")
    ada = Account.objects.get(username="ada")
    ada.is_staff = ada.is_superuser = True
    ada.save()
    assert other.get(page_of("next-oidc")).status_code == 200
    assert other.get(answer["Location"]).status_code == 404


def test_whoever_may_not_change_providers_tests_none(idp: OidcProvider, browser: Browser) -> None:
    admin(browser, may="view_provider")
    assert browser.get(page_of("corp-oidc")).status_code == 403
    assert browser.post(page_of("corp-oidc")).status_code == 403


def test_strangers_are_sent_to_the_door(idp: OidcProvider, browser: Browser) -> None:
    answer = browser.get(page_of("corp-oidc"))
    assert answer.status_code == 302
    assert "sign-in" in browser.get(answer["Location"])["Location"]


def test_a_link_on_another_site_begins_no_test(desk: Browser) -> None:
    assert desk.client.post(page_of("next-oidc")).status_code == 403


def test_for_everybody_else_the_provider_stays_off(desk: Browser) -> None:
    person = Browser()
    assert person.get("/sign-in/next-oidc").status_code == 404


def test_a_test_makes_no_sign_in_even_of_a_provider_that_is_enabled(
    idp: OidcProvider, desk: Browser
) -> None:
    """The pending login is of a test, whatever browser brings it and whether it shows a session."""
    back = visit(sets_out(desk, "corp-oidc")).location
    sealed = pending_of(desk)
    other = Browser()
    other.cookies[sealed] = desk.cookies[sealed].value
    answer = other.get(back)
    assert cookie.NAME not in answer.cookies
    assert other.session is None
    assert not Account.objects.filter(username="ada").exists()


def test_no_flow_takes_what_was_begun_for_the_other(desk: Browser) -> None:
    """Whichever view a pending login came by, and whatever the answer."""
    now = timezone.now()
    response = AuthenticationResponse(method="GET", fields={})
    address = sets_out(desk, "corp-oidc")
    sealed = desk.cookies[pending_of(desk)].value
    test = pending.read(sealed, state_of(address), "corp-oidc", now)
    with pytest.raises(RequestUnknown, match="not to sign in"):
        login.complete(
            test,
            response,
            visitor=Visitor(address="192.0.2.7"),
            beside=Beside(),
            reference="",
            now=now,
        )
    with pytest.raises(RequestUnknown, match="not to try"):
        trial.finish(replace(test, tried_by=None), response, browser_session=None, now=now)


def test_a_sign_in_makes_no_test(idp: OidcProvider, desk: Browser) -> None:
    """What was begun to sign in, while the provider was on, is no way into one that is off."""
    person = Browser()
    back = visit(person.leave("corp-oidc")).location
    Provider.objects.update(enabled=False)
    answer = person.get(back)
    assert answer.status_code == 404
    assert not AuditEvent.objects.filter(event="provider.tested").exists()


def test_a_test_ends_with_the_session_that_began_it(desk: Browser) -> None:
    address = sets_out(desk, "next-oidc")
    assert desk.token is not None
    wiring.session_store().end(desk.token.handle)
    assert comes_back(desk, "next-oidc", address).status_code == 400
    assert not AuditEvent.objects.filter(event="provider.tested").exists()


def test_a_test_ends_with_the_permission(desk: Browser) -> None:
    address = sets_out(desk, "next-oidc")
    Account.objects.update(is_staff=False)
    assert comes_back(desk, "next-oidc", address).status_code == 400


def test_a_test_that_comes_back_to_another_session_is_refused(
    idp: OidcProvider, desk: Browser
) -> None:
    address = sets_out(desk, "next-oidc")
    other = Browser()
    other.sign_in(person="ben")
    sealed = pending_of(desk)
    other.cookies[sealed] = desk.cookies[sealed].value
    assert comes_back(other, "next-oidc", address).status_code == 400


def test_an_answer_counts_once(desk: Browser) -> None:
    back = visit(sets_out(desk, "next-oidc")).location
    sealed = pending_of(desk)
    value = desk.cookies[sealed].value
    assert desk.get(back).status_code == 303
    desk.cookies[sealed] = value
    assert desk.get(back).status_code == 400


def test_tests_spend_none_of_the_persons_own_tries(idp: OidcProvider, desk: Browser) -> None:
    for _ in range(limits.Limit.LOGIN.value[1] + 1):
        comes_back(desk, "next-oidc", sets_out(desk, "next-oidc"))
    assert Browser().sign_in(person="ada").status_code == 303
