"""A closed account has nothing; an open one gets it back when it signs in."""

import pytest

from provisioning.changes import AccountDeactivated, AccountReactivated
from provisioning.errors import AccountUnknown
from provisioning.lifecycle import deactivate, locked, reactivate
from provisioning.roles import effective
from tests.provisioning.people import NOW, STAFF, account, ada, dora, signs_in

pytestmark = pytest.mark.django_db


def test_closing_takes_sign_in_staff_and_every_role():
    done = signs_in(dora())
    assert deactivate(done.account, now=NOW) == (AccountDeactivated(account=done.account),)
    row = account(done)
    assert (row.is_active, row.is_staff, row.deactivated_at) == (False, False, NOW)
    assert effective(done.account) == frozenset()


def test_closing_twice_changes_nothing_more():
    done = signs_in(ada())
    deactivate(done.account, now=NOW)
    assert deactivate(done.account, now=NOW) == ()


def test_an_open_account_has_no_role_until_it_signs_in():
    done = signs_in(dora())
    deactivate(done.account, now=NOW)
    assert reactivate(done.account) == (AccountReactivated(account=done.account),)
    assert reactivate(done.account) == ()
    row = account(done)
    assert (row.is_active, row.is_staff, row.deactivated_at) == (True, False, None)
    assert effective(done.account) == frozenset()
    assert signs_in(dora()).roles == {STAFF}
    assert account(done).is_staff


@pytest.mark.parametrize("unknown", ["00000000-0000-0000-0000-000000000000", "no id", ""])
def test_an_account_that_is_not_there_is_named_so(unknown):
    for verb in (locked, reactivate, lambda account_id: deactivate(account_id, now=NOW)):
        with pytest.raises(AccountUnknown):
            verb(unknown)
