"""The record as the console shows it."""

from dataclasses import replace

import pytest
from django.conf import LazySettings
from django.utils import timezone

from gateway.audit.events import Event
from gateway.audit.record import record
from tests.gateway.pages.signed_in import browser_of, staff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]


def test_of_a_claim_that_is_not_to_be_kept_by_now_no_older_row_tells_a_value(
    settings: LazySettings,
) -> None:
    detail = {"role": "deployer", "because": ['health: "well"', 'groups: "/eng"']}
    record(Event.ROLE_LOST, actor="operator", detail=detail, at=timezone.now())
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, claims_not_kept=frozenset({"health"}))
    page = browser_of(staff("dora")).get("/admin/audit/auditevent/").content.decode()
    assert "health: a value that is kept back" in page
    assert "/eng" in page
    assert "well" not in page
