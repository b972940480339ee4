"""Rules in, grants with their reasons out; pure."""

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.conditions import AnyOf, Equals, Matches, Not
from mapping.errors import RuleInvalid
from mapping.rules import NearMiss, RoleGrant, Rule
from mapping.ruleset import MAX_RULES, RuleSet
from providers.identity import ClaimSet
from tests.mapping.people import NOW, ada, ben, cleo, identity

ENGINEERS = {
    "id": "engineers",
    "roles": ["deployer"],
    "when": {"claim": "groups", "glob": "/engineering/*"},
}
PAYROLL = {
    "id": "payroll",
    "roles": ["payroll"],
    "when": {"claim": "groups", "equals": "/finance/payroll"},
    "provider": "keycloak-corp",
}
RULES = RuleSet.parse(3, {"rules": [ENGINEERS, PAYROLL]})


def rule(**changed: object) -> dict[str, object]:
    return {**ENGINEERS, **changed}


def test_a_grant_says_which_rule_which_version_and_because_of_what():
    assert RULES.decide(ada(), NOW).grants == (
        RoleGrant(
            role="deployer",
            rule="engineers",
            version=3,
            provider="keycloak-corp",
            because=('groups: "/engineering/platform"',),
        ),
    )


MISSING = {"version": 3, "provider": "keycloak-corp", "because": ("groups is missing",)}


def test_a_rule_that_did_not_grant_says_what_was_in_the_way():
    assert RULES.decide(cleo(), NOW).near_misses == (
        NearMiss(role="deployer", rule="engineers", **MISSING),
        NearMiss(role="payroll", rule="payroll", **MISSING),
    )


def test_a_rule_for_one_provider_asks_no_other():
    elsewhere = identity(provider="okta-emea", groups=["/finance/payroll"])
    assert RULES.decide(elsewhere, NOW).grants == ()
    assert [miss.rule for miss in RULES.decide(elsewhere, NOW).near_misses] == ["engineers"]
    assert [grant.role for grant in RULES.decide(ben(), NOW).grants] == ["payroll"]


def test_of_two_reasons_for_one_role_the_higher_priority_comes_first():
    corp = {"claim": "email", "matches": r".*@corp\.example"}
    rules = RuleSet.parse(1, {"rules": [ENGINEERS, rule(id="corp", when=corp, priority=5)]})
    assert [grant.rule for grant in rules.decide(ada(), NOW).grants] == ["corp", "engineers"]


BROKEN = Matches(claim="email", pattern="(")  # `parse` never lets this through


@pytest.mark.parametrize(
    "when",
    [
        BROKEN,
        Not(condition=BROKEN),
        Not(condition=Not(condition=BROKEN)),
        AnyOf(conditions=(Equals(claim="email", value="ada@corp.example"), BROKEN)),
    ],
)
def test_a_rule_that_errs_does_not_grant_and_stops_no_other(when):
    broken = Rule(id="broken", roles=("deployer",), when=when, priority=9)
    rules = RuleSet(version=1, rules=(broken, *RULES.rules))
    decision = rules.decide(ada(), NOW)
    assert [grant.rule for grant in decision.grants] == ["engineers"]
    assert decision.near_misses[0].because == ("could not be checked: Error",)


def test_a_rule_that_cannot_say_does_not_grant():
    unless = rule(when={"not": {"claim": "department", "equals": "contractors"}})
    assert RuleSet.parse(1, {"rules": [unless]}).decide(ada(), NOW).grants == ()


@pytest.mark.parametrize(
    ("content", "field", "words"),
    [
        ("x", "rules", "a list of rules"),
        ([ENGINEERS, "x"], "rules.1", "keys and values"),
        ([rule(when={"claim": "c", "glob": 1})], "rules.0.when.glob", "is a number"),
        ([{"id": "a", "roles": ["b"]}], "rules.0.when", "missing"),
        ([rule(rolle="x")], "rules.0.rolle", "not known"),
        ([rule(id="Engineers!")], "rules.0.id", "no name"),
        ([rule(roles=["a,gatehouse-admin"])], "rules.0.roles.0", "no name"),
        ([rule(roles=["payroll\n"])], "rules.0.roles.0", "cannot be seen"),
        ([rule(roles=["p\u0430yroll"])], "rules.0.roles.0", "no name"),
        ([rule(roles=None)], "rules.0.roles", "must be a list"),
        ([rule(provider="")], "rules.0.provider", "0 characters"),
        ([rule(provider="a b")], "rules.0.provider", "no name"),
        ([rule(priority=True)], "rules.0.priority", "whole number"),
        ([rule(priority=1001)], "rules.0.priority", "whole number"),
        ([ENGINEERS, PAYROLL, ENGINEERS], "rules.2.id", "rule 0"),
        ([ENGINEERS] * (MAX_RULES + 1), "rules", "at most"),
    ],
)
def test_a_bad_rule_is_named_with_its_place(content, field, words):
    with pytest.raises(RuleInvalid, match=words) as caught:
        RuleSet.parse(1, {"rules": content})
    assert caught.value.field == field


