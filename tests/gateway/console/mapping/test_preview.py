"""What a draft would do, on its page: numbers, warnings, people and rules."""

import re

import pytest
from django.utils import timezone

from gateway.flows.mapping import drafting, losing, previewing
from gateway.relying_parties.models import RelyingParty
from mapping import models as mapping_models
from mapping.models import Draft
from provisioning.models import Account
from tests.gateway.console.mapping.drafting import address
from tests.gateway.console.mapping.test_drafts import permitted, text
from tests.gateway.flows.mapping.crowd import by_hand, by_rule, content, on_hold, rule, vouched
from tests.gateway.pages.signed_in import browser_of, role, staff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]

STAFF = "gatehouse-admin"
IT = rule("it", "/it", STAFF)
BEFORE = content(rule("engineers", "/eng", "deployer"), IT)
AFTER = content(
    rule("engineers", "/eng/web", "deployer"),
    IT,
    rule("money", "/fin", "payer"),
    rule("moon", "/moon", "astronaut"),
)


@pytest.fixture
def dora() -> Account:
    """The company's administrator, by rule; ben loses one role and gains another."""
    dora = staff("dora")
    for name in ("deployer", "payer", "astronaut", "auditor"):
        role(name)
    vouched("dora", "/it")
    vouched("ada", "/eng/web")
    vouched("ben", "/eng", "/fin")
    by_rule("cleo", "deployer", "engineers")
    by_hand("emil", "auditor")
    RelyingParty.objects.create(
        slug="wiki",
        name="Wiki",
        origins=["https://wiki.corp.example"],
        access=[{"path": "/", "roles": ["deployer"], "public": False}],
    )
    mapping_models.publish(BEFORE, based_on=0, by="terraform", now=timezone.now())
    return dora


def drafted(who: Account, what: object) -> Draft:
    return drafting.begin("Leads", what, actor=str(who.pk), now=timezone.now())


