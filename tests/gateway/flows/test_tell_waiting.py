"""Administrators have a mail when somebody waits to be let in; one mail, however many come."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway.flows.tell_waiting import BETWEEN, tell_waiting
from gateway.tasks.waiting import tell
from provisioning.models import JoinRequest
from tests.fakes.smtp_server import SmtpServer, mailing

pytestmark = pytest.mark.usefixtures("db", "redis_url")
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def post(settings: Any) -> Iterator[SmtpServer]:
    with mailing(settings, operator_email=("it@corp.example",)) as server:
        yield server


def waits(name: str = "ada", at: datetime = NOW, **fields: object) -> JoinRequest:
    return JoinRequest.objects.create(
        provider="partners",
        issuer="https://partners.example",
        subject=name,
        username=name,
        name=name.title(),
        email=f"{name}@corp.example",
        reference="ABCDEFGH",
        asked_at=at,
        last_asked_at=at,
        **fields,
    )


def test_a_mail_says_who_waits_by_which_provider_and_where_to_decide(post: SmtpServer) -> None:
    waits(verified_address="ada@corp.example")
    waits("ben")
    assert tell_waiting(now=NOW) == 2
    [mail] = post.mails
    assert "2 people wait to be let in" in mail["Subject"]
    text = str(mail.get_content())
    assert "ABCDEFGH  Ada, by partners as ada, ada@corp.example (vouched for)" in text
    assert "ben@corp.example (nobody vouches for it)" in text
    assert "/console/waiting/" in text


def test_each_is_told_once_and_many_who_come_at_once_are_one_mail(post: SmtpServer) -> None:
    waits()
    assert tell_waiting(now=NOW) == 1
    for at in range(30):
        waits(f"bot-{at:02}")
    assert tell_waiting(now=NOW) == 0
    assert tell_waiting(now=NOW + BETWEEN - timedelta(seconds=1)) == 0
    assert tell_waiting(now=NOW + BETWEEN) == 30
    assert tell_waiting(now=NOW + BETWEEN * 3) == 0
    assert len(post.mails) == 2
    text = str(post.mails[1].get_content())
    assert "and 10 more" in text
    assert text.count("ABCDEFGH") == 20


def test_who_was_decided_upon_and_who_waits_for_long_is_not_told(post: SmtpServer) -> None:
    waits(state=JoinRequest.State.DECLINED)
    waits("ben", at=NOW - timedelta(days=8))
    assert tell_waiting(now=NOW) == 0
    assert not post.mails


def test_what_could_not_be_sent_is_sent_later_by_the_same_id(post: SmtpServer) -> None:
    waits()
    post.refuse = "MAIL"
    assert tell_waiting(now=NOW) == 0
    post.refuse = ""
    assert tell_waiting(now=NOW) == 1
    assert JoinRequest.objects.get().told_at == NOW


def test_another_worker_does_not_send_what_one_is_sending(post: SmtpServer) -> None:
    waits(claimed_until=NOW + timedelta(minutes=9))
    assert tell_waiting(now=NOW) == 0
    assert tell_waiting(now=NOW + timedelta(minutes=9)) == 1


def test_without_a_mail_server_nobody_is_taken_as_told_of() -> None:
    waits()
    tell()
    assert JoinRequest.objects.get().told_at is None


def test_the_worker_looks_every_so_often() -> None:
    from gateway.celery import app

    assert app.conf.beat_schedule["join_requests.tell"]["task"] == tell.name
