"""Whoever is at a draft, and at which of its pages: they see each other."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from gateway.flows.mapping import drafting, presence
from mapping.models import DraftPresence
from tests.gateway.console.mapping.drafting import AUDITORS, DEPLOYERS, address, begun, company
from tests.gateway.console.mapping.test_drafts import permitted, text
from tests.gateway.pages.signed_in import browser_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]

FORMS = ["rule/deployers/", "rule/", "general/"]
AGAIN = re.compile(r'role="status" data-again="([^"]+)"')


def a_while_passes() -> None:
    """So much that whoever was not seen again is gone."""
    then = timezone.now() - presence.HERE - timedelta(seconds=1)
    DraftPresence.objects.update(seen_at=then)


def test_two_people_at_a_draft_see_each_other_and_that_it_changed() -> None:
    dora = company()
    ben = permitted("ben", "draft_rules")
    draft = begun(dora, DEPLOYERS)
    presence.seen(draft.pk, actor=str(ben.pk), now=timezone.now())
    browser = browser_of(dora)
    assert "Ben Okafor" in text(browser.get(address(draft)))
    part = text(browser.get(address(draft, "here/?edition=1")))
    assert "<strong>Ben Okafor</strong>: is here as well" in part
    assert "changed meanwhile" not in part
    drafting.save(draft.pk, 1, {"rules": [AUDITORS]}, actor=str(ben.pk), now=timezone.now())
    assert "changed meanwhile" in text(browser.get(address(draft, "here/?edition=1")))


@pytest.mark.parametrize("his", FORMS)
def test_who_writes_is_named_to_the_others_and_sees_them_as_long_as_it_takes(his: str) -> None:
    dora, ben = company(), permitted("ben", "draft_rules")
    draft = begun(dora)
    at_hers, at_his = browser_of(dora), browser_of(ben)
    form = text(at_his.get(address(draft, his)))
    assert "is here as well" not in form
    for hers in ("", *FORMS):
        page = text(at_hers.get(address(draft, hers)))
        assert "<strong>Ben Okafor</strong>: is here as well" in page
    a_while_passes()
    asked_again = AGAIN.search(form)
    assert asked_again
    assert "mapping.js" in form, "which asks again"
    at_his.get(asked_again[1])
    part = text(at_hers.get(address(draft, "here/")))
    assert "<strong>Ben Okafor</strong>: is here as well" in part
    assert "<strong>Dora Lind</strong>: is here as well" in text(at_his.get(asked_again[1]))


def test_a_form_that_comes_back_with_a_fault_still_names_them() -> None:
    dora, ben = company(), permitted("ben", "draft_rules")
    draft = begun(dora)
    browser_of(ben).get(address(draft))
    sent = {"edition": "1", "do": "check"}
    for form in FORMS:
        page = browser_of(dora).post(address(draft, form), sent)
        assert "<strong>Ben Okafor</strong>: is here as well" in text(page)


def test_at_a_draft_that_ended_while_somebody_wrote_nobody_is_named() -> None:
    dora, ben = company(), permitted("ben", "draft_rules")
    draft = begun(dora)
    asked_again = AGAIN.search(text(browser_of(ben).get(address(draft, "rule/"))))
    assert asked_again
    drafting.drop(draft.pk, 1, actor=str(dora.pk), now=timezone.now())
    part = browser_of(ben).get(asked_again[1])
    assert (part.status_code, text(part).strip()) == (200, "")
