"""Parts of texts, groups below a group, numbers and moments, compared with a claim."""

from datetime import UTC, datetime

import pytest

from mapping.comparisons import moment_of
from mapping.evidence import Evidence
from mapping.parsing import parse
from tests.mapping.people import NOW, identity


def held(operator: dict[str, object], *values: object) -> bool | None:
    shape = {"claim": "c", **operator}
    return parse(shape).check(Evidence(identity(c=list(values)), NOW)).held


def because(operator: dict[str, object], *values: object) -> tuple[str, ...]:
    shape = {"claim": "c", **operator}
    return parse(shape).check(Evidence(identity(c=list(values)), NOW)).because


@pytest.mark.parametrize(
    ("group", "expected"),
    [
        ("/engineering", True),
        ("/engineering/platform", True),
        ("/engineering/platform/lead", True),
        ("/engineering/", True),
        ("/engineering-contractors", False),
        ("/engineerin", False),
        ("/Engineering", False),
        ("/sales/engineering", False),
        ("engineering", False),
        ("/", False),
    ],
)
def test_a_group_has_below_it_itself_and_all_depths_and_no_neighbour(group, expected):
    assert held({"below": "/engineering"}, group) is expected


def test_a_text_contains_what_stands_anywhere_in_it_as_it_is_spelt():
    assert held({"contains": "Lead"}, "Team Lead, Platform") is True
    assert held({"contains": "Lead"}, "leader") is False
    assert held({"contains": "a.c"}, "abc") is False
    assert because({"contains": "Lead"}, "Clerk") == ('c: nothing containing "Lead"',)


@pytest.mark.parametrize(
    ("operator", "below", "same", "above"),
    [
        ("less", True, False, False),
        ("at_most", True, True, False),
        ("more", False, False, True),
        ("at_least", False, True, True),
    ],
)
def test_numbers_are_measured_against_a_limit(operator, below, same, above):
    assert held({operator: 3}, 2.9) is below
    assert held({operator: 3}, 3) is same
    assert held({operator: 3}, 3.0) is same
    assert held({operator: 3}, 4) is above
    assert held({operator: 3}, 10**40) is above


@pytest.mark.parametrize("value", ["3", "4", True, {"a": 4}, float("nan"), float("inf"), "", None])
@pytest.mark.parametrize("operator", ["less", "at_most", "more", "at_least"])
def test_what_is_no_number_is_on_no_side_of_a_limit(value, operator):
    shape = {"claim": "c", operator: 3}
    evidence = Evidence(identity(c=[value]), NOW)
    assert parse(shape).check(evidence).held is None
    assert parse({"not": shape}).check(evidence).held is None


def test_the_reason_names_the_number_and_the_limit():
    assert because({"at_least": 3}, 1, 4) == ("c: 4",)
    assert because({"at_least": 3}, 1) == ("c: nothing at least 3",)
    assert because({"at_least": 3}, "4") == ("c holds text",)


@pytest.mark.parametrize(
    ("value", "before", "after"),
    [
        ("2026-01-30", True, False),
        ("2026-01-31", False, False),
        ("2026-02-01", False, True),
        ("2026-01-30T23:59:59Z", True, False),
        ("2026-01-31T00:30:00+01:00", True, False),
        ("2026-01-31T12:00:00Z", False, False),
        ("2026-01-31T23:30:00-01:00", False, True),
        ("20260201000000Z", False, True),
        ("20260130120000.5Z", True, False),
        (1769731200, True, False),
        (1769904000.5, False, True),
        ("1959-05-01", True, False),
        (-10_000, True, False),
    ],
)
def test_a_day_is_before_its_beginning_and_after_its_end(value, before, after):
    assert held({"before": "2026-01-31"}, value) is before
    assert held({"after": "2026-01-31"}, value) is after


def test_a_time_of_day_is_compared_to_the_second():
    at = {"before": "2026-01-31T18:00:00+01:00"}
    assert held(at, "2026-01-31T16:59:59Z") is True
    assert held(at, "2026-01-31T17:00:00Z") is False
    assert held({"after": "2026-01-31T18:00:00+01:00"}, "2026-01-31T17:00:00Z") is True


@pytest.mark.parametrize(
    "value",
    [
        "soon",
        "31.01.2026",
        "2026-01-31T12:00:00",  # nobody knows where
        "2026-13-01",
        "20260131",
        "2026-W05-6",
        "1769731200",
        "20261341000000Z",
        1769731200000,  # milliseconds
        1e300,
        True,
        {"at": "2026-01-31"},
        "2026\u20111-31",
    ],
)
def test_what_is_no_moment_is_neither_before_nor_after(value):
    evidence = Evidence(identity(c=[value]), NOW)
    for shape in ({"claim": "c", "before": "2999-01-01"}, {"claim": "c", "after": "1970-01-01"}):
        assert parse(shape).check(evidence).held is None
        assert parse({"not": shape}).check(evidence).held is None


def test_one_moment_of_a_list_is_enough_and_a_strange_one_leaves_a_no_open():
    assert held({"before": "2026-01-31"}, "soon", "2020-01-01") is True
    assert held({"before": "2026-01-31"}, "soon", "2027-01-01") is None
    assert because({"before": "2026-01-31"}, "soon", 1e300) == ("c: 1e+300 is no moment",)
    assert because({"after": "2026-01-31"}, "2020-01-01") == ("c: nothing after 2026-01-31",)


def test_a_moment_is_read_in_the_zone_it_names():
    assert moment_of("2026-01-31T12:00:00+02:00") == datetime(2026, 1, 31, 10, tzinfo=UTC)
    assert moment_of("2026-01-31") == datetime(2026, 1, 31, tzinfo=UTC)
