"""Ten thousand apps: one page of a kind in the table, and no request waits while it is read."""

import asyncio
import json
from dataclasses import replace

import pytest

from gateway.edge.main import LARGE, Published
from gateway.edge.page import Page, mark
from gateway.edge.routes import FEW_ROUTES, RoutesInvalid, RouteTable, parse, serialise
from gateway.tokens.keys import Typ, sign
from tests.gateway.edge.conftest import ADMIN, ALL, WIKI
from tests.gateway.edge.test_routes import STRICT
from tests.gateway.sessions.people import EDGE_RING, RING
from tests.gateway.sessions.scripted import until

TEXT = f"<h1>{mark(0)}</h1><p>Ask {mark(1)}</p>"


def table(apps=FEW_ROUTES, version=1, *more):
    names = [f"app-{number}" for number in range(apps)]
    hosts = {name: f"{name}.corp.example" for name in names}
    return RouteTable(
        version=version,
        apps=tuple(
            replace(
                WIKI,
                slug=name,
                origin=f"https://{hosts[name]}",
                unavailable_page=Page(f"{mark(0)} is away", (name,)),
            )
            for name in names
        ),
        routes=tuple(
            replace(route, host=hosts[name], denied_page=Page(TEXT, (name, "Dora & <b>")))
            for name in names
            for route in (ALL, ADMIN)
        )
        + more,
    )


def test_a_page_is_filled_with_words_and_never_with_html():
    page = Page(TEXT, ("<script>", f"\"{mark(0)}'"))
    assert str(page) == f"<h1>&lt;script&gt;</h1><p>Ask &quot;{mark(0)}&#x27;</p>"


def test_a_mark_without_a_value_is_no_page():
    with pytest.raises(ValueError, match="without a value"):
        Page(TEXT, ("one",))


def test_a_table_of_many_routes_bears_each_text_once_and_comes_back():
    sent = table(300, 4, STRICT)
    raw = serialise(sent)
    assert raw.count(b"Ask") == 1 + raw.count(b"Ask Dora.")
    again = parse(raw)
    assert again.version == 4
    assert [str(app.unavailable_page) for app in again.apps] == [
        f"app-{number} is away" for number in range(300)
    ]
    assert again.apps == sent.apps
    assert again.routes[:-1] == sent.routes[:-1]
    last = replace(
        again.routes[-1], denied_page=STRICT.denied_page, certificate_page=STRICT.certificate_page
    )
    assert last == STRICT
    assert str(again.routes[-1].certificate_page) == STRICT.certificate_page


def test_a_table_of_few_is_written_so_that_edges_of_the_release_before_read_it():
    few = table(FEW_ROUTES // 2)
    sent = json.loads(serialise(few))
    assert sent["format"] == 1
    assert sent["routes"][0]["denied_page"] == str(few.routes[0].denied_page)
    assert json.loads(serialise(table(FEW_ROUTES)))["format"] == 3


@pytest.mark.parametrize(
    "bend",
    [
        lambda sent: sent.pop("pages"),
        lambda sent: sent.update(pages={}),
        lambda sent: sent["pages"].clear(),
        lambda sent: sent["routes"][0].update(denied_page=[-1, "a", "b"]),
        lambda sent: sent["routes"][0].update(denied_page=[0]),
        lambda sent: sent["routes"][0].update(denied_page=["0", "a", "b"]),
        lambda sent: sent["routes"][0].update(denied_page=[0, 1, 2]),
        lambda sent: sent["routes"][0].update(denied_page="<p>"),
        lambda sent: sent["routes"][0].update(public=1),
        lambda sent: sent["routes"][0].update(exact=None),
        lambda sent: sent.update(routes={}),
    ],
    ids=map(str, range(11)),
)
def test_what_is_bent_is_refused_as_a_whole(bend):
    sent = json.loads(serialise(table()))
    bend(sent)
    with pytest.raises(RoutesInvalid):
        parse(json.dumps(sent).encode())


def published(test):
    asyncio.run(test(Published(lambda: EDGE_RING)))


def signed(some):
    return sign(RING, Typ.ROUTES, serialise(some)).encode()


def test_a_large_table_is_read_beside_the_loop_and_then_known():
    async def read(routes):
        raw = signed(table(2000))
        assert len(raw) > LARGE
        assert not routes.read(raw)
        assert routes.table is None  # it did not wait
        assert not routes.read(raw)  # nor is it read twice at once
        async with asyncio.timeout(20):
            await routes.first.wait()
        assert routes.table.app_at("app-1999.corp.example").slug == "app-1999"
        assert routes.read(raw)

    published(read)


def test_of_two_large_tables_the_newer_stays_whichever_is_read_last():
    async def read(routes):
        newer, older = signed(table(1500, 9)), signed(table(1500, 8))
        routes.read(newer)
        routes.read(older)
        await until(lambda: routes.read(newer) and routes.table.version == 9)
        await until(lambda: routes.read(older))
        assert routes.table.version == 9

    published(read)


def test_a_large_table_that_is_not_ours_changes_nothing():
    async def read(routes):
        assert routes.read(signed(table(1, 1)))
        raw = bytearray(signed(table(1500, 9)))
        raw[-20] ^= 1
        assert not routes.read(bytes(raw))
        await until(lambda: routes._reading is None)
        assert routes.table.version == 1
        assert not routes.read(bytes(raw))

    published(read)
