"""A person's page: where she is signed in, what happened to her, and what can be done, each thing
after it was said what follows.
"""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gateway.audit.models import AuditEvent
from gateway.departures.models import Departure
from gateway.flows.inbox import Source, telling
from gateway.flows.sign_ins import entered
from gateway.sign_ins.models import SignIn
from gateway.traces.models import LoginTrace
from provisioning.models import Account, HeldRole, LinkedIdentity
from tests.gateway.console.company import NOON
from tests.gateway.console.test_personal import by_hand
from tests.gateway.ending import oidc_provider
from tests.gateway.flows.inbox.receiving import app
from tests.gateway.leaving import close
from tests.gateway.pages.signed_in import (
    account,
    browser_of,
    held_by_rule,
    linked,
    lives,
    role,
    staff,
    start,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]
PEOPLE = "/admin/provisioning/account/"


def page_of(client, person, **terms: str) -> str:
    answer = client.get(f"{PEOPLE}{person.pk}/change/", terms)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def happened(person, event: str, *, at=NOON, **fields) -> AuditEvent:
    told = {"actor": "corp-oidc", "account": str(person.pk), "detail": {}} | fields
    return AuditEvent.objects.create(event=event, at=at, **told)


def test_what_happened_to_her_stands_there_the_newest_first_each_with_who_and_why() -> None:
    ada, dora = account("ada"), staff()
    client = browser_of(dora)
    happened(ada, "account.created", at=NOON - timedelta(days=3))
    detail = {"role": "deployer", "origin": "rule eng v1 (corp)", "because": ['groups: "/eng"']}
    happened(ada, "role.gained", at=NOON - timedelta(days=2), detail=detail)
    happened(ada, "person.exported", at=NOON - timedelta(days=1), actor=str(dora.pk))
    happened(account("ben"), "account.created")
    by_hand(ada, title="Countess")
    page = page_of(client, ada)
    said = [
        *("Title: - → Countess", "All that is kept of her was handed out"),
        *("by Dora Lind", "Was given the role deployer", "rule eng v1 (corp)"),
        *("groups: &quot;/eng&quot;", "The account was made"),
    ]
    places = [page.index(each) for each in said]
    assert places == sorted(places)
    assert page.count("The account was made") == 1
    assert page.count("Countess →") == 0


def test_a_sign_in_leads_to_its_trace_by_the_code_for_whoever_may_see_traces() -> None:
    ada = account("ada")
    detail = {"provider": "corp-oidc", "code": "provisioning.account-closed", "problem": "closed"}
    happened(ada, "login.failed", reference="KFWTRMCA", detail=detail)
    trace = LoginTrace.objects.create(
        at=NOON, reference="KFWTRMCA", provider="corp-oidc", outcome="failed", account=str(ada.pk)
    )
    link = f"/admin/traces/logintrace/{trace.pk}/change/"
    page = page_of(browser_of(staff()), ada)
    assert "Was not let in at corp-oidc" in page
    assert "provisioning.account-closed" in page
    assert link in page
    ben = staff("ben", permissions="view_account")
    page = page_of(browser_of(ben), ada)
    assert "KFWTRMCA" in page
    assert link not in page


def test_an_end_says_in_how_many_apps_it_was_confirmed_and_when() -> None:
    ada, client = account("ada"), browser_of(staff())
    start(ada)
    with app("wiki"), app("vault"):
        close(ada.pk, source=Source.SCIM, by="scim:corp", cause="active=false")
        telling.tell()
    page = page_of(client, ada)
    found = re.findall(r"Ended in 2 of 2 apps, confirmed in \d\.\d\d s\.", page)
    assert len(found) == 2  # in the table of what ended, and in what happened
    assert "The account was closed" in page
    Departure.objects.all().delete()  # they are kept for 90 days
    assert "The account was closed" in page_of(client, ada)


