"""Out of a draft, out of an older version, by the operator's file: one way into force."""

from dataclasses import replace

import pytest
from django.conf import LazySettings

from gateway.flows.errors import (
    ApprovalMissing,
    NothingChanged,
    NotPermitted,
    RulesDraftGone,
    RulesDraftMoved,
)
from gateway.flows.mapping import drafting, publishing, reviewing
from gateway.relying_parties.definition import DefinitionInvalid
from mapping.errors import RuleInvalid, RuleSetStale, RuleSetUnknown
from mapping.models import Draft, RuleSetVersion, active
from mapping.ruleset import RuleSet
from provisioning.models import RoleInfo
from tests.gateway.flows.mapping.drafters import (
    LATER,
    NOW,
    ben,
    cleo,
    content,
    dora,
    last_detail,
    roles_of_the_company,
    rule,
    told,
)
from tests.gateway.pages.signed_in import browser_of, staff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]


@pytest.fixture(autouse=True)
def _rules() -> None:
    roles_of_the_company()
    applied(rule("eng"), rule("fin"))


def applied(*rules: dict[str, object]) -> None:
    publishing.publish_rules(content(*rules), based_on=active().version, actor="operator", now=NOW)


def drafted(*rules: dict[str, object]) -> Draft:
    return drafting.begin("March", content(*rules), actor=dora(), now=NOW)


def test_a_draft_becomes_the_next_version_and_says_who_had_a_hand_in_it() -> None:
    draft = drafted(rule("eng", ("auditor",)), rule("ops"))
    reviewing.submit(draft.pk, 1, actor=dora(), now=NOW)
    reviewing.approve(draft.pk, 1, actor=ben(), now=LATER)
    row = publishing.publish_draft(draft.pk, 1, " Spring clean ", actor=cleo(), now=LATER)
    assert active() == RuleSet.parse(2, content(rule("eng", ("auditor",)), rule("ops")))
    assert (row.author, row.approved_by, row.published_by) == (dora(), ben(), cleo())
    assert (row.approved_at, row.comment) == (LATER, "Spring clean")
    draft.refresh_from_db()
    assert (draft.state, draft.published_as, draft.editions.count()) == ("published", 2, 1)
    assert told()[-1] == ("rules.published", "cleo")
    assert last_detail() == {
        "version": 2,
        "based_on": 1,
        "gained": ["ops"],
        "lost": ["fin"],
        "edited": ["eng"],
        "author": dora(),
        "approved_by": ben(),
        "draft": str(draft.pk),
        "edition": 1,
    }
    with pytest.raises(RulesDraftGone):
        publishing.publish_draft(draft.pk, 1, "", actor=cleo(), now=LATER)


def test_a_draft_is_published_as_it_was_looked_at_and_on_the_version_in_force() -> None:
    draft = drafted(rule("ops"))
    drafting.save(draft.pk, 1, content(rule("fin")), actor=dora(), now=NOW)
    with pytest.raises(RulesDraftMoved):
        publishing.publish_draft(draft.pk, 1, "", actor=cleo(), now=NOW)
    applied(rule("eng"))
    with pytest.raises(RuleSetStale):
        publishing.publish_draft(draft.pk, 2, "", actor=cleo(), now=NOW)
    assert active().version == 2


def test_a_draft_that_says_what_is_in_force_is_not_published() -> None:
    draft = drafted(rule("eng"), rule("fin"))
    with pytest.raises(NothingChanged):
        publishing.publish_draft(draft.pk, 1, "", actor=cleo(), now=NOW)


def test_a_role_that_is_gone_meanwhile_is_found_before_the_draft_is_in_force() -> None:
    draft = drafted(rule("ops", ("auditor",)))
    RoleInfo.objects.get(role__name="auditor").role.delete()
    with pytest.raises(RuleInvalid):
        publishing.publish_draft(draft.pk, 1, "", actor=cleo(), now=NOW)


def test_rolling_back_publishes_older_content_as_the_next_version() -> None:
    applied(rule("ops"))
    row = publishing.roll_back(1, "It was wrong", based_on=2, actor=cleo(), now=LATER)
    assert (row.version, row.rolls_back_to, row.comment) == (3, 1, "It was wrong")
    assert active() == RuleSet.parse(3, content(rule("eng"), rule("fin")))
    assert (last_detail()["rolls_back_to"], last_detail()["gained"]) == (1, ["eng", "fin"])
    assert RuleSetVersion.objects.count() == 3


def test_rolling_back_needs_a_version_that_says_something_else() -> None:
    with pytest.raises(NothingChanged):
        publishing.roll_back(1, "", based_on=1, actor=cleo(), now=NOW)
    with pytest.raises(RuleSetUnknown):
        publishing.roll_back(7, "", based_on=1, actor=cleo(), now=NOW)


