"""Pages that ask back before they do it, in a real browser: at both widths, by day and by night."""

from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone
from playwright.sync_api import Page, expect

from gateway.flows.mapping import drafting, population, presence
from mapping import models as mapping_models
from mapping.models import ClaimAlarm, ClaimProfile, ClaimSighting, Draft
from provisioning.models import Account
from tests.gateway.console.mapping.test_consequences_in_a_browser import BOTH, SCHEMES, faults_here
from tests.gateway.console.mapping.test_in_a_browser import CHANGED, RULES
from tests.gateway.console.test_in_a_browser import desk, origin
from tests.gateway.pages.serving import noises

__all__ = ["desk", "origin"]

pytestmark = [pytest.mark.live, pytest.mark.usefixtures("redis_url")]

MAPPING = "/console/mapping/"
PATH = "https://corp.example/claims/groups-of-everybody-who-ever-worked-here-in-any-department"
REFUSED = "the server responded with a status of 409"


@pytest.fixture(autouse=True)
def _nobody_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(population, "_kept", None)


@pytest.fixture
def watched(origin: str, desk: Page, size: dict, scheme: str) -> Any:
    """Says of the page that is open what is wrong with it; in the end, that nothing else was."""
    desk.set_viewport_size(size)
    desk.emulate_media(color_scheme=scheme)
    heard = noises(desk, origin)
    yield lambda name: faults_here(desk, size, scheme, name)
    assert [noise for noise in heard if REFUSED not in noise] == []


def dora() -> str:
    return str(Account.objects.get(username="dora").pk)


def begun() -> Draft:
    """A draft that changes nearly all of version 2. Ben has it open as well."""
    mapping_models.publish({"rules": RULES}, based_on=1, by="terraform", now=timezone.now())
    draft = drafting.begin("Leads deploy", CHANGED, actor=dora(), now=timezone.now())
    ben = Account.objects.get(username="ben")
    ben.user_permissions.set(Permission.objects.filter(codename="draft_rules"))
    presence.seen(draft.pk, actor=str(ben.pk), now=timezone.now())
    return draft


def at(origin: str, draft: Draft, rest: str = "") -> str:
    return f"{origin}{MAPPING}drafts/{draft.pk}/{rest}"


@BOTH
@SCHEMES
def test_losses_are_confirmed_on_a_page_for_everybody(
    origin: str, desk: Page, watched: Any, settings: Any
) -> None:
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, role_loss_people=0)
    draft = begun()
    desk.goto(at(origin, draft))
    desk.get_by_label("Why").fill("As agreed")
    desk.get_by_role("button", name="Publish as version 3").press("Enter")
    desk.get_by_role("heading", name="people would lose a role").wait_for()
    assert watched("confirm-losses") == {}
    desk.get_by_role("checkbox").press("Space")
    desk.get_by_role("button", name="Publish").press("Enter")
    desk.get_by_text("Version 3 is in force.").wait_for()


@BOTH
@SCHEMES
def test_shutting_the_console_is_confirmed_on_a_page_for_everybody(
    origin: str, desk: Page, watched: Any, settings: Any
) -> None:
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, staff_role="deployer")
    draft = begun()
    desk.goto(at(origin, draft))
    desk.get_by_role("button", name="Publish as version 3").press("Enter")
    name = desk.get_by_label("If that is meant, type your username: dora")
    assert watched("confirm-console") == {}
    name.fill("ben")
    desk.get_by_role("button", name="Publish").press("Enter")
    desk.get_by_role("alert").get_by_text("That is not your username.").wait_for()
    expect(name).to_have_accessible_description("That is not your username.")
    expect(name).to_have_attribute("aria-invalid", "true")
    assert watched("confirm-wrong") == {}


@BOTH
@SCHEMES
def test_whose_change_shall_stand_is_asked_on_a_page_for_everybody(
    origin: str, desk: Page, watched: Any
) -> None:
    draft = begun()
    theirs = [RULES[1] | {"priority": 7, "note": "Theirs"}]
    mapping_models.publish({"rules": theirs}, based_on=2, by="terraform", now=timezone.now())
    desk.goto(at(origin, draft))
    assert watched("outdated") == {}
    desk.get_by_role("button", name="Bring it up to date").press("Enter")
    desk.get_by_role("heading", name="Whose change shall stand?").wait_for()
    assert watched("conflict") == {}
    for choice in desk.get_by_role("radio", name="This draft:").all():
        choice.press("Space")
    desk.get_by_role("button", name="Bring it up to date").press("Enter")
    desk.get_by_text("The draft changes the version in force now.").wait_for()


@BOTH
@SCHEMES
def test_what_somebody_else_made_of_a_rule_meanwhile_is_shown_to_everybody(
    origin: str, desk: Page, watched: Any
) -> None:
    draft = begun()
    desk.goto(at(origin, draft, "rule/leads/"))
    desk.locator("form").get_by_role("status").get_by_text("Ben Okafor").wait_for()
    desk.get_by_label("Note").fill("Hers")
    ben = str(Account.objects.get(username="ben").pk)
    content = {"rules": [RULES[1] | {"note": "His"}]}
    drafting.save(draft.pk, 1, content, actor=ben, now=timezone.now())
    desk.get_by_role("button", name="Keep the rule").press("Enter")
    desk.get_by_role("alert").get_by_text(
        "Ben Okafor changed this rule while you wrote."
    ).wait_for()
    assert watched("theirs") == {}
    desk.get_by_role("button", name="Keep mine").press("Enter")
    desk.get_by_text("The draft says so now.").wait_for()


@BOTH
@SCHEMES
def test_what_providers_say_otherwise_is_decided_on_a_page_for_everybody(
    origin: str, desk: Page, watched: Any
) -> None:
    desk.goto(f"{origin}{MAPPING}drift/")
    assert watched("drift-none") == {}
    now = timezone.now()
    usual = {"people": 40, "ids": 0, "joined": 0, "lists": 1, "many": 8}
    ClaimProfile.objects.create(
        provider="corp-oidc", usual={"groups": usual, PATH: usual}, learned_at=now
    )
    for kind, path in (("ids", "groups"), ("text", PATH)):
        said = {"provider": "corp-oidc", "kind": kind, "path": path}
        ClaimSighting.objects.create(identity=1, had=8, seen_at=now, **said)
        ClaimAlarm.objects.create(opened_at=now, **said)
    over = {"state": "accepted", "decided_by": dora(), "ended_at": now}
    ClaimAlarm.objects.create(
        provider="corp-oidc", kind="link", path="roles", opened_at=now, **over
    )
    desk.reload()
    assert watched("drift") == {}
    ClaimAlarm.objects.filter(kind="text").delete()
    desk.get_by_role("button", name="This is right").press("Enter")
    desk.get_by_role("alert").get_by_text("it is otherwise by now").wait_for()
    assert watched("drift-old-page") == {}
    desk.get_by_role("button", name="A fault at the provider").press("Enter")
    desk.get_by_text("Removals stay held for these people").wait_for()
    assert watched("drift-fault") == {}
