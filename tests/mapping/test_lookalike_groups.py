"""A group that only looks like another one gives nothing."""

from dataclasses import replace

import pytest

from mapping.ruleset import RuleSet
from providers.identity import ClaimSet
from tests.provisioning.people import NOW, RULES, ada

GROUP = "/finance/payroll"
LOOKALIKES = {
    "a Cyrillic letter": "/finance/p\u0430yroll",
    "a wide letter": "/finance/\uff50ayroll",
    "another case": "/Finance/Payroll",
    "a zero-width space": "/finance/pay\u200broll",
    "a direction turned round": "/finance/\u202ellorya\u202cp",
    "a direction mark at its end": f"{GROUP}\u200e",
    "a soft hyphen": "/finance/pay\u00adroll",
    "a space at its end": f"{GROUP} ",
    "a line end": f"{GROUP}\n",
    "a NUL": f"{GROUP}\x00",
    "a slash that is none": "\u2215finance\u2215payroll",
}


def roles(group: str, rules: RuleSet = RULES) -> set[str]:
    told = replace(ada(), claims=ClaimSet({"groups": [group]}))
    return {grant.role for grant in rules.decide(told, NOW).grants}


def test_the_group_itself_gives_the_role() -> None:
    assert roles(GROUP) == {"payroll"}


@pytest.mark.parametrize("which", LOOKALIKES)
def test_one_that_looks_like_it_gives_none(which: str) -> None:
    assert roles(LOOKALIKES[which]) == set()
