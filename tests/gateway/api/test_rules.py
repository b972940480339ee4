"""Rules and their versions over the API: through the same flows as the console and files, nothing
overwritten unseen, every fault by its place.
"""

from dataclasses import replace
from typing import Any

import pytest
from django.conf import LazySettings

from mapping.models import Draft, Rollout, RuleSetVersion
from provisioning.models import Account
from tests.gateway.api.programs import OF_RULES, RULES, Program, faults, program
from tests.gateway.flows.mapping.crowd import by_rule, vouched
from tests.gateway.flows.mapping.drafters import content, roles_of_the_company, rule, told

pytestmark = pytest.mark.usefixtures("db", "redis_url")


@pytest.fixture
def asked() -> Program:
    roles_of_the_company()
    return program(scopes=OF_RULES)


def put(asked: Program, said: object, etag: str = "*", **more: object) -> Any:
    return asked.send("PUT", RULES, {"content": said, **more}, If_Match=etag)


def goes_back(asked: Program, etag: str | None, *, version: int = 1, comment: str = "") -> Any:
    read = {} if etag is None else {"If_Match": etag}
    return asked.send(
        "POST", f"{RULES}/roll-back", {"version": version, "comment": comment}, **read
    )


def test_before_anything_is_published_version_0_is_in_force_and_says_nothing(
    asked: Program,
) -> None:
    answer = asked.get(RULES)
    assert (answer["ETag"], answer.json()["content"]) == ('"0"', {"rules": []})


def test_rules_are_published_in_the_name_of_the_person_behind_the_token(asked: Program) -> None:
    dora = str(Account.objects.get(username="dora").pk)
    answer = put(asked, content(rule("web")), '"0"', comment="for the web team")
    assert (answer.status_code, answer["ETag"]) == (200, '"1"')
    shown = answer.json()
    assert shown["content"] == RuleSetVersion.objects.get().content
    assert (shown["published_by"], shown["author"]) == (dora, dora)
    assert shown["comment"] == "for the web team"
    assert told()[-1] == ("rules.published", "dora")
    assert asked.get(RULES).json() == shown


def test_whoever_read_an_older_version_changes_nothing(asked: Program) -> None:
    put(asked, content(rule("web")), '"0"')
    late = put(asked, content(rule("ops")), '"0"')
    assert (late.status_code, late.json()["code"]) == (412, "change.stale")
    unread = asked.send("PUT", RULES, {"content": content(rule("ops"))})
    assert (unread.status_code, unread.json()["code"]) == (428, "change.unconditional")
    weak = put(asked, content(rule("ops")), 'W/"1"')
    assert weak.status_code == 412
    assert RuleSetVersion.objects.count() == 1


def test_what_is_in_force_already_makes_no_version(asked: Program) -> None:
    put(asked, content(rule("web")))
    again = put(asked, content(rule("web")), '"1"')
    assert (again.status_code, again["ETag"]) == (200, '"1"')
    assert RuleSetVersion.objects.count() == 1


@pytest.mark.parametrize(
    ("said", "place"),
    [
        (content(rule("web", ("nobodys",))), "content.rules.0.roles.0"),
        (content({"id": "web", "roles": ["deployer"]}), "content.rules.0.when"),
        (content(rule("web"), rule("web")), "content.rules.1.id"),
        ({"rule": []}, "content.rule"),
        ({"rules": [1]}, "content.rules.0"),
        ([], "content"),
        (None, "content"),
        ({"rules": [], "exclusive_roles": [["deployer", 1]]}, "content.exclusive_roles.0.1"),
    ],
)
def test_a_fault_is_told_with_its_place(asked: Program, said: object, place: str) -> None:
    assert place in faults(put(asked, said))
    assert not RuleSetVersion.objects.exists()


def test_where_a_second_person_is_wanted_a_draft_is_the_way(
    asked: Program, settings: LazySettings
) -> None:
    strict(settings)
    answer = put(asked, content(rule("web")))
    assert (answer.status_code, answer.json()["code"]) == (409, "rules-draft.not-approved")
    assert "Submit the draft" in answer.json()["remedy"]
    assert not RuleSetVersion.objects.exists()


def test_versions_are_listed_from_the_newest_a_page_at_a_time(asked: Program) -> None:
    for name in ("web", "ops", "qa"):
        put(asked, content(rule(name)))
    first = asked.get(f"{RULES}/versions?limit=2").json()
    assert [each["version"] for each in first["results"]] == [3, 2]
    rest = asked.get(f"{RULES}/versions?limit=2&cursor={first['next_cursor']}").json()
    assert ([each["version"] for each in rest["results"]], rest["next_cursor"]) == ([1], None)
    assert "content" not in rest["results"][0]
    old = asked.get(f"{RULES}/versions/1").json()
    assert old["content"]["rules"][0]["id"] == "web"


@pytest.mark.parametrize("version", ["0", "9", "99999999999999999999"])
def test_a_version_that_never_was_is_not_found(asked: Program, version: str) -> None:
    answer = asked.get(f"{RULES}/versions/{version}")
    assert (answer.status_code, answer.json()["code"]) == (404, "mapping.rule-set-unknown")


