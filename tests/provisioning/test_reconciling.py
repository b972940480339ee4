"""Whatever the rules say of whom, in whatever order: each origin changes its own, and many at once
are the same as one after the other.
"""

from dataclasses import replace

import pytest
from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from mapping.rules import AttributeGrant, Denial, RoleGrant
from mapping.ruleset import NOTHING, Decision, RuleSet
from provisioning.models import Account, AccountAttribute, DeniedRole, HeldRole, LinkedIdentity
from provisioning.reconciling import reconcile_many
from provisioning.roles import effective, grant_by_hand, reconcile, revoke_by_hand
from tests.provisioning.people import NOW, STAFF

pytestmark = pytest.mark.django_db

ROLES = (STAFF, "editor", "reader", "auditor")
EXCLUSIVE = st.sampled_from([(), (("editor", "reader"),), (("reader", "editor", STAFF),)])
REASONS = st.sampled_from([(), ("groups: /a",), ("groups: /b",)])


@st.composite
def decisions(draw: st.DrawFn) -> Decision:
    def some(kind: type, **fields: object) -> tuple:
        pairs = draw(st.sets(st.tuples(st.sampled_from(ROLES), st.sampled_from("xy")), max_size=4))
        return tuple(
            kind(role=role, rule=rule, because=draw(REASONS), **fields)
            for role, rule in sorted(pairs)
        )

    told = {"version": draw(st.integers(1, 2)), "provider": "corp"}
    described = draw(st.dictionaries(st.sampled_from(["site", "team"]), st.sampled_from("ab")))
    return Decision(
        grants=some(RoleGrant, **told),
        denials=some(Denial, **told),
        attributes=tuple(
            AttributeGrant(name=name, value=value, rule="x", because=(), **told)
            for name, value in sorted(described.items())
        ),
        _missed=tuple,
    )


RULES = EXCLUSIVE.map(lambda groups: RuleSet(version=2, exclusive=groups))


def people() -> list[LinkedIdentity]:
    """Three accounts, the first of which two providers know."""
    accounts = [Account.objects.create(username=name) for name in ("ada", "ben", "cleo")]
    return [
        LinkedIdentity.objects.create(
            account=account,
            issuer=f"https://{provider}",
            subject=account.username,
            provider=provider,
            first_seen=NOW,
            last_seen=NOW,
        )
        for account, provider in zip((*accounts, accounts[0]), ("a", "a", "a", "b"), strict=True)
    ]


def one_by_one(linked: LinkedIdentity, decision: Decision, rules: RuleSet):
    linked = LinkedIdentity.objects.select_related("account").get(pk=linked.pk)
    return reconcile(linked, decision, rules, staff_role=STAFF, now=NOW)


def state(*, but: LinkedIdentity | None = None) -> set[object]:
    """All that is on record, without the rows' own numbers; `but` leaves one origin out."""
    return {
        (model.__name__, *(str(row[name]) for name in sorted(row.keys() - {"id"})))
        for model in (HeldRole, DeniedRole, AccountAttribute)
        for row in model.objects.values()
        if but is None or row["linked_identity_id"] != but.pk
    }


def counting() -> set[object]:
    """What follows from it, for apps and the console."""
    members = Account.groups.through.objects.values_list("account_id", "group__name")
    return {*members, *Account.objects.values_list("pk", "is_staff")}


class Undone:
    """Whatever happens inside is taken back at the end."""

    def __enter__(self) -> None:
        self._atomic = transaction.atomic()
        self._atomic.__enter__()

    def __exit__(self, *_error: object) -> None:
        transaction.set_rollback(True)
        self._atomic.__exit__(None, None, None)


def often(count: int = 15):
    return examples(max_examples=count, deadline=None)


@pytest.fixture(name="linked")
def four_identities() -> list[LinkedIdentity]:
    for name in ROLES:
        Group.objects.create(name=name)
    return people()


def test_the_same_again_changes_nothing(linked: list[LinkedIdentity]) -> None:
    @often()
    @given(before=decisions(), decision=decisions(), rules=RULES)
    def holds(before: Decision, decision: Decision, rules: RuleSet) -> None:
        with Undone():
            one_by_one(linked[0], before, rules)
            one_by_one(linked[0], decision, rules)
            once, counted = state(), counting()
            _, changes = one_by_one(linked[0], decision, rules)
            assert changes == ()
            assert (state(), counting()) == (once, counted)

    holds()


def test_it_touches_only_its_own_origin(linked: list[LinkedIdentity]) -> None:
    @often()
    @given(other=decisions(), decision=decisions(), rules=RULES, role=st.sampled_from(ROLES))
    def holds(other: Decision, decision: Decision, rules: RuleSet, role: str) -> None:
        with Undone():
            account = str(linked[0].account_id)
            one_by_one(linked[3], other, rules)
            grant_by_hand(account, role, by="dora", rules=rules, staff_role=STAFF, now=NOW)
            others = state(but=linked[0])
            one_by_one(linked[0], decision, rules)
            assert state(but=linked[0]) == others
            one_by_one(linked[0], NOTHING, rules)
            assert state() == others

    holds()


