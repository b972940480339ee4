"""Reasons, tables and pictures of who has what, in a real browser, for everybody."""

import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import Group
from django.utils import timezone
from playwright.sync_api import Page

from gateway.flows.mapping import population
from mapping import models as mapping_models
from provisioning.models import Account, AccountAttribute, DeniedRole, HeldRole, LinkedIdentity
from tests.gateway.console.test_in_a_browser import desk, origin
from tests.gateway.flows.mapping.crowd import content, rule, vouched
from tests.gateway.pages.serving import NARROW, WIDE, noises

__all__ = ["desk", "origin"]

pytestmark = [pytest.mark.live, pytest.mark.usefixtures("redis_url")]

LONG = "/engineering/platform/a-group-with-a-very-long-name-that-nobody-would-ever-say-aloud"
RULES = content(
    rule("engineers", "/engineering", "deployer"),
    rule("leads", "/leads", "deployer", "owner", provider="corp-oidc"),
    rule("clerks", "/finance", "payroll"),
    rule("elsewhere", "/finance", "deployer", provider="other"),
    rule("ended", "/finance", "deployer", until="2026-01-31"),
    {
        "id": "grown",
        "roles": ["owner"],
        "when": {
            "all": [
                {"claim": "employment.level", "at_least": 4},
                {"claim": "kind", "in": ["a", "b"]},
            ]
        },
    },
    exclusive_roles=[["owner", "payroll"]],
    default_roles={"corp-oidc": "payroll"},
)


@pytest.fixture(autouse=True)
def _read_anew(monkeypatch) -> None:
    monkeypatch.setattr(population, "_kept", None)


def populate() -> Account:
    """Returns ada: she has deployer, was given payroll, which does not count, and lacks owner."""
    mapping_models.publish(RULES, based_on=1, by="terraform", now=timezone.now())
    for at in range(30):
        groups = [LONG, "/finance"] if at % 3 else [f"/leads/team-{at:02}"]
        person, _ = vouched(f"person-{at:02}", *groups, provider="corp-oidc")
        HeldRole.objects.create(
            account=person,
            role=Group.objects.get(name="deployer" if at % 4 else "payroll"),
            origin="rule",
            linked_identity=person.identities.get(),
            rule="engineers" if at % 3 else "leads",
            ruleset_version=2,
            because=[f'groups: "{groups[0]}"'],
            since=timezone.now(),
        )
        if at % 5:
            person.groups.add(Group.objects.get(name="deployer" if at % 4 else "payroll"))
    ada = Account.objects.get(username="ada")
    link = LinkedIdentity.objects.get(account=ada)
    vouched_for, _ = vouched("ada-too", "/sales", LONG, provider="corp-oidc")
    LinkedIdentity.objects.filter(account=vouched_for).update(account=ada)
    told = {"account": ada, "linked_identity": link, "rule": "engineers", "ruleset_version": 2}
    payroll, deployer = (Group.objects.get(name=name) for name in ("payroll", "deployer"))
    DeniedRole.objects.create(
        role=payroll, because=['groups: "/leaving"'], since=timezone.now(), **told
    )
    AccountAttribute.objects.create(name="department", value="Physics", **told)
    HeldRole.objects.create(
        account=ada, role=payroll, origin="hand", given_by="dora", since=timezone.now()
    )
    ada.groups.add(deployer)
    return ada


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_for_everybody(origin: str, desk: Page, size: dict, scheme: str) -> None:
    ada = populate()
    why = "/console/mapping/explain/"
    addresses = {
        "explain-empty": why,
        "explain-found": f"{why}?q=person&role=owner",
        "explain-has": f"{why}?account={ada.pk}&role=deployer",
        "explain-masked": f"{why}?account={ada.pk}&role=payroll",
        "explain-lacks": f"{why}?account={ada.pk}&role=owner",
        "matrix-groups": "/console/mapping/matrix/?provider=corp-oidc",
        "matrix-people": "/console/mapping/matrix/?by=people",
        "picture": "/console/mapping/picture/",
        "person": f"/admin/provisioning/account/{ada.pk}/change/",
    }
    desk.set_viewport_size(size)
    desk.emulate_media(color_scheme=scheme)
    heard, found = noises(desk, origin), {}
    for name, address in addresses.items():
        answer = desk.goto(origin + address)
        assert answer is not None
        assert answer.status == 200, address
        if folder := os.environ.get("SCREENSHOTS"):
            shot = Path(folder) / f"{name}-{size['width']}-{scheme}.png"
            desk.screenshot(path=shot, full_page=True)
        assert desk.evaluate("document.documentElement.scrollWidth") <= size["width"], address
        worst = [v for v in Axe().run(desk).response["violations"] if v["impact"] in WORST]
        if worst:
            found[name] = [(v["id"], v["nodes"][0]["html"]) for v in worst]
    assert found == {}
    assert heard == []


WORST = {"serious", "critical"}


def test_a_reason_is_reached_from_her_page_by_keyboard_alone(origin: str, desk: Page) -> None:
    ada = populate()
    desk.goto(f"{origin}/admin/provisioning/account/{ada.pk}/change/")
    desk.get_by_role("link", name="Why has she deployer?").press("Enter")
    desk.get_by_role("heading", name="Why Ada Byron has deployer").wait_for()
    desk.get_by_label("Role", exact=True).fill("owner")
    desk.keyboard.press("Enter")
    desk.get_by_role("heading", name="Why Ada Byron does not have owner").wait_for()
    desk.get_by_role("link", name="ada", exact=True).press("Enter")
    desk.get_by_label("Role", exact=True).select_option("payroll")
    desk.get_by_role("button", name="Explain").press("Enter")
    desk.get_by_role("heading", name="Why Ada Byron does not have payroll").wait_for()


def test_a_table_is_filtered_and_scrolled_by_keyboard_alone(origin: str, desk: Page) -> None:
    populate()
    desk.set_viewport_size(NARROW)
    desk.goto(f"{origin}/console/mapping/")
    desk.get_by_role("link", name="Who has which role").press("Enter")
    desk.get_by_role("heading", name="Roles by the groups of Corp").wait_for()
    desk.get_by_role("link", name="By people").press("Enter")
    desk.get_by_label("Person", exact=True).press_sequentially("person-01")
    desk.keyboard.press("Enter")
    desk.get_by_role("row", name="Person-01").get_by_role("link", name="yes").press("Enter")
    desk.get_by_role("heading", name="Why Person-01 has deployer").wait_for()
    desk.goto(f"{origin}/console/mapping/matrix/?by=people")
    table = desk.get_by_role("region", name="Which roles")
    table.focus()
    desk.keyboard.press("End")
    desk.wait_for_function("document.querySelector('.mapping-scroll').scrollTop > 0")
    head = desk.get_by_role("columnheader", name="Person")
    assert head.bounding_box()["y"] >= table.bounding_box()["y"] - 1
