"""What the tables themselves refuse."""

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError, RestrictedError

from provisioning.models import Account, HeldRole, LinkedIdentity, RoleInfo
from tests.provisioning.people import NOW, account, ada, signs_in

pytestmark = pytest.mark.django_db


def refused(make) -> bool:
    try:
        with transaction.atomic():
            make()
    except IntegrityError:
        return True
    return False


def test_an_identity_is_linked_once():
    signs_in(ada())
    copy = LinkedIdentity.objects.get()
    copy.pk, copy._state.adding = None, True
    assert refused(copy.save)


def test_a_username_is_given_once():
    signs_in(ada())
    assert refused(lambda: Account.objects.create(username="ada"))


@pytest.mark.parametrize(
    "fields",
    [
        {"origin": "rule"},
        {"origin": "rule", "rule": "eng"},
        {"origin": "rule", "rule": "eng", "ruleset_version": 1},
        {"origin": "hand"},
        {"origin": "elsewhere", "given_by": "dora"},
    ],
)
def test_a_held_role_without_its_origin_is_refused(fields):
    row = account(signs_in(ada()))
    role = Group.objects.create(name="payroll")
    assert refused(lambda: HeldRole.objects.create(account=row, role=role, since=NOW, **fields))


def test_the_same_origin_gives_a_role_once():
    row = account(signs_in(ada()))
    held = HeldRole.objects.get()
    held.pk, held._state.adding = None, True
    assert refused(held.save)
    by_hand = {"account": row, "role": held.role, "origin": "hand", "given_by": "dora"}
    HeldRole.objects.create(**by_hand, since=NOW)
    assert refused(lambda: HeldRole.objects.create(**by_hand, since=NOW))


def test_a_role_that_is_held_and_a_link_that_gives_one_are_not_deleted():
    signs_in(ada())
    with pytest.raises(ProtectedError):
        Group.objects.get(name="deployer").delete()
    with pytest.raises(RestrictedError):
        LinkedIdentity.objects.get().delete()


def test_an_account_takes_its_links_and_held_roles_with_it():
    account(signs_in(ada())).delete()
    assert not LinkedIdentity.objects.exists()
    assert not HeldRole.objects.exists()
    Group.objects.get(name="deployer").delete()


def test_a_role_is_known_to_people_by_its_label():
    role = Group.objects.create(name="payroll")
    assert str(RoleInfo.objects.create(role=role, label="Payroll")) == "Payroll"
    assert role.info.label == "Payroll"


def test_an_account_shows_its_name_or_else_its_username():
    row = account(signs_in(ada()))
    assert (str(row), row.get_full_name(), row.get_short_name()) == (
        "ada",
        "Ada Byron",
        "Ada Byron",
    )
    row.name = ""
    assert row.get_full_name() == "ada"
