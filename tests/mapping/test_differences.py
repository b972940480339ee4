"""What differs between two contents: nothing if they say the same, and each field once if not."""

from hypothesis import given

from mapping.differences import Difference, FieldDifference, differences
from mapping.pieces import pieces
from mapping.ruleset import RuleSet
from tests.mapping.test_merging import contents, of, rule


@given(contents(), contents())
def test_there_are_differences_just_where_the_contents_differ(
    before: RuleSet, after: RuleSet
) -> None:
    found = differences(before, after)
    assert (found == ()) == (pieces(before) == pieces(after))
    assert all(each.fields for each in found)


@given(contents(), contents())
def test_the_way_back_says_the_same_the_other_way_round(before: RuleSet, after: RuleSet) -> None:
    there, back = differences(before, after), differences(after, before)
    turned = {"gained": "lost", "lost": "gained", "edited": "edited"}
    assert sorted((turned[one.kind], one.name) for one in there) == sorted(
        (one.kind, one.name) for one in back
    )


@given(contents())
def test_the_order_of_rules_means_nothing(rules: RuleSet) -> None:
    turned = RuleSet.parse(1, {**rules.plain(), "rules": list(rules.plain()["rules"])[::-1]})
    assert differences(rules, turned) == ()


def test_each_field_of_a_changed_rule_is_told_from_what_to_what() -> None:
    before = of(rule("x", "a"), rule("y", "a"))
    after = of({**rule("x", "b"), "note": "Why"}, default_roles={"okta": "c"})
    assert differences(before, after) == (
        Difference(
            kind="gained",
            name="default role of okta",
            fields=(FieldDifference(field="", before=None, after="c"),),
        ),
        Difference(
            kind="edited",
            name="x",
            fields=(
                FieldDifference(
                    field="when",
                    before={"claim": "groups", "equals": "a"},
                    after={"claim": "groups", "equals": "b"},
                ),
                FieldDifference(field="roles", before=["a"], after=["b"]),
                FieldDifference(field="note", before=None, after="Why"),
            ),
        ),
        Difference(
            kind="lost",
            name="y",
            fields=(
                FieldDifference(
                    field="when", before={"claim": "groups", "equals": "a"}, after=None
                ),
                FieldDifference(field="roles", before=["a"], after=None),
            ),
        ),
    )
