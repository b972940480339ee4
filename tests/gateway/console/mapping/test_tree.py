"""Conditions in a form: nothing is lost between what is kept, shown, posted and written."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.console.mapping.tree import (
    MAX_DEPTH,
    MAX_NODES,
    Group,
    Node,
    Row,
    changed,
    posted,
    reached,
    read,
    written,
)

A, B, C = ({"claim": "groups", "equals": f"/{name}"} for name in "abc")
TEXTS = st.text("abc/{}\"' 1.", min_size=1, max_size=6)
NAMES = TEXTS.filter(lambda text: text == text.strip())
NUMBERS = st.integers(-10, 10) | st.floats(-1, 1).map(lambda number: round(number, 3))
SCALARS = TEXTS | NUMBERS | st.booleans()


def of(operator: str, values: st.SearchStrategy) -> st.SearchStrategy:
    return st.fixed_dictionaries({"claim": NAMES, operator: values})


ROWS = st.one_of(
    of("equals", SCALARS),
    of("in", st.lists(SCALARS, min_size=1, max_size=4)),
    *(of(name, TEXTS) for name in ("glob", "matches", "contains", "below", "before", "after")),
    *(of(name, NUMBERS) for name in ("less", "at_most", "more", "at_least")),
    of("present", st.booleans()),
    *(
        st.fixed_dictionaries({name: st.lists(NAMES, min_size=1, max_size=3)})
        for name in ("provider", "email_domain")
    ),
    st.fixed_dictionaries({"cel": TEXTS}),
    st.fixed_dictionaries({"time": st.fixed_dictionaries({"from": NAMES, "until": NAMES})}),
)
CONDITIONS = st.recursive(
    ROWS,
    lambda inner: st.one_of(
        *(
            st.lists(inner, min_size=2, max_size=3).map(lambda parts, how=how: {how: parts})
            for how in ("all", "any", "none")
        ),
        ROWS.map(lambda row: {"not": row}),
    ),
    max_leaves=6,
)


def fields(node: Node, address: str = "when") -> dict[str, str]:
    """What the form posts for it."""
    if isinstance(node, Row):
        names = ("operator", "claim", "value", "until", "type")
        return {f"{address}.{name}": getattr(node, name) for name in names}
    whole = {f"{address}.how": node.how}
    for at, part in enumerate(node.parts):
        whole |= fields(part, f"{address}.{at}")
    return whole


@given(CONDITIONS)
def test_what_is_kept_comes_back_from_the_form_as_it_was(condition: dict) -> None:
    again = written(posted(fields(read(condition)))).plain
    # As text, for in Python true is 1.
    assert json.dumps(again, sort_keys=True) == json.dumps(condition, sort_keys=True)


@given(st.dictionaries(st.text("when.0123howperat", max_size=14), st.text(max_size=5)))
def test_whatever_is_posted_is_some_condition(some: dict) -> None:
    written(changed(posted(some), next(iter(some), "")))


@pytest.mark.parametrize(
    ("deed", "after"),
    [
        ("add:when", {"all": [A, {"any": [B, C]}, {"claim": "", "equals": ""}]}),
        ("add:when.1", {"all": [A, {"any": [B, C, {"claim": "", "equals": ""}]}]}),
        ("remove:when.0", {"any": [B, C]}),
        ("remove:when.1.0", {"all": [A, C]}),
        ("up:when.1", {"all": [{"any": [B, C]}, A]}),
        ("up:when.1.1", {"all": [A, {"any": [C, B]}]}),
    ],
)
def test_a_button_changes_one_place(deed: str, after: dict) -> None:
    assert written(changed(read({"all": [A, {"any": [B, C]}]}), deed)).plain == after


@pytest.mark.parametrize(
    "deed",
    [
        *("", "add", "add:", "add:then", "burn:when", "remove:when"),
        *("add:when.0", "remove:when.9", "up:when.0", "up:when.0.0", "nest:when.0.0.0"),
        *("add:when.-1", "add:when.²", "add:when.", "add:when." + "9" * 5000),
    ],
)
def test_a_button_that_is_none_changes_nothing(deed: str) -> None:
    root = read({"all": [A, {"any": [B, C]}]})
    assert changed(root, deed) == root


@pytest.mark.parametrize(
    ("deed", "address"),
    [
        *(("add:when", "when.2"), ("nest:when", "when.2.0"), ("add:when.1", "when.1.2")),
        *(("remove:when.0", "when"), ("remove:when.1.0", "when.1"), ("up:when.1", "when.0")),
        *(
            ("", ""),
            ("burn:when", ""),
            ("add:then", ""),
            ("up:when.x", ""),
            ("remove:when.9.9", ""),
        ),
    ],
)
def test_a_button_leaves_the_eye_where_it_was(deed: str, address: str) -> None:
    root = read({"all": [A, {"any": [B, C]}]})
    assert reached(changed(root, deed), deed) == address


@pytest.mark.parametrize(
    ("condition", "same"),
    [
        ({"all": [A]}, A),
        ({"any": [A]}, A),
        ({"none": [A]}, {"not": A}),
        ({"not": {"any": [A, B]}}, {"none": [A, B]}),
    ],
)
def test_what_can_be_said_in_fewer_words_is(condition: dict, same: dict) -> None:
    assert written(read(condition)).plain == same


def test_a_nested_group_begins_with_a_row_and_stops_where_the_language_does() -> None:
    root, address = Group(), "when"
    for _ in range(MAX_DEPTH * 2):
        root = changed(root, f"nest:{address}")
        address += ".0"
    kept = posted(fields(root))
    assert kept == root, "nothing that can be made is lost when it is posted"
    depth, node = 0, root
    while isinstance(node, Group):
        depth, node = depth + 1, node.parts[0]
    assert depth < MAX_DEPTH


def test_no_form_is_larger_than_the_language() -> None:
    many = {"when.how": "all"} | {f"when.{n}.operator": "equals" for n in range(MAX_NODES + 50)}
    assert len(posted(many).parts) == MAX_NODES


@pytest.mark.parametrize(
    ("row", "plain"),
    [
        (Row(claim="level", value="3", type="number"), 3),
        (Row(claim="level", value="3"), "3"),
        (Row(claim="level", value="true", type="flag"), True),
        (Row(claim="level", value="1", type="flag"), "1"),
        (Row(claim="level", value="three", type="number"), "three"),
        (Row(claim="level", value="null", type="mixed"), "null"),
        (Row(claim="level", value='"3"', type="mixed"), "3"),
    ],
)
def test_a_value_has_the_type_that_was_chosen_or_stays_as_typed(row: Row, plain: object) -> None:
    made = written(Group(parts=(row,))).plain["equals"]
    assert made == plain
    assert type(made) is type(plain)


@pytest.mark.parametrize(
    ("condition", "place", "address"),
    [
        (A, "when.equals", "when.0"),
        ({"all": [A, B]}, "when.all.1.equals", "when.1"),
        ({"all": [A, {"any": [B, C]}]}, "when.all.1.any.0.claim", "when.1.0"),
        ({"not": A}, "when.not.equals", "when.0"),
        ({"any": [A, {"not": B}]}, "when.any.1.not.equals", "when.1.0"),
        ({"all": [A, B]}, "when.all", "when"),
        ({"all": [A, B]}, "roles.0", "when"),
    ],
)
def test_a_fault_stands_at_its_row(condition: dict, place: str, address: str) -> None:
    assert written(read(condition)).address(place) == address
