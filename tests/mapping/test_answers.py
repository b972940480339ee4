"""Everybody at once gets the answer that each would get alone."""

from collections.abc import Iterator, Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mapping import population as populations
from mapping.answers import Answers
from mapping.columns import Column
from mapping.conditions import AllOf, AnyOf, Equals, Matches, Not, Present
from mapping.evidence import Evidence, by_kind
from mapping.index import asked
from mapping.parsing import parse
from mapping.population import Person, Population
from mapping.rules import Rule
from providers.identity import ExternalIdentity
from tests.mapping import crowds
from tests.mapping.people import NOW, identity


def one_by_one(rule: Rule, people: list[Person]) -> dict[int, bool | None]:
    return {
        person.linked: asked(rule, Evidence(person.identity, NOW)).held
        for person in people
        if rule.provider in {None, person.identity.provider}
    }


def numbered(population: Population, people: list[Person]) -> dict[int, int]:
    """By the numbers that they have there, the linked identities."""
    by_identity = {id(person.identity): person.linked for person in people}
    asked_for = population.asked_for(population.people)
    return {number: by_identity[id(who)] for number, who in asked_for}


def told(rule: Rule, people: list[Person], paths: frozenset[str] | None) -> tuple[set[int], ...]:
    population = Population.of(people, paths)
    answer = Answers(population, NOW).of(rule)
    linked = numbered(population, people)
    return {linked[p] for p in answer.held}, {linked[p] for p in answer.unsure}


@given(crowds.people, crowds.rules, st.booleans())
def test_a_rule_holds_of_whom_it_holds_one_by_one(people, rule, everything):
    alone = one_by_one(rule, people)
    paths = None if everything else rule.when.paths()
    held, unsure = told(rule, people, paths)
    assert held == {linked for linked, answer in alone.items() if answer}
    assert unsure <= {linked for linked, answer in alone.items() if answer is None}


SINGLE = [*crowds.TEXTS, *crowds.TIMES, *crowds.ODD, 0, 1, 1.0, 2.5, False, 1767225600, []]
CONDITIONS = [
    {"claim": "c", "equals": "/eng"},
    {"claim": "c", "equals": 1},
    {"claim": "c", "equals": True},
    {"claim": "c", "in": ["/eng", 1, False]},
    {"claim": "c", "glob": "/eng/*"},
    {"claim": "c", "glob": "*"},
    {"claim": "c", "matches": "/eng.*"},
    {"claim": "c", "contains": "eng"},
    {"claim": "c", "below": "/eng"},
    {"claim": "c", "present": True},
    {"claim": "c", "present": False},
    {"claim": "c", "less": 2},
    {"claim": "c", "at_least": 1},
    {"claim": "c", "before": "2026-03-02"},
    {"claim": "c", "after": "2026-01-01"},
]


@pytest.mark.parametrize("when", CONDITIONS, ids=str)
@pytest.mark.parametrize("turn", [lambda shape: shape, lambda shape: {"not": shape}])
def test_of_each_value_and_each_pair_a_condition_says_what_it_says_alone(when, turn):
    values = [*SINGLE, *([one, other] for one in SINGLE for other in SINGLE)]
    people = [
        Person(linked=at, account=str(at), identity=identity(c=value))
        for at, value in enumerate(values)
    ]
    rule = Rule(id="r", when=parse(turn(when)), roles=("reader",))
    alone = one_by_one(rule, people)
    held, unsure = told(rule, people, None)
    assert held == {linked for linked, answer in alone.items() if answer}
    assert unsure == {linked for linked, answer in alone.items() if answer is None}


@given(crowds.people, crowds.shapes)
def test_of_whom_it_cannot_say_is_known_as_well_where_nobody_had_to_be_asked(people, shape):
    rule = Rule(id="r", when=parse(shape), roles=("reader",))
    if "cel" in str(shape):
        return
    held, unsure = told(rule, people, rule.when.paths())
    alone = one_by_one(rule, people)
    assert unsure == {linked for linked, answer in alone.items() if answer is None}
    assert not held & unsure


