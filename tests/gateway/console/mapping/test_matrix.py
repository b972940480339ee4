"""Who has which role, as a table and as a picture."""

import re
from html import unescape
from itertools import pairwise

import pytest
from django.test import Client

from gateway.console.mapping.sankey import drawn
from gateway.flows.mapping import population
from gateway.flows.mapping.picture import picture
from tests.gateway.flows.mapping.crowd import by_hand, person, vouched
from tests.gateway.flows.mapping.test_holdings import count
from tests.gateway.flows.mapping.test_picture import held
from tests.gateway.pages.signed_in import browser_of, staff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]

MATRIX, PICTURE = "/console/mapping/matrix/", "/console/mapping/picture/"


@pytest.fixture
def desk(monkeypatch) -> Client:
    monkeypatch.setattr(population, "_kept", None)
    return browser_of(staff())


def shown(desk: Client, address: str, **asked: str) -> str:
    answer = desk.get(address, asked)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", unescape(answer.content.decode()))


def test_without_anybody_the_pages_say_so(desk: Client) -> None:
    assert "Nothing is kept of anybody" in shown(desk, MATRIX)
    assert "there is nothing to draw" in shown(desk, PICTURE)
    assert "Nobody has a role yet" in shown(desk, MATRIX, by="people")


def test_groups_stand_with_the_number_of_people_that_have_each_role(desk: Client) -> None:
    for name in ("ada", "ben"):
        vouched(name, "/eng")
        count(name, "employee")
    count("ada", "deployer")
    page = shown(desk, MATRIX)
    assert "Roles by the groups of corp" in page
    assert '<th scope="row">/eng</th><td class="number">2</td>' in page
    assert '<td class="number mapping-all">all 2</td>' in page
    assert '<td class="number">1</td>' in page
    assert "groups in “groups” of 2 people" in page


def test_people_stand_with_what_they_have_and_the_way_to_why(desk: Client) -> None:
    by_hand("ada", "deployer")
    by_hand("ada", "auditor")
    count("ada", "deployer")
    by_hand("ben", "reader")
    page = shown(desk, MATRIX, by="people", role="deployer")
    ada = person("ada").pk
    assert f'/console/mapping/explain/?account={ada}&role=deployer">yes</a>' in page
    assert f'/console/mapping/explain/?account={ada}&role=auditor">does not count</a>' in page
    assert "Ben" not in page
    assert "Ben" in shown(desk, MATRIX, by="people", q="BE")
    assert "Nobody is like that" in shown(desk, MATRIX, by="people", q="nobody")
    assert "Nobody is like that" in shown(desk, MATRIX, by="people", provider="corp")


def test_people_are_paged(desk: Client) -> None:
    for at in range(60):
        by_hand(f"p{at:02}", "reader")
    assert "P49" not in shown(desk, MATRIX, by="people", page="2", q="p0")
    page = shown(desk, MATRIX, by="people", role="reader")
    assert "Page 1 of 2" in page
    assert "P59" not in page
    assert "P59" in shown(desk, MATRIX, by="people", role="reader", page="2")


def test_the_picture_says_the_same_as_its_tables(desk: Client) -> None:
    held("ada", "deployer", "engineers", 'groups: "<b>/eng</b>"')
    by_hand("ada", "deployer")
    answer = desk.get(PICTURE).content.decode()
    assert "<b>/eng" not in answer
    page = shown(desk, PICTURE)
    assert "engineers → deployer: 1" in page
    assert '<th scope="row">engineers</th><td>deployer</td><td class="number">1</td>' in page
    assert '<th scope="row">by hand</th><td>deployer</td>' in page


def test_streams_fill_their_bars_and_nothing_leaves_the_drawing() -> None:
    for at in range(40):
        held(f"p{at}", f"r{at % 17}", f"rule-{at % 15}", f'groups: "/g{at}"')
        by_hand(f"p{at}", f"r{at % 3}")
    seen = picture()
    columns = (seen.said, seen.rules, seen.roles)
    names = {(at, place): place.name for at, column in enumerate(columns) for place in column}
    drawing = drawn(seen, names)
    assert len(drawing.bars) == sum(map(len, columns))
    assert len(drawing.ribbons) == len(seen.to_rules) + len(seen.to_roles)
    assert all(bar.y + bar.height <= drawing.height for bar in drawing.bars)
    numbers = [float(n) for one in drawing.ribbons for n in re.findall(r"[\d.]+", one.path)]
    assert max(numbers) <= max(drawing.width, drawing.height)
    columns_of_bars: dict[int, list] = {}
    for bar in drawing.bars:
        columns_of_bars.setdefault(bar.x, []).append(bar)
    for bars in columns_of_bars.values():
        assert all(above.text_y + 12 <= below.text_y for above, below in pairwise(bars))


@pytest.mark.parametrize("address", [MATRIX, PICTURE])
@pytest.mark.parametrize(
    ("permissions", "status"),
    [
        ("view_rulesetversion", 403),
        ("view_account", 403),
        ("view_rulesetversion view_account", 200),
    ],
)
def test_they_take_the_right_to_read_rules_and_to_see_people(
    address: str, permissions: str, status: int
) -> None:
    assert browser_of(staff(permissions=permissions)).get(address).status_code == status
