"""Two changes of the same rules put together: nothing is lost, nothing is decided unseen."""

from hypothesis import given
from hypothesis import strategies as st

from mapping.merging import Conflict, merged
from mapping.pieces import changed, content, pieces
from mapping.ruleset import RuleSet

ROLES = ("a", "b", "c", "d")


def rule(name: str, role: str) -> dict[str, object]:
    return {"id": name, "when": {"claim": "groups", "equals": role}, "roles": [role]}


@st.composite
def contents(draw: st.DrawFn) -> RuleSet:
    names = draw(st.lists(st.sampled_from("uvwxyz"), unique=True))
    groups = draw(st.sampled_from([[], [["a", "b"]], [["b", "a"]], [["a", "b"], ["c", "d"]]]))
    places = draw(st.dictionaries(st.sampled_from(["okta", "corp"]), st.sampled_from(ROLES)))
    return RuleSet.parse(
        1,
        {
            "rules": [rule(name, draw(st.sampled_from(ROLES))) for name in names],
            "exclusive_roles": groups,
            "default_roles": places,
        },
    )


def of(*rules: dict[str, object], **more: object) -> RuleSet:
    return RuleSet.parse(1, {"rules": list(rules), **more})


def test_changes_of_different_rules_stand_side_by_side() -> None:
    base = of(rule("x", "a"), rule("y", "a"))
    mine = of(rule("x", "b"), rule("y", "a"), rule("z", "c"))
    theirs = of(rule("x", "a"), default_roles={"okta": "d"})
    result = merged(base, mine, theirs)
    assert result.conflicts == ()
    assert RuleSet.parse(1, result.content) == of(
        rule("x", "b"), rule("z", "c"), default_roles={"okta": "d"}
    )


def test_two_changes_of_one_rule_are_a_conflict_that_a_person_decides() -> None:
    base, mine, theirs = (of(rule("x", role)) for role in "abc")
    result = merged(base, mine, theirs)
    assert result.conflicts == (
        Conflict(name="x", base=rule("x", "a"), mine=rule("x", "b"), theirs=rule("x", "c")),
    )
    for side, expected in (("mine", mine), ("theirs", theirs)):
        decided = merged(base, mine, theirs, {"x": side})
        assert (decided.conflicts, RuleSet.parse(1, decided.content)) == ((), expected)


def test_a_rule_that_one_removes_and_the_other_changes_is_a_conflict() -> None:
    base, changed_rule, gone = of(rule("x", "a")), of(rule("x", "b")), of()
    assert [one.theirs for one in merged(base, changed_rule, gone).conflicts] == [None]
    assert [one.mine for one in merged(base, gone, changed_rule).conflicts] == [None]
    removed = merged(base, gone, changed_rule, {"x": "mine"})
    assert RuleSet.parse(1, removed.content) == gone


@given(contents())
def test_pieces_are_the_whole_content(rules: RuleSet) -> None:
    assert RuleSet.parse(1, content(pieces(rules))) == rules


@given(contents(), contents())
def test_where_only_one_changed_something_that_change_is_the_result(
    base: RuleSet, other: RuleSet
) -> None:
    for mine, theirs in ((other, base), (base, other), (other, other)):
        result = merged(base, mine, theirs)
        assert result.conflicts == ()
        assert pieces(RuleSet.parse(1, result.content)) == pieces(other)


@given(contents(), contents(), contents())
def test_what_either_changed_is_in_the_result_or_named(
    base: RuleSet, mine: RuleSet, theirs: RuleSet
) -> None:
    result = merged(base, mine, theirs)
    named = {one.name for one in result.conflicts}
    together = {piece["id"]: piece for piece in result.content["rules"]}  # type: ignore[attr-defined]
    for side in (mine, theirs):
        names = {name for those in changed(pieces(base), pieces(side)).values() for name in those}
        for name in names - named:
            if " " not in name:
                assert together.get(name) == pieces(side).get(name)
    # The other way round the same pieces are in conflict.
    assert named == {one.name for one in merged(base, theirs, mine).conflicts}
