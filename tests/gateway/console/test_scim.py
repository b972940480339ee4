"""What the console says of SCIM connections."""

import re

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from provisioning.scim.models import ScimConnection
from tests.gateway.pages.signed_in import browser_of, staff
from tests.gateway.scim.pushing import Pusher, account, connected, roles, rules

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]

CONNECTIONS = "/admin/scim/scimconnection/"


@pytest.fixture
def okta() -> Pusher:
    """With two people, one who was deleted, and three groups."""
    rules(("crew", "deployer"))
    pusher = Pusher(connected())
    ada, ben, gone = (pusher.user(name) for name in ("ada", "ben", "gone"))
    pusher.send("DELETE", f"/Users/{gone['id']}")
    for name, members in (("crew", (ada, ben)), ("ops", (ada,)), ("none", ())):
        pusher.group(name, *members)
    return pusher


@pytest.mark.usefixtures("okta")
def test_people_and_groups_are_counted_each_by_itself() -> None:
    connected("entra")
    client = browser_of(staff())
    with CaptureQueriesContext(
        database,
    ) as captured:
        page = client.get(CONNECTIONS).content.decode()
    counts = re.findall(r"field-(people|group_count)[^>]*>\s*(\d+)", page)
    assert counts == [
        *(("people", "0"), ("group_count", "0")),
        *(("people", "2"), ("group_count", "3")),
    ]
    joined = [
        each["sql"] for each in captured if re.search(r"JOIN .scim_scim(user|group)", each["sql"])
    ]
    assert joined == []


def chosen(okta: Pusher, **more: str) -> dict[str, str]:
    return {"action": "disconnect", "_selected_action": str(okta.connection.pk), **more}


def test_before_it_is_disconnected_stands_what_ends_and_what_stays(okta: Pusher) -> None:
    client = browser_of(staff())
    page = client.post(CONNECTIONS, chosen(okta)).content.decode()
    for said in (
        "It tells of 2 people.",
        "It tells of 3 groups",
        "2 people lose what rules gave by it",
        "deployer",
        "One token ends at once.",
        "Accounts stay",
    ):
        assert said in page
    assert okta.get("/Users").status_code == 200
    assert roles() == ["deployer"]
    client.post(CONNECTIONS, chosen(okta, confirmed="1"))
    assert not ScimConnection.objects.exists()
    assert account().is_active
    assert roles() == []


def test_who_may_not_delete_connections_disconnects_none(okta: Pusher) -> None:
    client = browser_of(staff(permissions="view_scimconnection add_scimconnection"))
    client.post(CONNECTIONS, chosen(okta, confirmed="1"))
    assert ScimConnection.objects.exists()
