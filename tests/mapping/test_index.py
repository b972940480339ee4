"""An index asks few of many rules, and answers as if all of them had been asked."""

from datetime import UTC, datetime
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from mapping.cel import Cel
from mapping.evidence import Evidence
from mapping.rules import Rule
from mapping.ruleset import RuleSet
from tests.mapping.people import NOW, identity
from tests.mapping.shapes import conditions, people

ASKED: list[str] = []


@st.composite
def rule_sets(draw: st.DrawFn) -> RuleSet:
    shapes = draw(st.lists(conditions, max_size=8))
    rules = [
        {
            "id": f"r{at}",
            "when": shape,
            "roles": [f"role-{at % 3}"],
            **draw(st.sampled_from([{}, {"denies": ["other"]}])),
            "priority": draw(st.integers(0, 2)),
            **draw(st.sampled_from([{}, {"provider": "okta"}, {"until": "2026-01-31"}])),
        }
        for at, shape in enumerate(shapes)
    ]
    return RuleSet.parse(1, {"rules": rules})


def holding(rules: RuleSet, person) -> set[str]:
    """By a plain loop over the rules."""
    evidence = Evidence(person, NOW)
    return {
        rule.id
        for rule in rules.rules
        if rule.provider in {None, person.provider}
        and not (rule.until and rule.until <= NOW)
        and rule.when.check(evidence).held is True
    }


@given(rule_sets(), people())
def test_the_index_answers_as_a_loop_over_all_rules_does(rules, person):
    decision = rules.decide(person, NOW)
    held = holding(rules, person)
    assert {grant.rule for grant in decision.grants} == held
    asked = {rule.id for rule in rules.rules if rule.provider in {None, person.provider}}
    assert {miss.rule for miss in decision.near_misses} == asked - held
    evidence = Evidence(person, NOW)
    reasons = {rule.id: rule.when.check(evidence).because for rule in rules.rules}
    assert all(grant.because == reasons[grant.rule] for grant in decision.grants)


@given(rule_sets(), people(), st.randoms(use_true_random=False))
def test_neither_the_order_of_rules_nor_of_groups_matters(rules, person, shuffle: Random):
    claims = person.claims.plain()
    groups = claims.get("groups")
    if isinstance(groups, list):
        claims["groups"] = shuffle.sample(groups, len(groups))
    turned = identity(person.provider, **dict(reversed(claims.items())))
    same = identity(person.provider, **person.claims.plain())
    content = rules.plain()
    shuffle.shuffle(content["rules"])
    before, after = rules.decide(same, NOW), RuleSet.parse(1, content).decide(turned, NOW)
    assert after == before
    assert after.near_misses == before.near_misses


class Counting(Cel):
    """Tells when it is asked."""

    def check(self, evidence):
        ASKED.append(self.text)
        return super().check(evidence)


def counted(*texts: str) -> RuleSet:
    ASKED.clear()
    rules = (
        Rule(id=f"r{at}", when=Counting(text=text), roles=(f"role{at}",))
        for at, text in enumerate(texts)
    )
    return RuleSet(version=1, rules=tuple(rules))


def test_only_rules_that_can_hold_are_asked():
    rules = counted('"/a" in claims.groups', '"/b" in claims.groups', 'claims.unit == "law"')
    assert [grant.rule for grant in rules.decide(identity(groups=["/a"]), NOW).grants] == ["r0"]
    assert ASKED == ['"/a" in claims.groups']


def test_of_what_a_rule_needs_the_rarer_thing_decides_whether_it_is_asked():
    texts = [f'claims.unit == "law" && "/{name}" in claims.groups' for name in "abc"]
    assert counted(*texts).decide(identity(groups=["/b"], unit="law"), NOW).grants
    assert [texts[1]] == ASKED


def test_what_did_not_hold_is_looked_into_only_when_asked_for():
    rules = counted('"/a" in claims.groups')
    decision = rules.decide(identity(groups=["/b"]), NOW)
    assert ASKED == []
    (miss,) = decision.near_misses
    assert miss.rule == "r0"
    assert ASKED == ['"/a" in claims.groups']


def test_an_expression_that_was_never_checked_cannot_say_and_stops_no_other():
    rules = counted("claims.x >", "true")
    decision = rules.decide(identity(), NOW)
    assert [grant.rule for grant in decision.grants] == ["r1"]
    assert decision.near_misses[0].because == ("could not be checked: RuleInvalid",)


def test_rules_name_the_claims_they_read_and_when_they_change_by_themselves():
    rules = RuleSet.parse(
        1,
        {
            "rules": [
                {
                    "id": "a",
                    "roles": ["x"],
                    "when": {"any": [{"time": {"from": "2026-03-01"}}, {"claim": "b", "less": 1}]},
                    "until": "2026-03-31",
                },
                {
                    "id": "b",
                    "attributes": {"department": "{unit.name}"},
                    "when": {"cel": "claims.level > 1"},
                },
            ]
        },
    )
    assert rules.paths() == {"b", "unit.name", "level"}
    assert rules.boundaries() == (
        datetime(2026, 3, 1, tzinfo=UTC),
        datetime(2026, 4, 1, tzinfo=UTC),
    )


def test_a_decision_keeps_back_what_is_hidden():
    rules = RuleSet.parse(
        1, {"rules": [{"id": "a", "roles": ["x"], "when": {"claim": "pay", "more": 10}}]}
    )
    (grant,) = rules.decide(identity(pay=99), NOW, hidden=frozenset({"pay"})).grants
    assert grant.because == ("pay: a value that is kept back",)
    assert rules.decide(identity(pay=99), NOW).grants[0].because == ("pay: 99",)