def test_the_difference_of_two_versions_is_told_field_by_field_and_in_words(
    asked: Program,
) -> None:
    put(asked, content(rule("web"), rule("ops")))
    put(asked, content(rule("web", ("auditor",)), rule("qa")))
    told = asked.get(f"{RULES}/versions/1/differences").json()
    assert (told["before"], told["after"]) == (1, 2)
    assert [(each["kind"], each["name"]) for each in told["differences"]] == [
        ("gained", "qa"),
        ("edited", "web"),
        ("lost", "ops"),
    ]
    assert told["differences"][1]["fields"] == [
        {"field": "roles", "before": ["deployer"], "after": ["auditor"]}
    ]
    assert '~ rules: web.roles: ["deployer"] -> ["auditor"]' in told["words"]
    back = asked.get(f"{RULES}/versions/2/differences?to=0").json()
    assert [each["kind"] for each in back["differences"]] == ["lost", "lost"]
    nowhere = asked.get(f"{RULES}/versions/1/differences?to=7")
    assert nowhere.json()["code"] == "mapping.rule-set-unknown"
    assert "to" in faults(asked.get(f"{RULES}/versions/1/differences?to=x"))


def test_an_older_version_is_published_again(asked: Program) -> None:
    put(asked, content(rule("web")))
    put(asked, content(rule("ops")))
    answer = goes_back(asked, '"2"', comment="broke ops")
    assert (answer.status_code, answer["ETag"]) == (200, '"3"')
    assert (answer.json()["rolls_back_to"], answer.json()["comment"]) == (1, "broke ops")
    same = goes_back(asked, '"3"')
    assert (same.status_code, same.json()["code"]) == (409, "rules.nothing-changed")
    assert goes_back(asked, "*", version=8).status_code == 404


def test_going_back_names_the_version_that_was_read(asked: Program) -> None:
    put(asked, content(rule("web")))
    put(asked, content(rule("ops")))
    for tag, status, code in (
        (None, 428, "change.unconditional"),
        ('"1"', 412, "change.stale"),
        ('W/"2"', 412, "change.stale"),
    ):
        answer = goes_back(asked, tag)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert asked.get(RULES).json()["version"] == 2
    assert goes_back(asked, '"2"').status_code == 200


def test_where_a_second_person_is_wanted_the_way_back_is_a_draft_that_waits(
    asked: Program, settings: LazySettings
) -> None:
    put(asked, content(rule("web")))
    put(asked, content(rule("ops")))
    put(asked, content(rule("fin")))
    strict(settings)
    answer = goes_back(asked, "*")
    assert (answer.status_code, answer.json()["state"]) == (202, "submitted")
    assert asked.get(answer["Location"]).json() == answer.json()
    assert Draft.objects.get().rolls_back_to == 1


def test_very_many_lose_a_role_only_if_their_number_is_said(
    asked: Program, settings: LazySettings
) -> None:
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, role_loss_people=1)
    for name in ("ada", "ben", "cleo"):
        by_rule(name, "deployer", "web")
    put(asked, content(rule("web")))
    answer = put(asked, content())
    assert (answer.status_code, answer.json()["code"]) == (409, "rules.role-loss")
    fault = answer.json()["fields"][0]
    assert fault["field"] == "confirm_losses"
    assert fault["problem"].startswith("3 of ")
    assert put(asked, content(), confirm_losses=2).status_code == 409
    assert put(asked, content(), confirm_losses=3).status_code == 200


def test_whoever_shuts_the_console_to_herself_says_her_name(asked: Program) -> None:
    when = {"claim": "groups", "present": True}
    shut = content({"id": "shut", "when": when, "denies": ["gatehouse-admin"]})
    vouched("dora", "/web")
    answer = put(asked, shut)
    assert (answer.status_code, answer.json()["code"]) == (409, "rules.console-lost")
    assert answer.json()["fields"][0]["field"] == "confirm_name"
    assert put(asked, shut, confirm_name="ben").status_code == 409
    assert put(asked, shut, confirm_name="dora").status_code == 200


def test_making_a_version_live_is_followed_paused_and_gone_on_with(asked: Program) -> None:
    assert asked.get(f"{RULES}/rollout").json() == {"rollout": None, "unreadable": 0}
    put(asked, content(rule("web")))
    rollout = f"{RULES}/rollout"
    assert asked.get(rollout).json()["rollout"]["state"] == "running"
    over = asked.send("POST", f"{rollout}/resume")
    assert (over.status_code, over.json()["code"]) == (409, "rules-rollout.over")
    paused = asked.send("POST", f"{rollout}/pause").json()
    assert (paused["rollout"]["state"], paused["rollout"]["version"]) == ("paused", 1)
    assert asked.send("POST", f"{rollout}/resume").json()["rollout"]["state"] == "running"
    assert Rollout.objects.count() == 1


def strict(settings: LazySettings) -> None:
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, rules_need_approval=True)
