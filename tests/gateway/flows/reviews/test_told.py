"""Who is written to of a review, and when; and handing it on."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from gateway.audit.models import AuditEvent
from gateway.flows import reviews
from gateway.relying_parties.definition import DefinitionInvalid
from gateway.reviews.models import Review
from provisioning.models import Account
from tests.fakes.smtp_server import SmtpServer, mailing
from tests.gateway.flows.reviews.reviewing import begun, by_hand, decided, may, person

pytestmark = pytest.mark.usefixtures("transactional_db", "redis_url")


@pytest.fixture
def post(settings: Any) -> Iterator[SmtpServer]:
    with mailing(settings) as server:
        yield server


def test_it_is_handed_on_and_the_next_one_is_written_to(post: SmtpServer, eve: Account) -> None:
    by_hand(eve, "payroll")
    review = begun()
    assert not reviews.waiting_for(str(eve.pk)).exists()
    assert reviews.remind(now=review.made_at) == 0
    finn = person("finn", is_staff=True, email="finn@corp.example")
    for nobody in ("finn", "eve", "a\0b"):
        with pytest.raises(DefinitionInvalid):
            reviews.hand_on(review.pk, nobody, actor="dora", now=timezone.now())
    may(finn, "view_review", "decide_review")
    now = timezone.now()
    reviews.hand_on(review.pk, "finn", actor="dora", now=now)
    assert reviews.waiting_for(str(finn.pk)).exists()
    assert reviews.remind(now=now) == 1
    assert post.mails[-1]["To"] == "finn@corp.example"
    assert AuditEvent.objects.get(event="access-review.handed").detail["reviewer"] == str(finn.pk)
    assert decided(Review.objects.get(), "keep", "eve").items == 1


def test_where_whoever_decides_is_gone_whoever_asked_is_written_to(
    post: SmtpServer, eve: Account
) -> None:
    asks = person("dora", email="dora@corp.example")
    may(asks, "delete_heldrole")
    by_hand(person("ada"), "payroll")
    review = begun(by=str(asks.pk))
    Account.objects.filter(pk=eve.pk).update(is_active=False)
    assert reviews.remind(now=review.made_at) == 1
    assert post.mails[-1]["To"] == "dora@corp.example"


def test_whoever_reviews_is_reminded_at_each_stage_once_and_not_when_all_is_said(
    post: SmtpServer,
) -> None:
    by_hand(person("ada"), "payroll")
    review = begun(days=14)
    begin = review.made_at
    sent = [reviews.remind(now=begin + timedelta(days=days)) for days in (0, 1, 7, 8, 13.5, 14, 15)]
    assert sent == [1, 0, 1, 0, 1, 1, 0]
    assert {mail["To"] for mail in post.mails} == {"eve@corp.example"}
    assert "It is overdue." in str(post.mails[-1].get_content())
    assert f"/console/reviews/{review.pk}/" in str(post.mails[0].get_content())
    decided(review, "keep", "ada")
    Review.objects.update(told=0)
    assert reviews.remind(now=begin + timedelta(days=20)) == 0


def test_a_mail_that_was_not_sent_is_tried_again(post: SmtpServer) -> None:
    by_hand(person("ada"), "payroll")
    begin = begun().made_at
    post.refuse = "RCPT"
    assert reviews.remind(now=begin) == 0
    assert Review.objects.get().mail_error
    post.refuse = ""
    assert reviews.remind(now=begin + timedelta(minutes=10)) == 1
