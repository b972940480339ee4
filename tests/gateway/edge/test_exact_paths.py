"""Paths that stand alone: nothing lies below them, and no spelling leads around them."""

import json
from dataclasses import replace

import pytest

from gateway.edge.routes import RoutesInvalid, RouteTable, parse, serialise
from tests.gateway.edge.test_routes import ADMIN, ALL, APP, HOST

HEALTH = replace(ALL, path_prefix="/health", exact=True, public=True)
INDEX = replace(ALL, path_prefix="/docs/", exact=True, public=True)
EXACT = RouteTable(version=8, apps=(APP,), routes=(ALL, ADMIN, HEALTH, INDEX))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/health", HEALTH),
        ("/%68ealth", HEALTH),
        ("/health/", ALL),
        ("/health/../admin", None),
        ("/health/secrets", ALL),
        ("/healthy", ALL),
        ("/Health", None),
        ("/docs", ALL),
        ("/docs/", INDEX),
        ("/docs/page", ALL),
        ("/admin", ADMIN),
    ],
)
def test_an_exact_path_is_itself_alone(path, expected):
    assert EXACT.find(HOST, path) is expected


VAULT = replace(ALL, path_prefix="/vault", exact=True, any_of_roles=frozenset({"keeper"}))
FORM = replace(VAULT, path_prefix="/form/")
OPEN = replace(ALL, path_prefix="/open", public=True)
HIDDEN = replace(VAULT, path_prefix="/open/hidden")
KEPT = RouteTable(version=8, apps=(APP,), routes=(ALL, VAULT, FORM, OPEN, HIDDEN))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/vault", VAULT),
        ("/vault/", None),
        ("/%76ault/", None),
        ("/Vault/", None),
        ("/vaults", ALL),
        ("/vault/door", ALL),
        ("/form/", FORM),
        ("/form", None),
        ("/open/hidden", HIDDEN),
        ("/open/hidden/", None),
        ("/open/hidden/x", OPEN),
    ],
)
def test_who_is_kept_from_a_path_alone_does_not_come_to_it_by_a_slash_at_its_end(path, expected):
    assert KEPT.find(HOST, path) is expected


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_an_exact_path_is_nearer_than_a_prefix_of_the_same_letters(order):
    exact = replace(ADMIN, exact=True, public=True, any_of_roles=frozenset())
    table = RouteTable(
        version=9, apps=(APP,), routes=(ALL, *((ADMIN, exact)[each] for each in order))
    )
    assert table.find(HOST, "/admin") is exact
    assert table.find(HOST, "/admin/users") is ADMIN


def test_an_edge_of_the_release_before_does_not_read_an_exact_path_as_a_prefix():
    sent = json.loads(serialise(EXACT))
    assert sent["format"] == 2
    again = parse(serialise(EXACT))
    assert again.routes == EXACT.routes
    sent["routes"][0]["exact"] = "yes"
    with pytest.raises(RoutesInvalid):
        parse(json.dumps(sent).encode())
