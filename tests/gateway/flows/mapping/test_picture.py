"""What was said of people, by which rules, came to which roles."""

from dataclasses import replace

import pytest

from gateway.flows.mapping.picture import MOST, Place, picture
from provisioning.models import Account, HeldRole
from tests.gateway.flows.mapping.crowd import by_hand, by_rule

pytestmark = pytest.mark.django_db


def held(name: str, role: str, rule: str, *because: str) -> None:
    by_rule(name, role, rule)
    HeldRole.objects.filter(account__username=name, role__name=role, rule=rule).update(
        because=list(because)
    )


def streams(those) -> dict[tuple[str, str], int]:
    return {(one.source.name, one.target.name): one.people for one in those}


def test_people_are_counted_from_what_was_said_by_rules_to_roles():
    held("ada", "deployer", "engineers", "level: 4", 'groups: "/eng"')
    held("ada", "reader", "engineers", "level: 4", 'groups: "/eng"')
    held("ben", "deployer", "engineers", 'groups: "/eng"')
    held("cleo", "deployer", "seniors", "level: 5")
    seen = picture()
    assert seen.said == {Place("said", "/eng"): 2, Place("said", "level: 5"): 1}
    assert seen.rules == {Place("rule", "engineers"): 2, Place("rule", "seniors"): 1}
    assert seen.roles == {Place("role", "deployer"): 3, Place("role", "reader"): 1}
    assert streams(seen.to_rules) == {("/eng", "engineers"): 2, ("level: 5", "seniors"): 1}
    assert streams(seen.to_roles) == {
        ("engineers", "deployer"): 2,
        ("engineers", "reader"): 1,
        ("seniors", "deployer"): 1,
    }


def test_to_a_hand_and_for_what_everyone_has_nothing_was_said():
    by_hand("ada", "deployer")
    held("ben", "deployer", "default", "signs in at corp")
    seen = picture()
    assert (seen.said, seen.to_rules) == ({}, ())
    assert seen.rules == {Place("default", "corp"): 1, Place("hand"): 1}


def test_a_closed_account_is_not_there():
    by_hand("ada", "deployer")
    Account.objects.update(is_active=False)
    assert picture().roles == {}


def test_of_many_the_largest_stand_alone_and_each_person_of_the_others_is_counted_once():
    for at in range(MOST):
        for name in ("ada", "ben"):
            by_hand(name, f"r{at:02}")
    by_hand("ada", "z1")
    by_hand("ada", "z2")
    seen = picture()
    assert (len(seen.roles), seen.left_out) == (MOST + 1, (0, 0, 2))
    assert seen.roles[Place("others")] == 1
    assert seen.to_roles[-1].people == 1


def test_no_value_of_a_claim_that_is_not_kept_is_there(settings):
    held("ada", "deployer", "engineers", 'groups: "/secret"')
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, claims_not_kept=frozenset({"groups"}))
    assert "/secret" not in repr(picture())


def test_however_much_is_held_one_query_finds_it(django_assert_num_queries):
    for at in range(30):
        by_hand(f"p{at}", f"r{at}")
    with django_assert_num_queries(1):
        picture()
