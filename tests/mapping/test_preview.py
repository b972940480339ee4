"""A preview says of everybody what deciding and settling says of each."""

from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyroaring import BitMap

from mapping.population import Person, Population
from mapping.preview import Held, Preview, preview
from mapping.ruleset import RuleSet
from mapping.standing import Standing
from tests.mapping import crowds
from tests.mapping.people import NOW, identity

RoleOf = tuple[str, str]
Row = tuple[str, str, str, str]  # account, provider, rule, role

DRIFTING = "groups"
accounts = st.sampled_from("abcdefghij")
by_hand = st.lists(st.tuples(accounts, st.sampled_from(crowds.ROLES)), max_size=6)
rows = st.lists(
    st.tuples(
        accounts,
        st.sampled_from(crowds.PROVIDERS),
        st.sampled_from(["r0", "r1", "gone", "default"]),
        st.sampled_from(crowds.ROLES),
    ),
    max_size=6,
)


def held(
    population: Population,
    active: Iterable[str],
    hand: Iterable[RoleOf] = (),
    given: Iterable[Row] = (),
    denied: Iterable[Row] = (),
    given_on_hold: Iterable[Row] = (),
    denied_on_hold: Iterable[Row] = (),
) -> Held:
    def of(rows: Iterable[Row]) -> dict[tuple[str, str, str], BitMap]:
        made: dict[tuple[str, str, str], BitMap] = {}
        for account, *key in rows:
            made.setdefault(tuple(key), BitMap()).add(population.number(account))  # type: ignore[arg-type]
        return made

    of_hand: dict[str, BitMap] = {}
    for account, role in hand:
        of_hand.setdefault(role, BitMap()).add(population.number(account))
    return Held(
        accounts=BitMap(population.number(account) for account in active),
        by_hand=of_hand,
        given=of(given),
        denied=of(denied),
        given_on_hold={DRIFTING: of(given_on_hold)},
        denied_on_hold={DRIFTING: of(denied_on_hold)},
    )


def alone(
    rules: RuleSet,
    account: str,
    people: list[Person],
    rest: tuple[list[RoleOf], *tuple[list[Row], ...]],
) -> frozenset[str]:
    """What counts for one account, decided upon by itself."""
    hand, given, denied, given_on_hold, denied_on_hold = rest
    standing = Standing(rules, NOW)
    reading = {rule.id for rule in rules.rules if DRIFTING in rule.paths()}
    given = [*given, *(row for row in given_on_hold if row[2] in reading)]
    denied = [*denied, *(row for row in denied_on_hold if row[2] in reading)]
    has = {role for whose, role in hand if whose == account}
    has |= {row[3] for row in given if row[0] == account and standing.gives(*row[1:])}
    never = {row[3] for row in denied if row[0] == account and standing.denies(*row[1:])}
    for person in people:
        if person.account == account:
            decision = rules.decide(person.identity, NOW)
            has |= {grant.role for grant in decision.grants}
            never |= {denial.role for denial in decision.denials}
    return rules.settle(has, never).roles


@given(
    crowds.people,
    st.tuples(by_hand, rows, rows, rows, rows),
    crowds.rule_sets,
    crowds.rule_sets,
    st.frozensets(accounts),
)
def test_everybody_at_once_is_each_alone(people, rest, before, after, inactive):
    population = Population.of(people)
    active = set("abcdefghij") - inactive
    seen = preview(population, held(population, active, *rest), before, after, NOW)
    for account in "abcdefghij":
        number = population.number(account)
        change = seen.change(number)
        was, will_be = (
            alone(rules, account, people, rest) if account in active else frozenset()
            for rules in (before, after)
        )
        assert set(change.loses) == was - will_be
        assert set(change.gains) == will_be - was
        assert set(change.keeps) == was & will_be
        freed = alone(after, account, people, (*rest[:3], [], [])) if account in active else set()
        assert (number in seen.on_hold) is bool((was & will_be) - freed)


@given(
    crowds.people,
    st.tuples(by_hand, rows, rows, rows, rows),
    crowds.rule_sets,
)
def test_without_a_shadowed_rule_everybody_has_what_they_had(people, rest, rules):
    population = Population.of(people)
    now_held = held(population, "abcdefghij", *rest)
    seen = preview(population, now_held, rules, rules, NOW)
    assert not seen.gains
    assert not seen.losses
    given_anyway = {row[2] for rows in rest[1:] for row in rows}
    for effect in seen.effects:
        if effect.shadowed and effect.rule not in given_anyway:
            left = tuple(rule for rule in rules.rules if rule.id != effect.rule)
            without = RuleSet(
                version=2, rules=left, exclusive=rules.exclusive, defaults=rules.defaults
            )
            later = preview(population, now_held, rules, without, NOW)
            assert not later.losses


