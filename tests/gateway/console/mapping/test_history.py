"""The history: every version, what differs between two, and the way back."""

import pytest
from django.utils import timezone

from gateway.flows.mapping import drafting, losing, population, previewing, rollout
from mapping import models as mapping_models
from mapping.models import RuleSetVersion
from tests.gateway.console.mapping.drafting import (
    AUDITORS,
    DEPLOYERS,
    address,
    begun,
    company,
    needs_approval,
    press,
)
from tests.gateway.console.mapping.test_drafts import permitted, text
from tests.gateway.flows.mapping.crowd import vouched
from tests.gateway.pages.signed_in import browser_of, staff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]

HISTORY, COMPARE = "/console/mapping/history/", "/console/mapping/compare/"
LEADS = DEPLOYERS | {"when": {"claim": "groups", "equals": "/leads"}}


def second(*rules: dict) -> RuleSetVersion:
    content = {"rules": list(rules or (AUDITORS, LEADS))}
    return mapping_models.publish(content, based_on=1, by="terraform", now=timezone.now())


def test_before_the_first_version_the_page_says_the_next_step() -> None:
    page = text(browser_of(staff()).get(HISTORY))
    assert "Nothing was ever published. Begin a draft" in page


def test_versions_stand_newest_first_with_who_and_why() -> None:
    dora = company()
    second()
    page = browser_of(dora).get(HISTORY)
    assert [entry.row.version for entry in page.context["entries"]] == [2, 1]
    assert page.context["title"] == "2 versions of the rules"
    assert "Published by terraform." in text(page)
    assert f'href="{COMPARE}?before=1&amp;after=2"' in page.content.decode()


def test_a_version_says_when_it_was_approved_and_leads_to_its_draft_with_what_was_said() -> None:
    dora, ben = company(), permitted("ben", "approve_rules view_rulesetversion")
    draft = begun(dora, AUDITORS, LEADS, name="Leads <deploy>")
    drafting.remark(draft.pk, "Why leads?", actor=str(ben.pk), now=timezone.now())
    press(browser_of(dora), draft, "submit")
    press(browser_of(ben), draft, "approve")
    press(browser_of(dora), draft, "publish")
    draft.refresh_from_db()
    submitted, approved = (
        f"{at:%Y-%m-%d %H:%M} UTC" for at in (draft.submitted_at, draft.approved_at)
    )
    page = text(browser_of(dora).get(HISTORY))
    assert "Approved by Ben Okafor, <time datetime=" in page
    assert f">{approved}</time>." in page
    assert f'It came of the draft <a href="{address(draft)}">Leads <deploy></a>, 1 remark.' in page
    assert page.count("It came of the draft") == 1, "version 1 was a file's"
    page = text(browser_of(dora).get(address(draft)))
    assert f">{submitted}</time>." in page.partition("Submitted by Dora Lind, <time")[2]
    assert f">{approved}</time>." in page.partition("Approved by Ben Okafor, <time")[2]
    assert "Why leads?" in page


def test_any_two_versions_are_compared_in_words() -> None:
    browser = browser_of(company())
    second()
    for asked in ("", "?before=1&after=2", "?before=x"):
        page = browser.get(COMPARE + asked)
        assert [(one.kind, one.name) for one in page.context["changes"]] == [
            ("edited", "deployers")
        ]
    page = text(browser.get(f"{COMPARE}?before=2&after=1"))
    assert "<del>People in <strong>/leads</strong>" in page
    assert "They say the same" in text(browser.get(f"{COMPARE}?before=1&after=1"))
    page = browser.get(f"{COMPARE}?before=0&after=1")
    assert {one.kind for one in page.context["changes"]} == {"gained"}
    assert browser.get(f"{COMPARE}?before=9&after=1").status_code == 404


