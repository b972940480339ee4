"""What people asked of other products for years, as far as accounts go."""

import pytest
from django.contrib.auth.models import Group

from mapping.ruleset import RuleSet
from providers.identity import ExternalIdentity
from provisioning.changes import Provisioned, RoleGained, RoleLost
from provisioning.models import Account
from provisioning.roles import effective, grant_by_hand
from tests.provisioning.people import (
    BY_EMAIL,
    KEYCLOAK,
    NOW,
    RULES,
    SAML,
    STAFF,
    account,
    changed,
    cleo,
    person,
    signs_in,
    trusting,
)

pytestmark = pytest.mark.django_db


def mapped(version: int = 1, **groups: list[str]) -> RuleSet:
    """Each of these groups gives these roles."""
    named = [
        {"id": group, "roles": roles, "when": {"claim": "groups", "equals": group}}
        for group, roles in groups.items()
    ]
    return RuleSet.parse(version, {"rules": named})


def somebody(*groups: str, provider: str = KEYCLOAK) -> ExternalIdentity:
    return person("ada", "Ada Byron", groups, provider=provider)


def by_hand(done: Provisioned, role: str) -> None:
    Group.objects.get_or_create(name=role)
    grant_by_hand(done.account, role, by="dora", rules=RULES, staff_role=STAFF, now=NOW)


def test_a_rule_that_gives_another_role_now_takes_back_the_one_it_gave_and_nobody_elses() -> None:
    """keycloak#36578"""
    before, after = mapped(1, external=["first"]), mapped(2, external=["second"])
    done = signs_in(somebody("external"), rules=before)
    by_hand(done, "payroll")
    assert signs_in(somebody("external"), rules=after).roles == {"second", "payroll"}
    by_hand(done, "second")
    assert signs_in(somebody("external"), rules=before).roles == {"first", "second", "payroll"}


def test_who_has_left_a_group_has_its_role_no_more_though_the_role_was_there_before() -> None:
    """authentik#12938"""
    Group.objects.create(name="deployer")
    rules = mapped(ops=["deployer"], all=["reader"])
    done = signs_in(somebody("ops", "all"), rules=rules)
    by_hand(done, "auditor")
    left = signs_in(somebody("all"), rules=rules)
    assert left.roles == {"reader", "auditor"} == effective(done.account)
    assert [type(change) for change in left.changes] == [RoleLost]


def test_her_roles_are_those_of_the_groups_that_her_assertion_names_today_and_no_others() -> None:
    """keycloak#13461"""
    rules = mapped(a=["first"], b=["second"])
    for groups, roles in (("a", {"first"}), ("ab", {"first", "second"}), ("b", {"second"})):
        assert signs_in(somebody(*groups, provider=SAML), rules=rules).roles == roles
    assert signs_in(somebody(provider=SAML), rules=rules).roles == set()


def test_who_moves_to_another_job_leaves_its_roles_behind_and_is_never_without_one_of_both() -> (
    None
):
    """keycloak#45510"""
    rules = mapped(
        sales=["quotes", "crm", "reader"], support=["tickets", "reader"], both=["reader"]
    )
    done = signs_in(somebody("sales", "both"), rules=rules)
    by_hand(done, "auditor")
    moved = signs_in(somebody("support", "both"), rules=rules)
    assert moved.roles == {"tickets", "reader", "auditor"}
    counted = {
        (type(change), change.role)
        for change in moved.changes
        if isinstance(change, RoleGained | RoleLost) and change.effective
    }
    assert counted == {(RoleGained, "tickets"), (RoleLost, "quotes"), (RoleLost, "crm")}


def test_a_group_that_is_no_more_takes_what_it_gave_and_leaves_the_role_to_others() -> None:
    """keycloak#45299"""
    rules = mapped(ops=["deployer"])
    hers = signs_in(cleo(), rules=rules)
    by_hand(hers, "deployer")
    elsewhere = signs_in(person("dora", "Dora Lind", ("ops",), provider=SAML), rules=rules)
    for groups, roles in ((("ops",), {"deployer"}), ((), set())):
        for login, name in (("ada", "Ada Byron"), ("ben", "Ben Okafor")):
            assert signs_in(person(login, name, groups), rules=rules).roles == roles
    assert effective(hers.account) == effective(elsewhere.account) == {"deployer"}


def test_rules_and_providers_side_by_side_never_clear_away_each_others_roles() -> None:
    """keycloak#28144"""
    trusting(KEYCLOAK, "corp.example")
    rules = mapped(x=["one"], y=["two"], z=["three"])
    signs_in(somebody("x", "y"), rules=rules, policy=BY_EMAIL)
    both = signs_in(somebody("z", provider=SAML), rules=rules, policy=BY_EMAIL)
    assert both.roles == {"one", "two", "three"}
    for _ in range(2):  # whoever comes last is no reason to begin anew
        assert signs_in(somebody("y"), rules=rules).roles == {"two", "three"}
        assert signs_in(somebody("z", provider=SAML), rules=rules).roles == {"two", "three"}
    assert signs_in(somebody(provider=SAML), rules=rules).roles == {"two"}


def test_an_address_that_no_provider_told_is_not_taken_by_one_that_tells_none() -> None:
    """keycloak#42924"""
    silent = changed(somebody(provider=SAML), email=None, email_verified=False)
    done = signs_in(silent)
    Account.objects.filter(pk=done.account).update(email="ada@home.example")
    for _ in range(2):
        again = signs_in(silent)
        assert (again.email, again.changes) == ("ada@home.example", ())
    assert account(done).email == "ada@home.example"
