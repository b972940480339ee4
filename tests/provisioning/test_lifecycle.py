"""A closed account has nothing; an open one gets it back when it signs in."""

import importlib
from itertools import permutations

import pytest
from django.apps import apps

from provisioning.changes import Closing, Lifting
from provisioning.errors import AccountUnknown
from provisioning.lifecycle import lift, locked, reopen
from provisioning.models import Account, Closure, Source
from provisioning.roles import effective
from tests.provisioning.people import NOW, STAFF, account, ada, cleo, close, dora, signs_in

pytestmark = pytest.mark.django_db

ENDED = Closing(added=True, closed=True)


def test_closing_takes_sign_in_staff_and_every_role():
    done = signs_in(dora())
    assert close(done.account) == ENDED
    row = account(done)
    assert (row.is_active, row.is_staff, row.deactivated_at) == (False, False, NOW)
    assert effective(done.account) == frozenset()


def test_closing_twice_changes_nothing_more():
    done = signs_in(ada())
    close(done.account)
    assert close(done.account) == Closing(added=False, closed=False)
    assert Closure.objects.count() == 1


def test_an_open_account_has_no_role_until_it_signs_in():
    done = signs_in(dora())
    close(done.account)
    assert reopen(done.account) == Lifting(lifted=1, left=(), opened=True)
    assert reopen(done.account) == Lifting(lifted=0, left=(), opened=False)
    row = account(done)
    assert (row.is_active, row.is_staff, row.deactivated_at) == (True, False, None)
    assert effective(done.account) == frozenset()
    assert signs_in(dora()).roles == {STAFF}
    assert account(done).is_staff


@pytest.mark.parametrize(
    "order", list(permutations(["scim closes", "console closes", "scim opens"])), ids=" ".join
)
def test_whoever_speaks_first_an_account_is_open_while_nobody_says_that_it_is_closed(order):
    done = signs_in(ada())
    said = set()
    for word in order:
        source = Source.SCIM if word.startswith("scim") else Source.CONSOLE
        if word.endswith("closes"):
            close(done.account, source, by="x")
            said.add(source)
        else:
            lift(done.account, source=source, by="x")
            said.discard(source)
        assert account(done).is_active == (not said)
    assert reopen(done.account).opened
    assert account(done).is_active


def test_one_connection_does_not_lift_what_another_of_its_kind_said():
    done = signs_in(ada())
    close(done.account, Source.SCIM, by="scim:corp")
    assert lift(done.account, source=Source.SCIM, by="scim:other") == Lifting(
        lifted=0, left=("scim",), opened=False
    )
    assert not account(done).is_active


def test_nothing_is_opened_by_whoever_had_not_closed_it():
    """Closed past every flow: only an administrator's word opens that."""
    done = signs_in(ada())
    Account.objects.update(is_active=False)
    assert not lift(done.account, source=Source.SCIM, by="x").opened
    assert reopen(done.account).opened


def test_who_was_closed_before_closures_were_kept_has_one_by_an_administrator():
    migration = importlib.import_module("provisioning.migrations.0011_closures_of_closed_accounts")
    open_one, closed, known = (signs_in(each).account for each in (ada(), dora(), cleo()))
    Account.objects.filter(pk=closed).update(is_active=False, deactivated_at=NOW)
    close(known, Source.SCIM, by="x")
    for _ in range(2):
        migration.keep(apps, None)
    row = Closure.objects.get(account=closed)
    assert (row.source, row.since) == (Source.CONSOLE, NOW)
    assert Closure.objects.get(account=known).source == Source.SCIM
    assert not Closure.objects.filter(account=open_one).exists()


@pytest.mark.parametrize("unknown", ["00000000-0000-0000-0000-000000000000", "no id", ""])
def test_an_account_that_is_not_there_is_named_so(unknown):
    for verb in (locked, reopen, close):
        with pytest.raises(AccountUnknown):
            verb(unknown)
