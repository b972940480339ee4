"""Whom a change of the rules does not concern gets the same answer by both versions."""

from dataclasses import replace

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from mapping.changed import Changed
from mapping.ruleset import Decision, RuleSet
from tests.mapping import crowds
from tests.mapping.people import NOW, identity

ENG = {"id": "eng", "when": {"claim": "groups", "equals": "/eng"}, "roles": ["reader"]}
FIN = {"id": "fin", "when": {"claim": "groups", "equals": "/fin"}, "roles": ["payroll"]}


def rules(version: int, *shapes: dict[str, object], **more: object) -> RuleSet:
    return RuleSet.parse(version, {"rules": list(shapes), **more})


def said(decision: Decision) -> object:
    """All of it but which version says so."""
    return tuple(
        tuple(replace(one, version=0) for one in several)
        for several in (decision.grants, decision.denials, decision.attributes)
    )


_rules = st.builds(
    lambda at, when, role, kind, more: {
        "id": f"r{at}",
        "when": when,
        kind: {"team": "{groups}"} if kind == "attributes" else [role],
        **more,
    },
    st.integers(0, 3),
    crowds.shapes,
    st.sampled_from(crowds.ROLES),
    st.sampled_from(["roles", "roles", "denies", "attributes"]),
    st.fixed_dictionaries(
        {},
        optional={
            "priority": st.integers(1, 2),
            "provider": st.sampled_from(crowds.PROVIDERS),
            "until": st.sampled_from(["2026-01-01", "2027-01-01"]),
        },
    ),
)
_contents = st.builds(
    lambda shapes, default: {
        "rules": shapes,
        "default_roles": {"okta": default} if default else {},
    },
    st.lists(_rules, unique_by=lambda rule: rule["id"], max_size=4),
    st.sampled_from(["reader", "editor", None, None, None]),
)


@given(before=_contents, after=_contents, kept=st.booleans(), who=crowds.identities)
def test_whom_it_does_not_concern_gets_the_same_by_both(before, after, kept, who) -> None:
    if kept:  # most of what somebody edits stays
        mine = {rule["id"] for rule in after["rules"][:1]}
        after = after | {
            "rules": [rule for rule in before["rules"] if rule["id"] not in mine]
            + after["rules"][:1],
            "default_roles": before["default_roles"],
        }
    old, new = RuleSet.parse(1, before), RuleSet.parse(2, after)
    concerned = Changed(old, new).concerns(who, NOW)
    event(f"concerned: {concerned}")
    if not concerned:
        assert said(old.decide(who, NOW)) == said(new.decide(who, NOW))


@pytest.mark.parametrize(
    ("after", "concerned"),
    [
        (rules(2, ENG, FIN), False),
        (rules(2, FIN), True),  # it gave her a role
        (rules(2, ENG | {"roles": ["editor"]}, FIN), True),
        (rules(2, ENG | {"priority": 1}, FIN), True),
        (rules(2, ENG, FIN | {"roles": ["editor"]}), False),
        (rules(2, ENG, FIN | {"when": {"claim": "groups", "below": "/eng"}}), True),
        (rules(2, ENG, FIN, default_roles={"okta": "reader"}), True),
        (rules(2, ENG, FIN, default_roles={"entra": "reader"}), False),
        (rules(2, ENG, FIN, exclusive_roles=[["reader", "payroll"]]), False),
    ],
)
def test_it_concerns_those_of_whom_a_changed_rule_says_something(after, concerned) -> None:
    ada = identity(provider="okta", groups=["/eng"])
    assert Changed(rules(1, ENG, FIN), after).concerns(ada, NOW) is concerned


def test_one_is_not_true() -> None:
    before = rules(1, ENG | {"when": {"claim": "level", "equals": 1}})
    after = rules(2, ENG | {"when": {"claim": "level", "equals": True}})
    assert Changed(before, after).concerns(identity(level=True), NOW)


def test_a_rule_that_asks_the_time_may_say_something_else_at_any() -> None:
    inner = {"all": [{"not": {"cel": "now < timestamp('2030-01-01T00:00:00Z')"}}]}
    same = ENG | {"when": {"any": [{"claim": "groups", "equals": "/eng"}, inner]}}
    changed = Changed(rules(1, same), rules(2, same))
    assert changed.concerns(identity(groups=["/eng"]), NOW)
    assert not Changed(rules(1, ENG), rules(2, ENG)).concerns(identity(groups=["/eng"]), NOW)


def test_the_claims_that_it_reads_are_those_of_what_changed() -> None:
    after = rules(2, ENG, FIN | {"when": {"claim": "level", "present": True}})
    assert Changed(rules(1, ENG, FIN), after).paths() == {"groups", "level"}
