"""What an identity must have for a condition to hold."""

from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.evidence import Evidence
from mapping.needs import BELOW, EMAIL_DOMAIN, PROVIDER, Atom, atoms, moments, needs
from mapping.parsing import parse
from tests.mapping.people import NOW
from tests.mapping.shapes import conditions, people


def has(evidence: Evidence, atom: Atom) -> bool:
    there = atoms(evidence, atom.path)
    return there is None or atom.value in there


@given(conditions, people())
def test_whoever_meets_a_condition_has_one_of_the_things_it_needs(shape, person):
    condition, evidence = parse(shape), Evidence(person, NOW)
    needed = needs(condition)
    if condition.check(evidence).held and needed is not None:
        assert any(has(evidence, atom) for atom in needed)


@given(conditions, st.randoms(use_true_random=False))
def test_the_order_of_parts_makes_no_difference(shape, shuffle: Random):
    def turned(part):
        if isinstance(part, dict):
            return {key: turned(value) for key, value in part.items()}
        if isinstance(part, list) and part and isinstance(part[0], dict):
            return [turned(one) for one in shuffle.sample(part, len(part))]
        return part

    assert needs(parse(turned(shape))) == needs(parse(shape))


A, B = {"claim": "a", "equals": "x"}, {"claim": "b", "in": ["y", "z"]}
ABSENT = {"claim": "a", "present": False}


@pytest.mark.parametrize(
    ("shape", "needed"),
    [
        (A, {("a", "x")}),
        (B, {("b", "y"), ("b", "z")}),
        ({"all": [B, A]}, {("a", "x")}),
        ({"all": [ABSENT, B]}, {("b", "y"), ("b", "z")}),
        ({"any": [A, B]}, {("a", "x"), ("b", "y"), ("b", "z")}),
        ({"any": [A, ABSENT]}, None),
        ({"not": A}, None),
        ({"not": {"not": A}}, {("a", "x")}),
        ({"none": [A]}, None),
        ({"claim": "a", "below": "/eng"}, {(BELOW + "a", "/eng")}),
        ({"claim": "a", "glob": "/eng/*/lead"}, {(BELOW + "a", "/eng")}),
        ({"claim": "a", "glob": "/eng/web"}, {("a", "/eng/web")}),
        ({"claim": "a", "glob": "eng*"}, None),
        ({"claim": "a", "matches": "/eng/web.*"}, {(BELOW + "a", "/eng")}),
        ({"claim": "a", "matches": "/eng/?x"}, None),
        ({"claim": "a", "matches": "/eng/web|/ops"}, None),
        ({"claim": "a", "matches": "(/eng/)x"}, None),
        ({"claim": "a", "contains": "x"}, None),
        ({"claim": "a", "less": 3}, None),
        ({"provider": ["okta", "k"]}, {(PROVIDER, "okta"), (PROVIDER, "k")}),
        ({"email_domain": ["corp.example"]}, {(EMAIL_DOMAIN, "corp.example")}),
        ({"time": {"from": "2026-01-01"}}, None),
        ({"cel": '"x" in claims.a && now > timestamp(claims.b)'}, {("a", "x")}),
        ({"cel": 'claims.a == "x" || 3 == claims.b'}, {("a", "x"), ("b", 3)}),
        ({"cel": "claims.a.b == 3"}, None),
        ({"cel": 'claims.a == "x" || claims.b > 3'}, None),
        ({"cel": 'claims.a != "x"'}, None),
        ({"cel": 'claims.a == ""'}, None),
    ],
)  # fmt: skip
def test_what_is_needed_is_as_little_as_can_be_known(shape, needed):
    expected = None if needed is None else {Atom(*atom) for atom in needed}
    assert needs(parse(shape)) == expected


def test_windows_of_time_tell_when_an_answer_changes():
    window = {"time": {"from": "2026-01-01", "until": "2026-01-31"}}
    until = {"not": {"time": {"until": "2026-06-30"}}}
    shape = {"all": [A, {"any": [window, {"none": [until]}]}]}
    assert moments(parse(shape)) == {
        datetime(2026, 1, 1, tzinfo=UTC),
        datetime(2026, 2, 1, tzinfo=UTC),
        datetime(2026, 7, 1, tzinfo=UTC),
    }
    assert moments(parse(A)) == frozenset()
