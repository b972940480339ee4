"""Values that a condition takes several of, picked one by one."""

import pytest
from django.http import QueryDict

from gateway.console.mapping import picking
from gateway.console.mapping.rule_form import RuleForm
from gateway.console.mapping.tree import posted, written


@pytest.mark.parametrize(
    ("value", "kind", "picked", "lines", "kind_after"),
    [
        ("", "text", "/leads", "/leads", "text"),
        ("/a\n/b", "text", "/leads", "/a\n/b\n/leads", "text"),
        ("/a\n\n /b ", "text", "/leads", "/a\n/b\n/leads", "text"),
        ("/a", "text", "/a", "/a", "text"),
        ("/a", "text", "  ", "/a", "text"),
        ("1", "number", "2", "1\n2", "number"),
        ('"a"', "mixed", "b", '"a"\n"b"', "mixed"),
        ('"a"', "mixed", "3", '"a"\n3', "mixed"),
        ('"a"', "mixed", "null", '"a"\n"null"', "mixed"),
        ("a", "text", "b ", '"a"\n"b "', "mixed"),
    ],
)
def test_a_picked_value_stands_below_those_that_are_there(
    value: str, kind: str, picked: str, lines: str, kind_after: str
) -> None:
    assert picking.one_more(value, kind, picked) == (lines, kind_after)


def row(operator: str, **more: str) -> dict[str, str]:
    told = {"operator": operator, "claim": "groups", "value": "/a", "pick": "/b", **more}
    return {"when.how": "all"} | {f"when.0.{name}": value for name, value in told.items()}


def test_whoever_saves_without_adding_it_has_not_lost_it() -> None:
    assert written(posted(row("in"))).plain == {"claim": "groups", "in": ["/a", "/b"]}
    at = written(posted(row("provider", value="okta", pick="corp "))).plain
    assert at == {"provider": ["okta", "corp"]}


@pytest.mark.parametrize("operator", ["equals", "glob", "cel"])
def test_where_one_value_is_taken_none_is_added(operator: str) -> None:
    assert written(posted(row(operator))).plain[operator] == "/a"


def test_the_keyboard_stays_where_the_next_value_is_picked() -> None:
    fields = QueryDict(mutable=True)
    fields.update(row("in") | {"do": "pick"})
    assert RuleForm.posted(fields, {}).at == "when.0.pick"
    fields["when.0.pick"] = ""
    assert RuleForm.posted(fields, {}).at == ""
