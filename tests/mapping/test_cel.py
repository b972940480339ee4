"""CEL: boolean true alone grants, what is wrong is said with its place, and nothing hangs."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.cel import MAX_BYTES
from mapping.cel import compile as checked
from mapping.errors import RuleInvalid
from mapping.evidence import Evidence
from mapping.finding import Finding
from tests.mapping.people import NOW, identity, mailed

ROOT = Path(__file__).parents[2]
ADA = {
    "groups": ["/engineering/platform", "/all"],
    "level": 4,
    "department": "law",
    "https://corp.example/roles": ["auditor"],
    "realm_access": {"roles": ["admin"]},
}


def held(text: str, **claims: object) -> bool | None:
    return checked(text).holds(Evidence(identity(**claims), NOW)).held


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("claims.level > 3", True),
        ("claims.level > 3.5", True),
        ("claims.level > 4", False),
        ('"/all" in claims.groups', True),
        ('claims.groups.exists(g, g.startsWith("/engineering/"))', True),
        ('claims.groups.all(g, g.startsWith("/engineering/"))', False),
        ('claims["https://corp.example/roles"][0] == "auditor"', True),
        ('"admin" in claims.realm_access.roles', True),
        ('claims.department.lowerAscii() == "law" && provider == "keycloak-corp"', True),
        ('claims.?missing.orValue("x") == "x"', True),
        ("has(claims.department) && !has(claims.locked)", True),
        ('"department" in claims', True),
        ('claims.department.matches("l.w")', True),
        ('now < timestamp("2026-03-02T09:00:01Z")', True),
        ("now.getFullYear() == 2026", True),
        ('claims.groups.filter(g, g.contains("eng")).size() == 1', True),
        ('claims.groups.map(g, g + "!").exists(g, g == "/all!")', True),
        ("claims.level > 3 // of five", True),
        ("claims.level >\n  3", True),
    ],
)
def test_an_expression_is_asked_of_claims_and_circumstances(text, expected):
    assert held(text, **ADA) is expected


def test_an_expression_knows_the_address_and_whether_it_is_verified():
    program = checked('email_verified && email.endsWith("@corp.example")')
    assert program.holds(Evidence(mailed("a@corp.example"), NOW)).held is True
    assert program.holds(Evidence(mailed("a@corp.example", verified=False), NOW)).held is False
    assert program.holds(Evidence(mailed("a\u200b@corp.example"), NOW)).held is None
    assert program.paths == {"email"}


@pytest.mark.parametrize(
    "text",
    [
        "claims.missing",
        'claims.missing == "x"',
        'claims.missing != "x"',
        "!claims.missing",
        "claims.department",
        "claims.level",
        "claims.groups",
        "claims.realm_access",
        "claims.null",
        "claims.realm_access.missing == 1",
        "claims.level / 0 == 1",
        'claims.level > "3"',
        "claims.department > 3",
        "claims.department.x == 1",
        "claims.groups[7] == 'x'",
        "dyn(1)",
        'dyn("true")',
        "dyn(claims.level)",
        "true ? claims.level : true",
        "timestamp(claims.department) < now",
        "int(claims.department) == 1",
        "claims.groups.exists(g, g > 3)",
    ],
)
def test_whatever_is_not_boolean_true_does_not_grant(text):
    if text == "claims.null":
        text = 'claims["null"]'
    assert held(text, **ADA) is not True


@pytest.mark.parametrize("value", ["true", 1, [True], {"true": True}, None, "", "x", 0.5])
def test_a_claim_that_is_not_boolean_true_does_not_grant(value):
    assert held("claims.c", c=value) is None
    assert held("claims.c", c=True) is True
    assert held("claims.c", c=False) is False


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
        max_leaves=6,
    )
)
def test_no_value_of_a_claim_grants_but_true_itself(value):
    assert held("claims.c", c=value) is (value if isinstance(value, bool) else None)
    assert held("claims.c == claims.d", c=value) is None
    assert held('claims.c == "only this"', c=value) is not True


@pytest.mark.parametrize("value", [None, "", []])
def test_what_is_null_or_empty_is_missing_here_as_well(value):
    assert held('claims.c != "x"', c=value) is None
    assert held("claims.c.all(x, x == 1)", c=value) is None
    assert held("has(claims.c)", c=value) is False
    assert held('claims.o.c != "x"', o={"c": value, "d": 1}) is None


@pytest.mark.parametrize(
    "value",
    ["pay\u200broll", "a\nb", "x" * 1001, 1 << 63, float("nan"), float("inf"), {"k\u200b": 1}],
)
def test_a_claim_that_cannot_be_read_as_it_stands_says_nothing(value):
    for claim in (value, ["fine", value], {"inside": value}):
        finding = checked('claims.c != "x"').holds(Evidence(identity(c=claim, d=1), NOW))
        assert finding == Finding(held=None, because=("c has what cannot be read as it stands",))
        assert held("claims.d == 1", c=claim, d=1) is True


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("foo", (1, 1), "undeclared reference to 'foo'"),
        ('1 + "a" == 2', (1, 3), "no matching overload"),
        ("claims.level >", (1, 15), "mismatched input"),
        ("true ||\n  fooo(1)", (2, 7), "undeclared reference to 'fooo'"),
        ('"x"', (1, 1), "never true or false"),
        ("1", (1, 1), "never true or false"),
        ("claims", (1, 1), "never true or false"),
        ("null", (1, 1), "never true or false"),
        ("claims.x ==\n  claims", (2, 3), "names no claim"),
        ('claims.exists(c, c == "x")', (1, 1), "names no claim"),
        ('claims[provider] == "x"', (1, 1), "names no claim"),
        ("true && claims.g.exists(claims, claims == 1)", (1, 24), "another name"),
        ('claims.g.join(",") == "a"', (1, 14), "join is not among the functions"),
        ('claims.g.replace("a", "b") == "a"', (1, 17), "replace is not among"),
        ('"%s".format(["x"]) == "x"', (1, 12), "format is not among"),
        ("claims.a + claims.b == 1", (1, 10), "only numbers, texts and times"),
        ("claims.g + claims.g == []", (1, 10), "only numbers, texts and times"),
        ("claims.g.matches(claims.pattern)", (1, 17), "in quotes"),
        ('claims.g.matches("(?i)ok")', (1, 17), "(?i)"),
        ("google.protobuf.BoolValue{value: true} == true", (1, 1), "not known here"),
        ('claims.a == "a" + "b" + "c" + "d" + "e" + "f"', None, "joins more than 4"),
        ("claims.a.exists(x, x.exists(y, y.exists(z, z)))", (1, 40), "2 loops"),
        ("claims.a.map(x, x).map(x, x).exists(x, x)", (1, 36), "2 loops"),
        ("(" * 40 + "true" + ")" * 40, None, "nested too deeply"),
        ("claims.x == 'pay\u200broll'", (1, 1), "cannot be seen"),
        ("", None, "1 to 1000 bytes"),
        (" \n", None, "1 to 1000 bytes"),
        ("true" + " " * MAX_BYTES, None, "1 to 1000 bytes"),
        ("claims.x == '" + "\u00e9" * 500 + "'", None, "1 to 1000 bytes"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_line_and_column(text, place, words):
    with pytest.raises(RuleInvalid) as caught:
        checked(text, "when.cel")
    assert words in str(caught.value)
    assert caught.value.field == "when.cel"
    if place:
        assert caught.value.at == place
        assert f"line {place[0]}, column {place[1]}: " in caught.value.problem


@given(st.text(alphabet="claims.groupx()[]{}<>=!&|+-*/?:\"', \n0123456789", max_size=40))
def test_no_text_ends_in_anything_but_an_expression_or_a_named_fault(text):
    fault = None
    try:
        checked(text).holds(Evidence(identity(groups=["x"]), NOW))
    except RuleInvalid as error:
        fault = error
    assert fault is None or fault.field == "cel"


@pytest.mark.parametrize(
    "text", ["claims.c[0] == claims.d", "claims.o.map(k, k)[0] == claims.d", "claims.c[0] == 1"]
)
def test_the_order_in_which_a_provider_lists_things_makes_no_difference(text):
    for d in ("a", "b"):
        one = held(text, c=["b", 1, "a", {"x": 1}], o={"b": 1, "a": 1}, d=d)
        other = held(text, c=[{"x": 1}, "a", 1, "b"], o={"a": 1, "b": 1}, d=d)
        assert one is other


def test_the_reason_tells_the_expression_and_the_values_it_read():
    evidence = Evidence(identity(**ADA), NOW)
    assert checked('claims.level > 3 &&\n "/all" in claims.groups').holds(evidence).because == (
        'claims.level > 3 && "/all" in claims.groups is true',
        "level: 4",
    )
    assert checked("claims.level > claims.gone").holds(evidence) == Finding(
        held=None,
        because=("claims.level > claims.gone gives no answer", "gone is missing", "level: 4"),
    )


def test_the_reason_keeps_hidden_values_back():
    evidence = Evidence(identity(**ADA), NOW, hidden=frozenset({"level"}))
    assert checked("claims.level > 3").holds(evidence).because == (
        "claims.level > 3 is true",
        "level: a value that is kept back",
    )


def test_the_address_is_not_taken_from_a_claim_of_that_name():
    person = replace(mailed("ada@corp.example"), claims=identity(email="eve@evil.example").claims)
    assert checked('email == "ada@corp.example"').holds(Evidence(person, NOW)).held is True


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("claims.a.b.c == 1", {"a.b.c"}),
        ('claims["a.b"] == 1', {"a.b"}),
        ('claims.?a[?"b"].hasValue()', {"a.b"}),
        ("has(claims.a.b)", {"a.b"}),
        ("claims.a[0].b == 1", {"a"}),
        ("claims.a[provider] == 1 && .claims.b", {"a", "b"}),
        ("claims.a.exists(x, x.y == claims.b)", {"a", "b"}),
        ('"a" in claims', {"a"}),
        ('provider == "okta"', set()),
    ],
)
def test_an_expression_names_the_claims_it_reads(text, paths):
    assert checked(text).paths == paths


def test_one_package_alone_knows_the_library():
    imported = re.compile(r"^\s*(from|import) cel_expr_python", re.MULTILINE)
    knowing = {
        str(file.relative_to(ROOT))
        for package in ("gateway", "mapping", "providers", "provisioning")
        for file in (ROOT / package).rglob("*.py")
        if imported.search(file.read_text())
    }
    assert knowing == {"mapping/cel/__init__.py"}
