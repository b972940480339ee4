"""What a CEL expression may cost: it is refused, or answered soon, or cannot say."""

import pytest

from mapping.cel import compile as checked
from mapping.cel.limits import MAX_STEPS, cost
from mapping.errors import RuleInvalid
from mapping.evidence import Evidence
from tests.mapping.people import NOW, identity


def held(text: str, **claims: object) -> bool | None:
    return checked(text).holds(Evidence(identity(**claims), NOW)).held


MANY = [f"/engineering/team-{number}" for number in range(9_000)]
DEAR = [
    "claims.g.map(x, x).size() == 9000",
    'claims.g.filter(x, x != "a").size() == 9000',
    "claims.g.exists(x, claims.h.exists(y, x == y))",
    "claims.g.exists(x, x in claims.h)",
    "claims.g.exists(x, claims.g == claims.h)",
    'claims.g.all(x, x.matches("(a|b|/e.*x)*y.*") || x.matches("(.*a.*)*"))',
    "claims.g.exists(x, claims.h.map(y, y).size() == 1)",
    "[0,1,2,3,4,5,6,7,8,9].map(a, claims.g.map(b, [b, b, b])).size() == 3",
]


@pytest.mark.parametrize("text", DEAR)
def test_what_would_take_too_long_for_so_many_values_cannot_say(text):
    finding = checked(text).holds(Evidence(identity(g=MANY, h=MANY[::-1]), NOW))
    assert finding.held is None
    assert "too many values" in finding.because[0]


@pytest.mark.parametrize("text", DEAR)
def test_the_same_is_answered_for_a_few_values(text):
    finding = checked(text).holds(Evidence(identity(g=MANY[:9], h=MANY[:9]), NOW))
    assert finding.held is not None


@pytest.mark.parametrize(
    "text",
    [
        'claims.g.exists(x, x == "/engineering/team-8999")',
        '"/engineering/team-8999" in claims.g',
        'claims.g.exists(x, x.startsWith("/engineering/team-8999"))',
        "claims.g.size() == 9000",
    ],
)
def test_a_long_list_can_be_looked_through_once(text):
    assert held(text, g=MANY) is True


def test_a_long_list_cannot_be_looked_through_more_often_than_the_library_allows():
    both = "claims.g.exists(x, x == '') || claims.g.exists(x, x == '1') || true"
    assert held(both, g=MANY) is None


def test_more_values_cost_more_steps():
    program = checked("claims.g.exists(x, x in claims.h)")
    assert cost(program.steps, 400) < MAX_STEPS < cost(program.steps, 5_000)


@pytest.mark.parametrize("pattern", [r"(\\pL{30}x){30}", r"\\pL{9}\\d+", "(a{30}){30}", "a("])
def test_a_pattern_that_is_dear_to_compile_is_refused_when_it_is_saved(pattern):
    with pytest.raises(RuleInvalid, match="pattern"):
        checked(f'claims.g.exists(x, x.matches("{pattern}"))')


@pytest.mark.parametrize(
    "text",
    [
        "!" * 900 + "true",
        "-" * 900 + "1 == 1",
        "true" + " || true" * 120,
        "[" * 300 + "]" * 300 + " == []",
        "1" + "+1" * 400 + " == 1",
        "claims" + ".a" * 400,
        '"' + "a" * 900,
        "[" + "1," * 400 + "1].exists(x, x == 2)",
        '"a".matches("' + "(a*)*" * 150 + '")',
        '"a".matches("((a{30}){30}){30}")',
    ],
)
def test_hostile_text_is_refused_or_answered(text):
    try:
        program = checked(text)
    except RuleInvalid:
        return
    assert program.holds(Evidence(identity(a=1), NOW)).held in {True, False, None}
