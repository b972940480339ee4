"""Whose session was ended from elsewhere is told why, once she is asked to sign in again; nobody
else is. And one person is signed in on no more browsers than may be.
"""

from dataclasses import replace

import pytest
from django.conf import LazySettings
from django.utils import timezone

from gateway import wiring
from gateway.audit.models import AuditEvent
from gateway.flows import ending
from gateway.flows.ending import Order
from gateway.sessions import cookie
from gateway.sessions.why import Why
from provisioning.models import Account
from tests.fakes.saml_provider import SamlProvider
from tests.gateway.leaving import close
from tests.journeys.browser import Browser

pytestmark = pytest.mark.usefixtures("idp")


def told(browser: Browser) -> str:
    return browser.get("/sign-in").content.decode()


@pytest.fixture
def two_at_most(settings: LazySettings) -> None:
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, sessions_per_person=2)


def browsers(count: int) -> list[Browser]:
    found = [Browser() for _ in range(count)]
    for each in found:
        each.sign_in()
    return found


def test_an_administrators_words_and_when_are_told_to_whose_browser_it_was() -> None:
    hers, strangers = browsers(1)[0], Browser()
    account = Account.objects.get()
    order = Order(
        by="dora",
        reason="ticket 7",
        at=timezone.now(),
        why=Why.ADMINISTRATOR,
        words="Your laptop was lost",
    )
    ending.of_account(str(account.pk), order)
    page = told(hers)
    assert "An administrator signed you out. “Your laptop was lost”" in page
    assert f'datetime="{order.at:%Y-%m-%dT%H:%M}' in page
    assert "ticket 7" not in page
    assert "administrator" not in told(strangers)


def test_a_cookie_that_is_not_of_this_host_is_told_nothing() -> None:
    hers, there = browsers(2)
    account = str(Account.objects.get().pk)
    token = hers.token
    ending.of_account(account, Order(by="x", reason="x", at=timezone.now(), why=Why.POLICY))
    assert "switched off" in told(there)
    there.cookies[cookie.NAME] = cookie.write(token, "wiki.corp.localhost", wiring.key_ring())
    assert "switched off" not in told(there)


def test_signing_another_browser_out_is_told_there() -> None:
    here, there = browsers(2)
    here.get("/")
    here.post("/sessions/end", {"session": there.token.handle})
    assert "You signed this browser out from another one." in told(there)
    assert here.get("/").status_code == 200


def test_whoever_signs_out_herself_or_in_anew_is_told_nothing() -> None:
    [browser] = browsers(1)
    browser.get("/")
    browser.post("/sign-out")
    assert 'class="note"' not in told(browser)


def test_a_closed_account_is_told() -> None:
    [browser] = browsers(1)
    account = str(Account.objects.get().pk)
    close(account)
    assert "Your account was closed." in told(browser)


@pytest.mark.usefixtures("two_at_most")
def test_of_too_many_sessions_the_oldest_ends_and_is_told_and_the_newest_wins() -> None:
    first, second, third = browsers(3)
    assert [each.session is not None for each in (first, second, third)] == [False, True, True]
    assert "as many browsers as you may" in told(first)
    event = AuditEvent.objects.get(event="session.ended")
    assert event.detail == {"provider": "corp-oidc", "reason": "too many sessions"}
    first.sign_in()
    assert second.session is None


@pytest.mark.usefixtures("two_at_most")
def test_a_browser_that_signs_in_anew_puts_nobody_out(saml_idp: SamlProvider) -> None:
    first, second = browsers(2)
    second.sign_in()
    first.sign_in()
    assert first.session is not None
    assert second.session is not None
    ben, other = Browser(), Browser()
    for each in (ben, other, other):  # whose answers come without the session's own cookie
        each.saml_sign_in(person="ben")
    assert ben.session is not None
    assert other.session is not None


def test_without_a_limit_nobody_is_put_out(settings: LazySettings) -> None:
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, sessions_per_person=0)
    assert all(each.session is not None for each in browsers(4))
