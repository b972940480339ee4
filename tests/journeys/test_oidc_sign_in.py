"""Signing in over OIDC, from the start view to the session, against a provider that signs."""

from dataclasses import replace

import pytest
from django.utils import timezone

from gateway import wiring
from gateway.audit.models import AuditEvent
from gateway.flows import deliver, roles
from provisioning.models import Account, HeldRole, LinkedIdentity
from tests.fakes.oidc_provider import OidcProvider
from tests.gateway.leaving import close
from tests.journeys.browser import Browser, oidc_row, visit

pytestmark = pytest.mark.usefixtures("idp")


def events() -> list[str]:
    return list(AuditEvent.objects.order_by("id").values_list("event", flat=True))


def move(idp: OidcProvider, person: str, *groups: str) -> None:
    idp.people[person] = replace(idp.people[person], groups=groups)


def test_a_first_sign_in_makes_the_account_its_link_its_roles_and_a_session(
    browser: Browser,
) -> None:
    answer = browser.sign_in(person="ada")
    assert (answer.status_code, answer["Location"]) == (303, "/")
    account = Account.objects.get()
    assert (account.username, account.name, account.email) == (
        "ada",
        "Ada Byron",
        "ada@corp.example",
    )
    assert not account.has_usable_password()
    linked = LinkedIdentity.objects.get()
    assert (linked.account, linked.subject) == (account, "ada-0001")
    held = HeldRole.objects.get()
    assert (held.role.name, held.rule, held.ruleset_version) == ("deployer", "deployers", 1)
    assert "/engineering/platform" in held.because[0]
    session = browser.session
    assert session is not None
    assert session.roles == {"deployer"}
    assert (session.account, session.provider) == (str(account.pk), "corp-oidc")
    assert events() == [
        "account.created",
        "identity.linked",
        "profile.changed",
        "role.gained",
        "login.succeeded",
    ]


def test_a_returning_person_keeps_her_account_and_follows_her_groups(
    idp: OidcProvider, browser: Browser
) -> None:
    browser.sign_in(person="ada")
    account = Account.objects.get()
    now = timezone.now()
    roles.grant_by_hand(account=str(account.pk), role="auditor", actor="dora", now=now)
    move(idp, "ada", "/finance/payroll")
    browser.sign_in(person="ada")
    assert Account.objects.get() == account
    assert browser.session is not None
    assert browser.session.roles == {"payroll", "auditor"}
    held = {(row.role.name, row.origin) for row in HeldRole.objects.all()}
    assert held == {("payroll", "rule"), ("auditor", "hand")}


def test_a_lost_role_leaves_her_other_live_session_before_the_commit(
    idp: OidcProvider, browser: Browser
) -> None:
    elsewhere = Browser()
    elsewhere.sign_in(person="ada")
    move(idp, "ada")
    browser.sign_in(person="ada")
    assert elsewhere.session is not None
    assert elsewhere.session.roles == frozenset()


def test_a_gained_role_reaches_her_other_live_session_after_the_commit_alone(
    idp: OidcProvider, browser: Browser
) -> None:
    elsewhere = Browser()
    elsewhere.sign_in(person="ada")
    move(idp, "ada", "/finance/payroll")  # one lost, one gained
    browser.sign_in(person="ada")
    assert elsewhere.session is not None
    assert elsewhere.session.roles == frozenset()
    deliver.deliver(now=timezone.now())
    assert elsewhere.session.roles == {"payroll"}


def test_the_session_of_before_ends_and_its_name_is_never_used_again(browser: Browser) -> None:
    browser.sign_in(person="ada")
    before = browser.token
    browser.sign_in(person="ada")
    assert before is not None
    assert browser.token is not None
    assert browser.token.secret != before.secret
    assert wiring.session_store().load(before.handle) is None


def test_a_planted_session_cookie_is_not_taken_over(browser: Browser) -> None:
    attacker = Browser()
    attacker.sign_in(person="cleo")
    browser.cookies.update(attacker.cookies)
    browser.sign_in(person="ada")
    assert browser.token != attacker.token
    assert attacker.session is None


def test_a_deactivated_person_is_told_so_and_gets_no_session(browser: Browser) -> None:
    browser.sign_in(person="ada")
    account = str(Account.objects.get().pk)
    close(account)
    assert browser.session is None
    answer = browser.sign_in(person="ada")
    assert answer.status_code == 403
    assert "Your account is closed" in answer.content.decode()
    assert browser.session is None


