"""The studio in a real browser: by keyboard, at both widths, by day and by night."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Page, expect

from gateway.flows.mapping import drafting, population
from mapping import models as mapping_models
from mapping.models import Rollout
from provisioning.models import Account
from tests.gateway.console.company import RULE
from tests.gateway.console.test_in_a_browser import desk, origin
from tests.gateway.flows.mapping.crowd import vouched
from tests.gateway.pages.serving import NARROW, WIDE, noises

__all__ = ["desk", "origin"]

pytestmark = [pytest.mark.live, pytest.mark.usefixtures("redis_url")]

LIST = "/console/mapping/"
GROUP = "/engineering/platform/a-group-with-a-very-long-name-that-nobody-would-ever-say-aloud"
RULES = [
    RULE,
    {
        "id": "leads",
        "roles": ["deployer"],
        "provider": "corp-oidc",
        "priority": 5,
        "when": {
            "all": [
                {"claim": "groups", "equals": GROUP},
                {"not": {"claim": "employment.kind", "in": ["intern", "contractor"]}},
                {"claim": "email", "matches": r"[a-z.]+@corp\.example"},
            ]
        },
    },
]
CHANGED = {
    "rules": [
        RULES[1] | {"until": "2027-03-31", "denies": ["payroll"], "note": "Until the audit"},
        {
            "id": "night",
            "roles": ["payroll"],
            "when": {
                "any": [
                    {"claim": "employment.level", "at_least": 4},
                    {"cel": "claims.groups.exists(g, g.startsWith('/night'))"},
                    {"time": {"from": "2027-01-01", "until": "2027-02-01"}},
                    {"none": [{"email_domain": ["corp.example"]}, {"provider": ["corp-oidc"]}]},
                ]
            },
        },
    ],
    "exclusive_roles": [["payroll", "deployer"]],
    "default_roles": {"corp-oidc": "deployer"},
}


@pytest.fixture(autouse=True)
def _crowd(redis_url: str, desk: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    """People of whom something is known."""
    monkeypatch.setattr(population, "_kept", None)
    for name in ("eve", "finn", "gus"):
        vouched(name, "/leads", "/engineering", GROUP, provider="corp-oidc", level=3)


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_for_everybody(origin: str, desk: Page, size: dict, scheme: str) -> None:
    row = mapping_models.publish({"rules": RULES}, based_on=1, by="terraform", now=timezone.now())
    dora = Account.objects.get(username="dora")
    draft = drafting.begin("Leads deploy", actor=str(dora.pk), now=timezone.now())
    drafting.save(draft.pk, 1, CHANGED, actor=str(dora.pk), now=timezone.now())
    for about in ("", "leads"):
        said = {"rule": about, "actor": str(dora.pk), "now": timezone.now()}
        drafting.remark(draft.pk, "Why not sooner?", **said)
    begun_at = timezone.now() - timedelta(minutes=2)
    figures = {"total": 4000, "done": 1000, "changed": 12, "begun_at": begun_at}
    Rollout.objects.create(version=2, since=1, cause="published", by=str(dora.pk), **figures)
    own = f"{LIST}drafts/{draft.pk}/"
    addresses = {
        "rules": LIST,
        "nothing-found": f"{LIST}?q=nothing",
        "version": f"/admin/mapping/rulesetversion/{row.pk}/change/",
        "draft": own,
        "edition": f"{own}edition/2/",
        "rule": f"{own}rule/leads/",
        "new-rule": f"{own}rule/",
        "general": f"{own}general/",
        "history": f"{LIST}history/",
        "rollout": f"{LIST}rollout/",
        "compare": f"{LIST}compare/",
        "back": f"{LIST}history/1/back/",
    }
    desk.set_viewport_size(size)
    desk.emulate_media(color_scheme=scheme)
    heard, found = noises(desk, origin), {}
    for name, address in addresses.items():
        answer = desk.goto(origin + address)
        assert answer is not None
        assert (answer.status, answer.url) == (200, origin + address)
        if "/rule/" in address:
            desk.locator("#beside .mapping-figure").or_(desk.get_by_text("As soon as")).wait_for()
        if folder := os.environ.get("SCREENSHOTS"):
            shot = Path(folder) / f"mapping-{name}-{size['width']}-{scheme}.png"
            desk.screenshot(path=shot, full_page=True)
        assert desk.evaluate("document.documentElement.scrollWidth") <= size["width"], address
        worst = [v for v in Axe().run(desk).response["violations"] if v["impact"] in WORST]
        if worst:
            found[name] = [(v["id"], v["nodes"][0]["html"]) for v in worst]
    assert found == {}
    assert heard == []


WORST = {"serious", "critical"}


def test_a_rule_is_found_by_keyboard_alone(origin: str, desk: Page) -> None:
    mapping_models.publish({"rules": RULES}, based_on=1, by="terraform", now=timezone.now())
    desk.goto(f"{origin}/admin/")
    desk.get_by_role("link", name="Rules", exact=True).first.press("Enter")
    desk.get_by_label("Words").press_sequentially("leads")
    desk.keyboard.press("Enter")
    desk.get_by_role("heading", name="1 rule found").wait_for()
    assert desk.url.startswith(f"{origin}{LIST}?q=leads")
    assert desk.locator(".mapping-rules li").count() == 1


def test_a_draft_is_written_submitted_and_read_by_keyboard_alone(origin: str, desk: Page) -> None:
    heard = noises(desk, origin)
    desk.set_viewport_size(NARROW)
    desk.goto(f"{origin}{LIST}")
    desk.get_by_label("What the change is about").press_sequentially("Leads deploy")
    desk.keyboard.press("Enter")
    desk.get_by_role("link", name="Add a rule").press("Enter")
    desk.get_by_label("Claim").focus()
    desk.keyboard.type("groups")
    desk.get_by_label("Value", exact=True).focus()
    desk.keyboard.type("/leads")
    desk.get_by_text("3 people of").wait_for()
    desk.locator("#beside").get_by_text("Finn").wait_for()
    desk.get_by_role("button", name="Add a condition").press("Enter")
    second = desk.get_by_role("group", name="Condition 2").get_by_label("Claim")
    second.wait_for()
    desk.wait_for_function("document.activeElement?.name === 'when.1.claim'")
    desk.keyboard.type("level")
    desk.get_by_role("button", name="Remove condition 1").press("Enter")
    desk.get_by_role("group", name="Condition 2").wait_for(state="detached")
    assert desk.get_by_label("Claim").input_value() == "level"
    desk.get_by_label("Value", exact=True).fill("3")
    desk.get_by_label("Gives the roles").fill("deployer")
    desk.get_by_role("button", name="Keep the rule").press("Enter")
    desk.get_by_role("heading", name="One change of version 1").wait_for()
    desk.get_by_role("button", name="Submit for approval").press("Enter")
    desk.get_by_text("You had a hand in it, so somebody else has to approve it.").wait_for()
    assert heard == []


def test_without_the_script_a_rule_is_written_as_well(origin: str, desk: Page) -> None:
    dora = Account.objects.get(username="dora")
    draft = drafting.begin("Leads deploy", actor=str(dora.pk), now=timezone.now())
    desk.route("**/mapping.js", lambda route: route.abort())
    desk.goto(f"{origin}{LIST}drafts/{draft.pk}/rule/engineers-deploy/")
    desk.get_by_role("button", name="Add a group", exact=True).click()
    desk.get_by_role("group", name="Group 2").get_by_label("Claim").fill("email")
    desk.get_by_role("group", name="Group 2").get_by_label("Value", exact=True).fill(
        "a@corp.example"
    )
    desk.get_by_role("button", name="Show what it says").click()
    desk.locator("#beside").get_by_text("whose email is a@corp.example").wait_for()
    desk.get_by_role("button", name="Move group 2 up").click()
    desk.get_by_role("button", name="Keep the rule").click()
    desk.get_by_role("heading", name="One change of version 1").wait_for()
    draft.refresh_from_db()
    assert [list(part) for part in draft.content["rules"][0]["when"]["all"]] == [
        ["claim", "equals"],
        ["claim", "glob"],
    ]


def several(desk: Page, *lines: str) -> None:
    """The condition takes several values, and has these."""
    expect(desk.get_by_label("Value", exact=True)).to_have_value("\n".join(lines))
    expect(desk.get_by_label("One more value")).to_have_value("")


def test_several_values_are_picked_by_keyboard_alone(origin: str, desk: Page) -> None:
    heard = noises(desk, origin)
    dora = Account.objects.get(username="dora")
    draft = drafting.begin("Leads deploy", actor=str(dora.pk), now=timezone.now())
    desk.goto(f"{origin}{LIST}drafts/{draft.pk}/rule/engineers-deploy/")
    desk.get_by_label("Comparison").select_option("in")
    desk.get_by_label("One more value").wait_for()
    assert desk.evaluate("document.activeElement.name") == "when.0.operator"
    desk.get_by_label("Value", exact=True).fill("/leads")
    desk.keyboard.press("Tab")
    desk.keyboard.type("/engineering")
    desk.locator("#seen-when\\.0 option[value='/engineering']").wait_for(state="attached")
    desk.keyboard.press("Enter")
    several(desk, "/leads", "/engineering")
    assert desk.evaluate("document.activeElement.name") == "when.0.pick"
    desk.keyboard.type("/sales")
    desk.get_by_text("or /sales").wait_for()
    desk.keyboard.press("Tab")
    desk.keyboard.press("Enter")
    several(desk, "/leads", "/engineering", "/sales")
    assert desk.evaluate("document.activeElement.name") == "when.0.pick"
    desk.keyboard.type("/last")
    desk.get_by_role("button", name="Keep the rule").press("Enter")
    desk.get_by_role("heading", name="One change of version 1").wait_for()
    draft.refresh_from_db()
    there = draft.content["rules"][0]["when"]
    assert there == {"claim": "groups", "in": ["/leads", "/engineering", "/sales", "/last"]}
    assert heard == []


def test_several_values_are_picked_without_the_script_as_well(origin: str, desk: Page) -> None:
    dora = Account.objects.get(username="dora")
    draft = drafting.begin("Leads deploy", actor=str(dora.pk), now=timezone.now())
    desk.route("**/mapping.js", lambda route: route.abort())
    desk.goto(f"{origin}{LIST}drafts/{draft.pk}/rule/engineers-deploy/")
    desk.get_by_label("Comparison").select_option("in")
    desk.get_by_role("button", name="Show what it says").press("Enter")
    desk.get_by_label("Value", exact=True).fill("/leads")
    assert desk.locator("#seen-when\\.0 option[value='/engineering']").count() == 1
    desk.get_by_label("One more value").fill("/engineering")
    desk.keyboard.press("Enter")
    several(desk, "/leads", "/engineering")
    desk.get_by_label("One more value").fill("/sales")
    desk.get_by_role("button", name="Add the value to condition 1").press("Enter")
    several(desk, "/leads", "/engineering", "/sales")


def test_conditions_are_put_in_order_without_a_mouse(origin: str, desk: Page) -> None:
    dora = Account.objects.get(username="dora")
    content = {"rules": RULES}
    draft = drafting.begin("In order", content, actor=str(dora.pk), now=timezone.now())
    desk.goto(f"{origin}{LIST}drafts/{draft.pk}/rule/leads/")
    desk.get_by_role("button", name="Move condition 3 up").press("Enter")
    desk.wait_for_function("document.activeElement?.name === 'when.1.claim'")
    assert desk.locator("[name='when.1.claim']").input_value() == "email"
    desk.get_by_role("button", name="Add a condition to group 3").press("Enter")
    desk.wait_for_function("document.activeElement?.name === 'when.2.1.claim'")
    desk.get_by_role("button", name="Remove condition 3.2").press("Enter")
    desk.wait_for_function("document.activeElement?.value === 'add:when.2'")
    desk.get_by_role("button", name="Remove group 3").press("Enter")
    desk.wait_for_function("document.activeElement?.value === 'add:when'")
    desk.get_by_role("button", name="Keep the rule").press("Enter")
    desk.get_by_role("heading", name="In order").wait_for()
    draft.refresh_from_db()
    assert draft.content["rules"][1]["when"] == {
        "all": [
            {"claim": "groups", "equals": GROUP},
            {"claim": "email", "matches": r"[a-z.]+@corp\.example"},
        ]
    }


def test_exclusive_roles_are_put_in_order_and_a_fault_is_reached_by_keyboard(
    origin: str, desk: Page
) -> None:
    dora = Account.objects.get(username="dora")
    draft = drafting.begin("In order", actor=str(dora.pk), now=timezone.now())
    desk.goto(f"{origin}{LIST}drafts/{draft.pk}/general/")
    desk.get_by_role("button", name="Add a list").press("Enter")
    desk.wait_for_function("document.activeElement?.name === 'list.0'")
    desk.keyboard.type("nobody-knows")
    desk.get_by_label("List 1, place 2").focus()
    desk.keyboard.type("deployer")
    desk.get_by_role("button", name="List 1: move place 2 up").press("Enter")
    desk.wait_for_function("document.activeElement?.value === 'deployer'")
    desk.get_by_role("button", name="One more line").press("Enter")
    desk.wait_for_function("document.activeElement?.ariaLabel === 'List 1, place 3'")
    desk.keyboard.type("payroll")
    desk.keyboard.press("Enter")
    desk.get_by_text("There is no role 'nobody-knows'").wait_for()
    desk.wait_for_function("document.activeElement?.ariaInvalid === 'true'")
    desk.get_by_label("List 1, place 2").fill("")
    desk.keyboard.press("Enter")
    desk.get_by_role("heading", name="One change of version 1").wait_for()
    draft.refresh_from_db()
    assert draft.content["exclusive_roles"] == [["deployer", "payroll"]]
