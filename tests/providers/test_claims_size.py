"""How much a provider may say about one person."""

import pytest

from providers.errors import ResponseInvalid
from providers.identity import MAX_CLAIM_DEPTH, MAX_CLAIM_NODES, MAX_CLAIM_TEXT, ClaimSet
from tests.fakes.oidc_case import oidc_case


def nested(depth: int) -> object:
    value: object = "x"
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("most", "too_much"),
    [
        # The claim's name and the list count as well.
        ({"a": [1] * (MAX_CLAIM_NODES - 2)}, {"a": [1] * (MAX_CLAIM_NODES - 1)}),
        ({"a": ["x"] * (MAX_CLAIM_NODES - 2)}, {"a": ["x"] * (MAX_CLAIM_NODES - 1)}),
        ({"a": "x" * (MAX_CLAIM_TEXT - 1)}, {"a": "x" * MAX_CLAIM_TEXT}),
        ({"a": ["x" * 1_000] * 999}, {"a": ["x" * 1_000] * 1_000}),
        ({"a": nested(MAX_CLAIM_DEPTH - 1)}, {"a": nested(MAX_CLAIM_DEPTH)}),
        ({}, {"x" * (MAX_CLAIM_TEXT + 1): 1}),
    ],
    ids=["values", "many texts", "text", "texts", "depth", "names"],
)
def test_more_than_one_person_can_have_is_refused(
    most: dict[str, object], too_much: dict[str, object]
) -> None:
    assert ClaimSet(most).plain() == most
    with pytest.raises(ResponseInvalid) as refused:
        ClaimSet(too_much)
    assert refused.value.check == "claims.size"


def test_what_is_changed_counts_in_the_place_of_what_it_was() -> None:
    groups = ["g"] * 15_000
    claims = ClaimSet({"groups": groups, "email": ["x"], "a": {"b": [1]}})
    changed = claims.changed({"groups": groups, "name": "Ada"}, without=("email",))
    assert changed.plain() == {"a": {"b": [1]}, "groups": groups, "name": "Ada"}
    assert claims.plain()["email"] == ["x"]
    for more in (["g"] * 5_000, "x" * MAX_CLAIM_TEXT, nested(MAX_CLAIM_DEPTH)):
        with pytest.raises(ResponseInvalid) as refused:
            changed.changed({"more": more}, without=())
        assert refused.value.check == "claims.size"


def test_no_change_makes_room_for_ever() -> None:
    claims = ClaimSet({"a": ["x"] * 12_000})
    for _ in range(3):
        claims = claims.changed({"a": ["x"] * 12_000}, without=())
    with pytest.raises(ResponseInvalid):
        claims.changed({"b": ["x"] * 12_000}, without=())


def test_whoever_comes_with_so_many_groups_is_refused() -> None:
    with oidc_case() as case:
        case.idp.lie.claims["groups"] = case.idp.lie.userinfo["groups"] = ["g"] * 25_000
        with pytest.raises(ResponseInvalid) as refused:
            case.login("ada")
    assert refused.value.check == "claims.size"
