"""A draft's page: what it changes, who may take it on, and why not."""

from html import unescape

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from gateway.flows.mapping import drafting
from mapping import models as mapping_models
from mapping.models import Draft
from tests.gateway.console.mapping.drafting import (
    AUDITORS,
    DEPLOYERS,
    address,
    begun,
    company,
    needs_approval,
    press,
)
from tests.gateway.pages.signed_in import account, browser_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]

LEADS = DEPLOYERS | {"when": {"claim": "groups", "equals": "/leads"}}


def text(answer) -> str:
    return unescape(answer.content.decode())


def permitted(username: str, permissions: str):
    """A second admin, whose role differs from Dora's."""
    person = account(username, is_staff=True)
    person.user_permissions.set(Permission.objects.filter(codename__in=permissions.split()))
    return person


def test_a_draft_is_begun_from_the_list_and_stands_in_it() -> None:
    dora = company()
    browser = browser_of(dora)
    page = browser.post("/console/mapping/drafts/", {"name": "Leads deploy"}, follow=True)
    draft = Draft.objects.get()
    assert page.redirect_chain[-1][0] == address(draft)
    assert "No change yet" in text(page)
    listed = text(browser.get("/console/mapping/"))
    assert f'href="{address(draft)}"' in listed
    assert "Leads deploy" in listed
    assert "being written" in listed
    assert "Dora Lind: here now" in listed


def test_a_draft_without_a_name_gets_one() -> None:
    browser_of(company()).post("/console/mapping/drafts/", {"name": " "})
    assert Draft.objects.get().name.startswith("Draft of Dora Lind, ")


def test_what_differs_from_the_version_in_force_stands_in_words() -> None:
    dora = company()
    new = AUDITORS | {"id": "readers", "roles": ["reader"], "note": "As agreed"}
    draft = begun(dora, LEADS, new)
    page = browser_of(dora).get(address(draft))
    assert "3 changes of version 1" in text(page)
    assert [(one.kind, one.name) for one in page.context["changes"]] == [
        ("gained", "readers"),
        ("edited", "deployers"),
        ("lost", "auditors"),
    ]
    assert "Changed · deployers · which people" in text(page)
    assert "<del>People in <strong>/engineering</strong> get" in text(page)
    assert "<ins>People in <strong>/leads</strong> get <strong>deployer</strong>" in text(page)
    assert "<ins>Note: As agreed" in text(page)


def test_a_draft_goes_its_whole_way_by_buttons() -> None:
    dora = company()
    ben = permitted("ben", "approve_rules publish_rules view_rulesetversion")
    draft, hers, his = begun(dora, LEADS), browser_of(dora), browser_of(ben)
    assert "waits for a second person" in text(press(hers, draft, "submit"))
    assert "You approved it" in text(press(his, draft, "approve"))
    page = press(his, draft, "publish", comment="As agreed")
    assert "Version 2 is in force." in text(page)
    assert "It became version 2." in text(page)
    row = mapping_models.RuleSetVersion.objects.first()
    assert (row.version, row.comment, row.approved_by) == (2, "As agreed", str(ben.pk))
    assert row.content["rules"] == [LEADS]


def test_nobody_approves_her_own_and_is_told_whom_to_ask() -> None:
    dora = company()
    permitted("ben", "approve_rules")
    draft = begun(dora, LEADS)
    page = press(browser_of(dora), draft, "submit")
    assert "You had a hand in it, so somebody else has to approve it. Ask Ben Okafor." in text(page)
    assert 'value="approve"' not in text(page)
    page = press(browser_of(dora), draft, "approve")
    assert "You had a hand in this draft" in text(page)
    assert "Ask Ben Okafor." in text(page)
    draft.refresh_from_db()
    assert draft.state == "submitted"


def test_where_a_second_person_is_wanted_nothing_is_published_before(settings) -> None:
    needs_approval(settings)
    dora = company()
    ben = permitted("ben", "approve_rules")
    draft, browser = begun(dora, LEADS), browser_of(dora)
    page = browser.get(address(draft))
    assert 'value="publish"' not in text(page)
    assert "Before it is published, a second person has to approve it." in text(page)
    page = press(browser, draft, "publish")
    assert "submit it, and ask. Ask Ben Okafor." in text(page)
    press(browser, draft, "submit")
    press(browser_of(ben), draft, "approve")
    assert "Version 2 is in force." in text(press(browser, draft, "publish"))


def test_whoever_may_not_publish_is_told_whom_to_ask() -> None:
    dora = company()
    ada = permitted("ada", "draft_rules")
    draft = begun(ada, LEADS)
    page = browser_of(ada).get(address(draft))
    assert "You may not publish rules. Ask Dora Lind." in text(page)
    assert 'value="publish"' not in text(page)
    page = press(browser_of(ada), draft, "publish")
    assert "You may not do this. Ask Dora Lind." in text(page)
    assert mapping_models.active().version == 1
    dora.is_active = False
    dora.save()
    page = press(browser_of(ada), draft, "publish")
    assert "Nobody else may yet" in text(page)


