"""What each edition of a draft changed, and who made it: while it is written and when it is long in
force.
"""

import pytest
from django.utils import timezone

from gateway.flows.mapping import drafting, publishing
from mapping.models import Draft
from provisioning.models import Account
from tests.gateway.console.mapping.drafting import AUDITORS, DEPLOYERS, address, begun, company
from tests.gateway.console.mapping.test_drafts import permitted, text
from tests.gateway.pages.signed_in import browser_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]

LEADS = DEPLOYERS | {"when": {"claim": "groups", "equals": "/leads"}}
READERS = AUDITORS | {"id": "readers", "roles": ["reader"]}


def third(dora: Account) -> Draft:
    """Dora changed one rule, then Ben added another."""
    ben = permitted("ben", "view_rulesetversion draft_rules")
    draft = begun(dora)
    for edition, rules, who in ((1, [AUDITORS, LEADS], dora), (2, [AUDITORS, LEADS, READERS], ben)):
        drafting.save(draft.pk, edition, {"rules": rules}, actor=str(who.pk), now=timezone.now())
    draft.refresh_from_db()
    return draft


def test_each_edition_says_what_it_changed_and_who_made_it() -> None:
    dora = company()
    draft, browser = third(dora), browser_of(dora)
    assert f'href="{address(draft, "edition/3/")}"' in text(browser.get(address(draft)))
    page = browser.get(address(draft, "edition/3/"))
    assert [(one.kind, one.name) for one in page.context["changes"]] == [("gained", "readers")]
    assert "Made by Ben Okafor" in text(page)
    assert f'href="{address(draft, "edition/2/")}"' in text(page)
    page = browser.get(address(draft, "edition/2/"))
    assert [(one.kind, one.name) for one in page.context["changes"]] == [("edited", "deployers")]
    assert "Made by Dora Lind" in text(page)
    assert f'href="{address(draft, "edition/3/")}"' in text(page)


def test_they_can_be_read_after_the_draft_was_published() -> None:
    dora = company()
    draft = third(dora)
    publishing.publish_draft(draft.pk, 3, "", actor=str(dora.pk), now=timezone.now())
    page = browser_of(dora).get(address(draft, "edition/3/"))
    assert [(one.kind, one.name) for one in page.context["changes"]] == [("gained", "readers")]


def test_of_a_dropped_draft_what_it_said_last_is_all() -> None:
    dora = company()
    draft, browser = third(dora), browser_of(dora)
    drafting.drop(draft.pk, 3, actor=str(dora.pk), now=timezone.now())
    assert "/edition/" not in text(browser.get(address(draft)))
    assert browser.get(address(draft, "edition/3/")).status_code == 404


def test_the_first_edition_changed_none_and_there_is_no_fourth() -> None:
    dora = company()
    draft, browser = third(dora), browser_of(dora)
    for edition in ("0", "1", "4", "99999999999999999999"):
        assert browser.get(address(draft, f"edition/{edition}/")).status_code == 404


def test_it_is_for_whoever_may_see_rules() -> None:
    draft = third(company())
    nobody = permitted("cleo", "view_provider")
    assert browser_of(nobody).get(address(draft, "edition/3/")).status_code == 403
