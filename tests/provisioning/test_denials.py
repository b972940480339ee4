"""A rule may deny a role, or rank one above another: that masks, and deletes nothing."""

import pytest
from django.contrib.auth.models import Group

from mapping.ruleset import NOTHING, RuleSet
from provisioning.changes import (
    AttributeChanged,
    RoleGained,
    RoleLost,
    RoleMasked,
    RoleUnmasked,
)
from provisioning.lifecycle import reopen
from provisioning.models import AccountAttribute, DeniedRole, HeldRole, LinkedIdentity
from provisioning.roles import effective, grant_by_hand, reconcile, revoke_by_hand
from tests.provisioning.people import (
    BY_EMAIL,
    KEYCLOAK,
    NOW,
    SAML,
    STAFF,
    account,
    ada,
    close,
    signs_in,
    trusting,
)

pytestmark = pytest.mark.django_db


def in_group(group: str) -> dict[str, object]:
    return {"claim": "groups", "equals": group}


RULES = RuleSet.parse(
    4,
    {
        "rules": [
            {"id": "eng", "roles": ["deployer"], "when": in_group("/eng")},
            {"id": "it", "roles": [STAFF], "when": in_group("/it")},
            {"id": "read", "roles": ["reader"], "when": in_group("/docs")},
            {"id": "edit", "roles": ["editor"], "when": in_group("/writers")},
            {
                "id": "leaver",
                "denies": ["deployer", "auditor", STAFF],
                "when": in_group("/leaving"),
            },
            {
                "id": "where",
                "attributes": {"department": "{department}"},
                "when": {"claim": "department", "present": True},
            },
        ],
        "exclusive_roles": [["owner", "editor", "reader"]],
    },
)


def comes(*groups: str, rules: RuleSet = RULES, provider: str = KEYCLOAK, department: str = ""):
    who = ada(*groups, provider=provider)
    if department:
        claims = who.claims.plain() | {"department": department}
        who = type(who)(
            **{name: getattr(who, name) for name in who.__slots__ if name != "claims"},
            claims=type(who.claims)(claims),
        )
    return signs_in(who, rules=rules, policy=BY_EMAIL)


def by_hand(done, role: str, rules: RuleSet = RULES):
    Group.objects.get_or_create(name=role)
    return grant_by_hand(done.account, role, by="dora", rules=rules, staff_role=STAFF, now=NOW)


def test_a_denied_role_is_held_and_does_not_count() -> None:
    done = comes("/eng", "/leaving")
    assert done.roles == frozenset() == effective(done.account)
    assert HeldRole.objects.get().role.name == "deployer"
    gained, masked = done.changes[-2:]
    assert isinstance(gained, RoleGained)
    assert not gained.effective
    assert masked == RoleMasked(
        account=done.account,
        role="deployer",
        why="denied",
        by="rule leaver v4 (keycloak-corp)",
        because=('groups: "/leaving"',),
    )


def test_a_denial_that_comes_takes_the_role_away_and_says_why_and_one_that_goes_gives_it_back():
    first = comes("/eng")
    assert first.roles == {"deployer"}
    since = HeldRole.objects.get().since
    masked = comes("/eng", "/leaving")
    assert masked.roles == frozenset()
    assert [type(change) for change in masked.changes] == [RoleMasked]
    assert comes("/eng", "/leaving").changes == ()
    back = comes("/eng")
    assert back.changes == (RoleUnmasked(account=first.account, role="deployer", why="denied"),)
    assert back.roles == {"deployer"} == effective(first.account)
    assert HeldRole.objects.get().since == since
    assert not DeniedRole.objects.exists()


def test_a_denial_masks_what_a_hand_gave_before_and_after_it() -> None:
    done = comes("/sales")
    by_hand(done, "auditor")
    assert comes("/leaving").roles == frozenset()
    assert HeldRole.objects.filter(origin="hand").count() == 1
    gained, masked = by_hand(done, "deployer")
    assert not gained.effective
    assert (masked.role, masked.why) == ("deployer", "denied")
    (lost,) = revoke_by_hand(done.account, "deployer", rules=RULES, staff_role=STAFF)
    assert not lost.effective
    assert comes("/sales").roles == {"auditor"}


def test_a_denial_masks_what_another_provider_gave_and_goes_with_its_own_identity_alone() -> None:
    trusting(KEYCLOAK, "corp.example")
    comes("/eng")
    other = comes("/leaving", provider=SAML)
    assert other.roles == frozenset()
    assert comes("/eng").roles == frozenset()
    linked = LinkedIdentity.objects.get(provider=SAML)
    left, changes = reconcile(linked, NOTHING, RULES, staff_role=STAFF, now=NOW)
    assert left == {"deployer"}
    assert [type(change) for change in changes] == [RoleUnmasked]


def test_who_is_denied_the_staff_role_is_no_staff() -> None:
    done = comes("/it")
    assert account(done).is_staff
    comes("/it", "/leaving")
    assert not account(done).is_staff
    comes("/it")
    assert account(done).is_staff


