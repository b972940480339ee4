"""No connection joins what it pushes to an account that has power here, is for emergencies, or is a
program's: by no name, no address and no externalId, new or changed.
"""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.utils import timezone

from gateway import wiring
from mapping import models as mapping_models
from provisioning import delegations
from provisioning.jit import break_glass_account
from provisioning.models import Account, HeldRole, LinkedIdentity
from provisioning.scim.models import ScimUser
from tests.gateway.scim.pushing import ISSUER, Pusher, connected, refused, user

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis_url")]

CODENAME = "change_provider"


@pytest.fixture
def okta() -> Pusher:
    return Pusher(connected(external_id_is_subject=True))


def dora(**fields: Any) -> Account:
    return Account.objects.create(username="dora", email="Dora@corp.example", **fields)


def _role(person: Account) -> Group:
    group = Group.objects.create(name="operator")
    group.permissions.add(Permission.objects.get(codename=CODENAME))
    return group


def staff() -> Account:
    return dora(is_staff=True)


def superuser() -> Account:
    return dora(is_superuser=True)


def by_role() -> Account:
    person = dora()
    person.groups.add(_role(person))
    return person


def by_permission() -> Account:
    person = dora()
    person.user_permissions.add(Permission.objects.get(codename=CODENAME))
    return person


def drafts_rules() -> Account:
    person = dora()
    delegations.allow(person, connected("other").provider)
    return person


def with_a_password() -> Account:
    person = dora()
    person.set_password("correct horse battery staple")
    person.save()
    return person


def _holds(person: Account, role: Group) -> Account:
    HeldRole.objects.create(
        account=person,
        role=role,
        origin=HeldRole.Origin.HAND,
        given_by="operator",
        since=timezone.now(),
    )
    return person


def closed_administrator() -> Account:
    person = dora(is_active=False)
    return _holds(person, _role(person))


def masked_administrator() -> Account:
    """She holds it, and for the moment it does not count."""
    person = dora()
    return _holds(person, _role(person))


def masked_staff() -> Account:
    """By the name of the role alone, which carries no permission."""
    return _holds(dora(), Group.objects.create(name=wiring.config().staff_role))


def program() -> Account:
    return Account.objects.create(
        username="dora", email="dora@corp.example", kind=Account.Kind.SERVICE
    )


def emergency() -> Account:
    break_glass_account("dora@corp.example", now=timezone.now())
    row = Account.objects.get()
    Account.objects.update(username="dora")  # however it is called
    return row


PEOPLE = [staff, superuser, by_role, by_permission, drafts_rules, with_a_password]
PEOPLE += [closed_administrator, masked_administrator, masked_staff]
POWERFUL = [*PEOPLE, program, emergency]
BY: dict[str, dict[str, object]] = {
    "userName": {"userName": "DORA"},
    "address": {"emails": [{"value": "dora@CORP.example"}]},
    "externalId": {"externalId": "00u7"},
}


def link(person: Account) -> None:
    now = timezone.now()
    told = {"issuer": ISSUER, "subject": "00u7", "provider": "corp"}
    LinkedIdentity.objects.create(account=person, first_seen=now, last_seen=now, **told)


def untouched(person: Account) -> bool:
    now = Account.objects.get(pk=person.pk)
    own = [*now.identities.values_list("subject", flat=True)]
    same = (now.is_active, now.email) == (person.is_active, person.email)
    return same and own in ([], ["00u7"])


@pytest.mark.parametrize("by", BY)
@pytest.mark.parametrize("made", POWERFUL, ids=lambda one: one.__name__)
def test_nobody_new_meets_an_account_with_power(
    okta: Pusher, made: Callable[[], Account], by: str
) -> None:
    person = made()
    if by == "externalId":
        if made not in PEOPLE:
            return  # no identity ever belongs to it
        link(person)
    answer = okta.send("POST", "/Users", user("ada") | BY[by])
    assert "power here" in refused(answer, 409, "uniqueness")
    assert untouched(person)
    assert not ScimUser.objects.exists()
    assert Account.objects.count() == 1


@pytest.mark.parametrize("by", BY)
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_nobody_becomes_one_by_a_change(okta: Pusher, method: str, by: str) -> None:
    ada = okta.user()
    person = staff()
    link(person)
    if method == "PUT":
        answer = okta.send("PUT", f"/Users/{ada['id']}", user("ada") | BY[by])
    else:
        answer = okta.patch(ada, {"op": "replace", "value": BY[by]})
    assert "power here" in refused(answer, 409, "uniqueness")
    assert untouched(person)
    assert okta.get(f"/Users/{ada['id']}").json() == ada


def test_who_is_let_go_is_no_way_to_close_an_administrator(okta: Pusher) -> None:
    person = staff()
    link(person)
    refused(
        okta.send("POST", "/Users", user("ada", externalId="00u7", active=False)), 409, "uniqueness"
    )
    assert untouched(person)


def test_who_was_pushed_and_was_given_power_then_is_changed_and_let_go(okta: Pusher) -> None:
    ada = okta.user(externalId="00u1")
    Account.objects.update(is_staff=True)
    step = {"op": "replace", "value": {"title": "Dr.", "userName": "ada2@corp.example"}}
    assert okta.patch(ada, step).status_code == 200
    assert okta.patch(ada, {"op": "replace", "value": {"active": False}}).status_code == 200
    assert not Account.objects.get().is_active


def test_people_without_power_are_joined_as_before(okta: Pusher) -> None:
    person = dora()
    link(person)
    assert okta.user("dora", externalId="00u7")
    assert Account.objects.get() == person
    assert mapping_models.active() is not None
