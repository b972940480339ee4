"""What the console says of SCIM connections."""

import re

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from tests.gateway.pages.signed_in import browser_of, staff
from tests.gateway.scim.pushing import Pusher, connected

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]

CONNECTIONS = "/admin/scim/scimconnection/"


@pytest.fixture
def okta() -> Pusher:
    """With two people, one who was deleted, and three groups."""
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
