"""A rule in a form: as it is kept, as it is posted, and where its faults stand."""

from gateway.console.mapping.rule_form import RuleForm
from mapping.errors import RuleInvalid
from tests.gateway.console.mapping.test_tree import fields

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
    "note": "As agreed\nin March",
    "priority": -5,
}


def sent(form: RuleForm, **more: str) -> dict[str, str]:
    """What a browser posts of the form."""
    own = {name: str(form[name].value() or "") for name in form.fields}
    return own | fields(form.root) | more


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
    assert form.beside == {"when.1.0": ["wrong at when.all.1.not.less"]}
    assert form.errors["roles"] == ["wrong at roles.0"]
    assert form.errors["until"] == ["wrong at until"]
    assert form.non_field_errors() == ["wrong at elsewhere"]


def test_an_empty_form_is_an_unfinished_rule() -> None:
    empty = RuleForm.of({}, PROVIDERS)
    assert empty.plain() == {"id": "", "when": {"claim": "", "equals": ""}}
