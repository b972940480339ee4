"""Whatever is too much, too deep or no text is refused in the words of SCIM, before a row is locked
or looked for; nothing of it ever is a failure of the gateway.
"""

from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from provisioning.scim.models import ScimGroup, ScimUser
from provisioning.scim.resources import ENTERPRISE, MAX_BYTES, MAX_MEMBERS
from tests.gateway.scim.pushing import PATCH, Pusher, connected, refused, user

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis_url")]

LONG = "x" * 64_001
WALL = "https://corp.example/" + LONG


@pytest.fixture
def okta() -> Pusher:
    return Pusher(connected())


def patched(*steps: dict[str, object]) -> dict[str, object]:
    return {"schemas": [PATCH], "Operations": list(steps)}


def deep(levels: int) -> object:
    found: object = "x"
    for _ in range(levels):
        found = {"a": found}
    return found


ADD = {"op": "add", "path": "members"}
TOO_MUCH: dict[str, tuple[str, str, object, int, str]] = {
    "bytes": ("PUT", "/Users/{ada}", {"title": "x" * MAX_BYTES}, 413, ""),
    "operations": ("POST", "/Bulk", {"Operations": [{}] * 1_001}, 413, ""),
    "steps": ("PATCH", "/Users/{ada}", patched(*[{"op": "remove"}] * 1_001), 400, "tooMany"),
    "members": (
        "PATCH",
        "/Groups/{crew}",
        patched({**ADD, "value": ["x"] * (MAX_MEMBERS + 1)}),
        400,
        "tooMany",
    ),
    "members-whole": (
        "PUT",
        "/Groups/{crew}",
        {"displayName": "crew", "members": ["x"] * (MAX_MEMBERS + 1)},
        400,
        "tooMany",
    ),
    "depth": ("PUT", "/Users/{ada}", user(title=deep(20)), 400, "invalidSyntax"),
    "depth-in-bulk": (
        "POST",
        "/Bulk",
        {"Operations": [{"method": "POST", "path": "/Users", "bulkId": "x", "data": deep(400)}]},
        400,
        "invalidSyntax",
    ),
    "a-text": ("PUT", "/Users/{ada}", user(title=LONG), 400, "invalidValue"),
    "a-number": ("PUT", "/Users/{ada}", user(title=10**30), 400, "invalidValue"),
    "a-filter": (
        "POST",
        "/Users/.search",
        {"filter": f'title eq "{LONG[:5_000]}"'},
        400,
        "invalidFilter",
    ),
    "a-path": (
        "PATCH",
        "/Groups/{crew}",
        patched({"op": "remove", "path": f'members[value eq "{LONG[:5_000]}"]'}),
        400,
        "invalidPath",
    ),
    "a-sort": ("POST", "/.search", {"sortBy": LONG[:5_000]}, 400, "invalidPath"),
    "attributes": ("POST", "/Users/.search", {"attributes": ["title"] * 900}, 400, "invalidValue"),
    "a-start": ("POST", "/Users/.search", {"startIndex": 10**12}, 400, "invalidValue"),
}


@pytest.mark.parametrize("case", TOO_MUCH)
def test_too_much_is_refused_before_anything_is_looked_for(okta: Pusher, case: str) -> None:
    method, path, body, status, word = TOO_MUCH[case]
    ada = okta.user()
    at = path.format(ada=ada["id"], crew=okta.group("crew", ada)["id"])
    with CaptureQueriesContext(database) as seen:
        refused(okta.send(method, at, body), status, word)
    assert not [
        one["sql"] for one in seen if "scim_scimuser" in one["sql"] or "BEGIN" in one["sql"]
    ]
    assert not [one["sql"] for one in seen if "scim_scimgroup" in one["sql"]]


def test_as_much_as_may_be_is_taken(okta: Pusher) -> None:
    ada = okta.user(title="x" * 64_000, **{ENTERPRISE: {"manager": {"value": "7"}}})
    told = {
        "method": "PATCH",
        "path": f"/Users/{ada['id']}",
        "data": patched(
            {"op": "add", "value": {"addresses": [{"type": "work", "locality": "Crewe"}]}}
        ),
    }
    answer = okta.send("POST", "/Bulk", {"Operations": [told]})
    assert answer.json()["Operations"][0]["status"] == "200"


