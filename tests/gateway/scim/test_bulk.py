"""Several writes in one message: each alone, and in the order in which they need each other."""

from typing import Any

import pytest

from provisioning.scim.models import ScimGroup, ScimUser
from tests.gateway.scim.pushing import Pusher, connected, refused, roles, rules, user

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis_url")]


def bulk(okta: Pusher, *operations: dict[str, Any], **said: object) -> list[dict[str, Any]]:
    answer = okta.send("POST", "/Bulk", {"Operations": list(operations), **said})
    assert answer.status_code == 200, answer.content
    told: list[dict[str, Any]] = answer.json()["Operations"]
    return told


def post(name: str, path: str = "/Users", **data: object) -> dict[str, Any]:
    told = user(name) if path == "/Users" else {}
    return {"method": "POST", "path": path, "bulkId": name, "data": told | data}


def statuses(told: list[dict[str, Any]]) -> list[str]:
    return [one["status"] for one in told]


def test_who_is_made_is_a_member_of_what_is_made_before_her() -> None:
    rules(("admins", "deployer"))
    okta = Pusher(connected())
    members = [{"value": "bulkId:ada"}]
    told = bulk(okta, post("g", "/Groups", displayName="admins", members=members), post("ada"))
    assert statuses(told) == ["201", "201"]
    assert told[1]["location"].endswith(str(ScimUser.objects.get().pk))
    assert (told[1]["bulkId"], told[1]["version"]) == ("ada", 'W/"1"')
    assert roles() == ["deployer"]


def test_each_fails_alone_and_as_if_it_had_come_alone() -> None:
    okta = Pusher(connected())
    ada = okta.user()
    at = f"/Users/{ada['id']}"
    told = bulk(
        okta,
        post("ada"),
        post("ben"),
        {"method": "PATCH", "path": at, "data": {"Operations": [{"op": "remove"}]}},
        {"method": "PUT", "path": at, "data": user(title="Dr."), "version": 'W/"9"'},
        {"method": "PUT", "path": at, "data": user(title="Dr."), "version": 'W/"1"'},
        {"method": "DELETE", "path": "/Users/nobody"},
        {"method": "DELETE", "path": at},
        {"method": "GET", "path": at},
        {"method": "POST", "path": "/Users", "data": user("cleo")},
        {"method": "POST", "path": "/Nonsense", "bulkId": "x", "data": {}},
        post("g", "/Groups", displayName="x", members=[{"value": "bulkId:nobody"}]),
    )
    assert statuses(told) == [
        *("409", "201", "400", "412", "200", "404", "204", "400", "400", "400", "400"),
    ]
    assert told[0]["response"]["scimType"] == "uniqueness"
    assert told[3]["response"]["status"] == "412"
    assert not ScimGroup.objects.exists()


def test_it_stops_at_so_many_errors() -> None:
    okta = Pusher(connected())
    nobody = {"method": "DELETE", "path": "/Users/nobody"}
    told = bulk(okta, nobody, post("ada"), nobody, post("ben"), failOnErrors=2)
    assert statuses(told) == ["404", "201", "404"]
    refused(okta.send("POST", "/Bulk", {"Operations": [], "failOnErrors": 0}), 400, "invalidValue")


def test_what_waits_for_each_other_fails() -> None:
    okta = Pusher(connected())
    told = bulk(
        okta,
        post("a", "/Groups", displayName="a", members=[{"value": "bulkId:b"}]),
        post("b", "/Groups", displayName="b", members=[{"value": "bulkId:a"}]),
    )
    assert set(statuses(told)) == {"400"}


def test_more_than_a_message_may_hold_is_refused_whole() -> None:
    okta = Pusher(connected())
    refused(okta.send("POST", "/Bulk", {"Operations": [post("ada")] * 1_001}), 413)
    refused(okta.send("POST", "/Bulk", {"Operations": "x"}), 400, "invalidSyntax")
    assert not ScimUser.objects.exists()