def test_page_after_page_everything_is_told_once_also_what_happened_at_one_moment() -> None:
    ada, client = account("ada"), browser_of(staff())
    for number in range(130):
        at = NOON + timedelta(minutes=number // 70)
        happened(ada, "entry.granted", at=at, detail={"relying_party": f"app-{number:03}"})
    for title in ("a", "b"):
        by_hand(ada, title=title)
    seen: list[str] = []
    after, pages = "", 0
    while True:
        answer = client.get(f"/console/people/{ada.pk}/timeline/", {"after": after})
        seen += [each.what for each in answer.context["happenings"]]
        after, pages = answer.context["earlier"], pages + 1
        if not after:
            break
    assert pages == 3
    apps = [re.sub(r".*app-", "", each) for each in seen if "app-" in each]
    assert sorted(apps) == [f"{number:03}" for number in range(130)]
    assert len(seen) == 132


@pytest.mark.parametrize(
    "after",
    [
        *("x", "2026-03-02~0~1", "2026-03-02T12:00+00:00~2~1", "2026-03-02T12:00+00:00~0~-1"),
        *("0001-01-01T00:00+23:59~0~1", "9999-12-31T23:59-23:59~0~1", "\0~0~1"),
        f"2026-03-02T12:00+00:00~0~{'9' * 30}",
    ],
)
def test_a_page_of_a_timeline_that_there_is_not_is_refused(after: str) -> None:
    ada = account("ada")
    client = browser_of(staff())
    assert client.get(f"/console/people/{ada.pk}/timeline/", {"after": after}).status_code == 400


def test_a_long_life_costs_no_more_queries_than_a_short_one() -> None:
    ada, client, asked = account("ada"), browser_of(staff()), []
    for many in (1, 12):
        for number in range(many):
            identity = linked(ada, f"s-{many}-{number}")
            held_by_rule(ada, role(f"role-{many}-{number}"), identity)
            close(ada.pk, source=Source.SCIM, by=f"scim:{many}-{number}", cause="x")
            happened(ada, "login.succeeded", detail={"provider": "corp-oidc"})
            row = SignIn.objects.get(handle=start(ada, client="Firefox").handle)
            assert row.ended_at is None
        page_of(client, ada)
        with CaptureQueriesContext(connection) as queries:
            page_of(client, ada)
        asked.append(len(queries))
    assert asked[1] <= asked[0] <= 55


def test_her_sessions_are_for_whoever_may_see_sessions_and_end_on_the_page_of_sessions() -> None:
    ada = account("ada")
    row = SignIn.objects.get(handle=start(ada, client="Firefox on Windows").handle)
    page = page_of(browser_of(staff()), ada)
    assert "Firefox on Windows" in page
    assert f"/console/sessions/end/?only={row.pk}" in page
    page = page_of(browser_of(staff("ben", permissions="view_account")), ada)
    assert "Firefox on Windows" not in page
    assert "/console/sessions/end/" not in page


def test_what_can_be_done_stands_there_for_whoever_may_do_it_alone() -> None:
    ada = account("ada")
    acts = ("Sign out everywhere", "Close…", "End date…", "Give a role…", "Export or erase…")
    page = page_of(browser_of(staff()), ada)
    assert all(act in page for act in acts)
    page = page_of(browser_of(staff("ben", permissions="view_account")), ada)
    assert not any(act in page for act in acts)


def test_closing_says_which_apps_roles_and_tokens_and_keeps_the_reason() -> None:
    ada, client = account("ada"), browser_of(staff())
    ada.groups.add(role("deployer"))
    asked = {"action": "deactivate", "_selected_action": [str(ada.pk)]}
    with app("wiki") as wiki:
        entered(start(ada).handle, wiki.row, timezone.now())
        page = client.post(PEOPLE, asked).content.decode()
        assert "Apps that they were taken to: Wiki" in page
        assert "Roles that count no more: deployer" in page
        answer = client.post(PEOPLE, {**asked, "confirmed": "1", "reason": "left\0 the company"})
        assert answer["Location"] == f"{PEOPLE}{ada.pk}/change/"
        telling.tell()
        assert [told.closed for told in wiki.heard()] == [True]
    event = AuditEvent.objects.get(event="account.deactivated")
    assert event.detail["reason"] == "left the company"


def two_identities(person: Account) -> LinkedIdentity:
    for slug in ("corp-oidc", "other"):
        oidc_provider(slug)
    held_by_rule(person, role("deployer"), linked(person, "s-2", provider="other"))
    return linked(person, "s-1")


def test_an_identity_is_taken_off_after_it_was_said_what_ends_and_apps_are_told() -> None:
    ada, client = account("ada"), browser_of(dora := staff())
    two_identities(ada)
    other = LinkedIdentity.objects.get(provider="other")
    address = f"/console/people/{ada.pk}/identities/{other.pk}/unlink/"
    assert address in page_of(client, ada)
    with app("wiki") as wiki:
        theirs, hers = start(ada, provider="other"), start(ada)
        entered(theirs.handle, wiki.row, timezone.now())
        page = client.get(address).content.decode()
        assert "<strong>deployer</strong>" in page
        assert "signed out of one browser" in page
        assert HeldRole.objects.exists()
        assert client.post(address).status_code == 303
        telling.tell()
        assert [told.account for told in wiki.heard()] == [str(ada.pk)]
    assert [lives(each.handle) for each in (theirs, hers)] == [False, True]
    assert [row.subject for row in LinkedIdentity.objects.all()] == ["s-1"]
    event = AuditEvent.objects.get(event="identity.unlinked")
    assert (event.actor, event.account) == (str(dora.pk), str(ada.pk))


def test_the_only_identity_stays_and_the_page_says_what_to_do_instead() -> None:
    ada, client = account("ada"), browser_of(staff())
    oidc_provider("corp-oidc")
    address = f"/console/people/{ada.pk}/identities/{linked(ada).pk}/unlink/"
    for verb in (client.get, client.post):
        answer = verb(address)
        assert answer.status_code == 409
        assert "close the account" in answer.content.decode()
    assert LinkedIdentity.objects.exists()


def test_nobody_takes_an_identity_off_by_the_page_of_somebody_else_or_without_leave() -> None:
    ada, ben = account("ada"), account("ben")
    two_identities(ada)
    other = LinkedIdentity.objects.get(provider="other")
    client = browser_of(staff())
    elsewhere = f"/console/people/{ben.pk}/identities/{other.pk}/unlink/"
    assert client.post(elsewhere).status_code == 404
    hers = f"/console/people/{ada.pk}/identities/{other.pk}/unlink/"
    only_looks = browser_of(staff("cleo", permissions="view_account"))
    assert only_looks.post(hers).status_code == 403
    assert LinkedIdentity.objects.count() == 2


@pytest.mark.parametrize(
    "page", ["timeline/", "roles/give/", "roles/1/take/", "identities/1/unlink/"]
)
def test_of_somebody_who_is_not_there_nothing_is_told(page: str) -> None:
    nobody = f"/console/people/00000000-0000-4000-8000-000000000000/{page}"
    assert browser_of(staff()).get(nobody).status_code == 404
    assert browser_of(account("ada")).get(nobody).status_code in {302, 403}
