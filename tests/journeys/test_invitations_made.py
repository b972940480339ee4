"""What an invitation can be, its mails, and what becomes of one that nobody takes."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.utils import timezone

from gateway.audit.models import AuditEvent
from gateway.flows import invitations
from gateway.flows.configure import delete_provider
from gateway.flows.errors import InvitationGone
from gateway.flows.invitations import WantedInvitation
from provisioning.models import Invitation
from tests.fakes.smtp_server import SmtpServer
from tests.journeys.browser import Browser
from tests.journeys.finding import partners
from tests.journeys.inviting import ADA, faults, invited, late, nobody_else, post
from tests.journeys.joining import NEW, OLD, here_before, says

__all__ = ["nobody_else", "partners", "post"]


def test_to_a_provider_that_goes_nobody_is_invited_any_more(post: SmtpServer) -> None:
    here_before("dora")  # the console is open by another one
    invited()
    delete_provider(NEW, actor="operator", now=timezone.now())
    assert Invitation.objects.get().withdrawn_at is not None


def test_to_a_provider_that_is_off_no_mail_leads_and_others_are_sent(post: SmtpServer) -> None:
    invited()
    says(enabled=False)
    other = WantedInvitation(address="ben@corp.example", provider=OLD)
    invitations.make(other, actor="operator", now=timezone.now())
    assert invitations.send_due(now=timezone.now()) == 1
    assert [mail["To"] for mail in post.mails] == ["ben@corp.example"]


def test_a_new_one_takes_the_place_of_the_one_before() -> None:
    first, second = invited(), invited(days=1)
    first.refresh_from_db()
    assert first.withdrawn_at is not None
    assert invitations.look(second.pk, timezone.now()) == second
    with pytest.raises(InvitationGone):
        invitations.look(first.pk, timezone.now())


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"address": "nobody"}, "address"),
        ({"address": "a\0@corp.example"}, "address"),
        ({"address": "ada@corp.example\nBcc: eve@evil.example"}, "address"),
        ({"address": f"{'a' * 300}@corp.example"}, "address"),
        ({"days": 0}, "days"),
        ({"days": 31}, "days"),
        ({"days": 2**40}, "days"),
        ({"roles": ("no-such-role",)}, "roles"),
        ({"roles": ("a\0b",)}, "roles"),
        ({"roles": tuple(f"r{n}" for n in range(51))}, "roles"),
        ({"ends_at": timezone.now()}, "ends_at"),
    ],
)
def test_what_no_invitation_can_be_is_told_at_its_field(wanted: dict[str, Any], field: str) -> None:
    assert list(faults(**wanted)) == [field]


def test_there_is_none_to_a_provider_that_is_off_or_unknown() -> None:
    says(enabled=False)
    assert "switched on" in faults()["provider"]


def test_none_gives_power_here(settings: Any) -> None:
    powerful = Group.objects.create(name="help-desk")
    powerful.permissions.add(Permission.objects.first())  # type: ignore[arg-type]
    Group.objects.get_or_create(name=settings.ENVIRONMENT.staff_role)
    assert "opens the console" in faults(roles=("help-desk",))["roles"]
    assert "opens the console" in faults(roles=(settings.ENVIRONMENT.staff_role,))["roles"]


def test_nobody_is_invited_who_comes_by_that_provider_already(browser: Browser) -> None:
    says(newcomers="created")
    browser.sign_in(NEW)
    assert "already" in faults()["address"]


def test_the_mail_leads_to_the_page_and_is_sent_once(post: SmtpServer) -> None:
    row = invited()
    now = timezone.now()
    assert [invitations.send_due(now=now), invitations.send_due(now=now)] == [1, 0]
    [mail] = post.mails
    assert mail["To"] == ADA
    assert invitations.link(row) in str(mail.get_content()).split()
    assert "Sign in with Partners, as ada@corp.example" in str(mail.get_content())


def test_a_mail_that_was_not_sent_is_tried_again(post: SmtpServer) -> None:
    invited()
    now = timezone.now()
    post.refuse = "RCPT"
    assert invitations.send_due(now=now) == 0
    assert Invitation.objects.get().mail_error
    post.refuse = ""
    assert invitations.send_due(now=now) == 0
    assert invitations.send_due(now=now + timedelta(minutes=1)) == 1


def test_it_is_sent_again_five_times_at_most(post: SmtpServer) -> None:
    row, now = invited(), timezone.now()
    assert invitations.send_due(now=now) == 1
    for _ in range(4):
        invitations.send_again(row.pk, actor="operator", now=now)
        assert invitations.send_due(now=now) == 1
    with pytest.raises(InvitationGone):
        invitations.send_again(row.pk, actor="operator", now=now)
    assert len({mail["Message-ID"] for mail in post.mails}) == 5
    assert AuditEvent.objects.filter(event="invitation.resent").count() == 4


def test_what_is_over_is_not_sent(post: SmtpServer) -> None:
    row, now = invited(), timezone.now()
    invitations.withdraw(row.pk, actor="operator", now=now)
    assert invitations.send_due(now=now) == 0
    for again in (invitations.send_again, invitations.withdraw):
        with pytest.raises(InvitationGone):
            again(row.pk, actor="operator", now=now)
    assert post.mails == []
    assert AuditEvent.objects.filter(event="invitation.withdrawn").count() == 1


def test_what_nobody_took_is_forgotten_after_three_months(browser: Browser) -> None:
    taken, other = invited(), invited("ben@corp.example")
    browser.sign_in(NEW)
    late(other, expires_at=timezone.now() - timedelta(days=91))
    late(taken, expires_at=timezone.now() - timedelta(days=91))
    assert invitations.purge(now=timezone.now()) == 1
    assert Invitation.objects.get().pk == taken.pk
