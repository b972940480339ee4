"""Roles by origin: each changes its own, all of them together are effective."""

from dataclasses import replace

import pytest
from django.contrib.auth.models import Group

from mapping.ruleset import RuleSet
from provisioning.changes import RoleGained, RoleLost
from provisioning.errors import AccountUnknown, RoleUnknown
from provisioning.models import HeldRole
from provisioning.roles import effective, grant_by_hand, revoke_by_hand
from tests.provisioning.people import (
    BY_EMAIL,
    KEYCLOAK,
    NOW,
    RULES,
    SAML,
    STAFF,
    account,
    ada,
    ben,
    cleo,
    close,
    dora,
    signs_in,
    trusting,
)

pytestmark = pytest.mark.django_db
NOBODY = "00000000-0000-0000-0000-000000000000"


def by_hand(account_id: str, role: str = "payroll"):
    Group.objects.get_or_create(name=role)
    return grant_by_hand(account_id, role, by="dora", rules=RULES, staff_role=STAFF, now=NOW)


def test_a_role_comes_with_its_reason():
    done = signs_in(ada())
    assert done.changes[-1] == RoleGained(
        account=done.account,
        role="deployer",
        origin="rule eng v1 (keycloak-corp)",
        because=('groups: "/engineering/platform"',),
        effective=True,
    )
    held = HeldRole.objects.get()
    assert (held.origin, held.rule, held.ruleset_version) == ("rule", "eng", 1)
    assert held.because == ['groups: "/engineering/platform"']
    assert (held.linked_identity.provider, held.since) == (KEYCLOAK, NOW)
    assert effective(done.account) == {"deployer"}


def test_changed_groups_change_roles():
    signs_in(ada())
    done = signs_in(ada("/finance/payroll"))
    assert done.roles == {"payroll"} == effective(done.account)
    assert [(type(c), c.role, c.effective) for c in done.changes] == [
        (RoleGained, "payroll", True),
        (RoleLost, "deployer", True),
    ]


def test_a_role_that_goes_says_what_had_given_it():
    first = signs_in(ada())
    assert signs_in(ada("/sales")).changes == (
        RoleLost(
            account=first.account,
            role="deployer",
            origin="rule eng v1 (keycloak-corp)",
            rule="eng",
            because=('groups: "/engineering/platform"',),
            effective=True,
        ),
    )


def test_what_a_hand_gave_stays_when_rules_take_theirs():
    first = signs_in(ada())
    by_hand(first.account)
    done = signs_in(ada("/sales"))
    assert done.roles == {"payroll"}
    assert [change.origin for change in done.changes] == ["rule eng v1 (keycloak-corp)"]


def test_signing_in_at_one_provider_never_takes_what_another_gave():
    trusting(KEYCLOAK, "corp.example")
    first = signs_in(ada(), policy=BY_EMAIL)
    both = signs_in(ada("/finance/payroll", provider=SAML), policy=BY_EMAIL)
    assert both.account == first.account
    assert both.roles == {"deployer", "payroll"}
    assert signs_in(ada("/none", provider=SAML)).roles == {"deployer"}
    assert signs_in(ada("/none")).roles == frozenset()


def test_a_role_from_two_origins_stays_until_the_last_one_ends():
    trusting(KEYCLOAK, "corp.example")
    signs_in(ada(), policy=BY_EMAIL)
    second = signs_in(ada(provider=SAML), policy=BY_EMAIL)
    assert second.changes[-1].effective is False
    lost = signs_in(ada("/none"))
    assert lost.roles == {"deployer"}
    assert [(c.role, c.effective) for c in lost.changes] == [("deployer", False)]


def test_a_new_version_of_the_rules_renews_the_reason_without_a_change():
    signs_in(ada())
    done = signs_in(ada(), rules=replace(RULES, version=2))
    assert done.changes == ()
    assert HeldRole.objects.get().ruleset_version == 2


def test_two_rules_for_one_role_are_two_reasons():
    twice = RuleSet.parse(
        1,
        {
            "rules": [
                {
                    "id": r,
                    "roles": ["deployer"],
                    "when": {"claim": "groups", "glob": "/engineering/*"},
                }
                for r in ("one", "two")
            ]
        },
    )
    done = signs_in(ada(), rules=twice)
    assert done.roles == {"deployer"}
    assert sorted(held.rule for held in HeldRole.objects.all()) == ["one", "two"]


def test_a_role_that_nobody_declared_is_made_without_permissions():
    signs_in(ben())
    assert not Group.objects.get(name="payroll").permissions.exists()


def test_staff_follows_the_staff_role():
    done = signs_in(dora())
    assert account(done).is_staff
    signs_in(replace(dora(), claims=cleo().claims))
    assert not account(done).is_staff
    assert not account(done).is_superuser


def test_nobody_is_staff_where_no_staff_role_is_named():
    done = signs_in(dora())
    revoke_by_hand(done.account, "payroll", rules=RULES, staff_role="")
    assert not account(done).is_staff


def test_groups_that_somebody_else_wrote_are_put_right_at_the_next_sign_in():
    done = signs_in(cleo())
    row = account(done)
    row.groups.add(Group.objects.create(name=STAFF))
    row.is_staff = True
    row.save()
    assert signs_in(cleo()).roles == frozenset() == effective(done.account)
    assert not account(done).is_staff


def test_a_hand_gives_and_takes_back():
    done = signs_in(cleo())
    (gained,) = by_hand(done.account)
    assert (gained.role, gained.origin, gained.effective) == ("payroll", "by hand (dora)", True)
    assert effective(done.account) == {"payroll"}
    assert by_hand(done.account) == ()
    (lost,) = revoke_by_hand(done.account, "payroll", rules=RULES, staff_role=STAFF)
    assert (lost.role, lost.origin, lost.effective) == ("payroll", "by hand (dora)", True)
    assert revoke_by_hand(done.account, "payroll", rules=RULES, staff_role=STAFF) == ()
    assert effective(done.account) == frozenset()


def test_a_hand_cannot_take_what_a_rule_gives():
    done = signs_in(ada())
    assert revoke_by_hand(done.account, "deployer", rules=RULES, staff_role=STAFF) == ()
    assert effective(done.account) == {"deployer"}


def test_a_hand_gives_no_role_that_is_not_there_but_the_staff_role():
    done = signs_in(cleo())
    for unknown in ("deployers", ""):
        with pytest.raises(RoleUnknown):
            grant_by_hand(done.account, unknown, by="dora", rules=RULES, staff_role="", now=NOW)
    grant_by_hand(done.account, STAFF, by="operator", rules=RULES, staff_role=STAFF, now=NOW)
    assert account(done).is_staff


def test_an_unknown_account_holds_nothing():
    Group.objects.create(name="payroll")
    with pytest.raises(AccountUnknown):
        grant_by_hand(NOBODY, "payroll", by="dora", rules=RULES, staff_role=STAFF, now=NOW)
    with pytest.raises(AccountUnknown):
        revoke_by_hand(NOBODY, "payroll", rules=RULES, staff_role=STAFF)
    assert effective(NOBODY) == frozenset()


def test_what_a_closed_account_is_given_has_no_effect():
    done = signs_in(ada())
    close(done.account)
    (gained,) = grant_by_hand(
        done.account, STAFF, by="dora", rules=RULES, staff_role=STAFF, now=NOW
    )
    assert gained.effective is False
    assert effective(done.account) == frozenset()
    assert not account(done).is_staff
