"""What is wrong with a rule is said with its place and the remedy."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.errors import RuleInvalid
from mapping.parsing import MAX_CONDITIONS, MAX_DEPTH, parse

LEAF = {"claim": "groups", "equals": "x"}


def nested(depth: int) -> object:
    shape: object = LEAF
    for _ in range(depth - 1):
        shape = {"not": shape}
    return shape


@pytest.mark.parametrize(
    ("shape", "field", "words"),
    [
        ("groups", "when", "keys and values"),
        (None, "when", "is nothing"),
        ([], "when", "is a list"),
        ({}, "when.claim", "missing"),
        ({"claim": "groups"}, "when", "exactly one of equals"),
        ({"equals": "x"}, "when.claim", "missing"),
        ({"claim": "c", "equals": "x", "glob": "x"}, "when", "exactly one of"),
        ({"claim": "c", "equal": "x"}, "when.equal", "write one of"),
        ({"claim": "c", "equals": "x", 7: "y"}, "when.7", "not known"),
        ({"claim": 7, "equals": "x"}, "when.claim", "is a number"),
        ({"claim": "", "equals": "x"}, "when.claim", "0 characters"),
        ({"claim": "c" * 501, "equals": "x"}, "when.claim", "501 characters"),
        ({"claim": "c", "equals": None}, "when.equals", "present: false"),
        ({"claim": "c", "equals": ["x"]}, "when.equals", "is a list"),
        ({"claim": "c", "equals": float("nan")}, "when.equals", "JSON"),
        ({"claim": "c", "equals": dt.date(2026, 1, 1)}, "when.equals", "put it in quotes"),
        ({"claim": "c", "equals": "pay\u200broll"}, "when.equals", r"pay\\u200broll"),
        ({"claim": "c", "in": "x"}, "when.in", "list of 1 to"),
        ({"claim": "c", "in": []}, "when.in", "list of 1 to"),
        ({"claim": "c", "in": ["x", None]}, "when.in.1", "nothing"),
        ({"claim": "c", "in": ["x"] * 501}, "when.in", "list of 1 to 500"),
        ({"claim": "c", "glob": "/engineering/**"}, "when.glob", "use matches"),
        ({"claim": "c", "glob": True}, "when.glob", "true or false"),
        ({"claim": "c", "matches": "("}, "when.matches", "missing"),
        ({"claim": "c", "matches": "(?=a)b"}, "when.matches", "RE2"),
        ({"claim": "c", "matches": "((a{30}){30}){30}"}, "when.matches", "RE2"),
        ({"claim": "c", "matches": r"[\pL\pN]{200}"}, "when.matches", "too large"),
        ({"claim": "c", "present": "yes"}, "when.present", "true or false"),
        ({"all": []}, "when.all", "at least one"),
        ({"all": LEAF}, "when.all", "must be a list"),
        ({"any": [LEAF, {"claim": "c"}]}, "when.any.1", "exactly one of"),
        ({"all": [{"not": {"any": [LEAF, {"claim": "c", "glob": 1}]}}]},
         "when.all.0.not.any.1.glob", "is a number"),
        ({"not": LEAF, "claim": "c"}, "when", "stands alone"),
        ({"all": [LEAF], "any": [LEAF]}, "when", "stands alone"),
        ({"any": [LEAF] * MAX_CONDITIONS}, f"when.any.{MAX_CONDITIONS - 1}", "split it"),
        (nested(MAX_DEPTH + 1), "when" + ".not" * MAX_DEPTH, "nested deeper"),
    ],
)  # fmt: skip
def test_a_bad_condition_is_named_with_its_place_and_remedy(shape, field, words):
    with pytest.raises(RuleInvalid, match=words) as caught:
        parse(shape)
    assert caught.value.field == field


def test_the_deepest_and_the_largest_allowed_are_read():
    parse(nested(MAX_DEPTH))
    parse({"any": [LEAF] * (MAX_CONDITIONS - 1)})


scalars = st.booleans() | st.integers(-9, 9) | st.sampled_from(["a", "/b", "c*d", "Zoë"])
claims = st.sampled_from(["groups", "email", "realm_access.roles"])
leaves = st.one_of(
    st.fixed_dictionaries({"claim": claims, "equals": scalars}),
    st.fixed_dictionaries({"claim": claims, "in": st.lists(scalars, min_size=1, max_size=3)}),
    st.fixed_dictionaries({"claim": claims, "glob": st.sampled_from(["*", "/a/*", "a*b"])}),
    st.fixed_dictionaries({"claim": claims, "matches": st.sampled_from([".*", "[a-z]+"])}),
    st.fixed_dictionaries({"claim": claims, "present": st.booleans()}),
)
shapes = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.fixed_dictionaries({"all": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"any": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"not": inner}),
    ),
    max_leaves=8,
)


def depth(shape: object) -> int:
    inner = shape.get("all") or shape.get("any") or [shape.get("not")]
    return 1 + max((depth(part) for part in inner if part), default=0)


@given(shapes.filter(lambda shape: depth(shape) <= MAX_DEPTH))
def test_what_is_read_can_be_written_and_read_again(shape):
    assert parse(shape).plain() == shape


junk = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["claim", "all", "not", "glob", "in"]), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(junk)
def test_no_input_ends_in_anything_but_a_condition_or_a_named_fault(shape):
    fault = None
    try:
        parse(shape)
    except RuleInvalid as error:
        fault = error
    assert fault is None or fault.field.startswith("when")
