"""Telling the operator by mail: each thing once at each stage, whatever fails in between."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from gateway.flows.tell_endings import CLAIMED, tell_endings, untold
from gateway.notices.models import ToldEnding
from tests.fakes.smtp_server import SmtpServer, mailing
from tests.gateway.ending import in_days, oidc_provider, saml_provider

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]


@pytest.fixture
def post(settings: Any) -> Iterator[SmtpServer]:
    with mailing(settings, operator_email=("it@corp.example",)) as server:
        yield server


def later(days: float = 0, *, minutes: float = 0) -> datetime:
    return timezone.now() + timedelta(days=days, minutes=minutes)


def subjects(post: SmtpServer) -> list[str]:
    return [str(mail["Subject"]) for mail in post.mails]


def text(mail: EmailMessage) -> str:
    return str(mail.get_content()).replace("\r\n", "\n")


def test_a_mail_says_what_ends_when_and_what_to_do(post: SmtpServer) -> None:
    saml_provider(idp=in_days(12))
    assert tell_endings(now=later()) == 1
    [mail] = post.mails
    assert mail["Subject"] == "Corp: The signing certificate of okta ends in 12 days"
    assert mail["To"] == "it@corp.example"
    assert mail["From"] == "gatehouse@gateway.corp.localhost"
    assert f"ends in 12 days ({in_days(12):%Y-%m-%d}" in text(mail)
    assert "\nAsk its administrator for the next certificate" in text(mail)
    assert "http://gateway.corp.localhost:8000/admin/" in text(mail)


def test_once_at_each_stage_and_never_for_one_that_is_past(post: SmtpServer) -> None:
    saml_provider(idp=in_days(95))
    for days in (0, 4, 6, 7, 40, 64, 66, 67, 80, 87, 89, 93, 95.1, 96, 200):
        tell_endings(now=later(days))
        tell_endings(now=later(days, minutes=20))
    assert [said.rpartition("okta ")[2] for said in subjects(post)] == [
        "ends in 89 days",
        "ends in 29 days",
        "ends in 6 days",
        "has ended",
    ]


def test_what_comes_late_is_told_at_the_stage_where_it_is(post: SmtpServer) -> None:
    oidc_provider(client_secret_expires="2020-01-01")
    tell_endings(now=later())
    assert len(post.mails) == 1


def test_several_at_once_are_one_mail(post: SmtpServer) -> None:
    for number in range(120):
        saml_provider(f"p{number:03}", idp=in_days(12))
    assert tell_endings(now=later()) == 120
    [mail] = post.mails
    assert mail["Subject"].endswith("of p000 ends in 12 days, and 119 more")
    assert "of p099 ends" in text(mail)
    assert "of p100 ends" not in text(mail)
    assert "20 more: manage.py doctor names them all." in text(mail)
    assert tell_endings(now=later()) == 0


def test_what_is_new_is_told_alone(post: SmtpServer) -> None:
    saml_provider("okta", idp=in_days(12))
    tell_endings(now=later())
    saml_provider("ping", idp=in_days(12))
    tell_endings(now=later())
    assert "okta" not in text(post.mails[1])


def test_when_nothing_ends_there_is_no_mail(post: SmtpServer) -> None:
    saml_provider()
    assert tell_endings(now=later()) == 0
    assert post.mails == []


@pytest.mark.parametrize("missing", [{"mail_server": None}, {"operator_email": ()}])
def test_without_a_way_to_send_nothing_is_taken_as_told(post, settings, missing) -> None:
    saml_provider(idp=in_days(12))
    complete = settings.ENVIRONMENT
    settings.ENVIRONMENT = replace(complete, **missing)
    assert tell_endings(now=later()) == 0
    settings.ENVIRONMENT = complete
    assert tell_endings(now=later()) == 1
    assert len(post.mails) == 1


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA"])
def test_what_could_not_be_sent_is_sent_at_the_next_run(post: SmtpServer, verb, caplog) -> None:
    saml_provider(idp=in_days(12))
    post.refuse = verb
    assert tell_endings(now=later()) == 0
    assert untold().startswith("SMTP")
    assert "secret" not in caplog.text
    post.refuse = ""
    assert tell_endings(now=later(minutes=1)) == 1
    assert untold() == ""
    assert tell_endings(now=later(minutes=2)) == 0
    assert len(post.mails) == 1


def test_what_one_worker_is_telling_another_does_not(post: SmtpServer) -> None:
    saml_provider(idp=in_days(12))
    post.refuse = "DATA"
    tell_endings(now=later())
    post.refuse = ""
    ToldEnding.objects.update(claimed_until=later() + CLAIMED)  # it is killed as it sends
    assert tell_endings(now=later(minutes=5)) == 0
    assert tell_endings(now=later(minutes=11)) == 1
    assert len(post.mails) == 1


def test_a_mail_that_is_sent_again_bears_the_same_id(post: SmtpServer) -> None:
    saml_provider(idp=in_days(12))
    tell_endings(now=later())
    ToldEnding.objects.update(told_at=None)  # as if the worker had died before it wrote that down
    tell_endings(now=later(minutes=11))
    assert len({mail["Message-ID"] for mail in post.mails}) == 1
    assert len(post.mails) == 2


def test_what_was_mended_is_forgotten_and_told_again_if_it_comes_back(post: SmtpServer) -> None:
    row = oidc_provider(client_secret_expires=str(in_days(5).date()))
    tell_endings(now=later())
    row.settings["client_secret_expires"] = "2099-01-01"
    row.save()
    tell_endings(now=later(minutes=20))
    assert ToldEnding.objects.count() == 1  # for a day: metadata comes and goes
    tell_endings(now=later(1.1))
    assert ToldEnding.objects.count() == 0
    row.settings["client_secret_expires"] = str(in_days(6).date())
    row.save()
    tell_endings(now=later(1.2))
    assert len(post.mails) == 2


def test_what_was_mended_before_it_could_be_told_is_not_told(post: SmtpServer) -> None:
    row = saml_provider(idp=in_days(12))
    post.refuse = "DATA"
    tell_endings(now=later())
    row.enabled, post.refuse = False, ""
    row.save()
    assert tell_endings(now=later(minutes=1)) == 0
    assert not ToldEnding.objects.exists()
    assert untold() == ""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("failed_before", [False, True])
def test_workers_at_once_send_one_mail(post: SmtpServer, failed_before) -> None:
    for number in range(5):
        saml_provider(f"p{number}", idp=in_days(12))
    if failed_before:
        post.refuse = "DATA"
        tell_endings(now=later())
        post.refuse = ""
    now, together = later(minutes=1), Barrier(4)

    def work() -> None:
        connection.ensure_connection()
        together.wait()
        try:
            tell_endings(now=now)
        finally:
            connection.close()

    workers = [Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    told = "".join(map(text, post.mails))
    assert [told.count(f"of p{number} ends") for number in range(5)] == [1] * 5
