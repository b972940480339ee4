"""What people asked of other products for years, as far as deciding goes.

As far as accounts go it stands in `tests/provisioning/test_wishes.py`, as far as groups of either
protocol go in `tests/journeys/test_groups.py`.
"""

import pytest

from mapping.ruleset import RuleSet
from tests.mapping.people import NOW, identity


def rules(*rules: tuple[str, object]) -> RuleSet:
    named = [{"id": role, "roles": [role], "when": when} for role, when in rules]
    return RuleSet.parse(1, {"rules": named})


def roles(given: RuleSet, **claims: object) -> set[str]:
    return {grant.role for grant in given.decide(identity(**claims), NOW).grants}


EXTERNAL = {"claim": "groups", "equals": "external"}


def test_a_rule_that_gives_another_role_now_no_longer_gives_the_one_before():
    """keycloak#36578"""
    before, after = rules(("first", EXTERNAL)), rules(("second", EXTERNAL))
    assert roles(before, groups=["external"]) == {"first"}
    assert roles(after, groups=["external"]) == {"second"}


def test_whoever_has_left_a_group_is_not_decided_by_what_she_had():
    """authentik#12938"""
    given = rules(("deployer", EXTERNAL), ("reader", {"claim": "groups", "equals": "all"}))
    assert roles(given, groups=["external", "all"]) == {"deployer", "reader"}
    assert roles(given, groups=["all"]) == {"reader"}


@pytest.mark.parametrize("claims", [{"groups": []}, {"groups": None}, {}])
def test_no_groups_are_no_groups_however_the_provider_says_it(claims):
    """authentik#25577"""
    given = rules(
        ("deployer", EXTERNAL),
        ("outsider", {"not": EXTERNAL}),
        ("looped", {"cel": 'claims.groups.all(g, g == "external")'}),
    )
    assert roles(given, **claims) == set()


def test_a_group_sent_as_a_bare_text_is_one_group_and_not_its_letters():
    """authentik#11343"""
    given = rules(
        ("member", {"claim": "memberOf", "equals": "grp1"}),
        ("letter", {"claim": "memberOf", "in": ["g", "r", "p", "1"]}),
        ("loop", {"cel": 'claims.memberOf.exists(letter, letter == "g")'}),
        ("inside", {"cel": '"g" in claims.memberOf'}),
    )
    assert roles(given, memberOf="grp1") == {"member"}
    assert roles(given, memberOf=["grp1", "grp2"]) == {"member"}


def test_roles_that_a_provider_gives_for_its_application_become_roles_here():
    """zitadel#8093"""
    given = rules(
        ("editor", {"claim": "roles", "equals": "App.Editor"}),
        ("admin", {"claim": "resource_access.portal.roles", "in": ["owner", "admin"]}),
    )
    assert roles(given, roles=["App.Editor"]) == {"editor"}
    assert roles(given, resource_access={"portal": {"roles": ["admin"]}}) == {"admin"}
