"""Somebody decides what a provider says is right, or is at fault; and what is usual is learned."""

from datetime import timedelta

import pytest

from gateway.audit.models import AuditEvent
from gateway.flows.errors import DriftOver, NotPermitted
from gateway.flows.forecast import forecast
from gateway.flows.mapping import drift_decisions, rollout
from mapping.models import ClaimProfile, ClaimSighting, Rollout
from providers.identity import ExternalIdentity
from provisioning.models import LastIdentity
from tests.gateway.flows.mapping.drafters import permitted
from tests.gateway.flows.mapping.drifting import (
    GROUPS,
    IDS,
    accept,
    admin,
    alarms,
    comes,
    company,
    seen,
)
from tests.gateway.flows.mapping.staff import (
    CORP,
    LATER,
    NOW,
    identity,
    in_session,
    linked,
    roles,
    session_roles,
)

__all__ = ["company"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]


def test_what_somebody_says_is_right_takes_the_roles_at_once_in_live_sessions_too(
    company: list[ExternalIdentity],
) -> None:
    ada = comes(company[0], *IDS)
    token = in_session(ada, "deployer")
    accept()
    rollout.run(now=LATER)
    assert (roles(ada), session_roles(token)) == (set(), frozenset())
    assert alarms() == [("ids", "accepted")]
    assert not ClaimSighting.objects.exists()
    [lost] = AuditEvent.objects.filter(event="role.lost")
    assert lost.actor == admin()
    assert Rollout.objects.get().cause == "claims"
    [said] = AuditEvent.objects.filter(event="claims-drift.accepted")
    assert said.detail == {"provider": CORP, "kind": "ids", "claim": "groups", "people": 1}


def test_nobody_else_is_decided_upon_anew_by_that(company: list[ExternalIdentity]) -> None:
    ada = comes(company[0], *IDS)
    accept()
    undecided = LastIdentity.objects.filter(decided_version=0)
    assert [row.pk for row in undecided] == [linked(ada).pk]


def test_what_is_right_is_learned_and_opens_no_alarm_again(company: list[ExternalIdentity]) -> None:
    for n in range(20):  # whom ids are rare among
        comes(identity(f"q{n}"), *GROUPS, minutes=0)
    comes(company[0], *IDS)
    accept()
    drift_decisions.look(now=LATER)  # what it said before is not usual any more
    assert roles(comes(company[1], *IDS, minutes=6)) == set()
    for n, who in enumerate(company[2:], 7):
        comes(who, *IDS, minutes=n)
    drift_decisions.look(now=LATER)
    comes(identity("q", *IDS), *IDS, minutes=30)
    assert alarms() == [("ids", "accepted")]
    assert ClaimProfile.objects.get().usual["groups"]["ids"] == 1.0


def test_a_fault_is_over_when_everybody_is_right_again(company: list[ExternalIdentity]) -> None:
    ada, ben = comes(company[0], *IDS), comes(company[1], *IDS)
    drift_decisions.fault(CORP, seen(), actor=admin(), now=LATER)
    assert roles(comes(company[2], *IDS, minutes=6)) == {"deployer"}
    comes(company[0], *GROUPS, minutes=7)
    comes(company[2], *GROUPS, minutes=7)
    drift_decisions.look(now=LATER)
    assert alarms() == [("ids", "fault")]
    comes(company[1], *GROUPS, minutes=8)
    drift_decisions.look(now=LATER)
    assert alarms() == [("ids", "over")]
    assert (roles(ada), roles(ben)) == ({"deployer"}, {"deployer"})
    assert AuditEvent.objects.filter(event="claims-drift.fault").count() == 1
    assert AuditEvent.objects.filter(event="claims-drift.over").count() == 1


def test_who_came_right_with_a_group_less_loses_her_role_while_others_still_drift(
    company: list[ExternalIdentity],
) -> None:
    ada = comes(company[0], *IDS)
    comes(company[1], *IDS)
    comes(company[0], *GROUPS[1:], minutes=2)
    assert roles(ada) == set()


def test_while_an_alarm_is_open_nothing_is_learned(company: list[ExternalIdentity]) -> None:
    before = ClaimProfile.objects.get().usual
    for who in company:
        comes(who, *IDS)
    drift_decisions.look(now=LATER)
    assert ClaimProfile.objects.get().usual == before


def test_only_who_may_publish_decides_and_only_on_what_she_has_seen(
    company: list[ExternalIdentity],
) -> None:
    comes(company[0], *IDS)
    was_seen = seen()
    for decide in (drift_decisions.accept, drift_decisions.fault):
        with pytest.raises(NotPermitted):
            decide(CORP, was_seen, actor=permitted("ben", "draft_rules"), now=LATER)
    comes(company[1], ",".join(GROUPS))
    for decide in (drift_decisions.accept, drift_decisions.fault):
        with pytest.raises(DriftOver):
            decide(CORP, was_seen, actor=admin(), now=LATER)
    assert {state for _, state in alarms()} == {"open"}
    accept()
    with pytest.raises(DriftOver):
        drift_decisions.fault(CORP, seen(), actor=admin(), now=LATER)


def test_signs_of_people_who_are_gone_or_that_led_to_nothing_are_forgotten(
    company: list[ExternalIdentity],
) -> None:
    comes(company[0], "/unit/1")
    drift_decisions.look(now=NOW + timedelta(hours=23))
    assert ClaimSighting.objects.count() == 1
    drift_decisions.look(now=NOW + timedelta(hours=25))
    assert ClaimSighting.objects.count() == 0
    comes(company[1], *IDS)
    LastIdentity.objects.all().delete()
    drift_decisions.look(now=LATER)
    assert alarms() == [("ids", "over")]


def test_an_open_alarm_stands_with_what_needs_somebody_now(
    company: list[ExternalIdentity],
) -> None:
    def due() -> list[tuple[str, str, bool]]:
        found = [each for each in forecast(now=NOW) if each.ending.kind == "claims"]
        return [(each.ending.provider, each.ending.problem, each.urgent) for each in found]

    assert due() == []
    comes(company[0], *IDS)
    assert due() == [(CORP, "groups: ids, where names always were", True)]
    drift_decisions.fault(CORP, seen(), actor=admin(), now=LATER)
    assert due() == []
