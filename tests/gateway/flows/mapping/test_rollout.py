"""Published rules reach everybody: roles, reasons and live sessions, without a sign-in."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gateway.audit.models import AuditEvent
from gateway.flows import deliver
from gateway.flows import roles as by_hand
from gateway.flows.mapping import deciding, rollout
from mapping.models import Rollout
from provisioning.models import Account, AccountAttribute, DeniedRole, HeldRole, LastIdentity
from tests.gateway.flows.mapping.drafters import content, rule
from tests.gateway.flows.mapping.staff import (
    ENG,
    FIN,
    LATER,
    NOW,
    company,
    identity,
    in_session,
    linked,
    live,
    provider,
    publish,
    roles,
    said_again,
    session_roles,
    signs_in,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]


@pytest.fixture(autouse=True)
def _company() -> None:
    company(content(ENG))


def test_who_gains_a_role_has_it_in_the_database_and_in_her_live_session() -> None:
    ada = signs_in(identity("ada", "/fin/pay"))
    token = in_session(ada)
    publish(content(ENG, FIN))
    live()
    assert roles(ada) == {"payroll"}
    assert session_roles(token) == frozenset()  # gains come after the commit
    deliver.deliver(now=timezone.now())
    assert session_roles(token) == {"payroll"}


def test_who_loses_a_role_has_lost_it_in_her_session_before_anybody_else_is_looked_at() -> None:
    ada = signs_in(identity("ada", "/eng/web"))
    token = in_session(ada, "deployer")
    publish(content(FIN))
    live()
    assert roles(ada) == set()
    assert session_roles(token) == frozenset()


def test_every_change_is_on_record_with_who_published_the_version_and_the_reason() -> None:
    signs_in(identity("ada", "/eng/web", "/fin/pay"))
    publish(content(FIN))
    live()
    rows = AuditEvent.objects.filter(event__in=["role.lost", "role.gained"], actor="operator")
    assert {row.event: row.detail for row in rows} == {
        "role.lost": {
            "role": "deployer",
            "origin": "rule eng v1 (corp-oidc)",
            "rule": "eng",
            "because": ['groups: "/eng/web"'],
            "ruleset": 2,
        },
        "role.gained": {
            "role": "payroll",
            "origin": "rule fin v2 (corp-oidc)",
            "because": ['groups: "/fin/pay"'],
            "ruleset": 2,
        },
    }
    [done] = AuditEvent.objects.filter(event="rules-rollout.done")
    assert (done.detail["total"], done.detail["done"], done.detail["changed"]) == (1, 1, 1)


def test_who_keeps_her_role_keeps_its_row_which_names_the_new_version() -> None:
    ada = signs_in(identity("ada", "/eng/web"))
    before = HeldRole.objects.get(account=ada)
    publish(content(ENG, FIN))
    live()
    after = HeldRole.objects.get(account=ada)
    assert (after.pk, after.since, after.ruleset_version) == (before.pk, before.since, 2)
    assert not AuditEvent.objects.filter(event="role.gained", actor="operator").exists()


def test_a_reason_that_changed_is_told_anew() -> None:
    ada = signs_in(identity("ada", "/eng/web", "/eng/ops"))
    when = {"claim": "groups", "equals": "/eng/ops"}
    publish(content(ENG | {"when": when}))
    live()
    assert HeldRole.objects.get(account=ada).because == ['groups: "/eng/ops"']


def test_what_a_hand_gave_and_what_another_provider_gave_stay() -> None:
    provider("saml")
    ada = signs_in(identity("ada", "/eng/web"))
    by_hand.grant_by_hand(account=str(ada.pk), role="auditor", actor="dora", now=NOW)
    elsewhere = identity("ada2", "/eng/web", at="saml")
    other = signs_in(elsewhere)
    publish(content(ENG | {"provider": "saml"}))
    live()
    assert (roles(ada), roles(other)) == ({"auditor"}, {"deployer"})


def test_denials_and_attributes_are_made_live_too() -> None:
    ada = signs_in(identity("ada", "/eng/web", department="Web"))
    token = in_session(ada, "deployer")
    denial = rule("out", roles=(), denies=["deployer"], attributes={"department": "{department}"})
    del denial["roles"]
    denial["when"] = {"claim": "groups", "equals": "/eng/web"}
    publish(content(ENG, denial))
    live()
    assert (roles(ada), session_roles(token)) == (set(), frozenset())
    assert DeniedRole.objects.get(account=ada).ruleset_version == 2
    assert AccountAttribute.objects.get(account=ada).value == "Web"
    publish(content(ENG), now=LATER)
    live()
    assert roles(ada) == {"deployer"}
    assert not AccountAttribute.objects.exists()


def test_roles_that_begin_to_exclude_each_other_are_settled_for_everybody() -> None:
    ada = signs_in(identity("ada", "/eng/web"))
    by_hand.grant_by_hand(account=str(ada.pk), role="auditor", actor="dora", now=NOW)
    only_by_hand = Account.objects.create(username="zoe")
    for name in ("auditor", "deployer"):
        by_hand.grant_by_hand(account=str(only_by_hand.pk), role=name, actor="dora", now=NOW)
    token = in_session(only_by_hand, "auditor", "deployer")
    publish(content(ENG, exclusive_roles=[["auditor", "deployer"]]))
    live()
    assert (roles(ada), roles(only_by_hand)) == ({"auditor"}, {"auditor"})
    assert session_roles(token) == {"auditor"}
    publish(content(ENG), now=LATER)
    live()
    assert roles(only_by_hand) == {"auditor", "deployer"}


def test_whose_word_is_not_kept_loses_only_what_no_rule_gives_any_more() -> None:
    ada = signs_in(identity("ada", "/eng/web", "/fin/pay"))
    publish(content(ENG, FIN))
    live()
    LastIdentity.objects.all().delete()
    when = {"claim": "groups", "equals": "/nobody"}
    publish(content(FIN | {"when": when}), now=LATER)
    live()
    assert roles(ada) == {"payroll"}  # until she signs in, nobody can tell
    assert HeldRole.objects.get(account=ada).rule == "fin"


def test_a_provider_that_is_switched_off_gives_nobody_a_role() -> None:
    ada = signs_in(identity("ada", "/fin/pay"))
    row = provider()
    row.enabled = False
    row.save()
    publish(content(ENG, FIN))
    live()
    assert roles(ada) == set()


def test_a_rule_that_ended_ends_for_everybody_without_a_publication() -> None:
    ada = signs_in(identity("ada", "/eng/web"))
    publish(content(ENG | {"until": "2026-03-31"}))
    live()
    assert roles(ada) == {"deployer"}
    april = NOW.replace(month=4, day=1, hour=0)
    assert rollout.run(now=april - timedelta(seconds=1)) is False
    assert roles(ada) == {"deployer"}
    assert rollout.run(now=april) is False
    assert roles(ada) == set()
    newest = Rollout.objects.first()
    assert newest is not None
    assert (newest.cause, newest.state, newest.by) == ("time", "done", "system")
    assert rollout.run(now=april + timedelta(days=1)) is False
    assert Rollout.objects.count() == 2


def test_who_signed_in_meanwhile_is_done_with_already() -> None:
    who = identity("ada", "/eng/web")
    ada = signs_in(who)
    publish(content(FIN))
    signs_in(said_again(who, "/fin/pay"), now=LATER)
    live()
    assert roles(ada) == {"payroll"}
    assert not AuditEvent.objects.filter(event="role.lost", actor="operator").exists()


def test_a_later_version_overtakes_and_nobody_stays_between_the_two() -> None:
    ada, ben = signs_in(identity("ada", "/eng/web")), signs_in(identity("ben", "/fin/pay"))
    publish(content(FIN))
    publish(content(ENG, FIN), now=LATER)
    live()
    assert (roles(ada), roles(ben)) == ({"deployer"}, {"payroll"})
    assert [r.state for r in Rollout.objects.order_by("version")] == ["overtaken", "done"]
    assert not AuditEvent.objects.filter(event="role.lost", actor="operator").exists()


def test_those_who_are_known_to_lose_come_before_all_others(monkeypatch) -> None:
    people = [signs_in(identity(f"p{n}", "/fin/pay")) for n in range(3)]
    ada = signs_in(identity("ada", "/eng/web"))
    publish(content(FIN))
    Rollout.objects.filter(open=True).update(first=[linked(ada).pk])
    order: list[str] = []
    tell = deciding.write_roles

    def noted(changes, *rest: object) -> None:
        order.extend(change.account for change in changes)
        tell(changes, *rest)

    monkeypatch.setattr(deciding, "write_roles", noted)
    live()
    assert order[0] == str(ada.pk)
    assert set(order[1:]) == {str(person.pk) for person in people}


def test_of_many_people_a_batch_takes_as_many_statements_as_of_few() -> None:
    def statements(count: int, to: dict[str, object]) -> int:
        for n in range(count):
            signs_in(identity(f"p{n}", "/eng/web", "/fin/pay"))
        publish(content(to), losing=count, now=LATER)
        with CaptureQueriesContext(connection) as queries:
            live()
        return len(queries)

    few = statements(2, FIN)
    many = statements(40, ENG)
    assert many <= few + 5  # the roles are known by then; SQLite deletes in slices


def test_a_new_role_of_the_rules_needs_no_group_beforehand() -> None:
    ada = signs_in(identity("ada", "/eng/web"))
    Group.objects.create(name="later")
    publish(content(rule("eng", roles=("later",))))
    live()
    assert roles(ada) == {"later"}