def test_what_counts_is_what_is_held_settled_by_the_rules(linked: list[LinkedIdentity]) -> None:
    @often()
    @given(first=decisions(), second=decisions(), rules=RULES)
    def holds(first: Decision, second: Decision, rules: RuleSet) -> None:
        with Undone():
            account = linked[0].account
            one_by_one(linked[0], first, rules)
            left, _ = one_by_one(linked[3], second, rules)
            held = {row.role.name for row in HeldRole.objects.filter(account=account)}
            denied = {row.role.name for row in DeniedRole.objects.filter(account=account)}
            assert left == rules.settle(held, denied).roles == effective(str(account.pk))
            account.refresh_from_db()
            assert account.is_staff is (STAFF in left)

    holds()


def test_it_commutes_with_what_a_hand_gives_and_takes(linked: list[LinkedIdentity]) -> None:
    @often()
    @given(
        before=decisions(),
        decision=decisions(),
        rules=RULES,
        role=st.sampled_from(ROLES),
        gives=st.booleans(),
    )
    def holds(before: Decision, decision: Decision, rules: RuleSet, role: str, gives: bool) -> None:  # noqa: FBT001
        account = str(linked[0].account_id)

        def hand() -> None:
            if gives:
                grant_by_hand(account, role, by="dora", rules=rules, staff_role=STAFF, now=NOW)
            else:
                revoke_by_hand(account, role, rules=rules, staff_role=STAFF)

        found = []
        for hand_first in (True, False):
            with Undone():
                one_by_one(linked[0], before, rules)
                grant_by_hand(account, "auditor", by="eve", rules=rules, staff_role=STAFF, now=NOW)
                if hand_first:
                    hand()
                one_by_one(linked[0], decision, rules)
                if not hand_first:
                    hand()
                found.append((state(), counting()))
        assert found[0] == found[1]

    holds()


def test_many_at_once_are_as_one_after_the_other(linked: list[LinkedIdentity]) -> None:
    @often(25)
    @given(
        before=st.lists(decisions(), min_size=4, max_size=4),
        after=st.lists(decisions(), min_size=4, max_size=4),
        order=st.permutations(range(4)),
        rules=RULES,
        closed=st.booleans(),
    )
    def holds(
        before: list[Decision],
        after: list[Decision],
        order: list[int],
        rules: RuleSet,
        closed: bool,  # noqa: FBT001
    ) -> None:
        def begun() -> None:
            for one, decision in zip(linked, before, strict=True):
                one_by_one(one, decision, replace(rules, version=1))
            if closed:
                Account.objects.filter(username="ben").update(is_active=False)

        rows = [(linked[at], after[at]) for at in order]
        with Undone():
            begun()
            changes = [c for one, said in rows for c in one_by_one(one, said, rules)[1]]
            single = (changes, state(), counting())
        with Undone():
            begun()
            again = [(LinkedIdentity.objects.get(pk=one.pk), said) for one, said in rows]
            done = reconcile_many(again, rules, staff_role=STAFF, now=NOW)
            assert (list(done.changes), state(), counting()) == single
            for account, roles in done.effective.items():
                assert roles == effective(account)

    holds()


def asked(count: int) -> list[str]:
    """The questions of reconciling so many people, all of whom gain, lose and are denied."""

    def said(role: str) -> Decision:
        return Decision(
            grants=(
                RoleGrant(role=role, rule="x", version=1, provider="a", because=()),
                RoleGrant(role="kept", rule="x", version=1, provider="a", because=(role,)),
            ),
            denials=(Denial(role=f"no-{role}", rule="x", version=1, provider="a", because=()),),
            attributes=(
                AttributeGrant(
                    name="site", value=role, rule="x", version=1, provider="a", because=()
                ),
                AttributeGrant(
                    name=role, value=role, rule="x", version=1, provider="a", because=()
                ),
            ),
            _missed=tuple,
        )

    everybody = [
        LinkedIdentity.objects.create(
            account=Account.objects.create(username=f"p{count}-{at}"),
            issuer="https://a",
            subject=f"{count}-{at}",
            provider="a",
            first_seen=NOW,
            last_seen=NOW,
        )
        for at in range(count)
    ]
    rules = RuleSet(version=1)
    rows = {role: [(one, said(role)) for one in everybody] for role in (STAFF, "reader")}
    reconcile_many(rows[STAFF], rules, staff_role=STAFF, now=NOW)
    with CaptureQueriesContext(connection) as captured:
        reconcile_many(rows["reader"], rules, staff_role=STAFF, now=NOW)
    return [query["sql"] for query in captured]


def test_how_many_there_are_does_not_change_how_often_the_database_is_asked() -> None:
    asked(1)  # makes the roles
    few, many = asked(2), asked(60)
    assert len(few) == len(many), many
    assert len(few) <= 20
