"""Drafts of rules over the API, from the first word to the version in force: nothing is lost
unseen, and nobody approves a change of her own, whatever program made it for her.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.conf import LazySettings

from mapping.models import Draft, RuleSetVersion
from tests.gateway.api.programs import OF_RULES, RULES, Browser, Program, faults, token_of
from tests.gateway.flows.mapping.drafters import content, roles_of_the_company, rule, told
from tests.gateway.pages.signed_in import staff

pytestmark = pytest.mark.usefixtures("db", "redis_url", "company")

DRAFTS = f"{RULES}/drafts"


@pytest.fixture
def company() -> None:
    roles_of_the_company()


def of_dora() -> Program:
    return Program(token_of(staff("dora"), OF_RULES))


def begun(asked: Program, *rules: dict[str, object]) -> Any:
    answer = asked.send("POST", DRAFTS, {"name": "Web", "content": content(*rules)})
    assert answer.status_code == 201, answer.content
    return answer


def step(asked: Program, draft: Any, verb: str, body: object = None) -> Any:
    """On what the caller read last."""
    return asked.send("POST", f"{draft['Location']}/{verb}", body, If_Match=draft["ETag"])


def read(asked: Program, draft: Any) -> Any:
    answer = asked.get(draft["Location"])
    answer["Location"] = draft["Location"]
    return answer


def test_a_draft_begins_as_the_rules_in_force_or_as_it_is_sent() -> None:
    asked = of_dora()
    sent = begun(asked, rule("web"))
    assert (sent["ETag"], sent.json()["state"], sent.json()["edition"]) == ('"1-open"', "open", 1)
    assert [each["id"] for each in sent.json()["content"]["rules"]] == ["web"]
    assert read(asked, sent).json() == sent.json()
    plain = asked.send("POST", DRAFTS, {"name": "Later"})
    assert plain.json()["content"] == {"rules": []}
    assert told()[-1] == ("rules-draft.begun", "dora")


def test_of_two_who_read_the_same_edition_the_second_is_told_and_saves_nothing() -> None:
    asked = of_dora()
    draft = begun(asked, rule("web"))
    first, second = (
        asked.send("PUT", draft["Location"], {"content": said}, If_Match=draft["ETag"])
        for said in (content(rule("web"), rule("ops")), content(rule("qa")))
    )
    assert (first.status_code, first["ETag"]) == (200, '"2-open"')
    assert (second.status_code, second.json()["code"]) == (412, "change.stale")
    assert len(Draft.objects.get().content["rules"]) == 2


@pytest.mark.parametrize("verb", ["submit", "take-back", "rebase", "publish"])
def test_a_step_names_what_was_read(verb: str) -> None:
    asked = of_dora()
    draft = begun(asked, rule("web"))
    asked.send("PUT", draft["Location"], {"content": content(rule("qa"))}, If_Match="*")
    late = step(asked, draft, verb, {})
    assert (late.status_code, late.json()["code"]) == (412, "change.stale")
    blind = asked.send("POST", f"{draft['Location']}/{verb}", {})
    assert (blind.status_code, blind.json()["code"]) == (428, "change.unconditional")
    assert Draft.objects.get().state == "open"


def test_an_approval_is_of_what_the_second_person_read() -> None:
    asked, ben = of_dora(), Browser(staff("ben"))
    draft = begun(asked, rule("web"))
    step(asked, draft, "submit")
    seen = read(ben, draft)
    asked.send("PUT", draft["Location"], {"content": content(rule("qa"))}, If_Match="*")
    step(asked, read(asked, draft), "submit")
    assert step(ben, seen, "approve").status_code == 412
    assert step(ben, read(ben, draft), "approve").json()["state"] == "approved"


def test_nobody_approves_what_her_own_program_wrote() -> None:
    dora = staff("dora")
    asked, herself = Program(token_of(dora, OF_RULES)), Browser(dora)
    draft = begun(asked, rule("web"))
    step(asked, draft, "submit")
    own = step(herself, read(herself, draft), "approve")
    assert (own.status_code, own.json()["code"]) == (403, "rules-draft.own")
    assert Draft.objects.get().state == "submitted"


def test_a_program_approves_nothing_whoever_made_its_token() -> None:
    asked, of_ben = of_dora(), Program(token_of(staff("ben"), OF_RULES))
    draft = begun(asked, rule("web"))
    step(asked, draft, "submit")
    answer = step(of_ben, read(of_ben, draft), "approve")
    assert (answer.status_code, answer.json()["code"]) == (403, "token.no-person")
    assert Draft.objects.get().state == "submitted"


def test_with_a_second_persons_word_a_program_publishes(settings: LazySettings) -> None:
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, rules_need_approval=True)
    asked, ben = of_dora(), Browser(staff("ben"))
    draft = begun(asked, rule("web"))
    early = step(asked, draft, "publish", {})
    assert (early.status_code, early.json()["code"]) == (409, "rules-draft.not-approved")
    step(asked, draft, "submit")
    step(ben, read(ben, draft), "approve")
    done = step(asked, read(asked, draft), "publish", {"comment": "agreed"})
    assert (done.status_code, done.json()["version"]) == (200, 1)
    row = RuleSetVersion.objects.get()
    assert (row.comment, row.approved_by != row.author) == ("agreed", True)
    ended = read(asked, draft).json()
    assert (ended["state"], ended["published_as"]) == ("published", 1)
    again = step(asked, read(asked, draft), "publish", {})
    assert (again.status_code, again.json()["code"]) == (404, "rules-draft.gone")


def test_an_approval_is_taken_back() -> None:
    asked, ben = of_dora(), Browser(staff("ben"))
    draft = begun(asked, rule("web"))
    step(asked, draft, "submit")
    step(ben, read(ben, draft), "approve")
    assert step(asked, read(asked, draft), "take-back").json()["state"] == "open"
    assert told()[-1] == ("rules-draft.withdrawn", "dora")


def test_a_draft_is_brought_up_to_date_and_a_conflict_is_told_by_rule() -> None:
    asked = of_dora()
    asked.send("PUT", RULES, {"content": content(rule("web"))}, If_Match="*")
    draft = begun(asked, rule("web", ("auditor",)))
    asked.send("PUT", RULES, {"content": content(rule("web", ("payroll",)))}, If_Match="*")
    old = step(asked, draft, "publish", {})
    assert (old.status_code, old.json()["code"]) == (409, "mapping.rule-set-stale")
    told = step(asked, draft, "rebase", {}).json()
    assert told["code"] == "rules-draft.conflict"
    assert [fault["field"] for fault in told["fields"]] == ["keep.web"]
    assert "keep.web" in faults(step(asked, draft, "rebase", {"keep": {"web": "ours"}}))
    done = step(asked, draft, "rebase", {"keep": {"web": "mine"}})
    assert (done["ETag"], done.json()["based_on"]) == ('"2-open"', 2)
    assert done.json()["content"]["rules"][0]["roles"] == ["auditor"]


def test_a_dropped_draft_stays_to_be_read_and_is_no_more_changed() -> None:
    asked = of_dora()
    draft = begun(asked, rule("web"))
    gone = asked.send("DELETE", draft["Location"], If_Match=draft["ETag"])
    assert (gone.status_code, gone.content) == (204, b"")
    ended = read(asked, draft)
    assert ended.json()["state"] == "dropped"
    late = asked.send(
        "PUT", draft["Location"], {"content": content(rule("qa"))}, If_Match=ended["ETag"]
    )
    assert (late.status_code, late.json()["code"]) == (404, "rules-draft.gone")


def test_drafts_are_listed_from_the_newest_by_state_a_page_at_a_time() -> None:
    asked = of_dora()
    ids = [begun(asked, rule(name)).json()["id"] for name in ("web", "ops", "qa")]
    asked.send("DELETE", f"{DRAFTS}/{ids[1]}", If_Match="*")
    first = asked.get(f"{DRAFTS}?limit=2").json()
    assert [each["id"] for each in first["results"]] == [ids[2], ids[1]]
    rest = asked.get(f"{DRAFTS}?limit=2&cursor={first['next_cursor']}").json()
    assert ([each["id"] for each in rest["results"]], rest["next_cursor"]) == ([ids[0]], None)
    assert "content" not in rest["results"][0]
    alive = asked.get(f"{DRAFTS}?state=open").json()["results"]
    assert [each["id"] for each in alive] == [ids[2], ids[0]]
    unknown = asked.get(f"{DRAFTS}?cursor=5f0c41a5-9d0e-4d3b-8a53-3a3f6c1f8a11")
    assert "cursor" in faults(unknown)


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"content": content(rule("web"))}, "name"),
        ({"name": " ", "content": content(rule("web"))}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "Web", "content": None}, "content"),
        ({"name": "Web", "content": content(rule("web", ("nobodys",)))}, "content.rules.0.roles.0"),
        ({"name": "Web", "state": "approved"}, "state"),
    ],
)
def test_a_fault_is_told_with_its_place(body: object, place: str) -> None:
    assert place in faults(of_dora().send("POST", DRAFTS, body))
    assert not Draft.objects.exists()


@pytest.mark.parametrize(
    "asking",
    [
        lambda asked, at: asked.get(at),
        lambda asked, at: asked.send("PUT", at, {"content": content()}, If_Match="*"),
        lambda asked, at: asked.send("POST", f"{at}/submit", If_Match="*"),
    ],
)
def test_a_draft_that_never_was_is_not_found(asking: Callable[[Program, str], Any]) -> None:
    answer = asking(of_dora(), f"{DRAFTS}/5f0c41a5-9d0e-4d3b-8a53-3a3f6c1f8a11")
    assert (answer.status_code, answer.json()["code"]) == (404, "rules-draft.gone")
