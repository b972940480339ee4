"""An address leads to one set of rules or to none; what could be read in two ways leads to none."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.edge.demand import Demand
from gateway.edge.paths import normalised_prefix
from gateway.edge.routes import (
    AccessRoute,
    App,
    RoutesInvalid,
    RouteTable,
    parse,
    serialise,
)

HOST = "wiki.corp.example"


def route(prefix, host=HOST, *, roles=(), public=False):
    return AccessRoute(
        relying_party="wiki",
        host=host,
        path_prefix=prefix,
        any_of_roles=frozenset(roles),
        public=public,
        denied_page="<p>Ask Dora.</p>",
    )


ALL = route("/")
ADMIN = route("/admin", roles=["gatehouse-admin"])
DEEPER = route("/admin/status", public=True)
CAFE = route("/café", roles=["deployer"])
APP = App(
    slug="wiki",
    name="Wiki",
    origin="https://wiki.corp.example",
    shares=frozenset({"name", "roles"}),
    unavailable_page="<p>Soon.</p>",
)
TABLE = RouteTable(version=7, apps=(APP,), routes=(ALL, ADMIN, DEEPER, CAFE))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", ALL),
        ("/page", ALL),
        ("/administrator", ALL),
        ("/admin", ADMIN),
        ("/admin/", ADMIN),
        ("/admin/users", ADMIN),
        ("/%61dmin/users", ADMIN),
        ("/admin/statuses", ADMIN),
        ("/admin/status", DEEPER),
        ("/admin/status/now", DEEPER),
        ("/caf%C3%A9/menu", CAFE),
        ("/a%20b", ALL),
        ("/...", ALL),
        ("/.well-known", ALL),
    ],
)
def test_the_longest_prefix_of_whole_segments_decides(path, expected):
    assert TABLE.find(HOST, path) is expected


@pytest.mark.parametrize(
    "path",
    [
        "",
        "admin",
        "//admin",
        "/page//admin",
        "/page/../admin",
        "/page/%2e%2e/admin",
        "/page/.%2E/admin",
        "/./admin",
        "/page/..;/admin",
        "/admin;x=1",
        "/admin%3bx",
        "/page%2f..%2fadmin",
        "/page%2Fx",
        "/page%5cadmin",
        "/page\\admin",
        "/%2561dmin",
        "/admin%00",
        "/admin%7f",
        "/admin%0a",
        "/admin\n",
        "/adm in",
        "/admin%zz",
        "/admin%",
        "/page?path=/admin/status",
        "/page#/admin/status",
        "/admin%3f/status",
        "/admin%23/status",
        "/%c0%af/admin",
        "/%ff",
        "/café",
        "/\udcff",
        "/Admin",
        "/ADMIN/users",
        "/admin/STATUS",
        "/%EF%BD%81dmin",
        "/page%EF%BC%8F..%EF%BC%8Fadmin",
        "/page/%E2%80%A5/admin",
    ],
)
def test_a_path_that_could_be_read_in_two_ways_leads_nowhere(path):
    assert TABLE.find(HOST, path) is None


def test_a_host_with_one_rule_for_all_takes_every_path():
    table = RouteTable(version=1, apps=(APP,), routes=(ALL,))
    assert table.find(HOST, "/group%2Fproject/-/tree//main;x") is ALL


def test_only_the_exact_host_is_known():
    for host in (
        "",
        "corp.example",
        "x.wiki.corp.example",
        "wiki.corp.example.evil",
        f"{HOST}:444",
    ):
        assert TABLE.find(host, "/") is None
        assert TABLE.app_at(host) is None
    assert TABLE.app_at(HOST) is APP


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("/", "/"),
        ("/admin", "/admin"),
        ("/admin/", "/admin"),
        ("/café", "/café"),
        ("/a%20b", "/a b"),
    ],
)
def test_a_prefix_is_kept_as_paths_are_read(written, kept):
    assert normalised_prefix(written) == kept


@pytest.mark.parametrize(
    "written", ["", "admin", "/a/../b", "/a//b", "/a;b", "/a?b", "/a%2fb", "/a b"]
)
def test_a_prefix_that_no_path_could_match_is_refused(written):
    with pytest.raises(ValueError, match="must begin"):
        normalised_prefix(written)


def test_a_table_comes_back_as_it_was_sent():
    again = parse(serialise(TABLE))
    assert (again.version, again.apps, again.routes) == (7, TABLE.apps, TABLE.routes)
    assert serialise(again) == serialise(TABLE)


STRICT = replace(
    ADMIN,
    preflight=True,
    away_seconds=60,
    demand=Demand(
        acr=("gold", "silver"),
        amr=("otp",),
        max_age=timedelta(minutes=5),
        idle_for=timedelta(hours=1),
    ),
    client_certificates=frozenset({"ab" * 32}),
    certificate_page="<p>Not this one.</p>",
)


def test_a_table_with_demands_comes_back_as_it_was_sent():
    table = RouteTable(version=8, apps=(APP,), routes=(ALL, STRICT))
    again = parse(serialise(table))
    assert (again.version, again.apps, again.routes) == (8, table.apps, table.routes)


def test_what_an_older_edge_would_not_heed_it_cannot_read():
    assert json.loads(serialise(TABLE))["format"] == 1
    for route in (
        replace(ALL, demand=STRICT.demand),
        replace(ALL, client_certificates=STRICT.client_certificates),
        replace(ALL, preflight=True),
        replace(ALL, away_seconds=60),
    ):
        table = RouteTable(version=8, apps=(APP,), routes=(ALL, route))
        assert json.loads(serialise(table))["format"] == 2


@pytest.mark.parametrize("seconds", [-1, 301, 1.5, None, "60"])
def test_nobody_is_served_for_longer_than_can_be_meant(seconds):
    sent = json.loads(serialise(RouteTable(version=8, apps=(APP,), routes=(STRICT,))))
    sent["routes"][0]["away_seconds"] = seconds
    with pytest.raises(RoutesInvalid):
        parse(json.dumps(sent).encode())


def test_a_demand_that_is_missing_or_strange_is_refused():
    sent = json.loads(serialise(RouteTable(version=8, apps=(APP,), routes=(STRICT,))))
    [route] = sent["routes"]
    for name in ("acr", "amr", "max_age", "idle_for", "client_certificates"):
        lacking = {key: value for key, value in route.items() if key != name}
        for strange in (lacking, route | {name: "gold"}, route | {name: -1}, route | {name: [1]}):
            with pytest.raises(RoutesInvalid):
                parse(json.dumps(sent | {"routes": [strange]}).encode())


def test_a_table_whose_rules_are_of_another_kind_is_refused():
    sent = json.loads(serialise(TABLE))
    for field, strange in (("public", "no"), ("public", 0), ("any_of_roles", "admin")):
        first, *others = sent["routes"]
        content = sent | {"routes": [first | {field: strange}, *others]}
        with pytest.raises(RoutesInvalid):
            parse(json.dumps(content).encode())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"null",
        b'{"format":3,"version":1,"apps":[],"routes":[]}',
        b'{"format":1,"apps":[],"routes":[]}',
        b'{"format":1,"version":1,"apps":[{}],"routes":[]}',
        b'{"format":1,"version":1,"apps":[],"routes":[{"public":"no"}]}',
    ],
)
def test_a_table_that_cannot_be_read_is_refused(content):
    with pytest.raises(RoutesInvalid):
        parse(content)