def test_a_refusal_says_what_to_do_and_leaves_one_code_for_page_and_record(
    browser: Browser,
) -> None:
    answer = browser.sign_in(person="nobody")
    text = answer.content.decode()
    assert answer.status_code == 403
    assert "Your company did not let you in" in text
    failed = AuditEvent.objects.get(event="login.failed")
    assert failed.detail["code"] == "provider.refused"
    assert len(failed.reference) == 8
    assert failed.reference in text


def test_use_another_account_makes_the_provider_ask_again(browser: Browser) -> None:
    assert "prompt=login" in browser.leave("corp-oidc", fresh="1")
    assert "prompt=" not in browser.leave("corp-oidc")


def test_the_provider_that_she_came_from_is_the_one_big_button_next_time(
    idp: OidcProvider, browser: Browser
) -> None:
    oidc_row(idp, slug="partners", name="Partners")
    browser.sign_in()
    browser.post("/sign-out")
    browser.leave("partners")  # she set out and never came back
    page = browser.get("/sign-in").content.decode()
    assert page.index("Continue with Corp") < page.index("or use another")
    assert page.index("Continue with Partners") > page.index("or use another")


def test_one_person_who_signs_in_over_and_over_is_slowed_down_and_others_are_not(
    browser: Browser,
) -> None:
    statuses = [browser.sign_in(person="ada").status_code for _ in range(31)]
    assert statuses == [303] * 30 + [429]
    assert browser.sign_in(person="ben").status_code == 303


def test_two_tabs_each_come_back_to_where_they_began(browser: Browser) -> None:
    one = browser.leave("corp-oidc", return_to="/admin/")
    two = browser.leave("corp-oidc", return_to="/")
    assert browser.get(visit(two).location)["Location"] == "/"
    assert browser.get(visit(one).location)["Location"] == "/admin/"


def test_the_second_tab_ends_the_session_of_the_first(browser: Browser) -> None:
    one, two = browser.leave("corp-oidc"), browser.leave("corp-oidc")
    browser.get(visit(one).location)
    first = browser.token
    browser.get(visit(two).location)
    assert first is not None
    assert wiring.session_store().load(first.handle) is None


def test_at_most_five_logins_wait_in_one_browser(browser: Browser) -> None:
    oldest, *others = [browser.leave("corp-oidc") for _ in range(6)]
    assert browser.get(visit(oldest).location).status_code == 400
    assert browser.get(visit(others[0]).location).status_code == 303


def test_the_back_button_brings_a_page_that_says_to_begin_again(browser: Browser) -> None:
    callback = visit(browser.leave("corp-oidc")).location
    assert browser.get(callback).status_code == 303
    again = browser.get(callback)
    assert again.status_code == 400
    assert "took too long or was used before" in again.content.decode()
    assert browser.session is not None


def test_an_answer_in_another_browser_is_refused(browser: Browser) -> None:
    callback = visit(browser.leave("corp-oidc")).location
    victim = Browser()
    assert victim.get(callback).status_code == 400
    assert victim.session is None


def test_a_used_state_is_refused_even_with_its_cookie(browser: Browser) -> None:
    url = browser.leave("corp-oidc")
    callback = visit(url).location
    kept = browser.cookies.copy()
    browser.get(callback)
    browser.cookies.update(kept)
    fresh_code = visit(url).location
    assert browser.get(fresh_code).status_code == 400


@pytest.mark.parametrize("query", ["", "error=access_denied", "error=x&state=y", "code=1&state=2"])
def test_a_callback_that_nobody_asked_for_signs_nobody_out(browser: Browser, query: str) -> None:
    browser.sign_in(person="ada")
    assert browser.get(f"/oidc/corp-oidc/callback?{query}").status_code == 400
    assert browser.session is not None


@pytest.mark.parametrize(
    "return_to", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:x"]
)
def test_nobody_is_sent_to_a_stranger(browser: Browser, return_to: str) -> None:
    answer = browser.get("/sign-in/corp-oidc", data={"return_to": return_to})
    assert answer.status_code == 400
    assert browser.get("/sign-in", data={"return_to": return_to}).status_code == 400


def test_a_provider_that_is_switched_off_is_refused_on_both_legs(browser: Browser) -> None:
    from providers.models import Provider

    callback = visit(browser.leave("corp-oidc")).location
    Provider.objects.update(enabled=False)
    assert browser.get("/sign-in/corp-oidc").status_code == 404
    assert browser.get(callback).status_code == 404
    assert browser.session is None


def test_no_page_and_no_record_shows_a_token(
    browser: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    callback = visit(browser.leave("corp-oidc")).location
    answer = browser.get(callback)
    assert "eyJ" not in answer.content.decode()
    assert "code=" not in caplog.text
    assert "eyJ" not in caplog.text
    for row in AuditEvent.objects.all():
        assert "eyJ" not in str(row.detail)