def plain(answer) -> str:
    """The page's words, as they are read."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text(answer)))


def seen(who: Account, what: object, rest: str = "preview/"):
    return browser_of(who).get(address(drafted(who, what), rest))


def test_numbers_come_first_then_roles_apps_and_people(dora: Account) -> None:
    page = seen(dora, AFTER)
    assert page.context["title"] == "1 person loses a role, 1 gains one"
    words = plain(page)
    assert re.search(r"lose a role 1 gain a role 1 stay as they are 4 unknown 1", words)
    assert "deployer 1 0 3 2" in words
    assert "payer 0 1 0 1" in words
    assert re.search(r"Wiki / 1: Ben 0", words)
    assert "loses deployer ; gains payer" in words
    assert "Neither a rule nor a hand gives these to anybody: astronaut" in words
    assert words.index("lose a role") < words.index("By role") < words.index("By app")


def test_each_rule_says_of_whom_it_holds_and_the_odd_ones_stand_first(dora: Account) -> None:
    page = seen(dora, content(*AFTER["rules"], rule("again", "/eng/web", "deployer")))
    told = {one.told.rule: one.odd for one in page.context["rules"]}
    assert list(told.values()) == sorted(told.values(), reverse=True)
    assert told["moon"]
    words = plain(page)
    assert "moon · Holds of nobody." in words
    assert "again · Holds of 1 person. Changes nothing: other rules give the same" in words


def test_a_draft_that_changes_nobody_says_so(dora: Account) -> None:
    page = seen(dora, content(*BEFORE["rules"], rule("again", "/eng/web", "deployer")))
    assert page.context["title"] == "Nobody’s roles would change"
    assert "By person" not in plain(page)


def test_who_would_lose_the_console_is_warned(dora: Account) -> None:
    words = plain(seen(dora, content(rule("engineers", "/eng", "deployer"))))
    assert "You yourself could not open the console any more." in words
    assert "Nobody could open the console any more." in words
    by_hand("emil", STAFF)
    words = plain(seen(dora, content(rule("engineers", "/eng", "deployer"))))
    assert "You yourself could not open" in words
    assert "Nobody could open" not in words
    assert "could not open the console" not in plain(seen(dora, AFTER))


def test_who_keeps_a_role_only_while_removals_are_held_is_counted_apart(dora: Account) -> None:
    vouched("filip", "8f14e45f")
    by_rule("filip", "deployer", "engineers")
    on_hold("filip")
    page = seen(dora, AFTER)
    assert page.context["title"] == "1 person loses a role, 1 gains one"
    assert "1 person keeps a role only because removals are held" in plain(page)
    assert 'href="/console/mapping/drift/"' in text(page)
    gone = seen(dora, content(IT))
    assert gone.context["title"] == "4 people lose a role, 0 gain one"
    assert "removals are held" not in plain(gone)


def test_a_draft_on_an_older_version_is_told_apart(dora: Account) -> None:
    draft = drafted(dora, AFTER)
    mapping_models.publish(content(IT), based_on=1, by="terraform", now=timezone.now())
    words = plain(browser_of(dora).get(address(draft, "preview/")))
    assert "It was written on version 1; version 2 is in force now." in words


def test_with_many_people_a_page_that_says_so_comes_first(dora: Account, monkeypatch) -> None:
    monkeypatch.setattr(previewing, "AT_ONCE", 2)
    draft = drafted(dora, AFTER)
    browser = browser_of(dora)
    page = browser.get(address(draft, "preview/"))
    assert "are decided for 5 people. That takes some seconds" in plain(page)
    assert '<meta http-equiv="refresh" content="0; url=?look=1">' in text(page)
    assert "lose a role" in plain(browser.get(address(draft, "preview/?look=1")))


def test_a_preview_that_takes_too_long_says_what_to_do(dora: Account, monkeypatch) -> None:
    monkeypatch.setattr(losing, "SECONDS", -1.0)
    draft = drafted(dora, AFTER)
    page = browser_of(dora).get(address(draft, "preview/"), follow=True)
    assert page.redirect_chain[-1][0] == address(draft)
    assert "Nothing was found out within a minute." in plain(page)


def test_a_draft_that_has_ended_would_do_nothing(dora: Account) -> None:
    draft = drafted(dora, AFTER)
    drafting.drop(draft.pk, draft.edition, actor=str(dora.pk), now=timezone.now())
    page = browser_of(dora).get(address(draft, "preview/"), follow=True)
    assert "This draft has ended" in plain(page)
    nowhere = address(draft, "preview/").replace(str(draft.pk), str(dora.pk))
    assert browser_of(dora).get(nowhere).status_code == 404


def test_the_draft_leads_to_it_and_back(dora: Account) -> None:
    draft = drafted(dora, AFTER)
    browser = browser_of(dora)
    assert f'href="{address(draft, "preview/")}"' in text(browser.get(address(draft)))
    assert f'href="{address(draft)}"' in text(browser.get(address(draft, "preview/")))


def test_whoever_may_only_read_rules_sees_numbers_and_no_names(dora: Account) -> None:
    draft = drafted(dora, AFTER)
    Account.objects.filter(username="ben").update(username="benedict", name="Benedict")
    reader = permitted("ben", "view_rulesetversion")
    page = browser_of(reader).get(address(draft, "preview/"))
    assert "You may see how many, not who. Ask Dora Lind." in plain(page)
    assert "Benedict" not in plain(page)
    for permission in ("draft_rules", "approve_rules", "publish_rules"):
        Account.objects.filter(pk=reader.pk).delete()
        reader = permitted("ben", f"view_rulesetversion {permission}")
        assert "Benedict" in plain(browser_of(reader).get(address(draft, "preview/")))


def test_who_may_not_read_the_rules_is_refused(dora: Account) -> None:
    Account.objects.filter(username="ben").update(username="benedict")
    stranger = permitted("ben", "view_account")
    draft = drafted(dora, AFTER)
    assert browser_of(stranger).get(address(draft, "preview/")).status_code == 403
