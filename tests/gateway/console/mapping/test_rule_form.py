"""A rule in a form: as it is kept, as it is posted, and where its faults stand."""

import json

from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from gateway.console.mapping.rule_form import RuleForm
from mapping.errors import RuleInvalid
from tests.gateway.console.mapping.test_tree import CONDITIONS, NAMES, fields

PROVIDERS = {"okta-emea": "Okta EMEA"}
WHOLE = {
    "id": "leads",
    "when": {
        "all": [{"claim": "groups", "equals": "/leads"}, {"not": {"claim": "level", "less": 3}}]
    },
    "roles": ["deployer", "reader"],
    "denies": ["intern"],
    "attributes": {"department": "{department}", "site": "a = b"},
    "provider": "okta-emea",
    "until": "2026-03-31",
    "note": "As agreed in March ",
    "priority": -5,
}


ROLES = st.lists(st.text("abc-", min_size=1, max_size=4), min_size=1, max_size=3, unique=True)
RULES = st.fixed_dictionaries(
    {"id": st.text("abc-", max_size=5), "when": CONDITIONS},
    optional={
        "roles": ROLES,
        "denies": ROLES,
        "attributes": st.dictionaries(
            st.text("abc_", min_size=1, max_size=4),
            st.text('ab{}="\\ ', min_size=1, max_size=8),
            min_size=1,
            max_size=3,
        ),
        "provider": st.sampled_from(["okta-emea", "gone"]),
        "until": NAMES,
        "note": st.text("ab, .", min_size=1, max_size=9),
        "priority": st.integers(-1000, 1000).filter(bool),
    },
)


def sent(form: RuleForm, **more: str) -> dict[str, str]:
    """What a browser posts of the form."""
    own = {name: str(form[name].value() or "") for name in form.fields}
    return own | fields(form.root) | more


@given(RULES)
def test_every_rule_comes_back_from_the_form_as_it_was(rule: dict) -> None:
    form = RuleForm.of(rule, PROVIDERS)
    assert json.dumps(form.plain(), sort_keys=True) == json.dumps(rule, sort_keys=True)
    again = RuleForm.posted(sent(form), PROVIDERS)
    assert json.dumps(again.plain(), sort_keys=True) == json.dumps(rule, sort_keys=True)


def test_a_provider_that_is_gone_can_still_be_chosen_and_nobody_else_unknown() -> None:
    """Else whoever edits such a rule would widen it to everybody, unseen."""
    form = RuleForm.posted(sent(RuleForm.of(WHOLE | {"provider": "gone"}, PROVIDERS)), PROVIDERS)
    assert 'value="gone" selected' in str(form["provider"])


def test_roles_are_typed_one_a_line_or_several_with_commas() -> None:
    typed = QueryDict(mutable=True)
    typed.update(sent(RuleForm.of(WHOLE, PROVIDERS), do="add:when"))
    typed.setlist("roles", ["reader", " ", "writer, deployer"])
    form = RuleForm.posted(typed, PROVIDERS)
    assert form.plain()["roles"] == ["reader", "writer", "deployer"]
    lines = [
        f'value="{role}"' in str(form["roles"]) for role in ("reader", "writer", "deployer", "")
    ]
    assert lines == [True] * 4, "each has a line, and one is empty"


def test_a_rule_comes_back_from_the_form_as_it_was() -> None:
    for rule in (WHOLE, {"id": "x", "when": WHOLE["when"], "roles": ["a"]}):
        first = RuleForm.of(rule, PROVIDERS)
        assert first.plain() == rule
        assert RuleForm.posted(sent(first), PROVIDERS).plain() == rule


def test_a_button_changes_the_condition_and_keeps_all_that_was_typed() -> None:
    typed = sent(RuleForm.of(WHOLE, PROVIDERS), id="", priority="much", do="remove:when.1")
    after = RuleForm.posted(typed, PROVIDERS).plain()
    assert after == WHOLE | {"id": "", "priority": "much", "when": WHOLE["when"]["all"][0]}


def test_a_fault_stands_beside_what_it_is_about() -> None:
    form = RuleForm.posted(sent(RuleForm.of(WHOLE, PROVIDERS)), PROVIDERS)
    assert form.is_valid()
    for place in ("when.all.1.not.less", "roles.0", "until", "elsewhere"):
        form.refused(RuleInvalid(place, f"wrong at {place}"))
    assert form.beside == {"when.1.0": ["Wrong at when.all.1.not.less"]}
    assert form.errors["roles"] == ["Wrong at roles.0"]
    assert form.errors["until"] == ["Wrong at until"]
    assert form.non_field_errors() == ["Wrong at elsewhere"]


def test_each_line_of_names_is_described_and_says_when_it_is_refused() -> None:
    form = RuleForm.posted(sent(RuleForm.of(WHOLE, PROVIDERS)), PROVIDERS)
    form.refused(RuleInvalid("roles.0", "wrong"))
    drawn = {name: str(form[name]) for name in ("roles", "denies")}
    assert drawn["roles"].count('aria-invalid="true"') == 3
    assert drawn["roles"].count('aria-describedby="id_roles_helptext id_roles_error"') == 3
    assert drawn["denies"].count('aria-describedby="id_denies_helptext"') == 2
    assert "aria-invalid" not in drawn["denies"]


def test_an_empty_form_is_an_unfinished_rule() -> None:
    empty = RuleForm.of({}, PROVIDERS)
    assert empty.plain() == {"id": "", "when": {"claim": "", "equals": ""}}