@given(crowds.people, crowds.rules)
def test_what_is_too_much_to_be_kept_is_asked_one_by_one(people, rule):
    alone = one_by_one(rule, people)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(populations, "MAX_BYTES", 600)
        patched.setattr(populations, "MAX_PATHS", 3)
        held, _ = told(rule, people, None)
    assert held == {linked for linked, answer in alone.items() if answer}


def test_the_columns_keep_no_more_values_and_no_more_paths_than_they_may(monkeypatch):
    monkeypatch.setattr(populations, "MAX_BYTES", 1_600)
    monkeypatch.setattr(populations, "MAX_PATHS", 4)
    population = Population.of(
        Person(
            linked=at,
            account=str(at),
            identity=identity(**{f"p{at}": "x", "groups": [f"/g{at}", "/all"], "same": "y"}),
        )
        for at in range(20)
    )
    columns = population.columns()
    assert sum(column.size for column in columns.values()) <= 1_600
    assert len(columns) <= 4
    assert population.column("groups") is None
    assert population.column("p19") is None
    assert "same" in columns


BROKEN = Matches(claim="email", pattern="(")


@pytest.mark.parametrize(
    "when",
    [
        BROKEN,
        Not(condition=BROKEN),
        AnyOf(conditions=(Equals(claim="groups", value="/eng"), BROKEN)),
        Not(condition=AllOf(conditions=(Equals(claim="groups", value="/fin"), BROKEN))),
    ],
)
def test_a_rule_that_errs_holds_of_nobody(when):
    people = [Person(linked=1, account="a", identity=identity(groups=["/eng"]))]
    assert told(Rule(id="r", when=when, roles=("reader",)), people, None) == (set(), {1})


@given(st.lists(crowds.values, max_size=6))
@example([True, 1, 1.0, "1"])
def test_a_column_knows_the_kinds_of_values_that_evidence_knows(drawn):
    column = Column()
    alone: dict[str, set[int]] = {}
    for person, value in enumerate(
        identity(**{str(at): v for at, v in enumerate(drawn)}).claims.values()
    ):
        column.add(value, person)
        for kind in by_kind(value):
            alone.setdefault(kind, set()).add(person)
    assert {kind: set(people) for kind, people in column.kinds().items()} == alone


@given(crowds.claims, st.sampled_from([*crowds.PATHS, "a", "a.b.c", "realm.x.y", "realm.x"]))
def test_everything_told_is_found_by_the_path_that_leads_there(claims, path):
    person = Person(linked=1, account="a", identity=identity(**claims))
    whole, single = Population.of([person]), Population.of([person], [path])
    for condition in (Present(claim=path, present=True), Equals(claim=path, value="/eng")):
        rule = Rule(id="r", when=condition, roles=("reader",))
        assert Answers(whole, NOW).of(rule) == Answers(single, NOW).of(rule)


def test_people_are_brought_again_only_where_a_rule_must_ask_them():
    people = [
        Person(linked=at, account=str(at), identity=identity(groups=[f"/g{at}"], x=at))
        for at in range(5)
    ]
    brought: list[int] = []

    def again(linked: Sequence[int]) -> Iterator[tuple[int, ExternalIdentity]]:
        brought.extend(linked)
        return ((each, people[each].identity) for each in linked)

    population = Population(again)
    for person in people:
        population.add(person)
    when = parse({"all": [{"cel": "claims.x > 1"}, {"claim": "groups", "in": ["/g1", "/g2"]}]})
    answer = Answers(population, NOW).of(Rule(id="r", when=when, roles=("reader",)))
    assert set(answer.held) == {2}
    assert brought == [1, 2]


def test_whoever_pauses_it_can_stop_it():
    class Enough(Exception):
        pass

    def enough() -> None:
        raise Enough

    rule = Rule(id="r", when=parse({"cel": "claims.x > 1"}), roles=("reader",))
    people = [Person(linked=1, account="a", identity=identity(x=2))]
    with pytest.raises(Enough):
        Answers(Population.of(people), NOW, enough).of(rule)
