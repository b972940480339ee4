"""What a change would do, asked over the API: of few people at once, of many as a job, of which
nobody else learns anything.
"""

from dataclasses import replace
from typing import Any

import pytest
from django.utils import timezone

from gateway import wiring
from gateway.flows.mapping import preview_jobs, previewing
from provisioning.models import Account
from tests.gateway.api.programs import OF_RULES, RULES, Program, faults, token_of
from tests.gateway.flows.mapping.crowd import by_hand, by_rule, on_hold, vouched
from tests.gateway.flows.mapping.drafters import content, roles_of_the_company, rule
from tests.gateway.pages.signed_in import staff

pytestmark = pytest.mark.usefixtures("db", "redis_url", "company")

PREVIEWS = f"{RULES}/previews"
SAID = content({**rule("web"), "when": {"claim": "groups", "below": "/web"}})


@pytest.fixture
def company() -> None:
    roles_of_the_company()
    for name, group in (("ann", "/web"), ("bob", "/web/ops"), ("cem", "/sales")):
        vouched(name, group)
    by_hand("bob", "deployer")


def of(name: str, permissions: str = "*") -> Program:
    return Program(token_of(staff(name, permissions=permissions), OF_RULES))


def asked(program: Program, **body: object) -> Any:
    return program.send("POST", PREVIEWS, body)


def test_of_few_people_the_numbers_come_at_once() -> None:
    answer = asked(of("dora"), content=SAID)
    assert (answer.status_code, answer.json()["state"]) == (200, "done")
    told = answer.json()["result"]
    assert told["roles"] == [{"role": "deployer", "before": 1, "after": 2, "gains": 1, "losses": 0}]
    assert [(each["face"]["username"], each["gains"]) for each in told["people"]] == [
        ("ann", ["deployer"])
    ]
    assert (told["based_on"], told["gaining"], told["losing"]) == (0, 1, 0)


def test_a_draft_is_looked_at_by_whoever_may_see_it() -> None:
    draft = of("dora").send("POST", f"{RULES}/drafts", {"name": "Web", "content": SAID}).json()
    ben = of("ben", "approve_rules")
    assert asked(ben, draft=draft["id"]).json()["result"]["gaining"] == 1
    assert asked(ben, content=SAID).json()["code"] == "access.not-permitted"


@pytest.mark.usefixtures("many")
def test_of_many_people_a_worker_finds_it_out_and_says_how_far_it_is() -> None:
    dora = of("dora")
    answer = asked(dora, content=SAID)
    assert (answer.status_code, answer.json()["state"]) == (202, "waiting")
    assert (answer.json()["total"], answer.json()["result"]) == (3, None)
    assert dora.get(answer["Location"]).status_code == 202
    preview_jobs.run(now=timezone.now())
    done = dora.get(answer["Location"])
    assert (done.status_code, done.json()["state"], done.json()["done"]) == (200, "done", 3)
    assert done.json()["result"]["gaining"] == 1


@pytest.mark.usefixtures("many")
def test_nobody_else_learns_what_was_found() -> None:
    at = asked(of("dora"), content=SAID)["Location"]
    preview_jobs.run(now=timezone.now())
    answer = of("ben").get(at)
    assert (answer.status_code, answer.json()["code"]) == (404, "rules-preview.gone")


@pytest.mark.usefixtures("many")
def test_everybody_is_looked_at_for_one_at_a_time() -> None:
    dora = of("dora")
    asked(dora, content=SAID)
    second = asked(dora, content=SAID)
    assert (second.status_code, second.json()["code"]) == (409, "rules-preview.under-way")
    preview_jobs.run(now=timezone.now())
    assert asked(dora, content=SAID).status_code == 202


@pytest.mark.usefixtures("many")
def test_what_could_not_be_found_out_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    dora = of("dora")
    at = asked(dora, content=SAID)["Location"]
    monkeypatch.setattr("gateway.flows.mapping.losing.SECONDS", -1.0)
    preview_jobs.run(now=timezone.now())
    told = dora.get(at).json()
    assert (told["state"], told["code"]) == ("failed", "rules-preview.too-long")


