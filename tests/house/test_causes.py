"""Every check that can fail has a cause, and the page of causes is the table's."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.traces.causes.cause import Kind, Place
from gateway.traces.causes.places import PATHS, VENDORS, path_to
from gateway.traces.causes.table import CAUSES, cause_of
from gateway.traces.causes.words import WORDS
from gateway.traces.document import document
from gateway.web.errors import ERRORS
from providers.dialects import DIALECTS

ROOT = Path(__file__).resolve().parents[2]


# By the argument that says whose check it is: what it is called with.
FAMILIES = {
    "name": ("id_token", "logout_token", "userinfo", "access_token", "claims_source", "set"),
    "what": ("token", "userinfo", "par"),
}
# Whose checks a module's own `_refuse` names.
OWN = {"id_token": "id_token", "logout": "logout_token"}


def names_in(first: ast.expr) -> Iterator[str]:
    """The names that the first argument can be: a text, or one that begins with its family."""
    match first:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=[ast.FormattedValue(value=ast.Name(id=name)), *rest]):
            ends = [part.value for part in rest if isinstance(part, ast.Constant)]
            if len(ends) == len(rest):  # else the claim's name is its check's, as `.exp` below
                yield from (f"{family}{''.join(ends)}" for family in FAMILIES[name])


def calls() -> Iterator[tuple[Path, str, ast.Call]]:
    for path in (ROOT / "providers").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and node.args:
                yield path, str(getattr(node.func, "id", "")), node


def marked() -> set[str]:
    """The names in every `@checks(...)`."""
    found: set[str] = set()
    for _, called, call in calls():
        for argument in call.args if called == "checks" else []:
            name = str(getattr(argument, "value", ""))
            # One that begins with a dot is of some token; that not all have it does not matter.
            found.add(f"id_token{name}" if name.startswith(".") else name)
    return found


def raised() -> set[str]:
    """The names that `ResponseInvalid` is raised with anywhere below the gateway."""
    found: set[str] = set()
    for path, called, call in calls():
        if called == "ResponseInvalid":
            found.update(names_in(call.args[0]))
        elif called == "_refuse" and path.stem in OWN:
            found.update(f"{OWN[path.stem]}.{name}" for name in names_in(call.args[0]))
        elif called != "checks":  # a check that is handed on by its name
            texts = [name for argument in call.args for name in handed_on(argument)]
            found.update(text for text in texts if text.startswith(("saml.", "claims.")))
    return found


def handed_on(argument: ast.expr) -> Iterator[str]:
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        yield argument.value


def test_every_check_that_can_fail_has_a_cause() -> None:
    names = raised()
    assert len(names) > 70
    assert {"id_token.aud", "saml.audience", "saml.not_before", "claims.groups"} <= names
    assert sorted(name for name in names if cause_of(name) is None) == []


def test_every_check_that_a_trace_says_has_passed_is_one_that_can_fail() -> None:
    assert len(marked()) > 60
    assert sorted(marked() - raised()) == []


def test_every_error_of_a_sign_in_has_a_cause() -> None:
    families = ("provider.", "provisioning.", "session.upstream-ended")
    codes = {code for code in ERRORS if code.startswith(families)}
    of_checks = {"provider.response-invalid", "provider.logout-invalid"}
    assert sorted(code for code in codes - of_checks if not cause_of(code)) == []


def test_no_cause_is_left_of_a_check_that_is_gone() -> None:
    families = {name.partition(".")[0] for name in raised() | set(ERRORS)}
    known = raised() | set(ERRORS) | families
    left = {name for name in CAUSES if not name.startswith("provider.refused.")} - known
    assert sorted(left) == []


def test_every_class_of_cause_has_its_words_and_is_some_checks() -> None:
    assert set(WORDS) == set(Kind) == {cause.kind for cause in CAUSES.values()}


@pytest.mark.parametrize("protocol", ["oidc", "saml"])
def test_every_place_is_named_in_every_vendors_menus(protocol: str) -> None:
    assert set(DIALECTS) - {"plain"} <= set(VENDORS)
    for paths in PATHS[protocol].values():
        assert set(paths) == set(VENDORS)
    named = {place for place in Place if path_to(place, protocol, "okta")}
    assert {Place.KEYS, Place.CLAIMS, Place.CIPHERS, Place.PEOPLE, Place.LOGS} <= named


def test_the_page_of_causes_is_as_make_docs_writes_it() -> None:
    assert (ROOT / "docs" / "causes.md").read_text() == document()
