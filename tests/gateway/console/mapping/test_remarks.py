"""What stands beside a change for whoever judges it: what was said of it, its note, its people."""

import pytest
from django.utils import timezone
from lxml import html

from gateway.flows.mapping import drafting
from mapping import models as mapping_models
from tests.gateway.console.mapping.drafting import (
    AUDITORS,
    DEPLOYERS,
    address,
    begun,
    company,
    press,
)
from tests.gateway.console.mapping.test_drafts import permitted, text
from tests.gateway.flows.mapping.crowd import by_rule
from tests.gateway.pages.signed_in import browser_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]

NOTED = DEPLOYERS | {"note": "Asked for by Cleo", "priority": 7}
LEADS = NOTED | {"when": {"claim": "groups", "equals": "/leads"}}


def words(node: html.HtmlElement) -> str:
    return " ".join(node.text_content().split())


def change(answer, kind: str) -> str:
    [found] = html.fromstring(answer.content.decode()).xpath(f"//li[@class='mapping-{kind}']")
    return words(found)


def section(answer) -> str:
    found = html.fromstring(answer.content.decode()).xpath("//section[@aria-labelledby='remarks']")
    return words(found[0]) if found else ""


def test_a_remark_about_a_rule_stands_beside_its_change() -> None:
    dora = company(AUDITORS, NOTED)
    draft = begun(dora, AUDITORS, LEADS)
    page = press(browser_of(dora), draft, "remark", text="Told <b>them</b>?", rule="deployers")
    assert "Told <b>them</b>? Dora Lind, " in change(page, "edited")
    assert "Told" not in section(page)
    assert "Those about one rule stand beside its change." in section(page)
    page = press(browser_of(dora), draft, "remark", text="All well", rule="")
    assert "All well Dora Lind, " in section(page)
    assert "All well" not in change(page, "edited")


def test_a_rule_that_a_draft_takes_away_is_spoken_of_as_well() -> None:
    dora = company()
    draft = begun(dora, AUDITORS)
    page = press(browser_of(dora), draft, "remark", text="Who deploys then?", rule="deployers")
    assert "Who deploys then?" in change(page, "lost")


def test_a_remark_about_a_rule_that_is_not_changed_names_it() -> None:
    dora = company()
    draft = begun(dora, AUDITORS)
    me, now = str(dora.pk), timezone.now()
    drafting.remark(draft.pk, "And these?", rule="auditors", actor=me, now=now)
    assert section(browser_of(dora).get(address(draft))).count("about edition 1 · auditors") == 1


def test_what_was_said_about_a_rule_is_read_where_it_is_changed() -> None:
    dora = company(AUDITORS, NOTED)
    draft = begun(dora, AUDITORS, LEADS)
    me, now = str(dora.pk), timezone.now()
    drafting.remark(draft.pk, "Told them?", rule="deployers", actor=me, now=now)
    browser = browser_of(dora)
    assert "Told them? Dora Lind, " in section(browser.get(address(draft, "rule/deployers/")))
    assert section(browser.get(address(draft, "rule/auditors/"))) == ""
    assert section(browser.get(address(draft, "rule/"))) == ""


def test_what_was_said_on_the_way_to_a_version_is_read_in_the_comparison() -> None:
    dora = company(AUDITORS, NOTED)
    browser, draft = browser_of(dora), begun(dora, AUDITORS, LEADS)
    press(browser, draft, "remark", text="Told them?", rule="deployers")
    press(browser, draft, "publish")
    assert mapping_models.active().version == 2
    compare = "/console/mapping/compare/?before={}&after={}".format
    assert "Told them?" in change(browser.get(compare(1, 2)), "edited")
    assert "Told them?" not in text(browser.get(compare(2, 1)))
    assert "Told them?" not in text(browser.get(compare(0, 1)))


def test_a_note_that_stays_is_read_beside_what_changes() -> None:
    dora = company(AUDITORS, NOTED)
    told = change(browser_of(dora).get(address(begun(dora, AUDITORS, LEADS))), "edited")
    assert told.count("Note: Asked for by Cleo") == 1
    assert told.count("Priority 7") == 1


def test_a_change_says_whom_the_rule_matters_to_now() -> None:
    dora = company(AUDITORS, NOTED)
    by_rule("eve", "deployer", "deployers")
    browser, draft = browser_of(dora), begun(dora, AUDITORS, LEADS)
    page = browser.get(address(draft))
    assert "1 person, last used" in change(page, "edited")
    assert "As it is in force: 1 person" in text(browser.get(address(draft, "rule/deployers/")))
    assert "As it is in force: nobody now" in text(browser.get(address(draft, "rule/auditors/")))
    assert "As it is in force" not in text(browser.get(address(draft, "rule/")))
    press(browser, draft, "publish")
    assert "1 person" in text(browser.get("/console/mapping/compare/?before=1&after=2"))
    assert "1 person" in text(browser.get("/console/mapping/history/1/back/"))
    third = begun(dora, AUDITORS, NOTED)
    press(browser, third, "publish")
    assert "1 person" not in text(browser.get("/console/mapping/compare/?before=1&after=2"))


def test_a_change_leads_back_to_its_rule_for_whoever_may_change_it() -> None:
    dora = company()
    draft = begun(dora, AUDITORS, LEADS)
    link = 'aria-label="Change deployers once more"'
    assert link in text(browser_of(dora).get(address(draft)))
    ben = browser_of(permitted("ben", "view_rulesetversion"))
    assert link not in text(ben.get(address(draft)))