def test_rules_can_be_written_and_read_again():
    content = [ENGINEERS, PAYROLL, rule(id="third", priority=-2)]
    assert RuleSet.parse(3, {"rules": content}).plain() == {"rules": content}


def test_a_reserved_role_is_refused():
    replace(RULES, never_given=frozenset({"auditor"})).refuse_never_given()
    with pytest.raises(RuleInvalid) as caught:
        replace(RULES, never_given=frozenset({"payroll"})).refuse_never_given()
    assert caught.value.field == "rules.1.roles.0"


GROUPS = ["/engineering/platform", "/engineering/web", "/finance/payroll", "/it/admins", "x\u200b"]
ABSENCE = {"not": {"claim": "locked", "present": True}}
conditions = st.one_of(
    st.sampled_from(GROUPS[:4]).map(lambda group: {"claim": "groups", "equals": group}),
    st.sampled_from(["/engineering/*", "/*/*"]).map(lambda glob: {"claim": "groups", "glob": glob}),
    st.just({"claim": "level", "in": [1, 2, "three"]}),
    st.just(ABSENCE),
    st.just({"not": {"claim": "level", "equals": True}}),
)
rule_lists = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.sampled_from("abcdef"),
            "roles": st.sampled_from(["deployer", "payroll", "gatehouse-admin"]).map(lambda r: [r]),
            "when": conditions,
            "priority": st.integers(0, 2),
        }
    ),
    unique_by=lambda shape: shape["id"],
    max_size=6,
)
claim_sets = st.fixed_dictionaries(
    {},
    optional={
        "groups": st.lists(st.sampled_from(GROUPS), max_size=5),
        "level": st.sampled_from([1, 2.0, True, "three", None]),
        "locked": st.booleans(),
    },
)


@given(rule_lists, claim_sets, st.randoms(use_true_random=False))
def test_the_decision_does_not_depend_on_any_order(content, claims, shuffle: Random):
    before = RuleSet.parse(1, {"rules": content}).decide(identity(**claims), NOW)
    turned = [dict(sorted(shape.items(), reverse=True)) for shape in content]
    shuffle.shuffle(turned)
    claims = dict(reversed(claims.items()))
    if "groups" in claims:
        claims["groups"] = shuffle.sample(claims["groups"], len(claims["groups"]))
    assert RuleSet.parse(1, {"rules": turned}).decide(identity(**claims), NOW) == before


@given(rule_lists, claim_sets)
def test_deciding_twice_gives_the_same_and_changes_nothing(content, claims):
    rules, person = RuleSet.parse(1, {"rules": content}), identity(**claims)
    copied = ClaimSet(person.claims.plain())
    assert rules.decide(person, NOW) == rules.decide(person, NOW)
    assert person.claims.plain() == copied.plain()
    assert rules == RuleSet.parse(1, {"rules": content})


@given(rule_lists, claim_sets)
def test_every_rule_that_was_asked_either_grants_or_misses(content, claims):
    rules = RuleSet.parse(1, {"rules": content})
    decision = rules.decide(identity(**claims), NOW)
    told = [(g.role, g.rule) for g in (*decision.grants, *decision.near_misses)]
    assert sorted(told) == sorted((r.roles[0], r.id) for r in rules.rules)
    assert all(grant.because for grant in decision.grants)


@given(rule_lists)
def test_nobody_gets_a_role_for_claims_that_are_missing(content):
    others = [shape for shape in content if shape["when"] != ABSENCE]
    assert RuleSet.parse(1, {"rules": others}).decide(identity(), NOW).grants == ()
