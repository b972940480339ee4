"""Drafting together: each save names its edition, and nothing is overwritten unseen."""

import uuid
from datetime import timedelta

import pytest

from gateway.flows.errors import (
    RulesConflict,
    RulesDraftGone,
    RulesDraftMoved,
    RulesDraftStale,
)
from gateway.flows.mapping import drafting, presence
from gateway.relying_parties.definition import DefinitionInvalid
from mapping import models as mapping_models
from mapping.errors import RuleInvalid
from mapping.merging import merged
from mapping.models import Draft
from mapping.ruleset import RuleSet
from provisioning.models import Account
from tests.gateway.flows.mapping.drafters import (
    LATER,
    NOW,
    ben,
    content,
    dora,
    last_detail,
    permitted,
    roles_of_the_company,
    rule,
    told,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]


@pytest.fixture(autouse=True)
def _rules() -> None:
    roles_of_the_company()
    mapping_models.publish(content(rule("eng"), rule("fin")), based_on=0, by="operator", now=NOW)


def ada() -> str:
    return permitted("ada", "draft_rules")


def begun() -> Draft:
    return drafting.begin("March", actor=dora(), now=NOW)


def publish(*rules: dict[str, object]) -> None:
    version = mapping_models.active().version
    mapping_models.publish(content(*rules), based_on=version, by="operator", now=LATER)


def test_a_draft_begins_as_the_version_in_force() -> None:
    draft = begun()
    assert RuleSet.parse(1, draft.content) == mapping_models.active()
    assert (draft.based_on, draft.edition, draft.state) == (1, 1, "open")
    assert told() == [("rules-draft.begun", "dora")]
    assert last_detail() == {
        "draft": str(draft.pk),
        "name": "March",
        "based_on": 1,
        "gained": [],
        "lost": [],
        "edited": [],
    }


def test_a_draft_may_begin_with_a_change() -> None:
    draft = drafting.begin("March", content(rule("eng"), rule("ops")), actor=dora(), now=NOW)
    assert draft.unapproved_authors == [dora()]
    assert (last_detail()["gained"], last_detail()["lost"]) == (["ops"], ["fin"])


def test_what_is_saved_is_the_next_edition_and_on_record_by_rule() -> None:
    draft = begun()
    wanted = content(rule("eng", ("auditor",)), rule("ops"))
    saved = drafting.save(draft.pk, 1, wanted, actor=ada(), now=LATER)
    assert RuleSet.parse(2, saved.content) == RuleSet.parse(2, wanted)
    assert (saved.edition, saved.changed_by, saved.changed_at) == (2, ada(), LATER)
    assert told()[1:] == [("rules-draft.changed", "ada")]
    assert last_detail() == {
        "draft": str(draft.pk),
        "edition": 2,
        "gained": ["ops"],
        "lost": ["fin"],
        "edited": ["eng"],
        "approval_ended": False,
    }


def test_saving_what_is_there_changes_nothing() -> None:
    draft = begun()
    saved = drafting.save(draft.pk, 1, draft.content, actor=ada(), now=LATER)
    assert (saved.edition, saved.changed_by) == (1, dora())
    assert told() == [("rules-draft.begun", "dora")]


def test_of_two_who_edit_one_edition_the_second_is_shown_both_changes() -> None:
    draft = begun()
    theirs = content(rule("eng"), rule("fin"), rule("ops"))
    mine = content(rule("eng", ("auditor",)), rule("fin"))
    drafting.save(draft.pk, 1, theirs, actor=dora(), now=NOW)
    with pytest.raises(RulesDraftStale) as refused:
        drafting.save(draft.pk, 1, mine, actor=ada(), now=LATER)
    said = refused.value
    assert said.edition == 2
    assert (said.mine, said.theirs) == (RuleSet.parse(2, mine), RuleSet.parse(2, theirs))
    assert said.base.rules == mapping_models.active().rules
    draft.refresh_from_db()
    assert RuleSet.parse(2, draft.content) == said.theirs

    both = merged(said.base, said.mine, said.theirs)
    assert both.conflicts == ()
    drafting.save(draft.pk, said.edition, both.content, actor=ada(), now=LATER)
    draft.refresh_from_db()
    assert {each["id"]: each["roles"] for each in draft.content["rules"]} == {
        "eng": ["auditor"],
        "fin": ["deployer"],
        "ops": ["deployer"],
    }


def test_an_edition_that_never_was_is_refused() -> None:
    draft = begun()
    for edition in (0, 2):
        with pytest.raises(RulesDraftMoved):
            drafting.save(draft.pk, edition, content(), actor=dora(), now=NOW)


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        (content(rule("eng", ("unheard-of",))), "rules.0.roles.0"),
        (content({"id": "eng", "roles": ["deployer"]}), "rules.0.when"),
        (content(default_roles={"corp-oidc": "unheard-of"}), "default_roles.corp-oidc"),
        (content(exclusive_roles=[["deployer"]]), "exclusive_roles.0"),
        ([], ""),
    ],
)
def test_a_fault_is_named_with_its_place_and_nothing_is_saved(wrong: object, place: str) -> None:
    draft = begun()
    with pytest.raises(RuleInvalid) as refused:
        drafting.save(draft.pk, 1, wrong, actor=dora(), now=NOW)
    assert refused.value.field == place
    with pytest.raises(RuleInvalid):
        drafting.begin("Another", wrong, actor=dora(), now=NOW)
    assert [one.edition for one in Draft.objects.all()] == [1]