@given(crowds.people, crowds.rule_sets)
def test_what_is_told_of_a_rule_is_true_of_everybody_alone(people, rules):
    population = Population.of(people)
    seen = preview(population, held(population, "abcdefgh"), rules, rules, NOW)
    for rule, effect in zip(rules.rules, seen.effects, strict=True):
        those = [p for p in people if rule.provider in {None, p.identity.provider}]
        single = RuleSet(version=1, rules=(rule,))
        matched = [
            person
            for person in those
            if (told := single.decide(person.identity, NOW)).grants or told.denials
        ]
        assert {population.accounts[at] for at in effect.accounts} == {
            person.account for person in matched
        }
        assert effect.nobody is not bool(matched)
        assert effect.always is (bool(those) and len(those) == len(matched))


def company() -> tuple[Population, Held]:
    """Ada and Ben are engineers, Ben is in finance as well; Cleo's word is not kept."""
    population = Population.of(
        [
            Person(linked=1, account="ada", identity=identity(groups=["/eng"])),
            Person(linked=2, account="ben", identity=identity(groups=["/eng", "/fin"])),
        ]
    )
    population.not_kept("cleo")
    row = ("cleo", "keycloak-corp", "engineers", "deployer")
    return population, held(population, ["ada", "ben", "cleo"], given=[row])


def rules(*shapes: dict[str, object], **other: object) -> RuleSet:
    return RuleSet.parse(1, {"rules": list(shapes), **other})


def rule(name: str, group: str, *roles: str, **other: object) -> dict[str, object]:
    return {"id": name, "when": {"claim": "groups", "equals": group}, "roles": roles, **other}


def of(seen: Preview, name: str):
    return next(effect for effect in seen.effects if effect.rule == name)


ENGINEERS = rule("engineers", "/eng", "deployer")


def test_whoever_is_not_known_keeps_what_her_rule_gave_while_it_is_there():
    population, now_held = company()
    same = preview(population, now_held, rules(ENGINEERS), rules(ENGINEERS), NOW)
    cleo = population.number("cleo")
    assert same.change(cleo).keeps == ("deployer",)
    assert set(same.unknown) == {cleo}
    gone = preview(population, now_held, rules(ENGINEERS), rules(), NOW)
    assert gone.change(cleo).loses == ("deployer",)
    elsewhere = rules({**ENGINEERS, "provider": "okta"})
    assert cleo in preview(population, now_held, rules(ENGINEERS), elsewhere, NOW).losing


def test_rules_that_do_nothing_are_named():
    population, now_held = company()
    after = rules(
        ENGINEERS,
        rule("again", "/fin", "deployer"),
        rule("nobody", "/sales", "seller"),
        rule("denied", "/fin", "payer"),
        rule("no-payer", "/fin", "auditor", denies=["payer"]),
    )
    seen = preview(population, now_held, rules(), after, NOW)
    assert [effect.rule for effect in seen.effects if effect.shadowed] == ["again", "denied"]
    assert [effect.rule for effect in seen.effects if effect.nobody] == ["nobody"]
    assert [effect.rule for effect in seen.effects if effect.always] == ["engineers"]
    assert len(of(seen, "engineers").accounts) == 2
    assert seen.given_to_nobody == ("seller",)


def test_a_role_that_somebody_keeps_by_an_older_word_is_not_one_that_nobody_has():
    population = Population.of([])
    sales = rules(rule("sales", "/sales", "seller"))
    kept = held(population, ["a"], given=[("a", "okta", "sales", "seller")])
    assert preview(population, kept, rules(), sales, NOW).given_to_nobody == ()


def test_of_roles_that_no_rule_speaks_of_too_it_is_told_which_nobody_has():
    population = Population.of([])
    declared = replace(
        held(population, ["a"], hand=[("a", "owner")]), roles=frozenset({"owner", "auditor"})
    )
    assert preview(population, declared, rules(), rules(), NOW).given_to_nobody == ("auditor",)


def test_who_loses_the_most_stands_first_and_before_them_who_loses_the_role_that_matters():
    population = Population.of(
        Person(linked=at, account=name, identity=identity(groups=groups))
        for at, (name, groups) in enumerate(
            [
                ("gains", ["/new"]),
                ("loses-one", ["/a"]),
                ("loses-two", ["/a", "/b"]),
                ("loses-staff", ["/staff"]),
                ("gains-staff", ["/boss"]),
                ("stays", ["/same"]),
            ]
        )
    )
    before = rules(
        rule("a", "/a", "a"),
        rule("b", "/b", "b"),
        rule("s", "/staff", "staff"),
        rule("x", "/same", "x"),
    )
    after = rules(rule("n", "/new", "a"), rule("s", "/boss", "staff"), rule("x", "/same", "x"))
    seen = preview(population, held(population, population.accounts), before, after, NOW)
    order = [population.accounts[each.account] for each in seen.sample(9, first={"staff"})]
    assert order == ["loses-staff", "loses-two", "loses-one", "gains-staff", "gains"]
    assert len(seen.sample(2)) == 2
    assert (len(seen.losing), len(seen.gaining)) == (3, 2)


@pytest.mark.parametrize("ends", ["2026-01-01", None])
def test_a_rule_that_has_ended_holds_of_nobody_known_or_not(ends):
    population, now_held = company()
    after = rules({**ENGINEERS, **({"until": ends} if ends else {})})
    seen = preview(population, now_held, rules(ENGINEERS), after, NOW)
    assert len(seen.losing) == (3 if ends else 0)
