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
        ({"claim": "c", "contains": ""}, "when.contains", "0 characters"),
        ({"claim": "c", "below": "/engineering/"}, "when.below", "ends with a slash"),
        ({"claim": "c", "below": "/"}, "when.below", "ends with a slash"),
        ({"claim": "c", "less": "3"}, "when.less", "without quotes"),
        ({"claim": "c", "at_least": True}, "when.at_least", "true or false"),
        ({"claim": "c", "more": float("inf")}, "when.more", "JSON"),
        ({"claim": "c", "before": "soon"}, "when.before", "is no moment"),
        ({"claim": "c", "after": "2026-01-01T12:00:00"}, "when.after", "names no zone"),
        ({"claim": "c", "after": 1769731200}, "when.after", "is a number"),
        ({"provider": "okta"}, "when.provider", "list of 1 to"),
        ({"provider": []}, "when.provider", "list of 1 to"),
        ({"provider": ["Okta EMEA"]}, "when.provider.0", "no provider's name"),
        ({"provider": ["okta"], "claim": "c"}, "when", "join them with all"),
        ({"email_domain": ["corp.example", "@corp"]}, "when.email_domain.1", "no domain"),
        ({"email_domain": ["*.corp.example"]}, "when.email_domain.0", "no domain"),
        ({"time": {}}, "when.time", "needs from or until"),
        ({"time": "2026-01-01"}, "when.time", "keys and values"),
        ({"time": {"from": "2026-01-01", "to": "x"}}, "when.time.to", "from and until"),
        ({"time": {"from": "2026-01-02", "until": "2026-01-01"}}, "when.time.until", "over before"),
        ({"time": {"until": "x"}}, "when.time.until", "is no moment"),
        ({"cel": 3}, "when.cel", "is a number"),
        ({"cel": "claims.x >"}, "when.cel", "line 1, column 11"),
        ({"none": []}, "when.none", "at least one"),
        ({"none": LEAF}, "when.none", "must be a list"),
        ({"none": [{"claim": "c", "glob": 1}]}, "when.none.0.glob", "is a number"),
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
moments = st.sampled_from(["2026-01-31", "2026-01-31T17:00:00Z", "1999-12-31"])
leaves = st.one_of(
    st.fixed_dictionaries({"claim": claims, "equals": scalars}),
    st.fixed_dictionaries({"claim": claims, "in": st.lists(scalars, min_size=1, max_size=3)}),
    st.fixed_dictionaries({"claim": claims, "glob": st.sampled_from(["*", "/a/*", "a*b"])}),
    st.fixed_dictionaries({"claim": claims, "matches": st.sampled_from([".*", "[a-z]+"])}),
    st.fixed_dictionaries({"claim": claims, "present": st.booleans()}),
    st.fixed_dictionaries({"claim": claims, "contains": st.sampled_from(["a", "/b c"])}),
    st.fixed_dictionaries({"claim": claims, "below": st.sampled_from(["/a", "/a/b", "team"])}),
    *(
        st.fixed_dictionaries({"claim": claims, name: st.integers(-3, 3) | st.just(0.5)})
        for name in ("less", "at_most", "more", "at_least")
    ),
    *(st.fixed_dictionaries({"claim": claims, name: moments}) for name in ("before", "after")),
    st.fixed_dictionaries({"provider": st.lists(st.sampled_from(["okta", "k_1"]), min_size=1)}),
    st.fixed_dictionaries({"email_domain": st.just(["corp.example", "b.example"])}),
    st.just({"time": {"from": "2026-01-01"}}),
    st.just({"time": {"from": "2026-01-01T10:00:00Z", "until": "2026-01-01"}}),
    st.sampled_from(["claims.level > 3", 'provider == "okta" // x', "true\n|| false"]).map(
        lambda text: {"cel": text}
    ),
)
shapes = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.fixed_dictionaries({"all": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"any": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"none": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"not": inner}),
    ),
    max_leaves=8,
)


def depth(shape: object) -> int:
    inner = shape.get("all") or shape.get("any") or shape.get("none") or [shape.get("not")]
    return 1 + max((depth(part) for part in inner if part), default=0)


@given(shapes.filter(lambda shape: depth(shape) <= MAX_DEPTH))
def test_what_is_read_can_be_written_and_read_again(shape):
    assert parse(shape).plain() == shape


junk = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "claim",
                    "all",
                    "not",
                    "glob",
                    "in",
                    "none",
                    "time",
                    "from",
                    "cel",
                    "provider",
                    "less",
                ]
            ),
            inner,
            max_size=3,
        )
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