def test_going_back_is_shown_first_and_publishes_the_old_content_anew() -> None:
    dora = company()
    second()
    browser, where = browser_of(dora), f"{HISTORY}1/back/"
    page = text(browser.get(where))
    assert "What version 1 said is published again, as version 3." in page
    assert "<ins>People in <strong>/engineering</strong>" in page
    assert mapping_models.active().version == 2
    page = browser.post(where, {"in_force": "2", "comment": "Too early"}, follow=True)
    assert "Version 3 is in force: it says what version 1 said." in text(page)
    assert "Back to what version 1 said." in text(page)
    assert "Too early" in text(page)
    assert [rule.plain() for rule in mapping_models.active().rules] == [AUDITORS, DEPLOYERS]


def test_where_a_second_person_is_wanted_going_back_waits_as_a_draft(settings) -> None:
    needs_approval(settings)
    dora = company()
    permitted("ben", "approve_rules")
    second()
    content = {"rules": [AUDITORS]}
    mapping_models.publish(content, based_on=2, by="terraform", now=timezone.now())
    browser = browser_of(dora)
    page = text(browser.get(f"{HISTORY}1/back/"))
    assert "Ask to go back to version 1" in page
    page = browser.post(f"{HISTORY}1/back/", {"in_force": "3"}, follow=True)
    assert "it waits as a draft. Ask Ben Okafor." in text(page)
    assert "waits for a second person" in text(page)
    assert mapping_models.active().version == 3
    page = text(browser.get(f"{HISTORY}2/back/"))
    assert "it is on record that you did it alone" in page
    page = text(browser.post(f"{HISTORY}2/back/", {"in_force": "3"}, follow=True))
    assert "Version 4 is in force: it says what version 2 said." in page


def test_going_back_from_an_old_page_does_nothing() -> None:
    dora = company()
    second()
    browser = browser_of(dora)
    for seen in ("1", "", "x"):
        page = browser.post(f"{HISTORY}1/back/", {"in_force": seen})
        assert "Another version was published meanwhile." in text(page)
    assert mapping_models.active().version == 2


def test_what_is_in_force_is_nothing_to_go_back_to() -> None:
    browser = browser_of(company())
    assert "there is nothing to go back to" in text(browser.get(f"{HISTORY}1/back/"))
    assert browser.get(f"{HISTORY}7/back/").status_code == 404


def test_whoever_may_not_publish_is_told_whom_to_ask() -> None:
    company()
    second()
    ben = permitted("ben", "view_rulesetversion draft_rules")
    browser = browser_of(ben)
    assert "/back/" not in text(browser.get(HISTORY))
    page = browser.get(f"{HISTORY}1/back/")
    assert "You may not publish rules. Ask Dora Lind." in text(page)
    page = browser.post(f"{HISTORY}1/back/", {"in_force": "2"})
    assert "You may not do this. Ask Dora Lind." in text(page)
    assert mapping_models.active().version == 2


def test_going_back_says_first_who_gains_and_loses_by_it(monkeypatch) -> None:
    monkeypatch.setattr(population, "_kept", None)
    dora = company()
    vouched("eve", "/leads")
    second()
    assert rollout.run(now=timezone.now()) is False
    browser, where = browser_of(dora), f"{HISTORY}1/back/"
    page = text(browser.get(where))
    assert "1 person loses a role, 0 gain one" in page
    assert "See how many gain and lose" not in page
    monkeypatch.setattr(previewing, "AT_ONCE", 1)
    page = text(browser.get(where))
    assert "1 person loses a role" not in page
    assert 'href="?look=1"' in page
    assert "1 person loses a role, 0 gain one" in text(browser.get(f"{where}?look=1"))


def test_where_that_takes_too_long_it_is_said_and_the_way_back_stays(monkeypatch) -> None:
    monkeypatch.setattr(losing, "SECONDS", -1.0)
    monkeypatch.setattr(population, "_kept", None)
    dora = company()
    vouched("eve", "/leads")
    second(AUDITORS | {"when": {"cel": "claims.groups.exists(g, g == '/leads')"}})
    page = text(browser_of(dora).get(f"{HISTORY}1/back/"))
    assert "Go back to version 1, as version 3" in page
    assert "loses a role" not in page
    assert "Nothing was found out within a minute." in page
