"""A company's provider begins to send ids for names: nobody there loses what she had by them."""

import uuid

from django.utils import timezone

from gateway.audit.models import AuditEvent
from mapping.models import ClaimAlarm, ClaimProfile
from tests.fakes.oidc_provider import OidcProvider
from tests.journeys.browser import Browser
from tests.journeys.rechecking import (
    MINUTES,
    asked_again,
    held,
    move,
    rechecked,
    somebody_signed_in,
)

__all__ = ["rechecked", "somebody_signed_in"]

IDS = [str(uuid.UUID(int=n + 1)) for n in range(3)]


def names_are_usual() -> None:
    usual = {"groups": {"people": 40, "ids": 0, "joined": 0, "lists": 1, "many": 4}}
    ClaimProfile.objects.create(provider="corp-oidc", usual=usual, learned_at=timezone.now())


def test_who_signs_in_anew_keeps_her_role(idp: OidcProvider, signed_in: Browser) -> None:
    names_are_usual()
    move(idp, *IDS)
    assert signed_in.sign_in(person="ada").status_code == 303
    assert held(signed_in) == {"deployer"}
    assert ClaimAlarm.objects.get().kind == "ids"
    assert AuditEvent.objects.filter(event="role-removals.held").exists()


def test_who_is_signed_in_keeps_it_when_her_provider_is_asked(
    idp: OidcProvider, signed_in: Browser
) -> None:
    names_are_usual()
    move(idp, "/engineering/platform,/all")
    assert asked_again(idp) == 1
    assert held(signed_in) == {"deployer"}
    assert ClaimAlarm.objects.get().kind == "text"
    move(idp, "/all")
    assert asked_again(idp, 2 * MINUTES) == 1
    assert held(signed_in) == frozenset()
