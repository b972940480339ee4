"""A second person's word: never on one's own change, and only on what she looked at."""

import pytest

from gateway.flows.errors import ApprovalOfOwn, NothingChanged, NotPermitted, RulesDraftMoved
from gateway.flows.mapping import drafting, reviewing
from mapping.models import Draft
from tests.gateway.flows.mapping.drafters import (
    LATER,
    NOW,
    ben,
    cleo,
    content,
    dora,
    everything,
    last_detail,
    roles_of_the_company,
    rule,
    told,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]


@pytest.fixture(autouse=True)
def _roles() -> None:
    roles_of_the_company()


def submitted(author: str = "", submitter: str = "") -> Draft:
    draft = drafting.begin("March", content(rule("eng")), actor=author or dora(), now=NOW)
    return reviewing.submit(draft.pk, 1, actor=submitter or dora(), now=NOW)


def test_a_draft_is_submitted_and_approved_by_a_second_person() -> None:
    draft = submitted()
    assert (draft.state, draft.submitted_by, draft.submitted_at) == ("submitted", dora(), NOW)
    draft = reviewing.approve(draft.pk, 1, actor=ben(), now=LATER)
    assert (draft.state, draft.approved_by, draft.approved_at) == ("approved", ben(), LATER)
    assert draft.approved_edition == 1
    assert told() == [
        ("rules-draft.begun", "dora"),
        ("rules-draft.submitted", "dora"),
        ("rules-draft.approved", "ben"),
    ]
    assert last_detail() == {"draft": str(draft.pk), "edition": 1}


def test_nobody_approves_a_change_of_her_own() -> None:
    ada, eve = everything("ada"), everything("eve")
    draft = submitted(author=ada, submitter=eve)
    for who in (ada, eve):
        with pytest.raises(ApprovalOfOwn):
            reviewing.approve(draft.pk, 1, actor=who, now=LATER)
    draft = drafting.save(draft.pk, 1, content(rule("ops")), actor=eve, now=LATER)
    draft = reviewing.submit(draft.pk, 2, actor=dora(), now=LATER)
    for who in (ada, eve):  # though Ada's change is an edition old
        with pytest.raises(ApprovalOfOwn):
            reviewing.approve(draft.pk, 2, actor=who, now=LATER)


def test_a_change_takes_the_approval_back() -> None:
    draft = submitted()
    reviewing.approve(draft.pk, 1, actor=ben(), now=NOW)
    changed = drafting.save(draft.pk, 1, content(rule("ops")), actor=dora(), now=LATER)
    assert (changed.state, changed.approved_by, changed.approved_edition) == ("open", "", None)
    assert last_detail()["approval_ended"] is True


def test_what_somebody_approved_is_nobodys_own_any_more() -> None:
    ada, eve = everything("ada"), everything("eve")
    draft = submitted(author=ada, submitter=ada)
    reviewing.approve(draft.pk, 1, actor=eve, now=NOW)
    drafting.save(draft.pk, 1, content(rule("eng", note="A word more")), actor=eve, now=NOW)
    reviewing.submit(draft.pk, 2, actor=eve, now=NOW)
    with pytest.raises(ApprovalOfOwn):
        reviewing.approve(draft.pk, 2, actor=eve, now=NOW)
    assert reviewing.approve(draft.pk, 2, actor=ada, now=NOW).approved_by == ada


def test_an_approval_that_was_taken_back_has_approved_nothing() -> None:
    ada, eve = everything("ada"), everything("eve")
    draft = submitted(author=ada, submitter=ada)
    reviewing.approve(draft.pk, 1, actor=eve, now=NOW)
    reopened = reviewing.take_back(draft.pk, 1, actor=eve, now=NOW)
    assert (reopened.state, reopened.approved_by) == ("open", "")
    drafting.save(draft.pk, 1, content(rule("ops")), actor=dora(), now=NOW)
    reviewing.submit(draft.pk, 2, actor=dora(), now=NOW)
    with pytest.raises(ApprovalOfOwn):
        reviewing.approve(draft.pk, 2, actor=ada, now=NOW)


def test_the_word_is_on_one_edition_that_waits_for_it() -> None:
    draft = drafting.begin("March", content(rule("eng")), actor=dora(), now=NOW)
    with pytest.raises(RulesDraftMoved):  # nobody asked
        reviewing.approve(draft.pk, 1, actor=ben(), now=NOW)
    drafting.save(draft.pk, 1, content(rule("ops")), actor=dora(), now=NOW)
    with pytest.raises(RulesDraftMoved):
        reviewing.submit(draft.pk, 1, actor=dora(), now=NOW)
    reviewing.submit(draft.pk, 2, actor=dora(), now=NOW)
    with pytest.raises(RulesDraftMoved):
        reviewing.approve(draft.pk, 1, actor=ben(), now=NOW)
    with pytest.raises(RulesDraftMoved):
        reviewing.submit(draft.pk, 2, actor=dora(), now=NOW)


def test_a_draft_that_changes_nothing_needs_nobodys_word() -> None:
    draft = drafting.begin("March", actor=dora(), now=NOW)
    with pytest.raises(NothingChanged):
        reviewing.submit(draft.pk, 1, actor=dora(), now=NOW)


def test_whoever_may_draft_or_approve_opens_a_draft_again() -> None:
    draft = submitted()
    with pytest.raises(NotPermitted):
        reviewing.take_back(draft.pk, 1, actor=cleo(), now=NOW)
    assert reviewing.take_back(draft.pk, 1, actor=dora(), now=NOW).submitted_by == ""
    assert told()[-1] == ("rules-draft.withdrawn", "dora")
    assert last_detail()["state"] == "submitted"
    with pytest.raises(RulesDraftMoved):
        reviewing.take_back(draft.pk, 1, actor=dora(), now=NOW)
    reviewing.submit(draft.pk, 1, actor=dora(), now=NOW)
    assert reviewing.take_back(draft.pk, 1, actor=ben(), now=NOW).state == "open"


def test_submitting_and_approving_need_their_permissions() -> None:
    draft = drafting.begin("March", content(rule("eng")), actor=dora(), now=NOW)
    for who in (ben(), cleo()):
        with pytest.raises(NotPermitted):
            reviewing.submit(draft.pk, 1, actor=who, now=NOW)
    reviewing.submit(draft.pk, 1, actor=dora(), now=NOW)
    for who in (dora(), cleo()):
        with pytest.raises(NotPermitted):
            reviewing.approve(draft.pk, 1, actor=who, now=NOW)
