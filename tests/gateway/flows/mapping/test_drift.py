"""While a provider says things of another shape, nobody loses by it until somebody decides."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gateway.audit.models import AuditEvent
from gateway.flows.mapping import drift, rollout
from mapping import models as mapping_models
from mapping.models import ClaimAlarm, ClaimProfile, ClaimSighting
from providers.identity import ExternalIdentity
from providers.models import Provider
from provisioning.models import Account, DeniedRole, HeldRole
from tests.gateway.flows.mapping.drafters import content, rule
from tests.gateway.flows.mapping.drifting import ENG, FIN, GROUPS, IDS, alarms, comes, company
from tests.gateway.flows.mapping.staff import (
    CORP,
    LATER,
    identity,
    publish,
    roles,
    signs_in,
)

__all__ = ["company"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]


@pytest.mark.parametrize(
    ("groups", "kind"), [(IDS, "ids"), ((",".join(GROUPS),), "text")], ids=["ids", "text"]
)
def test_a_person_with_a_strong_sign_keeps_her_role_and_the_alarm_opens(
    company: list[ExternalIdentity], groups: tuple[str, ...], kind: str
) -> None:
    ada = comes(company[0], *groups)
    assert roles(ada) == {"deployer"}
    assert alarms() == [(kind, "open")]
    [opened] = AuditEvent.objects.filter(event="claims.drifted")
    assert opened.detail == {"provider": CORP, "kind": kind, "claim": "groups"}
    [kept] = AuditEvent.objects.filter(event="role-removals.held")
    assert (kept.account, kept.detail) == (str(ada.pk), {"provider": CORP, "roles": ["deployer"]})
    assert not AuditEvent.objects.filter(event="role.lost").exists()


def test_who_keeps_coming_so_keeps_it_and_that_is_on_record_once(
    company: list[ExternalIdentity],
) -> None:
    for minutes in range(1, 4):
        ada = comes(company[0], *IDS, minutes=minutes)
        assert roles(ada) == {"deployer"}
    assert AuditEvent.objects.filter(event="role-removals.held").count() == 1
    assert ClaimSighting.objects.count() == 1


def test_who_lost_a_group_loses_her_role_and_nothing_is_said(
    company: list[ExternalIdentity],
) -> None:
    for who in company[:5]:
        assert roles(comes(who, *GROUPS[1:])) == set()
    assert alarms() == []
    assert not ClaimSighting.objects.exists()


def test_who_lost_a_group_while_others_drift_loses_her_role(
    company: list[ExternalIdentity],
) -> None:
    comes(company[0], *IDS)
    assert roles(comes(company[1], *GROUPS[1:])) == set()


def test_far_fewer_groups_of_the_third_person_within_a_day_open_the_alarm(
    company: list[ExternalIdentity],
) -> None:
    left = [roles(comes(who, "/unit/1", minutes=n)) for n, who in enumerate(company[:4], 1)]
    assert left == [set(), set(), {"deployer"}, {"deployer"}]
    assert alarms() == [("fewer", "open")]
    # The same person again is no other person; and her role stays while it goes on.
    assert roles(comes(company[2], "/unit/1", minutes=9)) == {"deployer"}


def test_the_same_person_three_times_opens_nothing(company: list[ExternalIdentity]) -> None:
    for minutes in range(1, 9, 2):
        comes(company[0], "/unit/1", minutes=minutes)
        comes(company[0], *GROUPS, minutes=minutes + 1)
    assert alarms() == []


def test_few_leavers_among_many_people_who_come_as_ever_open_nothing(
    company: list[ExternalIdentity],
) -> None:
    for n in range(3):
        assert roles(comes(company[n], "/unit/1", minutes=n * 100 + 1)) == set()
        for other in range(drift.OF_THE_LAST):
            comes(identity(f"q{other}"), *GROUPS, minutes=n * 100 + 2)
    assert alarms() == []


def test_leavers_on_different_days_open_nothing(company: list[ExternalIdentity]) -> None:
    for n in range(4):
        assert roles(comes(company[n], "/unit/1", minutes=n * 60 * 25 + 1)) == set()
    assert alarms() == []


def test_a_hold_gives_nothing_to_whoever_did_not_have_it(company: list[ExternalIdentity]) -> None:
    newcomer = identity("eve", *IDS)
    comes(company[0], *IDS)
    assert roles(signs_in(newcomer, now=LATER)) == set()
    gone = comes(company[1], "/unit/0", "/unit/1", "/unit/2", "/unit/3")
    assert roles(gone) == set()
    assert roles(comes(company[1], *IDS, minutes=3)) == set()


def test_what_is_given_anew_is_given_and_denials_stay_and_come(
    company: list[ExternalIdentity],
) -> None:
    no = {"id": "no", "when": {"claim": "groups", "in": ["/unit/1", IDS[0]]}, "denies": ["auditor"]}
    publish(content(ENG, FIN, no))
    rollout.run(now=LATER)
    ada = comes(company[0], *IDS[1:], "/fin/pay", minutes=6)
    assert roles(ada) == {"deployer", "payroll"}
    assert DeniedRole.objects.filter(account=ada, rule="no").exists()


def test_roles_by_other_claims_are_not_held(company: list[ExternalIdentity]) -> None:
    when = {"claim": "department", "equals": "law"}
    publish(content(ENG, FIN, rule("law", roles=("auditor",)) | {"when": when}))
    lawyer = identity("p0", *GROUPS, department="law")
    assert roles(signs_in(lawyer, now=LATER)) == {"auditor", "deployer"}
    ada = comes(lawyer, *IDS, minutes=9)
    assert roles(ada) == {"deployer"}


def test_what_no_rule_gives_any_more_is_not_held(company: list[ExternalIdentity]) -> None:
    ada = comes(company[0], *IDS)
    publish(content(FIN), losing=len(company))
    rollout.run(now=LATER)
    assert roles(ada) == set()


def test_published_rules_leave_those_their_roles_whose_removals_are_held(
    company: list[ExternalIdentity],
) -> None:
    ada = comes(company[0], *IDS)
    ben = Account.objects.get(username="p1")
    publish(content(ENG | {"when": {"claim": "groups", "equals": "/eng/web"}}, FIN))
    rollout.run(now=LATER)
    assert (roles(ada), roles(ben)) == ({"deployer"}, {"deployer"})
    publish(content(ENG | {"when": {"claim": "groups", "equals": "/ops"}}, FIN), now=LATER)
    rollout.run(now=LATER)
    assert (roles(ada), roles(ben)) == ({"deployer"}, set())


def test_a_provider_that_is_switched_off_holds_nothing(company: list[ExternalIdentity]) -> None:
    ada = comes(company[0], *IDS)
    Provider.objects.update(enabled=False)
    publish(content(ENG, FIN, rule("ops", roles=("auditor",))), losing=10)
    rollout.run(now=LATER)
    assert roles(ada) == set()


def test_who_shows_no_sign_costs_one_question(company: list[ExternalIdentity]) -> None:
    rules = mapping_models.active()
    with CaptureQueriesContext(connection) as asked:
        drift.decided(company[0], rules, actor=CORP, now=LATER)
    assert len(asked) == 1


def test_the_record_and_the_rows_hold_no_value_of_a_claim(company: list[ExternalIdentity]) -> None:
    comes(company[0], *IDS)
    rows = [*ClaimAlarm.objects.values(), *ClaimProfile.objects.values()]
    rows += [*ClaimSighting.objects.values(), *AuditEvent.objects.values("detail")]
    told = str([row for row in rows if "because" not in str(row)])
    assert not [value for value in (*GROUPS, *IDS) if value in told]


def test_held_roles_are_the_very_rows_that_were_there(company: list[ExternalIdentity]) -> None:
    before = set(HeldRole.objects.values_list("pk", "since", "rule"))
    comes(company[0], *IDS)
    assert set(HeldRole.objects.values_list("pk", "since", "rule")) == before


def test_leavers_who_come_every_day_open_nothing(company: list[ExternalIdentity]) -> None:
    for day in range(4):
        for n in range(day + 1):
            assert roles(comes(company[n], "/unit/1", minutes=day * 60 * 25 + 1)) == set()
    assert alarms() == []


def test_a_weak_sign_is_not_held_by_the_alarm_for_another_sign(
    company: list[ExternalIdentity],
) -> None:
    comes(company[0], *IDS)
    for minutes in (2, 3):
        assert roles(comes(company[1], "/unit/1", minutes=minutes)) == set()
    assert alarms() == [("ids", "open")]
