"""Nobody guesses at a break-glass account without end, and nobody keeps its holder out by guessing
from one place.
"""

from dataclasses import replace
from hashlib import sha256

import pytest

from gateway.flows import limits
from gateway.flows.limits import Limit
from provisioning.models import Account
from tests.journeys.breaking_glass import EMAIL, PASSWORD, Holder, equipped, give_password
from tests.journeys.browser import Browser

pytestmark = pytest.mark.usefixtures("db", "redis_url")
TYPED = sha256(EMAIL.encode()).hexdigest()


@pytest.fixture(autouse=True)
def holder(db: object, redis_url: str, settings) -> Holder:
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, break_glass=True)
    return equipped()


def place(number: int) -> str:
    return f"198.51.100.{number}"


def guess(browser: Browser, number: int, *, email: str = EMAIL, password: str = "x") -> int:
    browser.get("/local/")
    at = {"X-Forwarded-For": place(number)}
    fields = {"email": email, "password": password}
    status: int = browser.post("/local/", fields, headers=at).status_code
    return status


def second(browser: Browser, number: int, code: str = "000000") -> int:
    """By whoever knows the password."""
    assert guess(browser, number, password=PASSWORD) == 303
    browser.get("/local/second")
    at = {"X-Forwarded-For": place(number)}
    status: int = browser.post("/local/second", {"code": code}, headers=at).status_code
    return status


def tried(limit: Limit, who: str, times: int) -> None:
    """So often already: from one place nobody comes to these limits within a minute."""
    for _ in range(times):
        assert limits._limiter().hit(limit.item, limit.value[0], who)


def test_one_account_is_tried_twenty_times_an_hour_from_one_place(browser: Browser) -> None:
    tried(Limit.LOCAL_ACCOUNT, f"{TYPED} {place(1)}", 18)
    answers = [guess(browser, 1, email=each) for each in (EMAIL, EMAIL.upper(), EMAIL)]
    assert answers == [403, 403, 429]
    assert guess(browser, 1, password=PASSWORD) == 429
    assert guess(browser, 2, password=PASSWORD) == 303


def test_one_account_is_tried_a_thousand_times_an_hour_from_wherever(browser: Browser) -> None:
    tried(Limit.LOCAL_ACCOUNT_ALL, TYPED, 998)
    assert [guess(browser, each) for each in (1, 2, 3)] == [403, 403, 429]
    assert guess(browser, 3, email="erin@corp.example") == 403


def test_second_factors_are_tried_ten_times_an_hour_from_one_place(
    browser: Browser, holder: Holder
) -> None:
    account = Account.objects.get().pk
    tried(Limit.LOCAL_SECOND, f"{account} {place(1)}", 9)
    assert [second(browser, 1) for _ in range(2)] == [403, 429]
    assert second(browser, 2, holder.codes[0]) == 303


def test_second_factors_are_tried_fifty_times_an_hour_from_wherever(browser: Browser) -> None:
    tried(Limit.LOCAL_SECOND_ALL, str(Account.objects.get().pk), 49)
    assert [second(browser, each) for each in (1, 2)] == [403, 429]


@pytest.mark.parametrize("bad", ["\0", "\0" * 300, "a" * 10_000, "²", "\ud7ff\uffff", "1" * 9_000])
def test_whatever_is_typed_it_is_answered_with_a_page(browser: Browser, bad: str) -> None:
    """Of PostgreSQL no text holds a NUL, and no column more than it is long."""
    assert guess(browser, 1, email=bad) == 403
    assert guess(browser, 1, email=f"{bad}{EMAIL}") == 403
    assert guess(browser, 1, password=bad) == 403
    give_password(browser)
    browser.get("/local/second")
    for fields in ({"code": bad}, {"passkey": bad}):
        assert browser.post("/local/second", fields).status_code == 403
