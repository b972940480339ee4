"""What providers say of another shape, and the two answers to that."""

import pytest
from django.utils import timezone

from mapping.models import ClaimAlarm, ClaimProfile, ClaimSighting
from providers.models import Provider
from provisioning.models import Account
from tests.gateway.console.mapping.drafting import company
from tests.gateway.console.mapping.test_drafts import permitted, text
from tests.gateway.pages.signed_in import browser_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]

DRIFT = "/console/mapping/drift/"


def drifting() -> tuple[Account, ClaimAlarm]:
    dora = company()
    Provider.objects.create(slug="okta", name="Okta EMEA", protocol="oidc", dialect="okta")
    now = timezone.now()
    usual = {"groups": {"people": 40, "ids": 0, "joined": 0, "lists": 1, "many": 8}}
    ClaimProfile.objects.create(provider="okta", usual=usual, learned_at=now)
    for identity in (1, 2):
        sighting = {"kind": "ids", "path": "groups", "had": 8, "seen_at": now}
        ClaimSighting.objects.create(provider="okta", identity=identity, **sighting)
    alarm = ClaimAlarm.objects.create(provider="okta", kind="ids", path="groups", opened_at=now)
    return dora, alarm


def answer(browser, do: str, alarm: ClaimAlarm, *, seen: str = ""):
    fields = {"do": do, "provider": "okta", "seen": seen or str(alarm.pk)}
    return browser.post(DRIFT, fields, follow=True)


def test_when_nothing_drifts_the_page_says_what_is_watched() -> None:
    page = text(browser_of(company()).get(DRIFT))
    assert "All providers say what they always said" in page
    assert "until somebody has decided here" in page


def test_what_was_seen_is_told_in_kinds_and_counts() -> None:
    dora, _ = drifting()
    page = text(browser_of(dora).get(DRIFT))
    assert "1 provider changed what it says" in page
    assert "Okta EMEA" in page
    assert "groups: ids, where names always were" in page
    assert "2 people came with that · usually 8 values" in page


def test_the_list_of_rules_and_the_first_page_lead_there() -> None:
    dora, _ = drifting()
    browser = browser_of(dora)
    assert "Removals of roles are held at one provider" in text(browser.get("/console/mapping/"))
    first = browser.get("/admin/").content.decode()
    assert f'<a href="{DRIFT}">What okta says of people</a>' in first
    assert "has changed its shape" in first


def test_whoever_may_not_read_the_rules_is_not_led_where_she_may_not_go() -> None:
    drifting()
    for codenames, led in (("view_provider", False), ("view_provider view_rulesetversion", True)):
        browser = browser_of(permitted("ben" if led else "cleo", codenames))
        assert browser.get(DRIFT).status_code == (200 if led else 403)
        first = browser.get("/admin/").content.decode()
        assert "What okta says of people" in first
        assert (f'href="{DRIFT}"' in first) is led
        provider = browser.get("/console/providers/okta/").content.decode()
        assert "What it says of people has changed its shape" in provider
        assert (f'href="{DRIFT}"' in provider) is led
        assert ("Its rules" in provider) is led


def test_a_provider_that_says_what_it_always_said_has_no_such_line() -> None:
    _, alarm = drifting()
    browser = browser_of(permitted("ben", "view_provider"))
    ClaimAlarm.objects.filter(pk=alarm.pk).update(state="over", ended_at=timezone.now())
    assert "has changed its shape" not in text(browser.get("/console/providers/okta/"))


def test_this_is_right_ends_it() -> None:
    dora, alarm = drifting()
    page = text(answer(browser_of(dora), "accept", alarm))
    assert "What it says now is taken as right" in page
    assert "taken as right by Dora" in page
    assert "Okta EMEA · groups: ids" in page
    alarm.refresh_from_db()
    assert (alarm.state, alarm.decided_by) == ("accepted", str(dora.pk))


def test_a_fault_goes_on_and_can_still_be_taken_as_right() -> None:
    dora, alarm = drifting()
    page = text(answer(browser_of(dora), "fault", alarm))
    assert "the provider’s fault" in page
    assert "hold until it is mended" not in page
    assert "This is right" in page


def test_who_may_not_publish_is_told_whom_to_ask() -> None:
    _, alarm = drifting()
    browser = browser_of(permitted("ben", "view_rulesetversion"))
    page = text(browser.get(DRIFT))
    assert "You may not decide this. Ask Dora" in page
    assert "This is right" not in page
    for do in ("accept", "fault"):
        assert "You may not decide this." in text(answer(browser, do, alarm))
    alarm.refresh_from_db()
    assert alarm.state == "open"
    assert browser_of(permitted("cleo", "view_rollout")).get(DRIFT).status_code == 403


def test_from_an_old_page_nothing_is_decided() -> None:
    dora, alarm = drifting()
    page = answer(browser_of(dora), "accept", alarm, seen="another")
    assert "Nothing was done: it is otherwise by now." in text(page)
    alarm.refresh_from_db()
    assert alarm.state == "open"