def test_whoever_may_only_look_sees_no_button_and_is_refused_each() -> None:
    dora = company()
    ben = permitted("ben", "view_rulesetversion")
    draft, browser = begun(dora, LEADS), browser_of(ben)
    page = text(browser.get(address(draft)))
    assert 'value="take-back"' not in page
    for verb in ("submit", "approve", "publish", "drop", "rebase"):
        assert f'value="{verb}"' not in page
        assert "You may not do this." in text(press(browser, draft, verb))
    for rest in ("rule/", "rule/deployers/", "general/"):
        assert browser.get(address(draft, rest)).status_code == 403
    assert browser.post("/console/mapping/drafts/", {"name": "x"}).status_code == 403
    draft.refresh_from_db()
    assert (draft.state, draft.edition) == ("open", 1)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "drafts/{}/",
        "drafts/{}/here/",
        "drafts/{}/rule/",
        "history/",
        "compare/",
        "history/1/back/",
    ],
)
def test_without_any_permission_every_page_is_shut(path: str) -> None:
    draft = begun(company(), LEADS)
    ben = permitted("ben", "view_provider")
    where = f"/console/mapping/{path.format(draft.pk)}"
    assert browser_of(ben).get(where).status_code == 403


def test_a_button_on_an_old_page_does_nothing_and_says_so() -> None:
    dora = company()
    draft = begun(dora, LEADS)
    drafting.save(draft.pk, 1, {"rules": [AUDITORS]}, actor=str(dora.pk), now=timezone.now())
    page = press(browser_of(dora), draft, "publish", edition=1)
    assert "somebody changed this draft meanwhile" in text(page)
    for edition in ("", "x", "-1", "9" * 30):
        press(browser_of(dora), draft, "publish", edition=edition)
    assert mapping_models.active().version == 1


def test_a_draft_that_changes_nothing_is_not_offered_to_anybody() -> None:
    dora = company()
    draft = begun(dora)
    page = browser_of(dora).get(address(draft))
    assert 'value="publish"' not in text(page)
    assert "Add a rule, or change one of those below" in text(page)
    assert "there is nothing to do" in text(press(browser_of(dora), draft, "publish"))


def test_a_draft_is_dropped_and_can_still_be_read() -> None:
    dora = company()
    draft = begun(dora, LEADS)
    page = press(browser_of(dora), draft, "drop")
    assert page.redirect_chain[-1][0] == "/console/mapping/"
    assert "is dropped. What is in force stays as it is." in text(page)
    page = text(browser_of(dora).get(address(draft)))
    assert "It was never in force." in page
    assert "/leads" in page
    assert '<form method="post"' not in page.partition('class="connecting mapping"')[2]
    assert "has ended" in text(browser_of(dora).get(address(draft, "rule/"), follow=True))


def test_a_draft_of_an_older_version_is_brought_up_to_date() -> None:
    dora = company()
    draft = begun(dora, AUDITORS, LEADS)
    more = AUDITORS | {"id": "readers", "roles": ["reader"]}
    rules = {"rules": [AUDITORS, DEPLOYERS, more]}
    mapping_models.publish(rules, based_on=1, by="terraform", now=timezone.now())
    page = browser_of(dora).get(address(draft))
    assert "It was written on version 1; version 2 is in force now." in text(page)
    assert "First bring it up to date" in text(page)
    page = press(browser_of(dora), draft, "rebase")
    assert [(one.kind, one.name) for one in page.context["changes"]] == [("edited", "deployers")]
    draft.refresh_from_db()
    assert (draft.based_on, draft.edition) == (2, 2)


@pytest.mark.parametrize(("side", "group"), [("mine", "/leads"), ("theirs", "/heads")])
def test_of_a_rule_that_both_changed_a_person_says_which_stands(side: str, group: str) -> None:
    dora = company()
    draft = begun(dora, AUDITORS, LEADS)
    theirs = DEPLOYERS | {"when": {"claim": "groups", "equals": "/heads"}}
    rules = {"rules": [AUDITORS, theirs]}
    mapping_models.publish(rules, based_on=1, by="terraform", now=timezone.now())
    page = press(browser_of(dora), draft, "rebase")
    assert page.status_code == 409
    assert "/leads" in text(page)
    assert "/heads" in text(page)
    draft.refresh_from_db()
    assert draft.edition == 1
    press(browser_of(dora), draft, "rebase", **{"keep.deployers": side})
    draft.refresh_from_db()
    kept = {rule["id"]: rule for rule in draft.content["rules"]}
    assert kept["deployers"]["when"]["equals"] == group


def test_remarks_stand_with_who_said_them_and_are_text() -> None:
    dora = company()
    draft = begun(dora, LEADS)
    page = press(browser_of(dora), draft, "remark", text="Why <b>leads</b>?")
    assert "Why &lt;b&gt;leads&lt;/b&gt;?" in page.content.decode()
    assert "Dora Lind, " in text(page)
    page = press(browser_of(dora), draft, "remark", text=" ")
    assert "write a few words" in text(page)


def test_a_button_that_is_none_does_nothing() -> None:
    dora = company()
    draft = begun(dora, LEADS)
    assert press(browser_of(dora), draft, "burn").status_code == 200
    draft.refresh_from_db()
    assert (draft.state, draft.edition) == ("open", 1)
