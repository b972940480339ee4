"""Texts that look alike are not the same text, and what cannot be seen never matches."""

import pytest

from mapping.errors import RuleInvalid
from mapping.evidence import Evidence, readable, shown
from mapping.parsing import parse
from tests.mapping.people import NOW, identity

PAYROLL = "/finance/payroll"
OPERATORS = [
    {"equals": PAYROLL},
    {"in": [PAYROLL]},
    {"glob": "/finance/*"},
    {"matches": "/finance/.*"},
]
INVISIBLE = {
    "zero-width space": "/finance/pay\u200broll",
    "zero-width joiner": "/finance/payroll\u200d",
    "right-to-left override": "/finance/\u202eyap\u202croll",
    "isolate": "\u2066/finance/payroll\u2069",
    "byte order mark": "/finance/payroll\ufeff",
    "soft hyphen": "/finance/pay\u00adroll",
    "variation selector": "/finance/payroll\ufe0f",
    "supplementary variation selector": "/finance/payroll\U000e0101",
    "tag character": "/finance/payroll\U000e0061",
    "hangul filler": "/finance/payroll\u3164",
    "grapheme joiner": "/finance/pay\u034froll",
    "no-break space": "/finance/payroll\u00a0",
    "line break": "/finance/payroll\n",
    "null": "/finance/payroll\x00",
    "lone surrogate": "/finance/payroll\ud800",
    "unassigned": "/finance/payroll\u0378",
}
LOOKALIKES = {
    "cyrillic a": "/finance/p\u0430yroll",
    "full width": "/finance/\uff50ayroll",
    "upper case": "/finance/Payroll",
    "division slash": "\u2215finance\u2215payroll",
    "combining mark": "/finance/payroll\u0301",
    "trailing space": "/finance/payroll ",
    "mathematical": "/finance/\U0001d429ayroll",
}


def held(shape: object, value: object) -> bool | None:
    return parse(shape).check(Evidence(identity(groups=value), NOW)).held


@pytest.mark.parametrize("operator", OPERATORS, ids=lambda o: next(iter(o)))
@pytest.mark.parametrize("text", INVISIBLE.values(), ids=INVISIBLE)
def test_text_with_what_cannot_be_seen_never_matches(text, operator):
    shape = {"claim": "groups", **operator}
    assert held(shape, [text]) is None
    assert held({"not": shape}, [text]) is None
    assert held({"claim": "groups", "present": True}, [text]) is None


def test_a_readable_group_counts_beside_an_unreadable_one():
    assert held({"claim": "groups", "equals": PAYROLL}, [PAYROLL, PAYROLL + "\u200b"]) is True


@pytest.mark.parametrize("text", LOOKALIKES.values(), ids=LOOKALIKES)
def test_a_lookalike_is_another_text(text):
    assert held({"claim": "groups", "equals": PAYROLL}, [text]) is False
    assert held({"claim": "groups", "in": [PAYROLL]}, [text]) is False
    assert held({"claim": "groups", "glob": PAYROLL}, [text]) is False
    assert held({"claim": "groups", "matches": PAYROLL}, [text]) is False


@pytest.mark.parametrize("pattern", ["(?i)ok", "(?i:ok)", "(?si)ok", "x(?i)ok"])
def test_patterns_do_not_fold_case_because_that_takes_lookalikes(pattern):
    with pytest.raises(RuleInvalid, match="look-alikes"):
        parse({"claim": "groups", "matches": pattern})


def test_letters_of_any_language_are_readable():
    assert held({"claim": "groups", "equals": "/Zoë/日本/Ωmega"}, ["/Zoë/日本/Ωmega"]) is True


def test_what_cannot_be_seen_is_escaped_where_people_read_it():
    assert shown("/finance/pay\u200broll") == '"/finance/pay\\u200broll"'
    shape = parse({"claim": "groups", "equals": PAYROLL})
    finding = shape.check(Evidence(identity(groups=["a\u202eb"]), NOW))
    assert finding.because == ('groups: "a\\u202eb" cannot be read as it stands',)
    assert all(readable(text) for text in finding.because)


def test_a_text_too_long_for_a_name_is_not_compared():
    assert held({"claim": "groups", "glob": "*"}, "x" * 1001) is None
