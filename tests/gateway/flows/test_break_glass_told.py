"""Each use of a break-glass account is a mail of its own, whatever fails in between."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from gateway.break_glass.models import BreakGlassUse
from gateway.flows.break_glass import tell
from gateway.flows.break_glass.telling import TOLD_WITHIN
from provisioning import jit
from provisioning.models import Account
from tests.fakes.smtp_server import SmtpServer, mailing

pytestmark = pytest.mark.usefixtures("db", "redis_url")


@pytest.fixture
def post(settings: Any) -> Iterator[SmtpServer]:
    with mailing(settings, operator_email=("it@corp.example",)) as server:
        yield server


def used(what: BreakGlassUse.What = BreakGlassUse.What.SIGNED_IN) -> BreakGlassUse:
    account = Account.objects.first()
    if account is None:
        made, _ = jit.break_glass_account("dora@corp.example", now=timezone.now())
        account = Account.objects.get(pk=made)
    now = timezone.now()
    return BreakGlassUse.objects.create(
        account=account,
        what=what,
        at=now,
        address="198.51.100.7",
        client="Firefox on Linux",
        claimed_until=now,
    )


def test_a_mail_says_who_and_from_where_and_what_to_do(post: SmtpServer) -> None:
    use = used()
    assert tell(now=timezone.now()) == 1
    [mail] = post.mails
    assert mail["Subject"] == (
        "Corp: the break-glass account break-glass.dora@corp.example signed in"
    )
    text = str(mail.get_content())
    assert "From: 198.51.100.7 Firefox on Linux" in text
    assert "manage.py break-glass close dora@corp.example" in text
    assert f"<break-glass-{use.pk}-" in str(mail["Message-ID"])


def test_each_is_told_once_and_by_itself(post: SmtpServer) -> None:
    used()
    used(BreakGlassUse.What.REFUSED)
    assert tell(now=timezone.now()) == 2
    assert tell(now=timezone.now()) == 0
    assert "wrong second factor" in str(post.mails[1]["Subject"])


def test_what_could_not_be_sent_is_tried_again_in_a_minute(post: SmtpServer) -> None:
    use, now = used(), timezone.now()
    post.refuse = "MAIL"
    assert tell(now=now) == 0
    use.refresh_from_db()
    assert use.last_error != ""
    post.refuse = ""
    assert tell(now=now + timedelta(seconds=30)) == 0
    assert tell(now=now + timedelta(minutes=2)) == 1


def test_a_mail_server_that_is_named_later_hears_no_old_stories(post: SmtpServer) -> None:
    used()
    assert tell(now=timezone.now() + TOLD_WITHIN + timedelta(minutes=1)) == 0


def test_without_a_mail_server_nothing_counts_as_told() -> None:
    use = used()
    assert tell(now=timezone.now()) == 0
    use.refresh_from_db()
    assert use.told_at is None
