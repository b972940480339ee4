"""What stands beside a rule while it is typed, and what it is picked from."""

import pytest

from gateway.flows.mapping import counting, delegating, population
from provisioning.models import Account
from tests.gateway.console.mapping.drafting import address, begun, company, filled
from tests.gateway.console.mapping.test_drafts import text
from tests.gateway.flows.mapping.crowd import NOW, linked, vouched
from tests.gateway.pages.signed_in import account, browser_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]


@pytest.fixture(autouse=True)
def _crowd(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(population, "_kept", None)
    vouched("eve", "/engineering", department="it")
    vouched("finn", "/engineering/web", "/engineering")
    vouched("gus", "/finance", provider="other")
    linked("hal")


@pytest.fixture
def draft():
    return begun(company())


@pytest.fixture
def browser(draft):
    return browser_of(dora())


def dora():
    return Account.objects.get(username="dora")


def drafter_of(provider: str):
    """Ben, who drafts the rules of this provider alone."""
    ben = account("ben", is_staff=True)
    delegating.allow(account=str(ben.pk), provider=provider, actor=str(dora().pk), now=NOW)
    return browser_of(ben)


def typed(browser, draft, **more: str) -> dict[str, str]:
    return filled(browser, address(draft, "rule/deployers/")) | more


def test_how_many_are_meant_and_who_stands_beside_the_sentence(browser, draft) -> None:
    page = text(browser.post(address(draft, "count/"), typed(browser, draft)))
    assert ">2</strong> people of 5 are meant" in page
    assert "Eve" in page
    assert "Finn" in page
    assert "Gus" not in page
    assert "1 person has not signed in" in page


def test_whoever_presses_the_button_sees_the_same_without_a_script(browser, draft) -> None:
    where = address(draft, "rule/deployers/")
    page = text(browser.post(where, typed(browser, draft, do="check")))
    assert ">2</strong> people of 5 are meant" in page
    assert '<option value="department">' in page
    assert '<option value="/engineering/web">' in page


def test_an_opened_form_does_not_wait_for_everybody(browser, draft, monkeypatch) -> None:
    def read(*_args: object) -> None:
        raise AssertionError("everybody was read")

    monkeypatch.setattr(population, "read", read)
    assert browser.get(address(draft, "rule/deployers/")).status_code == 200


@pytest.mark.parametrize("value", ["", "("])
def test_what_is_not_whole_yet_is_not_counted(browser, draft, value: str) -> None:
    half = typed(browser, draft, **{"when.0.operator": "matches", "when.0.value": value})
    page = text(browser.post(address(draft, "count/"), half))
    assert "As soon as each condition is whole" in page
    assert "mapping-figure" not in page


def test_what_takes_too_long_is_left_to_the_preview(browser, draft, monkeypatch) -> None:
    monkeypatch.setattr(counting, "SECONDS", -1.0)
    half = typed(browser, draft, **{"when.0.operator": "cel", "when.0.value": "claims.level > 3"})
    page = text(browser.post(address(draft, "count/"), half))
    assert "takes too long to count while you type" in page


@pytest.mark.parametrize(
    ("asked", "values"),
    [
        ("claim=groups", ["/engineering", "/engineering/web", "/finance"]),
        ("claim=groups&begins=/engineering/", ["/engineering/web"]),
        ("claim=groups&begins=/nobody", []),
        ("claim=no.such", []),
        ("", ["department", "groups"]),
    ],
)
def test_fields_are_picked_from_what_people_have(browser, draft, asked: str, values: list) -> None:
    page = browser.get(address(draft, f"seen/?{asked}"))
    listed = page.context["values"]
    assert [one for one in listed if one in {*values, "/finance"}] == values


def test_values_are_text_on_the_page(browser, draft) -> None:
    vouched("ian", "<b>")
    assert "<b>" not in browser.get(address(draft, "seen/?claim=groups")).content.decode()


def test_whoever_drafts_for_one_provider_looks_at_its_people_alone(browser, draft) -> None:
    form = typed(browser, draft, **{"when.0.value": "/finance"})
    his = drafter_of("corp")
    for provider in ("", "other"):
        page = text(his.post(address(draft, "count/"), form | {"provider": provider}))
        assert "mapping-figure" not in page
        assert "Gus" not in page
    page = text(his.post(address(draft, "count/"), form | {"provider": "corp"}))
    assert "0</strong> people of" in page
    assert his.get(address(draft, "seen/?claim=groups")).context["values"] == []
    assert his.get(address(draft, "seen/")).context["values"] == []


def test_whoever_drafts_nothing_looks_at_nobody(browser, draft) -> None:
    ben = browser_of(account("ben", is_staff=True))
    assert ben.post(address(draft, "count/"), typed(browser, draft)).status_code == 403
    assert ben.get(address(draft, "seen/?claim=groups")).status_code == 403
