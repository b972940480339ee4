"""A sign-in that she does not know: everything of hers ends, and she is told what next."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from gateway.audit.models import AuditEvent
from tests.gateway.pages.signed_in import account, browser_of, lives, start
from tests.gateway.pages.test_my_page import shown

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]


def not_me(client):
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', shown(client))
    return client.post("/sessions/not-me", {"csrfmiddlewaretoken": token[1]})


def test_whoever_says_that_it_was_not_her_is_signed_out_everywhere_and_told_whom_to_call() -> None:
    ada = account("ada")
    client, other, stranger = browser_of(ada, csrf=True), start(ada), start(account("ben"))
    answer = not_me(client)
    assert answer.status_code == 200
    assert "Call your help desk" in answer.content.decode()
    assert not lives(other.handle)
    assert lives(stranger.handle)
    assert client.get("/").status_code == 302
    event = AuditEvent.objects.get()
    assert (event.event, event.account, event.actor) == ("sessions.ended", str(ada.pk), str(ada.pk))
    assert event.detail == {
        "source": "person",
        "reason": "this was not me",
        "count": 2,
        "tokens": [],
    }
    ada.refresh_from_db()
    assert ada.is_active


def test_no_other_site_and_no_link_can_say_so_for_her() -> None:
    ada = account("ada")
    client, other = browser_of(ada, csrf=True), start(ada)
    assert client.post("/sessions/not-me").status_code == 403
    assert client.get("/sessions/not-me").status_code == 405
    assert lives(other.handle)
    assert browser_of(None).post("/sessions/not-me").status_code == 303


def test_a_sign_in_elsewhere_is_shown_as_new_for_a_day() -> None:
    ada = account("ada")
    client = browser_of(ada)
    assert "New sign-in" not in shown(client)
    late = timezone.now()
    start(ada, client="Chrome on Linux", country="FR", started_at=late)
    assert "New sign-in" in shown(client)
    assert shown(client).count("This was not me") == 2
    ben = account("ben")
    client = browser_of(ben)
    start(ben, started_at=timezone.now() - timedelta(days=2))
    assert "New sign-in" not in shown(client)
