"""Beside roles a rule denies, describes and ends; and a provider has a role for everyone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mapping.errors import RuleInvalid
from mapping.rules import AttributeGrant, Denial, NearMiss
from mapping.ruleset import RuleSet
from tests.mapping.people import NOW, ada, identity

MISSING = {"version": 4, "provider": "keycloak-corp", "because": ("groups is missing",)}
STAFF = {"claim": "groups", "equals": "/engineering/platform"}


def rules(*shapes: dict[str, object], **others: object) -> RuleSet:
    told = [{"id": f"r{at}", "when": STAFF, **shape} for at, shape in enumerate(shapes)]
    return RuleSet.parse(4, {"rules": told, **others})


def test_a_rule_gives_each_of_its_roles():
    decision = rules({"roles": ["editor", "deployer", "editor"]}).decide(ada(), NOW)
    assert [grant.role for grant in decision.grants] == ["deployer", "editor"]


def test_a_denial_says_its_reason_as_a_grant_does():
    decision = rules({"roles": ["editor"]}, {"denies": ["editor"]}).decide(ada(), NOW)
    assert [grant.role for grant in decision.grants] == ["editor"]
    assert decision.denials == (
        Denial(
            role="editor",
            rule="r1",
            version=4,
            provider="keycloak-corp",
            because=('groups: "/engineering/platform"',),
        ),
    )


def test_a_denial_that_did_not_hold_is_a_near_miss_of_its_own_kind():
    missed = rules({"denies": ["editor"]}).decide(identity(), NOW).near_misses
    assert missed == (NearMiss(role="editor", rule="r0", **MISSING, denies=True),)


def test_a_rule_that_only_describes_and_did_not_hold_is_a_near_miss_too():
    shape = {"attributes": {"place": "Berlin", "department": "{department}"}}
    assert rules(shape).decide(identity(), NOW).near_misses == (
        NearMiss(attribute="department", rule="r0", **MISSING),
        NearMiss(attribute="place", rule="r0", **MISSING),
    )
    assert rules(shape).decide(ada(), NOW).near_misses == ()


def test_what_describes_somebody_stands_in_no_reason_of_it():
    """The record keeps reasons, and no values of what accounts are described by."""
    shape = {
        "when": {
            "all": [
                {"claim": "unit.name", "present": True},
                STAFF,
                {"claim": "unit.name", "equals": "Law"},
            ]
        },
        "attributes": {"place": "Berlin", "unit": "{unit.name}"},
    }
    person = identity(groups=["/engineering/platform"], unit={"name": "Law"})
    place, unit = rules(shape).decide(person, NOW).attributes
    assert (unit.value, unit.rule) == ("Law", "r0")
    assert 'unit.name: "Law"' in place.because
    assert "unit.name: a value that is kept back" in unit.because
    assert 'groups: "/engineering/platform"' in unit.because
    assert "Law" not in str(unit.because)


def test_attributes_are_made_of_claims_and_say_their_reason():
    shape = {"attributes": {"department": "{department}", "place": "{address.country}-{floor}"}}
    person = identity(
        groups=["/engineering/platform"],
        department="Platform",
        address={"country": "DE"},
        floor=3,
    )
    decision = rules(shape).decide(person, NOW)
    assert [(a.name, a.value) for a in decision.attributes] == [
        ("department", "Platform"),
        ("place", "DE-3"),
    ]
    assert decision.attributes[0] == AttributeGrant(
        name="department",
        value="Platform",
        rule="r0",
        version=4,
        provider="keycloak-corp",
        because=('groups: "/engineering/platform"',),
    )


@pytest.mark.parametrize(
    "department", [None, "", ["a", "b"], True, {"of": "us"}, "Plat\u200bform", "x" * 201]
)
def test_what_is_not_one_readable_text_is_not_written_down(department):
    person = identity(groups=["/engineering/platform"], department=department)
    assert (
        rules({"attributes": {"department": "{department}"}}).decide(person, NOW).attributes == ()
    )


def test_of_two_rules_for_one_attribute_the_higher_priority_wins_where_it_has_a_value():
    low = {"attributes": {"team": "all"}}
    high = {"attributes": {"team": "{team}"}, "priority": 5}
    with_team = identity(groups=["/engineering/platform"], team="web")
    assert [a.value for a in rules(low, high).decide(with_team, NOW).attributes] == ["web"]
    assert [a.value for a in rules(low, high).decide(ada(), NOW).attributes] == ["all"]


def test_until_a_day_means_to_its_end_and_the_rule_says_that_it_ended():
    until = rules({"roles": ["editor"], "until": "2027-03-31"})
    end = datetime(2027, 4, 1, tzinfo=UTC)
    assert until.rules[0].until == end
    assert until.decide(ada(), end - timedelta(seconds=1)).grants
    after = until.decide(ada(), end)
    assert after.grants == ()
    assert after.near_misses[0].because == ("the rule ended with 2027-03-31",)


def test_everyone_at_a_provider_has_its_default_role():
    decision = rules(default_roles={"keycloak-corp": "employee", "okta-emea": "guest"})
    (grant,) = decision.decide(identity(), NOW).grants
    assert (grant.role, grant.rule, grant.because) == (
        "employee",
        "default",
        ("signs in at keycloak-corp",),
    )


@pytest.mark.parametrize(
    ("shape", "place", "words"),
    [
        ({}, "rules.0.roles", "is missing"),
        ({"roles": []}, "rules.0.roles", "1 to"),
        ({"denies": "editor"}, "rules.0.denies", "a list"),
        ({"roles": ["e"] * 51}, "rules.0.roles", "1 to 50"),
        ({"attributes": {}}, "rules.0.attributes", "1 to"),
        ({"attributes": {"Dept": "x"}}, "rules.0.attributes.Dept", "no name"),
        ({"attributes": {"dept": 1}}, "rules.0.attributes.dept", "is a number"),
        ({"attributes": {"dept": "{a"}}, "rules.0.attributes.dept", "brace"),
        ({"attributes": {"dept": "{}"}}, "rules.0.attributes.dept", "brace"),
        ({"attributes": {"dept": "{a}" * 11}}, "rules.0.attributes.dept", "more than"),
        ({"roles": ["e"], "until": "soon"}, "rules.0.until", "no moment"),
        ({"roles": ["e"], "until": "2027-03-31T12:00:00"}, "rules.0.until", "no zone"),
        ({"roles": ["e"], "until": "0001-01-01"}, "rules.0.until", "outside"),
        ({"roles": ["e"], "until": "9999-12-31"}, "rules.0.until", "outside"),
        ({"roles": ["e"], "until": 7}, "rules.0.until", "a number"),
        ({"roles": ["e"], "note": ""}, "rules.0.note", "0 characters"),
        ({"roles": ["e"], "id": "default"}, "rules.0.id", "everyone"),
    ],
)
def test_what_a_rule_cannot_say_is_named_with_its_place(shape, place, words):
    with pytest.raises(RuleInvalid, match=words) as caught:
        rules(shape)
    assert caught.value.field == place


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ([], ""),
        ({"rule": []}, "rule"),
        ({"default_roles": []}, "default_roles"),
        ({"default_roles": {"a b": "x"}}, "default_roles.a b"),
        ({"default_roles": {"corp": "a b"}}, "default_roles.corp"),
    ],
)
def test_content_of_another_shape_is_named_with_its_place(content, place):
    with pytest.raises(RuleInvalid) as caught:
        RuleSet.parse(1, content)
    assert caught.value.field == place


def test_all_that_can_be_said_can_be_written_and_read_again():
    content = {
        "rules": [
            {
                "id": "all",
                "when": STAFF,
                "roles": ["deployer"],
                "denies": ["payroll"],
                "attributes": {"department": "{department}"},
                "provider": "keycloak-corp",
                "priority": 3,
                "until": "2027-03-31",
                "note": "for the audit",
            },
            {"id": "hour", "when": STAFF, "roles": ["a"], "until": "2027-03-31T18:00:00Z"},
        ],
        "exclusive_roles": [["owner", "reader"]],
        "default_roles": {"okta-emea": "guest"},
    }
    assert RuleSet.parse(1, content).plain() == content


def test_a_reserved_role_may_be_denied_and_not_be_given():
    boss = frozenset({"boss"})
    denying = rules({"denies": ["boss"]}, exclusive_roles=[["boss", "reader"]])
    replace(denying, never_given=boss).refuse_never_given()
    for giving, place in (
        (rules({"roles": ["boss"]}), "rules.0.roles.0"),
        (rules(default_roles={"okta-emea": "boss"}), "default_roles.okta-emea"),
    ):
        with pytest.raises(RuleInvalid) as caught:
            replace(giving, never_given=boss).refuse_never_given()
        assert caught.value.field == place