def test_of_exclusive_roles_the_highest_counts_alone() -> None:
    both = comes("/docs", "/writers")
    assert both.roles == {"editor"} == effective(both.account)
    assert {held.role.name for held in HeldRole.objects.all()} == {"editor", "reader"}
    outranked = both.changes[-1]
    assert (outranked.role, outranked.why, outranked.by) == ("reader", "outranked", "editor")
    down = comes("/docs")
    assert down.roles == {"reader"}
    assert [(type(c), c.role) for c in down.changes] == [
        (RoleLost, "editor"),
        (RoleUnmasked, "reader"),
    ]
    assert down.changes[-1].why == "outranked"


def test_a_hand_outranks_and_is_outranked_like_a_rule() -> None:
    done = comes("/docs")
    _, masked = by_hand(done, "owner")
    assert (masked.role, masked.by) == ("reader", "owner")
    assert effective(done.account) == {"owner"}


def test_a_denied_role_outranks_nothing() -> None:
    rules = RuleSet.parse(
        5,
        {
            "rules": [
                {"id": "read", "roles": ["reader"], "when": in_group("/docs")},
                {"id": "edit", "roles": ["editor"], "when": in_group("/docs")},
                {"id": "no", "denies": ["editor"], "when": in_group("/docs")},
            ],
            "exclusive_roles": [["editor", "reader"]],
        },
    )
    assert comes("/docs", rules=rules).roles == {"reader"}


def test_a_new_version_that_ranks_otherwise_says_so_although_nothing_held_changes() -> None:
    comes("/docs", "/writers")
    plain = RULES.plain() | {"exclusive_roles": [["reader", "editor"]]}
    done = comes("/docs", "/writers", rules=RuleSet.parse(5, plain))
    assert done.roles == {"reader"}
    assert {(type(c), c.role) for c in done.changes} == {
        (RoleMasked, "editor"),
        (RoleUnmasked, "reader"),
    }


def test_two_rules_that_deny_one_role_are_two_reasons_and_both_must_go() -> None:
    plain = RULES.plain()
    plain["rules"] = [
        *plain["rules"],
        {"id": "frozen", "denies": ["deployer"], "when": in_group("/frozen")},
    ]
    rules = RuleSet.parse(5, plain)
    assert comes("/eng", "/leaving", "/frozen", rules=rules).roles == frozenset()
    assert comes("/eng", "/frozen", rules=rules).changes == ()
    assert comes("/eng", rules=rules).roles == {"deployer"}


def test_a_new_version_renews_the_reason_of_a_denial_without_a_change() -> None:
    comes("/eng", "/leaving")
    done = comes("/eng", "/leaving", rules=RuleSet.parse(9, RULES.plain()))
    assert done.changes == ()
    assert {denied.ruleset_version for denied in DeniedRole.objects.all()} == {9}


def test_a_closed_accounts_roles_count_again_when_it_is_open_and_signs_in() -> None:
    done = comes("/eng")
    close(done.account)
    assert effective(done.account) == frozenset()
    reopen(done.account)
    back = comes("/eng")
    assert back.roles == {"deployer"} == effective(done.account)
    assert back.changes == (RoleUnmasked(account=done.account, role="deployer", why="closed"),)


def test_an_attribute_is_written_changed_and_taken_back_by_its_own_identity_alone() -> None:
    trusting(KEYCLOAK, "corp.example")
    first = comes("/sales", department="Physics")
    row = AccountAttribute.objects.get()
    assert (row.name, row.value, row.rule, row.ruleset_version) == (
        "department",
        "Physics",
        "where",
        4,
    )
    assert first.changes[-1] == AttributeChanged(
        account=first.account,
        name="department",
        origin="rule where v4 (keycloak-corp)",
        because=("department is present",),
        before="",
    )
    assert comes("/sales", department="Physics").changes == ()
    comes("/sales", provider=SAML, department="Maths")
    moved = comes("/sales", department="Chemistry")
    [change] = moved.changes
    assert isinstance(change, AttributeChanged)
    assert change.before == change.origin == "rule where v4 (keycloak-corp)"
    assert sorted(AccountAttribute.objects.values_list("value", flat=True)) == [
        "Chemistry",
        "Maths",
    ]
    gone = comes("/sales")
    assert gone.changes == (
        AttributeChanged(
            account=first.account,
            name="department",
            origin="",
            because=(),
            before="rule where v4 (keycloak-corp)",
        ),
    )
    assert AccountAttribute.objects.get().value == "Maths"


def test_a_new_version_renews_the_origin_of_an_attribute_without_a_change() -> None:
    comes("/sales", department="Physics")
    done = comes("/sales", department="Physics", rules=RuleSet.parse(9, RULES.plain()))
    assert done.changes == ()
    assert AccountAttribute.objects.get().ruleset_version == 9


def test_who_is_neither_denied_nor_described_is_not_asked_about(django_assert_max_num_queries):
    comes("/eng")
    with django_assert_max_num_queries(8):
        comes("/eng")
