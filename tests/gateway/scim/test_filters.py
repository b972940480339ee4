"""Filters, sorts and pages: what the database finds is what scim2-models' own evaluation finds."""

from itertools import pairwise
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from scim2_models import ScimFilter

from gateway.scim.paging import own
from provisioning.scim.errors import FilterInvalid
from provisioning.scim.filter import condition
from provisioning.scim.models import ScimConnection
from provisioning.scim.places import EXACT_TEXTS, TEXTS
from provisioning.scim.resources import ENTERPRISE, PERSON, Kind
from tests.gateway.scim.pushing import Pusher, connected, refused

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis_url")]

NAMES = {
    "ada": {"title": "Dr. Straße", "externalId": "A1", "nickName": "100%"},
    "ben": {"title": "dr. no", "externalId": "a1", "emails": [], "displayName": "b_n"},
    "cleo": {
        "title": "Ärztin",
        "active": False,
        "emails": [
            {"value": "CLEO@corp.example", "type": "work", "primary": True},
            {"value": "c@home.example", "type": "home"},
        ],
        ENTERPRISE: {"department": "Crew", "manager": {"value": "M1"}},
    },
    "dora": {"roles": [{"value": "Captain"}], ENTERPRISE: {"department": "crew"}},
}


@pytest.fixture
def okta() -> Pusher:
    pusher = Pusher(connected())
    people = {name: pusher.user(name, **said) for name, said in NAMES.items()}
    pusher.group("Sailors", people["ada"], people["cleo"])
    return pusher


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ('userName eq "ADA@corp.example"', "ada"),
        ('title co "straße"', "ada"),
        ('title sw "DR."', "ada ben"),
        ('title ew "NO"', "ben"),
        ('title gt "dr. no"', "ada cleo"),
        ('title le "dr. no"', "ben"),
        ("title pr", "ada ben cleo"),
        ("not (title pr)", "dora"),
        ('title ne "dr. no"', "ada cleo dora"),
        ("title eq null", "dora"),
        ("title ne null", "ada ben cleo"),
        ('nickName eq "100%"', "ada"),
        ('nickName co "%"', "ada"),
        ('displayName co "_"', "ben"),
        ('externalId eq "A1"', "ada"),
        ('externalId sw "a"', "ben"),
        ("active eq false", "cleo"),
        ('active eq "True" and title pr', "ada ben"),
        ('emails co "home.example"', "cleo"),
        ('emails[type eq "home" and value co "corp"]', ""),
        ('emails[type eq "work" and not (primary eq true)]', ""),
        ('emails.type eq "home"', "cleo"),
        ("not (emails pr)", "ben"),
        ('emails ne "c@home.example"', "ada ben dora"),
        ('roles.value eq "captain"', "dora"),
        (f'{ENTERPRISE}:department eq "CREW"', "cleo dora"),
        (f'{ENTERPRISE}:manager.value eq "M1"', "cleo"),
        (f'{ENTERPRISE}:manager.value eq "m1"', ""),
        ('urn:ietf:params:scim:schemas:core:2.0:User:userName sw "b"', "ben"),
        ('groups.display eq "sailors"', "ada cleo"),
        ('groups[display eq "sailors"] and active eq true', "ada"),
        ('meta.created gt "2020-01-01T00:00:00Z"', "ada ben cleo dora"),
        ('meta.lastModified lt "2020-01-01T00:00:00Z"', ""),
        ('id eq "nonsense"', ""),
        ('userName sw "a" or userName sw "b" and active eq false', "ada"),
        ('(userName sw "a" or userName sw "b") and not (externalId eq "a1")', "ada"),
        ("not (not (title pr)) and not (active eq true or emails pr)", ""),
    ],
)
def test_what_a_filter_finds(okta: Pusher, query: str, names: str) -> None:
    assert [one.partition("@")[0] for one in okta.names(query)] == names.split()


