"""Exclusive and default roles of a draft, as a form."""

import re
from html import unescape
from typing import Any

import pytest

from mapping.models import Draft
from providers.models import Provider
from provisioning.models import Account
from tests.gateway.console.mapping.drafting import AUDITORS, address, begun, company
from tests.gateway.pages.signed_in import browser_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]


@pytest.fixture
def draft() -> Draft:
    dora = company()
    Provider.objects.create(slug="okta", name="Okta", protocol="oidc", dialect="okta", settings={})
    return begun(dora)


@pytest.fixture
def browser(draft: Draft):
    return browser_of(Account.objects.get(username="dora"))


def posted(browser, draft: Draft, do: str = "save", **fields: object) -> Any:
    sent = {"edition": draft.edition, "do": do, **fields}
    return browser.post(address(draft, "general/"), sent, follow=True)


def content(draft: Draft) -> dict:
    draft.refresh_from_db()
    return {name: value for name, value in draft.content.items() if name != "rules"}


def lists(answer) -> list[list[str]]:
    return [one for _, one, _ in answer.context["lists"]]


def test_what_is_written_there_stands_in_the_draft_and_in_words(browser, draft: Draft) -> None:
    page = posted(
        browser, draft, **{"list.0": ["deployer", "", "reader"], "default.okta": " reader "}
    )
    assert content(draft) == {
        "exclusive_roles": [["deployer", "reader"]],
        "default_roles": {"okta": "reader"},
    }
    words = unescape(page.content.decode())
    assert "Everyone at <strong>Okta</strong> gets <strong>reader</strong>" in words
    assert "Of <strong>deployer</strong> and <strong>reader</strong> a person keeps one" in words


def test_what_stands_there_comes_back_from_the_form_as_it_was(browser, draft: Draft) -> None:
    posted(browser, draft, **{"list.0": ["deployer", "reader"], "default.okta": "reader"})
    before = content(draft)
    page = browser.get(address(draft, "general/"))
    fields = {name: one for name, one, _ in page.context["lists"]}
    fields |= {f"default.{slug}": role for slug, _, role, _ in page.context["defaults"]}
    posted(browser, draft, **fields)
    assert content(draft) == before
    assert draft.edition == 2


def test_empty_lines_and_lists_go_away(browser, draft: Draft) -> None:
    posted(browser, draft, **{"list.0": ["deployer", "reader"], "default.okta": "reader"})
    draft.refresh_from_db()
    posted(browser, draft, **{"list.0": ["", ""], "default.okta": ""})
    assert content(draft) == {}


@pytest.mark.parametrize(
    ("do", "after"),
    [
        ("list", [["owner", "reader"], ["a", "b"], ["", ""]]),
        ("line:1", [["owner", "reader"], ["a", "b", ""]]),
        ("up:0:1", [["reader", "owner"], ["a", "b"]]),
        *((do, [["owner", "reader"], ["a", "b"]]) for do in ("up:0:0", "up:9:1", "up:0:9", "burn")),
    ],
)
def test_a_button_changes_the_form_alone(browser, draft: Draft, do: str, after: list) -> None:
    page = posted(browser, draft, do, **{"list.0": ["owner", "reader"], "list.1": ["a", "b"]})
    assert lists(page) == after
    assert content(draft) == {}


@pytest.mark.parametrize(
    ("fields", "beside"),
    [
        ({"list.0": ["", ""], "list.1": ["deployer"]}, "list.1"),
        ({"list.0": ["deployer", "reader"], "list.1": ["reader", "auditor"]}, "list.1"),
        ({"list.0": ["deployer", "not declared"]}, "list.0"),
        ({"default.okta": "unknown"}, "default_roles.okta"),
    ],
)
def test_what_is_refused_stands_where_it_was_typed(
    browser, draft: Draft, fields: dict, beside: str
) -> None:
    page = posted(browser, draft, **fields)
    told = {address: fault for address, _, fault in page.context["lists"] if fault}
    told |= {
        f"default_roles.{slug}": fault for slug, *_, fault in page.context["defaults"] if fault
    }
    assert list(told) == [beside]
    assert content(draft) == {}


def test_a_provider_that_is_gone_keeps_its_default_role_in_sight(browser, draft: Draft) -> None:
    posted(browser, draft, **{"default.okta": "reader", "default.gone": "reader"})
    page = browser.get(address(draft, "general/"))
    assert [slug for slug, *_ in page.context["defaults"]] == ["gone", "okta"]


def test_an_old_form_saves_nothing(browser, draft: Draft) -> None:
    page = posted(browser, draft, edition="7", **{"default.okta": "reader"})
    assert "somebody changed this draft meanwhile" in page.content.decode()
    assert content(draft) == {}


def test_rules_stay_as_they_are(browser, draft: Draft) -> None:
    posted(browser, draft, **{"default.okta": "reader"})
    draft.refresh_from_db()
    assert AUDITORS in draft.content["rules"]


@pytest.mark.parametrize(
    ("do", "at"),
    [
        *(("list", (2, 0)), ("line:0", (0, 2)), ("up:0:1", (0, 0)), ("up:1:1", (1, 0))),
        *(("up:0:0", None), ("line:9", None), ("up:x:1", None), ("burn", None), ("", None)),
    ],
)
def test_a_button_leaves_the_keyboard_where_it_was(browser, draft: Draft, do: str, at) -> None:
    both = {"list.0": ["deployer", "reader"], "list.1": ["auditor", "reader"]}
    page = posted(browser, draft, do, **both)
    assert page.context["at"] == at
    assert page.content.decode().count(" data-focus") == (at is not None)


def test_what_is_refused_begins_as_a_sentence_and_is_said_by_its_field(
    browser, draft: Draft
) -> None:
    page = posted(browser, draft, **{"default.okta": "nobody-knows"})
    words = unescape(page.content.decode())
    assert 'aria-invalid="true" aria-describedby="fault-' in words
    [told] = re.findall(r'role="alert" id="fault-[0-9]+">(.)', words)
    assert told.isupper()
