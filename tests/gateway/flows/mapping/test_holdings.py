"""Who has which role now, by groups and by people."""

from dataclasses import replace

import pytest
from django.contrib.auth.models import Group

from gateway.flows.mapping import holdings, population
from gateway.flows.mapping.holdings import MAX_GROUPS, MAX_ROLES, by_groups, by_people, widest_roles
from mapping import models as mapping_models
from provisioning.models import Account
from tests.gateway.flows.mapping.crowd import NOW, by_hand, content, person, rule, vouched

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _read_anew(monkeypatch) -> None:
    monkeypatch.setattr(population, "_kept", None)


def count(name: str, *roles: str) -> None:
    for each in roles:
        person(name).groups.add(Group.objects.get_or_create(name=each)[0])


def test_of_each_group_it_is_told_how_many_have_each_role():
    for name in ("ada", "ben", "cleo"):
        vouched(name, "/eng", *(["/lead"] if name == "ada" else []))
        count(name, "employee")
    vouched("dan", "/eng", provider="other")
    count("ada", "deployer")
    count("dan", "deployer")
    found = by_groups("corp", now=NOW)
    assert (found.path, found.people, found.roles) == ("groups", 3, ("employee", "deployer"))
    told = {row.group: (row.people, row.have) for row in found.rows}
    assert told == {"/eng": (3, (3, 1)), "/lead": (1, (1, 1))}
    assert by_groups("corp", role="deployer", now=NOW).roles == ("deployer",)
    assert by_groups("nobody", now=NOW).rows == ()


def test_a_role_that_does_not_count_and_a_closed_account_are_not_counted():
    vouched("ada", "/eng")
    by_hand("ada", "deployer")
    vouched("ben", "/eng")
    count("ben", "deployer")
    Account.objects.filter(username="ben").update(is_active=False)
    found = by_groups("corp", role="deployer", now=NOW)
    assert [(row.people, row.have) for row in found.rows] == [(1, (0,))]


def test_other_claims_that_rules_ask_for_can_be_chosen_but_never_what_is_not_kept(settings):
    seen = {"claim": "department", "equals": "law"}
    secret = {"claim": "health.state", "equals": "well"}
    mapping_models.publish(
        content({"id": "law", "when": {"any": [seen, secret]}, "roles": ["lawyer"]}),
        based_on=0,
        by="dora",
        now=NOW,
    )
    vouched("ada", "/eng", department="law", health={"state": "well"})
    assert by_groups("corp", now=NOW).paths == ("groups", "department", "health.state")
    assert [row.group for row in by_groups("corp", "department", now=NOW).rows] == ["law"]
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, claims_not_kept=frozenset({"health"}))
    found = by_groups("corp", "health.state", now=NOW)
    assert (found.paths, found.path) == (("groups", "department"), "groups")


def test_of_many_groups_and_roles_the_largest_are_shown_and_the_rest_counted():
    for at in range(MAX_GROUPS + 3):
        vouched(f"p{at}", "/all", f"/g{at}")
    count("p0", *(f"r{at:02}" for at in range(MAX_ROLES + 2)))
    found = by_groups("corp", now=NOW)
    assert (found.rows[0].group, len(found.rows), found.more_groups) == ("/all", MAX_GROUPS, 4)
    assert (len(found.roles), found.more_roles) == (MAX_ROLES, 2)


def test_of_people_it_is_told_what_counts_and_what_does_not(django_assert_num_queries):
    by_hand("ada", "deployer")
    by_hand("ada", "auditor")
    by_hand("ben", "deployer")
    count("ada", "deployer")
    people = [person("ada"), person("ben"), person("cleo")]
    with django_assert_num_queries(2):
        rows = by_people(people, ["deployer", "auditor"])
    assert [dict(row.cells) for row in rows] == [
        {"deployer": "has", "auditor": "masked"},
        {"deployer": "masked", "auditor": ""},
        {"deployer": "", "auditor": ""},
    ]
    assert widest_roles() == (("deployer", "auditor"), 0)
    assert widest_roles("auditor") == (("auditor", "deployer"), 0)


def test_rules_are_not_asked_for_what_stands_already():
    """What is shown is what is live, not what rules would say."""
    mapping_models.publish(
        content(rule("engineers", "/eng", "deployer")), based_on=0, by="dora", now=NOW
    )
    vouched("ada", "/eng")
    assert holdings.by_groups("corp", role="deployer", now=NOW).rows[0].have == (0,)