@pytest.mark.parametrize(
    "query",
    [
        *('nonsense eq "x"', 'urn:x:y:foo eq "x"', 'emails.nonsense eq "x"', 'name eq "x"'),
        *('emails[nonsense eq "x"]', 'title[value eq "x"]', 'emails[emails[value eq "x"]]'),
        *("userName", "userName eq", "userName eq x", 'userName is "x"', "(userName pr"),
        *("userName eq 7", "active gt true", 'active eq "maybe"', 'meta.created eq "soon"'),
        *(
            'meta.created co "2020"',
            'id co "a"',
            'password eq "x"',
            "title gt null",
            "emails eq null",
        ),
        *('meta.version eq "x"', 'schemas eq "x"', '"; drop table', "", "()"),
        " and ".join(["id pr"] * 900),
        "not (" * 700 + "id pr" + ")" * 700,
    ],
    ids=range(28),
)
def test_whatever_cannot_be_sought_is_refused_and_finds_nobody(okta: Pusher, query: str) -> None:
    answer = okta.client.get("/scim/v2/okta/Users", {"filter": query})
    refused(answer, 400, "invalidFilter")


def test_whatever_may_be_sought_is_declared() -> None:
    for path in (*TEXTS, *EXACT_TEXTS):
        name = path.rpartition(":")[2]
        uri = ENTERPRISE if path.startswith(ENTERPRISE) else None
        text = f"{uri}:{name}" if uri else name
        bound: Any = ScimFilter
        assert bound[PERSON](f"{text} pr").resolve(ScimFilter(f"{text} pr").ast.attr_path)


_PATHS = some.sampled_from(
    [
        *("userName", "title", "nickName", "displayName", "externalId", "name.givenName"),
        *("emails", "emails.type", "roles.value", f"{ENTERPRISE}:department"),
    ]
)
_OPS = some.sampled_from(["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"])
_WORDS = some.sampled_from(["", "a", "A1", "dr", "DR. no", "ä", "%", "_", "work", "crew", "ada"])
_SAYING = some.one_of(
    some.builds('{} {} "{}"'.format, _PATHS, _OPS, _WORDS),
    some.builds("{} pr".format, _PATHS),
    some.builds("active eq {}".format, some.sampled_from(["true", "false"])),
    some.builds('emails[type {} "{}" and value co "{}"]'.format, _OPS, _WORDS, _WORDS),
)
_QUERIES = some.recursive(
    _SAYING,
    lambda inner: some.one_of(
        some.builds("({} and {})".format, inner, inner),
        some.builds("({} or {})".format, inner, inner),
        some.builds("not ({})".format, inner),
    ),
    max_leaves=6,
)


def test_the_database_finds_whom_the_library_finds(okta: Pusher) -> None:
    served = [PERSON.model_validate(one) for one in okta.get("/Users").json()["Resources"]]
    rows = own(ScimConnection.objects.get(), Kind.USER)
    bound: Any = ScimFilter

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    @given(_QUERIES)
    def agree(query: str) -> None:
        wanted = sorted(one.user_name for one in served if bound[PERSON](query).match(one))
        found = rows.filter(condition(Kind.USER, query)).values_list("user_name", flat=True)
        assert sorted(found) == wanted, query

    agree()


def listed(okta: Pusher, **query: object) -> Any:
    return okta.client.get("/scim/v2/okta/Users", query)


def first_names(told: dict[str, Any]) -> list[str]:
    return [one["userName"].partition("@")[0] for one in told.get("Resources", [])]


@pytest.mark.parametrize(
    ("by", "names"),
    [
        ("title", "ben ada cleo dora"),
        ("userName", "ada ben cleo dora"),
        ("emails", "ada cleo dora ben"),
        (f"{ENTERPRISE}:department", None),
        ("meta.created", "ada ben cleo dora"),
        ("active", None),
    ],
)
def test_lists_are_sorted_whole_and_by_pages_alike(
    okta: Pusher, by: str, names: str | None
) -> None:
    for order in ("ascending", "descending"):
        whole = first_names(listed(okta, sortBy=by, sortOrder=order).json())
        assert len(whole) == 4
        if names is not None:
            wanted = names.split()
            assert whole == (wanted if order == "ascending" else wanted[::-1])
        pages, cursor = [], ""
        while cursor is not None:
            told = listed(okta, sortBy=by, sortOrder=order, count=1, cursor=cursor).json()
            assert "totalResults" not in told
            pages += first_names(told)
            cursor = told.get("nextCursor")
        assert pages == whole
        while (cursor := told.get("previousCursor")) is not None:
            told = listed(okta, sortBy=by, sortOrder=order, count=1, cursor=cursor).json()
            assert told["nextCursor"]
            pages = first_names(told) + pages
        assert pages == whole[:-1] + whole


