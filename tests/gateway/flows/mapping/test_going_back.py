"""Going back where a second person is wanted: one step alone, in an emergency; all others wait."""

from dataclasses import replace

import pytest
from django.conf import LazySettings

from gateway.flows.mapping import drafting, publishing, reviewing
from mapping.models import Draft, RuleSetVersion, active
from tests.gateway.flows.mapping.drafters import (
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

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]


@pytest.fixture(autouse=True)
def _approval_is_needed(settings: LazySettings) -> None:
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, rules_need_approval=True)
    roles_of_the_company()


def three() -> None:
    for name in ("eng", "ops", "fin"):
        approved(rule(name))


def approved(*rules: dict[str, object]) -> None:
    """In force with a second person's word."""
    draft = drafting.begin("March", content(*rules), actor=dora(), now=NOW)
    reviewing.submit(draft.pk, 1, actor=dora(), now=NOW)
    reviewing.approve(draft.pk, 1, actor=ben(), now=NOW)
    publishing.publish_draft(draft.pk, 1, "", actor=cleo(), now=NOW)


def goes_back(version: int) -> RuleSetVersion | Draft:
    return publishing.roll_back(
        version, "Nobody could work", based_on=active().version, actor=cleo(), now=NOW
    )


def test_to_what_was_in_force_just_before_it_is_one_step_and_on_record_as_done_alone() -> None:
    three()
    back = goes_back(2)
    assert isinstance(back, RuleSetVersion)
    assert (back.version, back.rolls_back_to, back.approved_by) == (4, 2, "")
    assert (last_detail()["rolls_back_to"], last_detail()["alone"]) == (2, True)


def test_to_an_older_version_it_waits_for_a_second_person_although_that_one_was_approved() -> None:
    three()
    draft = goes_back(1)
    assert isinstance(draft, Draft)
    assert (draft.state, draft.submitted_by, active().version) == ("submitted", cleo(), 3)
    assert told()[-2:] == [("rules-draft.begun", "cleo"), ("rules-draft.submitted", "cleo")]
    reviewing.approve(draft.pk, 1, actor=ben(), now=NOW)
    row = publishing.publish_draft(draft.pk, 1, "", actor=cleo(), now=NOW)
    assert (row.version, row.rolls_back_to, row.approved_by) == (4, 1, ben())
    assert "alone" not in last_detail()


def test_from_where_somebody_went_back_alone_nobody_goes_on_alone() -> None:
    three()
    goes_back(2)
    for version in (1, 3):
        assert isinstance(goes_back(version), Draft)
    assert active().version == 4


def test_from_where_somebody_went_back_with_a_second_person_one_step_is_free_again() -> None:
    three()
    draft = goes_back(1)
    reviewing.approve(draft.pk, 1, actor=ben(), now=NOW)
    publishing.publish_draft(draft.pk, 1, "", actor=cleo(), now=NOW)
    assert isinstance(goes_back(3), RuleSetVersion)


def test_what_an_operators_file_said_just_before_is_one_step_too() -> None:
    three()
    publishing.publish_rules(content(rule("qa")), based_on=3, actor="operator", now=NOW)
    approved(rule("eng"))
    assert isinstance(goes_back(4), RuleSetVersion)


def test_before_the_first_version_there_is_nothing_to_go_back_to_alone() -> None:
    approved(rule("eng"))
    assert isinstance(goes_back(0), Draft)


def test_where_no_second_person_is_wanted_going_back_is_no_matter_of_being_alone(settings) -> None:
    three()
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, rules_need_approval=False)
    assert isinstance(goes_back(1), RuleSetVersion)
    assert "alone" not in last_detail()