@pytest.mark.parametrize(
    "query",
    [
        'userName eq "a\\u0000b"',
        'userName co "\\ud800"',
        'emails[value sw "\\u0000"]',
        'members.value eq "\\u0000"',
        'meta.created gt "0001-01-01T00:00:00+14:00"',
        'meta.lastModified lt "9999-12-31T23:59:59-14:00"',
        "(" * 30 + "title pr" + ")" * 30 + " or " + "not (" * 30 + "title pr" + ")" * 30,
        "title pr or (title pr and (" * 60 + "title pr" + "))" * 60,
        "not (" * 600 + "title pr" + ")" * 600,
        'userName eq "\x00"',
    ],
    ids=["nul", "half-letter", "in-several", "of-groups", "before-time", "after-time",
         "nots", "turns", "very-deep", "nul-as-it-is"],
)  # fmt: skip
def test_no_filter_is_a_failure(okta: Pusher, query: str) -> None:
    for path in ("/Users", "/Groups"):
        answer = okta.client.get(f"/scim/v2/okta{path}", {"filter": query})
        refused(answer, 400, "invalidFilter")


def test_a_long_list_of_alternatives_is_answered(okta: Pusher) -> None:
    okta.user(title="Dr.")
    assert okta.names(" or ".join(["title pr"] * 300)) == ["ada@corp.example"]


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("startIndex", "9" * 30, "invalidValue"),
        ("count", "9" * 5_000, "invalidValue"),
        ("count", "-" + "9" * 30, "invalidValue"),
        ("count", "many", "invalidValue"),
        ("sortBy", "\x00", "invalidPath"),
        ("cursor", "\x00", "invalidCursor"),
        ("attributes", "x" * 5_000, "invalidValue"),
    ],
)
def test_no_question_is_a_failure(okta: Pusher, name: str, value: str, word: str) -> None:
    refused(okta.client.get("/scim/v2/okta/Users", {name: value}), 400, word)


@pytest.mark.parametrize(
    ("name", "value"), [("startIndex", "-5"), ("startIndex", "0"), ("count", "-1")]
)
def test_less_than_one_is_as_rfc_7644_says(okta: Pusher, name: str, value: str) -> None:
    okta.user()
    told = okta.client.get("/scim/v2/okta/Users", {name: value}).json()
    assert (told["totalResults"], told["startIndex"]) == (1, 1)
    assert told["itemsPerPage"] == (0 if name == "count" else 1)


@pytest.mark.parametrize(
    ("letter", "word"), [("\\u0000", "invalidSyntax"), ("\\ud800", "invalidValue")]
)
@pytest.mark.parametrize("path", ['emails[type eq "{}"].value', 'addresses[type eq "{}"].locality'])
def test_no_path_smuggles_in_what_is_no_text(
    okta: Pusher, path: str, letter: str, word: str
) -> None:
    ada = okta.user()
    step = {"op": "add", "path": path.format(letter), "value": "a@corp.example"}
    refused(okta.patch(ada, step), 400, word)
    assert okta.get(f"/Users/{ada['id']}").json() == ada


def operation(**said: Any) -> dict[str, Any]:
    return {"method": "POST", "path": "/Users", "bulkId": "x", "data": user(), **said}


@pytest.mark.parametrize(
    "operations",
    [
        [operation(bulkId=["x"])],
        [operation(bulkId=7)],
        [operation(bulkId={"x": 1}), operation(bulkId=None)],
        [operation(), operation(data=user("ben"))],
    ],
    ids=["list", "number", "object", "twice"],
)
def test_a_bulk_id_is_a_text_of_one_operation(okta: Pusher, operations: list[Any]) -> None:
    refused(okta.send("POST", "/Bulk", {"Operations": operations}), 400, "invalidValue")
    assert not ScimUser.objects.exists()


def test_references_in_a_circle_or_to_what_failed_are_refused_one_by_one(okta: Pusher) -> None:
    def group(name: str, *members: str, **said: Any) -> dict[str, Any]:
        data = {"displayName": name, "members": [{"value": f"bulkId:{one}"} for one in members]}
        return operation(path="/Groups", bulkId=name, data=data, **said)

    told = okta.send("POST", "/Bulk", {"Operations": [
        group("self", "self"),
        group("a", "b"),
        group("b", "a"),
        group("behind", "b"),
        group("of-the-failed", "failed"),
        operation(bulkId="failed", data={"userName": ""}),
        group("late", "ada"),
        operation(method="PATCH", path="/Users/bulkId:ada", bulkId="p",
                  data=patched({"op": "add", "path": "title", "value": "Dr."})),
        operation(bulkId="ada"),
    ]}).json()["Operations"]  # fmt: skip
    assert [one["status"] for one in told] == [*["400"] * 6, "201", "200", "201"]
    assert {one["response"]["scimType"] for one in told[:5]} == {"noTarget"}
    assert ScimGroup.objects.get().display_name == "late"
    assert ScimUser.objects.get().content["title"] == "Dr."