def test_pages_by_index_say_how_many_there_are(okta: Pusher) -> None:
    for start, count, shown in ((1, 2, 2), (3, 2, 2), (4, 9, 1), (5, 2, 0), (1, 0, 0), (-3, 9, 4)):
        told = listed(okta, startIndex=start, count=count).json()
        assert (told["totalResults"], told["itemsPerPage"]) == (4, shown)
    ids = [one["id"] for one in listed(okta).json()["Resources"]]
    assert all(before < after for before, after in pairwise(ids))
    assert listed(okta, startIndex=10**9 - 1).json()["totalResults"] == 4
    refused(listed(okta, startIndex=10**30), 400, "invalidValue")


def test_one_page_back_is_the_page_that_was_there(okta: Pusher) -> None:
    first = listed(okta, cursor="", count=2).json()
    assert "previousCursor" not in first
    second = listed(okta, cursor=first["nextCursor"], count=2).json()
    assert "nextCursor" not in second
    back = listed(okta, cursor=second["previousCursor"], count=2).json()
    assert back["Resources"] == first["Resources"]
    assert "previousCursor" not in back
    assert listed(okta, cursor=back["nextCursor"], count=2).json() == second
    one = listed(okta, cursor=second["previousCursor"], count=1).json()
    assert one["Resources"] == first["Resources"][1:]
    assert one["previousCursor"]


def test_by_cursor_nothing_is_counted_and_nothing_skipped(okta: Pusher) -> None:
    with CaptureQueriesContext(database) as seen:
        told = listed(okta, cursor="", count=2).json()
        listed(okta, cursor=told["nextCursor"], count=2)
    assert not [one for one in seen if "COUNT(" in one["sql"] or "OFFSET" in one["sql"]]
    with CaptureQueriesContext(database) as seen:
        listed(okta, count=100)
    assert not [one for one in seen if "COUNT(" in one["sql"]]


def test_a_list_takes_as_many_statements_as_one_person(okta: Pusher) -> None:
    def statements(count: int) -> int:
        with CaptureQueriesContext(database) as seen:
            listed(okta, startIndex=1, count=count)
        return len(seen)

    assert statements(1) >= statements(4)


def test_a_cursor_goes_on_with_its_own_list_alone(okta: Pusher) -> None:
    cursor = listed(okta, cursor="", count=1).json()["nextCursor"]
    for query in (
        {"cursor": cursor, "sortBy": "title"},
        {"cursor": cursor, "filter": "title pr"},
        {"cursor": cursor[:-2] + "xx"},
        {"cursor": "nonsense"},
        {"cursor": "a b"},
    ):
        refused(listed(okta, **query), 400, "invalidCursor")
    other = Pusher(connected("other"))
    refused(other.get(f"/Users?cursor={cursor}"), 400, "invalidCursor")


@pytest.mark.parametrize("by", ["name", "password", "nonsense", "id", "groups"])
def test_by_what_nothing_is_sorted(okta: Pusher, by: str) -> None:
    refused(listed(okta, sortBy=by), 400, "invalidPath")


def test_a_search_says_in_its_body_what_an_address_would(okta: Pusher) -> None:
    asked = {"filter": "title pr", "sortBy": "userName", "count": 2, "attributes": ["userName"]}
    told = okta.send("POST", "/Users/.search", asked).json()
    assert (first_names(told), told["totalResults"]) == (["ada", "ben"], 3)
    assert told["Resources"][0].keys() == {"schemas", "id", "userName"}
    groups = okta.send("POST", "/Groups/.search", {"filter": 'displayName eq "sailors"'}).json()
    assert groups["totalResults"] == 1


def test_everything_is_searched_people_first(okta: Pusher) -> None:
    told = okta.send("POST", "/.search", {"startIndex": 4, "count": 9}).json()
    kinds = [one["meta"]["resourceType"] for one in told["Resources"]]
    assert (told["totalResults"], kinds) == (5, ["User", "Group"])
    named = okta.send("POST", "/.search", {"filter": 'displayName eq "sailors"'}).json()
    assert named["totalResults"] == 1
    refused(okta.send("POST", "/.search", {"filter": 'x eq "y"'}), 400, "invalidFilter")
    refused(okta.send("POST", "/.search", {"sortBy": "userName"}), 400, "invalidPath")
    refused(okta.send("POST", "/.search", {"cursor": ""}), 400, "invalidCursor")


def test_a_filter_that_is_too_long_is_not_even_parsed() -> None:
    with pytest.raises(FilterInvalid, match="invalidFilter"):
        condition(Kind.USER, "x" * 4_001)
