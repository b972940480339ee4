"""Ada is invited to come by the second provider, by which nobody else may come."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from gateway.audit.models import AuditEvent
from gateway.flows import invitations
from gateway.flows.invitations import WantedInvitation
from gateway.relying_parties.definition import DefinitionInvalid
from provisioning.models import Account, Invitation
from tests.fakes.oidc_provider import OidcProvider
from tests.fakes.smtp_server import SmtpServer, mailing
from tests.journeys.browser import Browser
from tests.journeys.joining import NEW, known_at, says

ADA = "ada@corp.example"


@pytest.fixture(autouse=True)
def nobody_else(partners: OidcProvider) -> None:
    says(newcomers="refused")


@pytest.fixture
def post(settings: Any) -> Iterator[SmtpServer]:
    with mailing(settings) as server:
        yield server


def invited(address: str = ADA, *, actor: str = "operator", **wanted: Any) -> Invitation:
    asked = WantedInvitation(address=address, provider=NEW, **wanted)
    return invitations.make(asked, actor=actor, now=timezone.now())


def faults(**wanted: Any) -> dict[str, str]:
    with pytest.raises(DefinitionInvalid) as refused:
        invited(**wanted)
    assert not Invitation.objects.exists()
    return {fault.field: fault.problem for fault in refused.value.faults}


def refused(browser: Browser, problem: str, person: str = "ada") -> None:
    """She is not let in, and the record says why."""
    answer = browser.sign_in(NEW, person)
    assert answer.status_code == 403
    assert browser.session is None
    assert known_at(NEW) is None
    told = AuditEvent.objects.filter(event="login.failed").latest("pk").detail
    assert problem in f"{told['code']} {told['problem']}"


def late(row: Invitation, **moments: datetime) -> None:
    assert Invitation.objects.filter(pk=row.pk).update(**moments) == 1


def may(account: Account, *codenames: str) -> None:
    account.user_permissions.set(Permission.objects.filter(codename__in=codenames))
