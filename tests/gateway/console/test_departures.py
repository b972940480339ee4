"""The person's page says who has heard that she is gone; what no app heard can be sent again."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from gateway import wiring
from gateway.audit.models import AuditEvent
from gateway.config.mail import MailServer, Security
from gateway.departures.models import Departure, Notice
from gateway.flows import inbox
from gateway.flows.inbox import Source, telling
from provisioning.models import Account
from tests.fakes.smtp_server import smtp_server
from tests.gateway.flows.inbox.receiving import app
from tests.gateway.leaving import close
from tests.gateway.pages.signed_in import account, browser_of, staff, start

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]

NOTICES = "/admin/departures/notice/"


def page_of(client, person) -> str:
    answer = client.get(f"/admin/provisioning/account/{person.pk}/change/")
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def test_her_page_says_in_how_many_apps_it_ended_and_which_one_is_silent() -> None:
    ada, client = account("ada"), browser_of(staff())
    assert "Ended in" not in page_of(client, ada)
    with app("wiki"), app("vault"), app("payroll") as broken:
        broken.status = "500 Oh"
        close(ada.pk, source=Source.SCIM, by="scim:corp", cause="active=false")
        assert "Ended in 0 of 3 apps." in page_of(client, ada)
        telling.tell()
    Departure.objects.update(edges=2, heard=2, milliseconds=12)
    page = page_of(client, ada)
    assert "Ended in 2 of 3 apps." in page
    assert re.search(r"wiki: confirmed after \d\.\d\d s", page)
    assert "payroll: silent; told once (app.answered-500)" in page
    assert "All 2 edges had forgotten them after 12 ms." in page
    assert "active=false" in page
    assert "losed by; open again when nobody says so" in page


def test_her_page_costs_as_much_for_many_departures_as_for_one(
    django_assert_max_num_queries,
) -> None:
    ada, client = account("ada"), browser_of(staff())
    for number in range(30):
        close(ada.pk, source=Source.SCIM, by=f"scim:{number}", cause="x")
    with django_assert_max_num_queries(60):
        page = page_of(client, ada)
    assert page.count("No app had to be told") == 20


def test_what_was_given_up_is_listed_and_sent_again() -> None:
    client = browser_of(staff())
    with app("wiki") as wiki:
        wiki.status = "500 Oh"
        close(account("ada").pk)
        Notice.objects.update(created_at=timezone.now() - timedelta(days=2))
        telling.tell()
        listed = client.get(NOTICES, {"state": "given-up"}).content.decode()
        assert "silent; given up (app.answered-500)" in listed
        assert "silent" not in client.get(NOTICES, {"state": "confirmed"}).content.decode()
        wiki.status = "200 OK"
        asked = {"action": "send_again", "_selected_action": [Notice.objects.get().pk]}
        again = client.post(NOTICES, asked, follow=True).content.decode()
        assert "One is sent again now." in again
        assert telling.tell() == 1
        nothing = client.post(NOTICES, asked, follow=True).content.decode()
        assert "None of these was given up" in nothing
    told = AuditEvent.objects.get(event="notice.resent")
    ada, dora = (str(Account.objects.get(username=name).pk) for name in ("ada", "dora"))
    assert (told.actor, told.account, told.detail) == (dora, ada, {"app": "wiki"})


def test_whoever_may_only_look_sends_nothing_again() -> None:
    close(account("ada").pk)
    client = browser_of(staff(permissions="view_notice"))
    asked = {"action": "send_again", "_selected_action": [1]}
    assert client.get(NOTICES).status_code == 200
    client.post(NOTICES, asked)
    assert "send_again" not in client.get(NOTICES).content.decode()


@pytest.mark.parametrize("refuse", ["", "DATA"])
def test_an_employees_own_word_reaches_the_administrators_by_mail(
    refuse: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, client = account("ada"), browser_of(staff())
    with smtp_server(refuse=refuse) as server:
        config = replace(
            wiring.config(),
            mail_server=MailServer(
                host="127.0.0.1", port=server.port, security=Security.NONE, user="", password=""
            ),
            operator_email=("it@corp.example",),
        )
        monkeypatch.setattr(wiring, "config", lambda: config)
        start(ada)
        inbox.not_me(account=str(ada.pk), now=timezone.now())
        telling.tell()
        assert bool(Notice.objects.get().last_error) == bool(refuse), (
            Notice.objects.get().last_error
        )
    said = [str(mail["Subject"]) for mail in server.mails]
    page = page_of(client, ada)
    if refuse:
        assert said == []
        assert "the administrators, by mail: silent" in page
    else:
        assert [("ada says that somebody else signed in" in each) for each in said] == [True]
        assert "the administrators, by mail: confirmed" in page
