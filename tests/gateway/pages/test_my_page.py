"""My page: who I am, which roles because of what, where I am signed in; and ending that."""

import re

import pytest
from django.utils import timezone

from gateway.audit.models import AuditEvent
from gateway.flows import sign_ins
from gateway.relying_parties.models import RelyingParty
from gateway.sign_ins.models import SignIn
from mapping import models as mapping_models
from providers.models import Provider
from provisioning.models import AccountAttribute, DeniedRole, HeldRole
from tests.gateway.pages.signed_in import (
    account,
    browser_of,
    cookie_of,
    held_by_rule,
    linked,
    lives,
    role,
    start,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]


def shown(client) -> str:
    answer = client.get("/")
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def end(client, **fields: str):
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', shown(client))
    return client.post("/sessions/end", {"csrfmiddlewaretoken": token[1], **fields})


def test_whoever_is_not_signed_in_is_asked_to_and_comes_back() -> None:
    answer = browser_of(None).get("/")
    assert (answer.status_code, answer["Location"]) == (302, "/sign-in?return_to=%2F")


def test_a_role_is_shown_with_the_rule_its_version_and_the_claim() -> None:
    ada = account("ada")
    Provider.objects.create(slug="corp-oidc", name="Corp", protocol="oidc", dialect="plain")
    held_by_rule(ada, role("deployer", "Deployer"), linked(ada))
    page = shown(browser_of(ada))
    for said in (
        "Ada Byron",
        "have one role",
        "Deployer",
        "<summary>Because you are in the group /engineering/platform at Corp</summary>",
        "groups: &quot;/engineering/platform&quot;",
        "<dd>Corp</dd>",
        "<dd>engineers-deploy, version 3</dd>",
    ):
        assert said in page


def test_a_role_is_shown_with_the_apps_that_it_opens() -> None:
    ada = account("ada")
    held_by_rule(ada, role("deployer", "Deployer"), linked(ada))
    for name, roles, enabled in (
        ("Wiki", ["deployer"], True),
        ("Builds", ["auditor", "deployer"], True),
        ("Payroll", ["payroll"], True),
        ("Old wiki", ["deployer"], False),
    ):
        RelyingParty.objects.create(
            slug=name.replace(" ", "-").lower(),
            name=name,
            enabled=enabled,
            access=[
                {"path": "/", "roles": roles, "public": False},
                {"path": "/edit", "roles": roles, "public": False},
            ],
        )
    assert "Opens Builds, Wiki<" in shown(browser_of(ada))


def test_a_denied_role_is_shown_as_one_that_does_not_count_and_why() -> None:
    ada = account("ada")
    identity = linked(ada)
    deployer = role("deployer", "Deployer")
    held_by_rule(ada, deployer, identity)
    told = {"account": ada, "linked_identity": identity, "rule": "leavers", "ruleset_version": 3}
    DeniedRole.objects.create(
        role=deployer, because=['groups: "/leaving"'], since=timezone.now(), **told
    )
    AccountAttribute.objects.create(name="department", value="Physics", **told)
    RelyingParty.objects.create(
        slug="wiki", name="Wiki", access=[{"path": "/", "roles": ["deployer"], "public": False}]
    )
    page = shown(browser_of(ada))
    assert "have no role yet" in page
    assert "It does not count, because you are in the group /leaving." in page
    assert "leavers" not in page
    assert "Opens" not in page
    assert "<dt>department</dt><dd>Physics</dd>" in page


def test_of_two_exclusive_roles_the_lower_is_shown_as_outranked() -> None:
    ada = account("ada")
    for name in ("editor", "reader"):
        held_by_rule(ada, role(name), linked(ada, name))
    content = {"exclusive_roles": [["editor", "reader"]]}
    mapping_models.publish(content, based_on=0, by="operator", now=timezone.now())
    page = shown(browser_of(ada))
    assert "have one role" in page
    assert "does not count: you have Editor, which stands above it" in page


def test_a_role_by_hand_is_shown_with_the_hand() -> None:
    ada = account("ada")
    HeldRole.objects.create(
        account=ada, role=role("auditor"), origin="hand", given_by="terraform", since=timezone.now()
    )
    assert "<summary>terraform gave it to you</summary>" in shown(browser_of(ada))
    HeldRole.objects.update(given_by=str(account("dora").pk))
    assert "<summary>Dora Lind gave it to you</summary>" in shown(browser_of(ada))


def test_what_everyone_at_a_provider_has_is_said_so() -> None:
    ada = account("ada")
    Provider.objects.create(slug="corp-oidc", name="Corp", protocol="oidc", dialect="plain")
    held_by_rule(ada, role("employee"), linked(ada))
    HeldRole.objects.update(rule="default", because=["signs in at corp-oidc"])
    assert "<summary>Everyone at Corp has it</summary>" in shown(browser_of(ada))