def test_whoever_goes_back_does_not_undo_a_version_that_she_has_not_seen() -> None:
    applied(rule("ops"))
    with pytest.raises(RuleSetStale):
        publishing.roll_back(0, "", based_on=1, actor=cleo(), now=LATER)
    assert active().version == 2


def test_publishing_and_rolling_back_need_their_permission() -> None:
    draft = drafted(rule("ops"))
    for who in (dora(), ben(), "operator"):
        with pytest.raises(NotPermitted):
            publishing.publish_draft(draft.pk, 1, "", actor=who, now=NOW)
        with pytest.raises(NotPermitted):
            publishing.roll_back(0, "", based_on=1, actor=who, now=NOW)
    assert active().version == 1


def test_a_comment_is_no_essay() -> None:
    draft = drafted(rule("ops"))
    with pytest.raises(DefinitionInvalid):
        publishing.publish_draft(draft.pk, 1, "x" * 501, actor=cleo(), now=NOW)
    with pytest.raises(DefinitionInvalid):
        publishing.roll_back(0, "x" * 501, based_on=1, actor=cleo(), now=NOW)


def test_an_operators_file_is_in_force_without_a_draft() -> None:
    saved = publishing.publish_rules(content(rule("ops")), based_on=1, actor="operator", now=LATER)
    assert saved.fields == ["eng", "fin", "ops"]
    row = RuleSetVersion.objects.get(version=2)
    assert (row.author, row.published_by, row.approved_by) == ("operator", "operator", "")
    again = publishing.publish_rules(content(rule("ops")), based_on=2, actor="operator", now=LATER)
    assert (again.changes, active().version) == ((), 2)


@pytest.fixture
def approval_needed(settings: LazySettings) -> None:
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, rules_need_approval=True)


@pytest.mark.usefixtures("approval_needed")
def test_where_a_second_person_is_wanted_nothing_is_published_without_her_word() -> None:
    draft = drafted(rule("ops"))
    with pytest.raises(ApprovalMissing):
        publishing.publish_draft(draft.pk, 1, "", actor=cleo(), now=NOW)
    reviewing.submit(draft.pk, 1, actor=dora(), now=NOW)
    with pytest.raises(ApprovalMissing):
        publishing.publish_draft(draft.pk, 1, "", actor=cleo(), now=NOW)
    reviewing.approve(draft.pk, 1, actor=ben(), now=NOW)
    drafting.save(draft.pk, 1, content(rule("fin")), actor=dora(), now=NOW)
    with pytest.raises(ApprovalMissing):
        publishing.publish_draft(draft.pk, 2, "", actor=cleo(), now=NOW)
    assert active().version == 1
    reviewing.submit(draft.pk, 2, actor=dora(), now=NOW)
    reviewing.approve(draft.pk, 2, actor=ben(), now=NOW)
    assert publishing.publish_draft(draft.pk, 2, "", actor=cleo(), now=NOW).approved_by == ben()


@pytest.mark.usefixtures("approval_needed")
def test_an_operators_file_has_its_second_person_elsewhere() -> None:
    applied(rule("ops"))
    assert active().version == 2


def test_the_console_has_no_other_form_that_publishes() -> None:
    form = browser_of(staff("ada")).get("/admin/mapping/rulesetversion/add/")
    assert form.status_code == 403


def test_a_role_that_comes_by_hand_alone_is_in_no_draft_and_no_version(
    settings: LazySettings,
) -> None:
    draft = drafted(rule("ops", ("payroll",)))
    applied(rule("ops", ("payroll",)))
    applied(rule("ops"))
    never = frozenset({"payroll"})
    settings.RULES_NEVER_GIVE = never
    wanted = content(rule("ops", ("deployer", "payroll")))
    for refused in (
        lambda: drafting.begin("April", wanted, actor=dora(), now=NOW),
        lambda: drafting.save(draft.pk, 1, wanted, actor=dora(), now=NOW),
        lambda: drafting.rebase(draft.pk, 1, keep={"ops": "mine"}, actor=dora(), now=NOW),
        lambda: publishing.roll_back(2, "", based_on=3, actor=cleo(), now=NOW),
        lambda: publishing.publish_rules(wanted, based_on=3, actor="operator", now=NOW),
    ):
        with pytest.raises(RuleInvalid, match="by hand only"):
            refused()
    assert active().version == 3


def test_a_draft_from_before_the_operator_forbade_a_role_is_not_published(
    settings: LazySettings,
) -> None:
    draft = drafted(rule("ops", ("payroll",)))
    never = frozenset({"payroll"})
    settings.RULES_NEVER_GIVE = never
    with pytest.raises(RuleInvalid):
        publishing.publish_draft(draft.pk, 1, "", actor=cleo(), now=NOW)