@pytest.mark.usefixtures("many")
def test_a_preview_in_the_shared_cache_can_be_read_by_nobody() -> None:
    answer = asked(of("dora"), content=SAID)
    preview_jobs.run(now=timezone.now())
    kept = wiring.shared_cache().get(f"preview:{answer.json()['id']}")
    assert kept is not None
    assert b"deployer" not in kept


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({}, ""),
        ({"content": SAID, "draft": "5f0c41a5-9d0e-4d3b-8a53-3a3f6c1f8a11"}, ""),
        ({"draft": "web"}, "draft"),
        ({"content": content(rule("web", ("nobodys",)))}, "content.rules.0.roles.0"),
    ],
)
def test_a_fault_is_told_with_its_place(body: dict[str, object], place: str) -> None:
    assert place in faults(asked(of("dora"), **body))


def test_why_somebody_has_a_role_is_told_with_what_was_said_of_her() -> None:
    dora = of("dora")
    dora.send("PUT", RULES, {"content": SAID}, If_Match="*")
    holder = Account.objects.get(username="bob")
    holder.groups.add(holder.held_roles.get().role)
    bob, cem = (Account.objects.get(username=name).pk for name in ("bob", "cem"))
    told = dora.get(f"{RULES}/explain?account={bob}&role=deployer").json()
    assert (told["has"], told["version"], told["face"]["username"]) == (True, 1, "bob")
    assert [(each["origin"], each["given_by"]) for each in told["reasons"]] == [("hand", "dora")]
    assert told["coming"] == ["web"]
    missed = dora.get(f"{RULES}/explain?account={cem}&role=deployer").json()
    assert (missed["has"], missed["missed"][0]["rule"]) == (False, "web")
    assert missed["missed"][0]["claims"][0]["values"] == ['"/sales"']
    nobody = dora.get(f"{RULES}/explain?account=5f0c41a5-9d0e-4d3b-8a53-3a3f6c1f8a11&role=x")
    assert (nobody.status_code, nobody.json()["code"]) == (404, "provisioning.account-unknown")
    assert {"account", "role"} <= faults(dora.get(f"{RULES}/explain")).keys()


def test_what_is_held_while_a_provider_drifts_is_told_of_everybody_and_of_her() -> None:
    dora = of("dora")
    dora.send("PUT", RULES, {"content": SAID}, If_Match="*")
    by_rule("cem", "deployer", "web")  # of when he came as one of /web
    ann, cem = (Account.objects.get(username=name).pk for name in ("ann", "cem"))
    on_hold("cem")
    told = asked(dora, content=content()).json()["result"]
    assert (told["losing"], told["on_hold"]) == (2, 0)
    told = asked(dora, content=SAID).json()["result"]
    assert (told["losing"], told["on_hold"]) == (0, 1)
    explained = {
        who: dora.get(f"{RULES}/explain?account={who}&role=deployer").json()["on_hold"]
        for who in (ann, cem)
    }
    assert explained == {ann: [], cem: ["groups"]}


def test_what_putting_them_in_force_would_do_is_told_to_the_same_token_beforehand(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = replace(wiring.config(), role_loss_people=0)
    monkeypatch.setattr(wiring, "config", lambda: config)
    asker = staff("dora", permissions="*")
    dora = Program(token_of(asker, ("rules:publish",)))
    dora.send("PUT", RULES, {"content": SAID}, If_Match="*")
    told = asked(dora, content=content()).json()["result"]
    assert (told["losing"], dora.get(RULES).json()["version"]) == (1, 1)
    said = {"content": content()}
    assert dora.send("PUT", RULES, said, If_Match='"1"').json()["code"] == "rules.role-loss"
    meant = dora.send("PUT", RULES, said | {"confirm_losses": told["losing"]}, If_Match='"1"')
    assert (meant.status_code, meant.json()["version"]) == (200, 2)


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(previewing, "AT_ONCE", 0)
