"""For how many people rules and roles matter, and when they last did."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gateway.flows import roles as by_hand
from gateway.flows.mapping import usage
from gateway.flows.mapping.usage import Usage
from gateway.flows.mapping.usage_words import told
from tests.gateway.flows.mapping.drafters import content, roles_of_the_company, rule
from tests.gateway.flows.mapping.staff import LATER, NOW, identity, provider, publish, signs_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]

ENG = rule("eng", roles=("deployer", "auditor"), attributes={"department": "{department}"})
NO = {"id": "no", "when": {"claim": "groups", "glob": "/fin/*"}, "denies": ["auditor"]}
SAYS = {"id": "says", "when": {"claim": "groups", "glob": "/fin/*"}, "attributes": {"locale": "en"}}


@pytest.fixture(autouse=True)
def _company() -> None:
    roles_of_the_company()
    provider()
    publish(content(ENG, NO, SAYS, rule("ops")), now=NOW)


def test_a_rule_counts_each_person_once_and_knows_when_the_last_one_came() -> None:
    ada = identity("ada", "/eng/web", department="Web")
    signs_in(ada)
    signs_in(identity("ben", "/eng/web"))
    signs_in(ada, now=LATER)
    assert usage.of_rules(["eng"]) == {"eng": Usage(people=2, newest=NOW, seen=LATER)}


def test_denials_and_attributes_matter_too_and_of_a_rule_for_nobody_it_is_said() -> None:
    signs_in(identity("ada", "/fin/pay"))
    assert usage.of_rules(["no", "says", "ops"]) == {
        "no": Usage(people=1, newest=NOW, seen=NOW),
        "says": Usage(people=1, newest=None, seen=NOW),
        "ops": Usage(),
    }


def test_a_role_counts_who_holds_it_by_a_rule_or_by_hand() -> None:
    ada = signs_in(identity("ada", "/eng/web"))
    ben = signs_in(identity("ben"))
    for account in (ada, ben):
        by_hand.grant_by_hand(account=str(account.pk), role="deployer", actor="dora", now=LATER)
    assert usage.of_roles(["deployer", "payroll"]) == {
        "deployer": Usage(people=2, newest=LATER, seen=NOW),
        "payroll": Usage(),
    }


def test_a_hand_gives_nothing_to_a_rule() -> None:
    ben = signs_in(identity("ben"))
    by_hand.grant_by_hand(account=str(ben.pk), role="deployer", actor="dora", now=LATER)
    assert usage.of_rules([""])[""].people == 0


def test_of_what_nobody_has_any_more_the_record_knows_when_the_last_one_lost_it() -> None:
    for name in ("ada", "ben"):
        signs_in(identity(name, "/eng/web"))
    signs_in(identity("ada"), now=NOW)
    assert usage.of_rules(["eng", "ops"]) == {
        "eng": Usage(people=1, newest=NOW, seen=NOW),
        "ops": Usage(),
    }
    signs_in(identity("ben"), now=LATER)
    assert usage.of_rules(["eng", "ops"]) == {"eng": Usage(until=LATER), "ops": Usage()}
    assert usage.of_roles(["deployer", "payroll"]) == {
        "deployer": Usage(until=LATER),
        "payroll": Usage(),
    }


def test_of_a_role_that_a_hand_took_last_too() -> None:
    ben = signs_in(identity("ben"))
    by_hand.grant_by_hand(account=str(ben.pk), role="payroll", actor="dora", now=NOW)
    by_hand.revoke_by_hand(account=str(ben.pk), role="payroll", actor="dora", now=LATER)
    assert usage.of_roles(["payroll"]) == {"payroll": Usage(until=LATER)}
    assert usage.of_rules([""]) == {"": Usage()}


def test_it_is_told_in_words() -> None:
    now = datetime(2026, 3, 9, 9, 0, tzinfo=UTC)
    assert told(Usage(), now) == "nobody now"
    assert told(Usage(until=now), now) == "nobody now; the last one until today"
    assert told(Usage(until=NOW), now) == "nobody now; the last one until 2026-03-02"


def test_any_number_of_rules_costs_four_questions() -> None:
    with CaptureQueriesContext(connection) as asked:
        usage.of_rules([f"rule-{n}" for n in range(500)])
    assert len(asked) == 4


@pytest.mark.parametrize("count", [usage.of_rules, usage.of_roles])
def test_what_the_record_is_asked_has_an_index_of_its_own(count: Any) -> None:
    """It holds years of events, and most of them are no losses."""
    with CaptureQueriesContext(connection) as asked:
        count(["ops"])
    query = asked.captured_queries[-1]["sql"]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
        plan = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
        cursor.execute(f"{plan} {query}")
        assert "audit_role_lost_by_" in str(cursor.fetchall())
