"""Groups that are pushed: their members by the difference, and their roles at once."""

from uuid import uuid4

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gateway import wiring
from gateway.audit.models import AuditEvent
from gateway.flows import deliver
from provisioning.scim.models import ScimGroup, ScimMembership, ScimUser
from tests.gateway.pages.signed_in import start
from tests.gateway.scim.pushing import (
    GROUP_SCHEMA,
    Pusher,
    account,
    connected,
    refused,
    roles,
    rules,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis_url")]


@pytest.fixture
def okta() -> Pusher:
    rules(("admins", "deployer"), ("crew", "sailor"))
    return Pusher(connected())


def members(okta: Pusher, group: dict[str, object]) -> list[str]:
    told = okta.get(f"/Groups/{group['id']}").json().get("members", [])
    rows = ScimUser.objects.filter(pk__in=[one["value"] for one in told])
    return sorted(row.user_name.partition("@")[0] for row in rows)


def test_who_comes_and_goes_gains_and_loses_in_her_live_session(okta: Pusher) -> None:
    ada = okta.user()
    admins = okta.group("admins")
    session = start(account())
    store = wiring.session_store()
    assert okta.patch(admins, {"op": "add", "path": "members", "value": [{"value": ada["id"]}]})

    deliver.deliver(now=timezone.now())
    assert store.load(session.handle).roles == {"deployer"}
    gone = {"op": "remove", "path": f'members[value eq "{ada["id"]}"]'}
    assert okta.patch(admins, gone).status_code == 204
    assert store.load(session.handle).roles == set()
    assert roles() == []


def test_a_group_that_is_renamed_or_deleted_takes_its_roles_along(okta: Pusher) -> None:
    admins = okta.group("admins", okta.user())
    assert roles() == ["deployer"]
    okta.patch(admins, {"op": "replace", "path": "displayName", "value": "crew"})
    assert roles() == ["sailor"]
    assert okta.send("DELETE", f"/Groups/{admins['id']}").status_code == 204
    assert roles() == []
    refused(okta.get(f"/Groups/{admins['id']}"), 404)
    event = AuditEvent.objects.get(event="scim-group.deleted")
    assert event.detail == {"group": "crew", "id": admins["id"], "removed": 1}


def test_what_a_group_gives_is_not_taken_by_another(okta: Pusher) -> None:
    ada = okta.user()
    admins = okta.group("admins", ada)
    okta.group("crew", ada)
    okta.send(
        "PUT", f"/Groups/{admins['id']}", {"schemas": [GROUP_SCHEMA], "displayName": "admins"}
    )
    assert roles() == ["sailor"]


def test_members_are_replaced_added_and_removed_in_one_message(okta: Pusher) -> None:
    ada, ben, cleo = (okta.user(name) for name in ("ada", "ben", "cleo"))
    admins = okta.group("admins", ada)
    okta.patch(
        admins,
        {"op": "replace", "path": "members", "value": [{"value": ben["id"]}]},
        {"op": "add", "path": "members", "value": [{"value": cleo["id"]}]},
        {"op": "remove", "path": f'members[value eq "{ben["id"]}"]'},
    )
    assert members(okta, admins) == ["cleo"]
    assert (roles("ada"), roles("ben"), roles("cleo")) == ([], [], ["deployer"])
    okta.patch(admins, {"op": "remove", "path": "members"})
    assert members(okta, admins) == []


def test_only_the_difference_is_written_and_only_who_is_touched_is_decided(okta: Pusher) -> None:
    many = [okta.user(f"u{number}") for number in range(12)]
    admins = okta.group("admins", *many)
    before = dict(ScimMembership.objects.values_list("user", "pk"))
    known = AuditEvent.objects.count()
    rest = [{"value": one["id"]} for one in many[1:]]
    okta.send(
        "PUT",
        f"/Groups/{admins['id']}",
        {"schemas": [GROUP_SCHEMA], "displayName": "admins", "members": rest},
    )
    after = dict(ScimMembership.objects.values_list("user", "pk"))
    assert after.items() < before.items()
    told = AuditEvent.objects.order_by("pk")[known:]
    assert [(one.event, one.account != "") for one in told] == [
        ("scim-group.changed", False),
        ("role.lost", True),
    ]
    assert told[0].detail == {"group": "admins", "id": admins["id"], "added": 0, "removed": 1}


def test_how_many_statements_a_change_takes_does_not_depend_on_the_group(okta: Pusher) -> None:
    def statements(size: int) -> int:
        some = [okta.user(f"g{size}u{number}") for number in range(size)]
        group = okta.group(f"group-{size}", *some)
        one = okta.user(f"late{size}")
        with CaptureQueriesContext(database) as seen:
            okta.patch(group, {"op": "add", "path": "members", "value": [{"value": one["id"]}]})
        return len(seen)

    assert statements(1) == statements(9)


def test_nobody_is_a_member_who_is_not_there(okta: Pusher) -> None:
    for stranger in (str(uuid4()), "nobody"):
        answer = okta.send(
            "POST", "/Groups", {"displayName": "x", "members": [{"value": stranger}]}
        )
        refused(answer, 400, "invalidValue")
    assert not ScimGroup.objects.exists()


@pytest.mark.parametrize(
    ("step", "scim_type"),
    [
        (
            {"op": "add", "path": "members", "value": [{"type": "Group"}]},
            "invalidValue",
        ),
        ({"op": "replace", "path": "members.display", "value": "x"}, "invalidPath"),
        ({"op": "remove", "path": 'members[display eq "x"]'}, "noTarget"),
        ({"op": "remove", "path": "members[value"}, "invalidPath"),
        ({"op": "remove", "path": "displayName"}, "mutability"),
        ({"op": "remove"}, "noTarget"),
        ({"op": "twist", "path": "displayName", "value": "x"}, "invalidValue"),
    ],
    ids=[
        "group-in-group",
        "part-of-member",
        "by-display",
        "unreadable",
        "required",
        "no-path",
        "verb",
    ],
)
def test_what_no_group_takes_changes_nothing(
    okta: Pusher, step: dict[str, object], scim_type: str
) -> None:
    admins = okta.group("admins", okta.user())
    refused(okta.patch(admins, {"op": "remove", "path": "members"}, step), 400, scim_type)
    assert members(okta, admins) == ["ada"]


def test_lists_leave_members_out_where_nobody_asks_for_them(okta: Pusher) -> None:
    okta.group("admins", okta.user())
    with CaptureQueriesContext(database) as seen:
        told = okta.get("/Groups?excludedAttributes=members").json()["Resources"][0]
    assert "members" not in told
    assert not [one for one in seen if "scim_scimmembership" in one["sql"]]
    some = okta.get("/Groups?attributes=members.value").json()["Resources"][0]["members"]
    assert [one.keys() for one in some] == [{"value"}]
