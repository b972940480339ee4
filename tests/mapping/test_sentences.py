"""Rules as people read them."""

import pytest

from mapping.sentences import default, exclusive, sentence, text
from mapping.sentences.parts import Part, filled

NAMES = {"keycloak-emea": "Keycloak EMEA", "okta": "Okta"}


def said(when: object, **rule: object) -> str:
    return text(sentence({"id": "r", "roles": ["deployer"], "when": when} | rule, NAMES))


def people(when: object) -> str:
    whole = said(when)
    assert whole.startswith("People ")
    assert whole.endswith(" get deployer")
    return whole.removeprefix("People ").removesuffix(" get deployer")


def test_names_stand_out_of_the_words() -> None:
    rule = {
        "id": "engineers",
        "roles": ["deployer"],
        "when": {"claim": "groups", "equals": "/engineering"},
        "provider": "keycloak-emea",
    }
    assert sentence(rule, NAMES) == (
        Part("People in "),
        Part("/engineering", "name"),
        Part(" at "),
        Part("Keycloak EMEA", "name"),
        Part(" get "),
        Part("deployer", "name"),
    )


@pytest.mark.parametrize(
    ("when", "words"),
    [
        ({"claim": "groups", "equals": "/eng"}, "in /eng"),
        ({"claim": "realm_access.groups", "in": ["/a", "/b", "/c"]}, "in /a, /b or /c"),
        ({"claim": "groups", "below": "/eng"}, "in /eng or a group below it"),
        ({"claim": "groups", "glob": "/eng/*"}, "in a group like /eng/*"),
        ({"claim": "groups", "matches": "/a.+"}, "in a group that matches /a.+"),
        ({"claim": "groups", "contains": "lead"}, "whose groups contains lead"),
        ({"claim": "department", "equals": "law"}, "whose department is law"),
        ({"claim": "department", "in": ["law", "tax"]}, "whose department is law or tax"),
        ({"claim": "email", "glob": "*@corp"}, "whose email is like *@corp"),
        ({"claim": "unit", "below": "/eng"}, "whose unit is /eng or below it"),
        ({"claim": "locked", "present": True}, "who have a locked"),
        ({"claim": "locked", "present": False}, "who have no locked"),
        ({"claim": "level", "less": 3}, "whose level is less than 3"),
        ({"claim": "level", "at_most": 3}, "whose level is at most 3"),
        ({"claim": "level", "more": 3}, "whose level is more than 3"),
        ({"claim": "level", "at_least": 3}, "whose level is at least 3"),
        ({"claim": "hired", "before": "2026-01-31"}, "whose hired is before 2026-01-31"),
        ({"claim": "hired", "after": "2026-01-31"}, "whose hired is after 2026-01-31"),
        ({"provider": ["okta", "entra"]}, "at Okta or entra"),
        ({"email_domain": ["corp.example"]}, "with a verified address at corp.example"),
        (
            {"time": {"from": "2026-01-01", "until": "2026-02-01"}},
            "from 2026-01-01 until 2026-02-01",
        ),
        ({"time": {"from": "2026-01-01"}}, "from 2026-01-01 on"),
        ({"time": {"until": "2026-02-01"}}, "until 2026-02-01"),
        ({"cel": "claims.level > 3"}, "for whom claims.level > 3 is true"),
    ],
)
def test_every_condition_has_its_words_and_its_opposite(when: dict, words: str) -> None:
    assert people(when) == words
    opposite = people({"not": when})
    assert opposite != words
    assert people({"not": {"not": when}}) == words
    assert people({"none": [when]}) == opposite
    assert "…" not in opposite
    assert "{" not in opposite


A, B, C = ({"claim": "groups", "equals": f"/{name}"} for name in "abc")


@pytest.mark.parametrize(
    ("when", "words"),
    [
        ({"all": [A, B]}, "in /a and in /b"),
        ({"any": [A, B]}, "in /a or in /b"),
        ({"none": [A, B]}, "not in /a and not in /b"),
        ({"not": {"any": [A, B]}}, "not in /a and not in /b"),
        ({"not": {"all": [A, B]}}, "not in /a or not in /b"),
        ({"not": {"none": [A, B]}}, "in /a or in /b"),
        ({"all": [A, {"any": [B, C]}]}, "in /a and (in /b or in /c)"),
        ({"any": [A, {"not": {"any": [B, C]}}]}, "in /a or (not in /b and not in /c)"),
        ({"all": [A, {"any": [B]}]}, "in /a and in /b"),
        ({"all": [{"any": [A, B]}]}, "in /a or in /b"),
    ],
)
def test_brackets_say_which_word_binds(when: dict, words: str) -> None:
    assert people(when) == words


@pytest.mark.parametrize(
    ("rule", "end"),
    [
        ({"roles": ["a", "b", "c"]}, "get a, b and c"),
        ({"roles": [], "denies": ["a", "b"]}, "never have a or b"),
        ({"denies": ["a"]}, "get deployer and never have a"),
        (
            {"attributes": {"department": "{unit}"}},
            "get deployer and have as their department {unit}",
        ),
        ({"until": "2026-03-31"}, "get deployer, until 2026-03-31"),
    ],
)
def test_all_that_a_rule_does_is_said(rule: dict, end: str) -> None:
    assert said(A, **rule) == f"People in /a {end}"


def test_a_text_that_looks_like_a_number_is_told_from_one() -> None:
    assert people({"claim": "level", "in": [3, "3", True, "true"]}) == (
        "whose level is 3, “3”, true or “true”"
    )


def test_of_many_values_some_are_named_and_the_rest_are_counted() -> None:
    values = [f"/{number}" for number in range(40)]
    assert people({"claim": "groups", "in": values}) == "in /0, /1, /2, /3, /4 or 35 more"
    assert people({"claim": "groups", "in": values[:6]}).endswith("/4 or 1 more")
    assert people({"claim": "groups", "in": values[:5]}).endswith("/3 or /4")


@pytest.mark.parametrize(
    "rule",
    [
        {},
        {"when": {}, "roles": []},
        {"when": {"claim": "", "equals": ""}},
        {"when": {"all": []}},
        {"when": {"not": None}},
        {"when": {"any": [{"claim": "groups", "in": []}, {"time": {}}, {"cel": ""}]}},
        {"when": {"provider": []}, "roles": [""]},
        {"when": ["what"], "attributes": "what", "until": 3},
        {"when": {"claim": "groups", "nearly": 3}},
    ],
)
def test_what_is_not_filled_in_yet_is_an_ellipsis(rule: dict) -> None:
    words = text(sentence(rule, NAMES))
    assert words.startswith("People ")
    assert "…" in words
    assert "{" not in words
    assert "[" not in words


def test_exclusive_roles_and_defaults_are_sentences() -> None:
    assert text(exclusive(("owner", "editor"))) == (
        "Of owner and editor a person keeps one alone: the first of them that she has"
    )
    assert text(default("okta", "employee", NAMES)) == "Everyone at Okta gets employee"


def test_a_language_may_put_the_parts_in_its_own_order() -> None:
    places = {"people": (Part("Leute"),), "role": (Part("deployer", "name"),)}
    parts = filled("%(role)s haben %(people)s", **places)
    assert parts == (Part("deployer", "name"), Part(" haben "), Part("Leute"))