def test_nobody_elses_roles_identities_or_sessions_are_shown() -> None:
    ada, ben = account("ada"), account("ben")
    held_by_rule(ben, role("payroll", "Payroll"), linked(ben))
    start(ben)
    page = shown(browser_of(ada))
    assert "Payroll" not in page
    assert "ben" not in page
    assert page.count("This browser") == 1
    assert "Another browser" not in page


def test_only_staff_are_shown_the_way_to_the_console() -> None:
    assert "/admin/" not in shown(browser_of(account("ada")))
    assert "/admin/" in shown(browser_of(account("dora", is_staff=True)))


def test_one_other_session_is_ended_and_this_one_lives_on() -> None:
    ada = account("ada")
    client, other = browser_of(ada, csrf=True), start(ada)
    third = start(ada)
    answer = end(client, session=other.handle)
    assert (answer.status_code, answer["Location"]) == (303, "/")
    assert not lives(other.handle)
    assert lives(third.handle)
    assert "One other browser was signed out." in shown(client)
    assert AuditEvent.objects.filter(event="session.ended", account=str(ada.pk)).count() == 1


def test_all_others_are_ended_at_once() -> None:
    ada = account("ada")
    client, others = browser_of(ada, csrf=True), [start(ada), start(ada)]
    assert "Sign out 2 other browsers" in shown(client)
    end(client, others="1")
    assert [lives(other.handle) for other in others] == [False, False]
    assert "2 other browsers were signed out." in shown(client)


def test_nobody_ends_a_session_of_somebody_else() -> None:
    ada, theirs = account("ada"), start(account("ben"))
    client = browser_of(ada, csrf=True)
    end(client, session=theirs.handle)
    assert lives(theirs.handle)
    assert "It had ended already." in shown(client)


def test_ending_without_the_forms_token_is_refused() -> None:
    ada = account("ada")
    client, other = browser_of(ada, csrf=True), start(ada)
    assert client.post("/sessions/end", {"session": other.handle}).status_code == 403
    assert lives(other.handle)


def test_a_link_cannot_end_a_session() -> None:
    ada = account("ada")
    client, other = browser_of(ada), start(ada)
    assert client.get("/sessions/end", {"session": other.handle}).status_code == 405
    assert lives(other.handle)


@pytest.mark.parametrize(
    "name", ["", "x", "0aa.", "..", "0aa.{}*", "a" * 5000, "é.\x00", "ünï.code"]
)
def test_a_handle_that_is_none_of_ours_ends_nothing(name: str) -> None:
    ada = account("ada")
    client = browser_of(ada, csrf=True)
    assert end(client, session=name).status_code == 303
    assert "This browser" in shown(client)


def test_a_closed_account_sees_no_page() -> None:
    ada = account("ada")
    client = browser_of(ada)
    ada.is_active = False
    ada.save()
    assert client.get("/").status_code == 302


def test_the_page_never_shows_the_cookie() -> None:
    ada = account("ada")
    token = start(ada)
    client = browser_of(None)
    client.cookies["__Host-gatehouse"] = cookie_of(token)
    assert token.secret not in shown(client)


def test_the_companys_colour_is_a_stylesheet_that_anybody_may_keep() -> None:
    answer = browser_of(None).get("/branding.css")
    assert answer["Content-Type"] == "text/css; charset=utf-8"
    assert answer["Cache-Control"] == "public, max-age=300"
    assert "--accent: light-dark(#14594f, #729b95);" in answer.content.decode()


def test_a_session_is_shown_with_where_it_began_its_apps_and_when_it_was_last_used() -> None:
    ada = account("ada")
    client, other = browser_of(ada), start(ada, client="Firefox on Windows", country="DE")
    sign_ins.entered(
        other.handle, RelyingParty.objects.create(slug="wiki", name="Wiki"), timezone.now()
    )
    page = shown(client)
    for said in ("Firefox on Windows", "DE, 192.0.2.7", ">Wiki<", "in the last 5 minutes"):
        assert said in page


def test_before_a_browser_is_signed_out_it_is_said_what_that_means() -> None:
    ada = account("ada")
    start(ada)
    page = shown(browser_of(ada))
    assert "Whoever sits there is signed out here and in every app at once." in page
    assert "This browser stays signed in." in page


def test_a_session_is_shown_with_where_else_it_was_used() -> None:
    ada = account("ada")
    client, other = browser_of(ada), start(ada, client="Firefox on Windows")
    assert "Also used from" not in shown(client)
    also = [
        {"client": "Chrome on Linux", "country": "", "at": "2026-03-02T14:02:00+00:00"},
        {"client": "<b>", "country": "FR", "at": "2026-03-02T15:02:00+00:00"},
    ]
    SignIn.objects.filter(handle=other.handle).update(also=also)
    page = shown(client)
    assert "Also used from Chrome on Linux since" in page
    assert "Also used from &lt;b&gt;, FR since" in page
    assert "2026-03-02 14:02 UTC" in page