@pytest.mark.parametrize("name", ["", " ", "x" * 101])
def test_a_draft_has_a_name_of_a_readable_length(name: str) -> None:
    with pytest.raises(DefinitionInvalid) as refused:
        drafting.begin(name, actor=dora(), now=NOW)
    assert [fault.field for fault in refused.value.faults] == ["name"]


def test_a_draft_moves_onto_what_was_published_meanwhile() -> None:
    draft = begun()
    drafting.save(
        draft.pk, 1, content(rule("eng"), rule("fin"), rule("ops")), actor=dora(), now=NOW
    )
    publish(rule("eng", ("auditor",)), rule("fin"))
    moved = drafting.rebase(draft.pk, 2, actor=ada(), now=LATER)
    assert (moved.based_on, moved.edition) == (2, 3)
    assert {each["id"]: each["roles"] for each in moved.content["rules"]} == {
        "eng": ["auditor"],
        "fin": ["deployer"],
        "ops": ["deployer"],
    }
    assert told()[-1] == ("rules-draft.rebased", "ada")
    assert (last_detail()["based_on"], last_detail()["edited"]) == (2, ["eng"])


def test_where_both_changed_one_rule_a_person_says_whose_shall_stand() -> None:
    draft = begun()
    drafting.save(
        draft.pk, 1, content(rule("eng", ("payroll",)), rule("fin")), actor=dora(), now=NOW
    )
    publish(rule("eng", ("auditor",)), rule("fin"))
    with pytest.raises(RulesConflict) as refused:
        drafting.rebase(draft.pk, 2, actor=dora(), now=LATER)
    assert [
        (one.name, one.mine["roles"], one.theirs["roles"]) for one in refused.value.conflicts
    ] == [("eng", ["payroll"], ["auditor"])]
    draft.refresh_from_db()
    assert (draft.based_on, draft.edition) == (1, 2)
    moved = drafting.rebase(draft.pk, 2, keep={"eng": "mine"}, actor=dora(), now=LATER)
    assert moved.content["rules"][0]["roles"] == ["payroll"]


def test_a_draft_on_the_version_in_force_has_nowhere_to_move() -> None:
    draft = begun()
    assert drafting.rebase(draft.pk, 1, actor=dora(), now=LATER).edition == 1
    assert told() == [("rules-draft.begun", "dora")]


def test_a_dropped_draft_is_kept_to_be_read_and_takes_no_more_words() -> None:
    draft = begun()
    drafting.drop(draft.pk, 1, actor=ada(), now=LATER)
    assert told()[-1] == ("rules-draft.dropped", "ada")
    draft.refresh_from_db()
    assert (draft.state, draft.editions.count()) == ("dropped", 0)
    for ended in (
        lambda: drafting.save(draft.pk, 1, content(), actor=dora(), now=LATER),
        lambda: drafting.rebase(draft.pk, 1, actor=dora(), now=LATER),
        lambda: drafting.drop(draft.pk, 1, actor=dora(), now=LATER),
        lambda: drafting.remark(draft.pk, "Too late", actor=dora(), now=LATER),
        lambda: presence.seen(draft.pk, actor=dora(), now=LATER),
        lambda: drafting.save(uuid.uuid4(), 1, content(), actor=dora(), now=LATER),
    ):
        with pytest.raises(RulesDraftGone):
            ended()


def test_a_draft_that_moved_on_is_not_dropped_or_moved_unseen() -> None:
    draft = begun()
    drafting.save(draft.pk, 1, content(rule("ops")), actor=dora(), now=NOW)
    with pytest.raises(RulesDraftMoved):
        drafting.drop(draft.pk, 1, actor=ada(), now=LATER)
    with pytest.raises(RulesDraftMoved):
        drafting.rebase(draft.pk, 1, actor=ada(), now=LATER)


def test_a_remark_speaks_of_one_rule_or_of_the_whole() -> None:
    draft = begun()
    drafting.remark(draft.pk, " Why? ", rule="eng", actor=ben(), now=NOW)
    drafting.remark(draft.pk, "Looks right", rule="no such rule", actor=dora(), now=LATER)
    found = draft.remarks.values_list("text", "rule", "by", "edition")
    assert list(found) == [("Why?", "eng", ben(), 1), ("Looks right", "", dora(), 1)]
    assert told()[1:] == [("rules-draft.remarked", "ben"), ("rules-draft.remarked", "dora")]
    for text in ("", "x" * 2001):
        with pytest.raises(DefinitionInvalid):
            drafting.remark(draft.pk, text, actor=dora(), now=NOW)


def test_whoever_has_a_draft_open_sees_who_else_has() -> None:
    draft = begun()
    assert presence.seen(draft.pk, actor=dora(), now=NOW).others == ()
    later = NOW + timedelta(seconds=20)
    seen = presence.seen(draft.pk, actor=ada(), now=later)
    assert [one.name for one in seen.others] == [
        Account.objects.get(username="dora").get_full_name()
    ]
    assert (seen.edition, seen.state, seen.changed_by) == (1, "open", dora())
    # Half a minute after her last sign of life Dora has left; Ada, who came later, has not.
    gone = presence.seen(draft.pk, actor=ben(), now=NOW + timedelta(seconds=31))
    assert [one.account for one in gone.others] == [ada()]
    assert told() == [("rules-draft.begun", "dora")]
