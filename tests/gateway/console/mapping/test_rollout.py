"""How far a version is live, for whoever published it and for whoever may pause it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from mapping.models import Rollout
from provisioning.models import Account
from tests.gateway.console.mapping.drafting import DEPLOYERS, begun, company, press
from tests.gateway.console.mapping.test_drafts import permitted, text
from tests.gateway.flows.mapping.crowd import vouched
from tests.gateway.pages.signed_in import browser_of, staff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]

PAGE = "/console/mapping/rollout/"


def going(dora: Account, **fields: object) -> Rollout:
    begun_at = timezone.now() - timedelta(minutes=2)
    told = {"version": 1, "since": 0, "cause": "published", "by": str(dora.pk)}
    figures = {"total": 4000, "done": 1000, "changed": 12, "begun_at": begun_at}
    return Rollout.objects.create(**(told | figures | fields))


def test_before_anything_was_published_the_page_says_the_next_step() -> None:
    assert "Begin a draft first." in text(browser_of(staff()).get(PAGE))


def test_it_says_what_is_done_what_is_left_and_for_how_long() -> None:
    dora = company()
    going(dora)
    page = text(browser_of(dora).get(PAGE))
    assert "Version 1 is being made live" in page
    assert 'value="1000" max="4000"' in page
    assert "1000 of 4000 people are decided upon anew." in page
    assert "12 of them have other roles now." in page
    assert "500 a minute; about 6 minutes are left." in page
    assert "when Dora Lind published it" in page
    part = text(browser_of(dora).get(f"{PAGE}?part=1"))
    assert "when Dora Lind published it" in part
    assert '<div data-part="figures"><progress' in part
    assert 'data-state="1 running" data-title="Version 1 is being made live"' in part
    assert "data-over" not in part
    Rollout.objects.update(state="done", open=None, ended_at=timezone.now())
    assert "data-over" in text(browser_of(dora).get(f"{PAGE}?part=1"))


def test_it_says_how_many_wait_for_a_key_and_what_they_have_meanwhile(settings) -> None:
    dora = company()
    going(dora, cause="left", version=0)
    vouched("ada", "/eng")
    settings.IDENTITY_KEYS = lambda: (("new", b"k" * 32),)
    page = text(browser_of(dora).get(PAGE))
    assert "because some people were left: a key came back" in page
    assert "1 person is not decided upon: the key" in page


def test_it_is_paused_and_goes_on_by_a_button() -> None:
    dora = company()
    row, browser = going(dora), browser_of(dora)
    assert "live for some: paused" in text(browser.post(PAGE, {"do": "pause"}, follow=True))
    assert "went on, or ended, meanwhile" in text(browser.post(PAGE, {"do": "pause"}, follow=True))
    assert "is being made live" in text(browser.post(PAGE, {"do": "resume"}, follow=True))
    browser.post(PAGE, {"do": "burn"})
    row.refresh_from_db()
    assert row.state == "running"


def test_whoever_may_not_publish_cannot_pause_and_is_told_whom_to_ask() -> None:
    dora = company()
    row, ben = going(dora), permitted("ben", "view_rulesetversion")
    browser = browser_of(ben)
    page = text(browser.get(PAGE))
    assert "You may not pause it or go on. Ask Dora Lind." in page
    assert 'value="pause"' not in page
    assert 'value="pause"' not in text(browser.get(f"{PAGE}?part=1"))
    assert "You may not do this." in text(browser.post(PAGE, {"do": "pause"}, follow=True))
    row.refresh_from_db()
    assert row.state == "running"


def test_without_any_permission_the_page_is_shut() -> None:
    company()
    assert browser_of(permitted("ben", "view_provider")).get(PAGE).status_code == 403


def test_what_is_published_leads_there() -> None:
    dora = company()
    draft = begun(dora, DEPLOYERS)
    page = text(press(browser_of(dora), draft, "publish"))
    assert f'href="{PAGE}"' in page
    page = text(browser_of(dora).get("/console/mapping/"))
    assert "How far version 2 is live" in page


def test_while_it_goes_on_the_list_of_rules_says_so() -> None:
    dora = company()
    row, browser = going(dora), browser_of(dora)
    page = text(browser.get("/console/mapping/"))
    assert "Version 1 is being made live: 1000 of 4000 people are decided upon anew." in page
    Rollout.objects.update(state="paused")
    assert "Version 1 is live for some, and paused:" in text(browser.get("/console/mapping/"))
    Rollout.objects.filter(pk=row.pk).update(state="done", open=None, ended_at=timezone.now())
    page = text(browser.get("/console/mapping/"))
    assert "is being made live" not in page
    assert "paused" not in page


def test_the_ten_before_it_are_listed_with_whose_they_were_and_how_they_ended() -> None:
    dora = company()
    begun_at = timezone.now() - timedelta(hours=1)
    for number in range(12):
        going(
            dora,
            version=number,
            by="system" if number == 10 else str(dora.pk),
            cause="time" if number == 10 else "published",
            state="overtaken" if number == 9 else "done",
            open=None,
            begun_at=begun_at + timedelta(minutes=number),
            ended_at=timezone.now(),
        )
    page = browser_of(dora).get(PAGE)
    assert [(one.version, who) for one, who in page.context["earlier"]][:2] == [
        (10, "system"),
        (9, "Dora Lind"),
    ]
    assert [one.version for one, _ in page.context["earlier"]] == list(range(10, 0, -1))
    told = text(page)
    assert "overtaken by a later version" in told
    assert told.index("Version 11 is live for everybody") < told.index("Earlier ones")
