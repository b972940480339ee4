"""What counts of the roles that an account holds: denials mask, and of exclusive roles the highest
alone counts. Nothing that is held is taken away by it.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.errors import RuleInvalid
from mapping.ruleset import Masked, RuleSet

ROLES = ["owner", "editor", "reader", "payroll", "auditor"]
RULES = RuleSet.parse(1, {"exclusive_roles": [["owner", "editor", "reader"]]})


def test_of_exclusive_roles_the_highest_counts_and_the_others_say_what_outranks_them():
    settled = RULES.settle({"reader", "owner", "payroll"}, set())
    assert settled.roles == {"owner", "payroll"}
    assert settled.masked == (Masked(role="reader", why="outranked", by="owner"),)


def test_a_denied_role_counts_no_more_and_outranks_nothing():
    settled = RULES.settle({"reader", "owner"}, {"owner", "auditor"})
    assert settled.roles == {"reader"}
    assert settled.masked == (Masked(role="owner", why="denied"),)


sets = st.frozensets(st.sampled_from(ROLES))


@given(sets, sets)
def test_every_role_that_is_held_either_counts_or_says_why_not(held, denied):
    settled = RULES.settle(held, denied)
    assert settled.roles | {masked.role for masked in settled.masked} == held
    assert not settled.roles & denied
    assert len(settled.roles & {"owner", "editor", "reader"}) <= 1
    assert RULES.settle(settled.roles, denied).roles == settled.roles


@pytest.mark.parametrize(
    ("groups", "place", "words"),
    [
        ("owner", "exclusive_roles", "a list of"),
        ([["owner"]], "exclusive_roles.0", "2 to"),
        ([["owner", "reader"], ["editor", "owner"]], "exclusive_roles.1.1", "already"),
        ([["owner", "owner"]], "exclusive_roles.0.1", "already"),
        ([["owner", "a b"]], "exclusive_roles.0.1", "no name"),
    ],
)
def test_exclusive_roles_that_cannot_be_meant_are_named_with_their_place(groups, place, words):
    with pytest.raises(RuleInvalid, match=words) as caught:
        RuleSet.parse(1, {"exclusive_roles": groups})
    assert caught.value.field == place


def test_the_order_of_the_groups_means_nothing_and_that_within_one_does():
    two = [["owner", "reader"], ["boss", "clerk"]]
    assert RuleSet.parse(1, {"exclusive_roles": two}) == RuleSet.parse(
        1, {"exclusive_roles": two[::-1]}
    )
    turned = RuleSet.parse(1, {"exclusive_roles": [["reader", "owner"]]})
    assert turned.settle({"owner", "reader"}, set()).roles == {"reader"}
