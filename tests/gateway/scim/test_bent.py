"""SCIM messages with anything at any place of them: each is answered, or refused in SCIM's words,
and none is a failure of the gateway, whichever database keeps them.
"""

from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from http import HTTPStatus
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provisioning.scim.resources import ENTERPRISE
from tests.gateway.scim.pushing import PATCH, Pusher, connected, rules, user

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis_url")]

ANYTHING: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1.5, 1e308, 2**31, 2**63, 10**9),
    *(
        "",
        " ",
        '"',
        "%",
        "\x01",
        "\x85",
        "\ufffe",
        "\u202e",
        "\\u0000",
        "@",
        "a@b@c",
        "urn:",
        "false",
    ),
    *("x" * 501, "x" * 63_000, "é" * 300, "😀" * 500, "İ" * 500, "ﬃ" * 300),
    *("bulkId:", "bulkId:x", "2020-01-01", "00000000-0000-0000-0000-000000000000"),
    *([], {}, [[]], [{}], [None], {"value": None}, {"value": []}, [{"value": "x" * 2_000}]),
)
NAMES = (
    "ACTIVE",
    "value",
    "id",
    "meta",
    "groups",
    "members",
    "",
    "é",
    "x" * 300,
    ENTERPRISE.upper(),
)
PLACES = (
    *(
        "userName",
        "emails",
        "emails.value",
        "emails[value",
        "meta.created",
        "active",
        "id",
        "members",
    ),
    *(
        "groups.display",
        f"{ENTERPRISE}:department",
        "addresses.type",
        "é",
        "x" * 900,
        "password",
        "",
    ),
)
VALUES = (
    *(
        '"a"',
        '""',
        '"\\u0000"',
        '"\\ud83d"',
        '"\\uffff"',
        '"%"',
        '"\\"',
        '"İ"',
        "null",
        "true",
        "-1e400",
    ),
    *("9" * 30, f'"{"x" * 3_000}"', '"2020-01-01T00:00:00Z"', '"2020-01-01T00:00:00+99:99"'),
    *('"0001-01-01T00:00:00+23:59"', '"9999-12-31T23:59:59.999999-23:59"'),
)
OPERATORS = ("eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "pr", "xx", "")
EXAMPLES = 120


@pytest.fixture
def okta() -> Pusher:
    rules(("admins", "deployer"))
    return Pusher(connected(external_id_is_subject=True))


def whole() -> dict[str, object]:
    return user(
        externalId="00u1",
        title="Dr.",
        phoneNumbers=[{"value": "1", "type": "work"}],
        addresses=[{"type": "work", "locality": "Crewe", "primary": True}],
        roles=[{"value": "engineer"}],
        **{ENTERPRISE: {"department": "Crew", "manager": {"value": "7"}}},
    )


def messages(okta: Pusher) -> list[tuple[str, str, Any]]:
    """Honest ones, of every sort."""
    ada = okta.made("/Users", whole())
    admins = okta.group("admins", ada)
    hers, theirs = f"/Users/{ada['id']}", f"/Groups/{admins['id']}"
    of_her = {
        "schemas": [PATCH],
        "Operations": [
            {"op": "replace", "path": "title", "value": "Prof."},
            {"op": "add", "value": {"emails": [{"value": "a@corp.example"}], "active": True}},
            {"op": "replace", "path": 'emails[type eq "work"].value', "value": "b@corp.example"},
        ],
    }
    of_them = {
        "schemas": [PATCH],
        "Operations": [
            {"op": "add", "path": "members", "value": [{"value": ada["id"]}]},
            {"op": "remove", "path": f'members[value eq "{ada["id"]}"]'},
            {"op": "replace", "value": {"displayName": "crew"}},
        ],
    }
    group = {"displayName": "crew", "members": [{"value": ada["id"], "type": "User"}]}
    several = {
        "Operations": [
            {"method": "POST", "path": "/Users", "bulkId": "q", "data": user("ben")},
            {"method": "PATCH", "path": hers, "data": of_her, "version": 'W/"1"'},
            {
                "method": "POST",
                "path": "/Groups",
                "bulkId": "g",
                "data": {"displayName": "of-ben", "members": [{"value": "bulkId:q"}]},
            },
        ],
        "failOnErrors": 3,
    }
    search = {"filter": 'userName sw "a"', "sortBy": "userName", "startIndex": 1, "count": 5}
    return [
        ("POST", "/Users", user("cleo")),
        ("PUT", hers, whole()),
        ("PATCH", hers, of_her),
        ("PATCH", theirs, of_them),
        ("PUT", theirs, group),
        ("POST", "/Bulk", several),
        ("POST", "/Users/.search", search | {"attributes": ["emails"], "cursor": ""}),
        ("POST", "/.search", search),
    ]


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if at:
        yield at
    match value:
        case dict():
            inner: Iterable[tuple[Any, Any]] = value.items()
        case list():
            inner = enumerate(value)
        case _:
            inner = ()
    for key, one in inner:
        yield from places(one, (*at, key))


def bent(message: Any, where: int, what: Any, name: str | None) -> Any:
    found = deepcopy(message)
    every = list(places(found))
    *way, last = every[where % len(every)]
    holder = found
    for step in way:
        holder = holder[step]
    if name is not None and isinstance(holder, dict):
        last = name
    holder[last] = deepcopy(what)
    return found


def judge(send: Callable[[], Any]) -> None:
    """What fails because Redis is slow just then does not fail again."""
    answer = send()
    if answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
        answer = send()
    told = answer.json() if answer.content else {}
    assert answer.status_code < HTTPStatus.INTERNAL_SERVER_ERROR, told
    if answer.status_code == HTTPStatus.BAD_REQUEST:
        assert told["scimType"], told
    of_bulk = told.get("Operations", []) if answer.status_code == HTTPStatus.OK else []
    assert not [one for one in of_bulk if one["status"] == "500"], told


def steadily(examples: int) -> settings:
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


def test_no_bent_message_is_a_failure(okta: Pusher) -> None:
    honest = messages(okta)

    @steadily(EXAMPLES)
    @given(
        st.sampled_from(honest),
        st.integers(0, 60),
        st.sampled_from(ANYTHING),
        st.none() | st.sampled_from(NAMES),
    )
    def tries(message: tuple[str, str, Any], where: int, what: Any, name: str | None) -> None:
        method, path, body = message
        sent = bent(body, where, what, name)
        judge(lambda: okta.send(method, path, sent))

    tries()


def test_no_bent_question_is_a_failure(okta: Pusher) -> None:
    okta.group("admins", okta.made("/Users", whole()))

    @steadily(EXAMPLES)
    @given(
        st.sampled_from(["Users", "Groups"]),
        st.tuples(*map(st.sampled_from, (PLACES, OPERATORS, VALUES))),
        st.none() | st.sampled_from(PLACES),
    )
    def tries(kind: str, filtering: tuple[str, str, str], by: str | None) -> None:
        asked = {"filter": " ".join(filtering)}
        asked |= {} if by is None else {"sortBy": by, "cursor": "", "attributes": by}
        judge(lambda: okta.client.get(f"/scim/v2/okta/{kind}", asked))

    tries()
