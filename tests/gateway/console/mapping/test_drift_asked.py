"""The console asks once more before a provider's word takes roles from very many people."""

from dataclasses import replace

import pytest

from gateway import wiring
from providers.identity import ExternalIdentity
from tests.gateway.console.mapping.test_drafts import text
from tests.gateway.flows.mapping.drifting import IDS, alarms, comes, company, seen
from tests.gateway.flows.mapping.staff import CORP
from tests.gateway.pages.signed_in import browser_of, staff

__all__ = ["company"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]

DRIFT = "/console/mapping/drift/"


def test_it_says_how_many_and_goes_on_with_what_was_seen_when_that_is_agreed_to(
    company: list[ExternalIdentity], monkeypatch: pytest.MonkeyPatch
) -> None:
    config = replace(wiring.config(), role_loss_people=1)
    monkeypatch.setattr(wiring, "config", lambda: config)
    for who in company[:2]:
        comes(who, *IDS)
    browser = browser_of(staff())
    said = {"do": "accept", "provider": CORP, "seen": seen()}
    answer = browser.post(DRIFT, said)
    page = text(answer)
    assert answer.status_code == 409
    assert "Yes, 2 people may lose a role" in page
    assert "Take roles from 2 people" in page
    assert "Publish" not in page
    assert f'name="seen" value="{seen()[0]}"' in page
    assert alarms() == [("ids", "open")]
    browser.post(DRIFT, said | {"losing": "2"})
    assert alarms() == [("ids", "accepted")]


def test_where_it_takes_too_long_to_find_out_it_says_so(
    company: list[ExternalIdentity], monkeypatch: pytest.MonkeyPatch
) -> None:
    comes(company[0], *IDS)
    monkeypatch.setattr("gateway.flows.mapping.losing.SECONDS", -1.0)
    browser = browser_of(staff())
    answer = browser.post(DRIFT, {"do": "accept", "provider": CORP, "seen": seen()})
    assert "Nothing was found out within a minute." in text(answer)
    assert alarms() == [("ids", "open")]
