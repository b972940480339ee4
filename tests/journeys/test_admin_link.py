"""The first administrator comes in by a link that works once."""

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from gateway.flows.local import make_admin_link
from provisioning.models import Account
from tests.journeys.browser import Browser

pytestmark = pytest.mark.usefixtures("db", "redis_url")


def link() -> str:
    return make_admin_link(email="dora@corp.example", now=timezone.now())


def test_it_asks_for_one_click_and_opens_the_console(browser: Browser) -> None:
    url = link()
    assert browser.get(url).status_code == 200
    assert browser.session is None
    answer = browser.post(url)
    assert (answer.status_code, answer["Location"]) == (303, "/admin/")
    assert browser.get("/admin/").status_code == 200
    account = Account.objects.get()
    assert account.is_staff
    assert not account.is_superuser
    assert not account.has_usable_password()


def test_on_an_empty_gateway_the_first_administrator_may_do_everything(
    browser: Browser,
) -> None:
    assert not Group.objects.exists()
    url = link()
    browser.get(url)
    browser.post(url)
    page = browser.get("/admin/").content.decode()
    for noun in ("Providers", "Apps", "People"):
        assert noun in page


def test_it_works_once(browser: Browser) -> None:
    url = link()
    browser.get(url)
    browser.post(url)
    other = Browser()
    assert other.get(url).status_code == 404
    assert other.post(url).status_code in {403, 404}
    assert other.session is None


def test_a_guessed_link_opens_nothing(browser: Browser) -> None:
    link()
    assert browser.get("/link/guessed").status_code == 404


def test_another_site_cannot_use_it_for_her(browser: Browser) -> None:
    url = link()
    assert (
        browser.client.post(url.removeprefix("http://gateway.corp.localhost:8000")).status_code
        == 403
    )


def test_it_never_opens_an_account_that_a_provider_vouches_for(
    browser: Browser, idp: object
) -> None:
    browser.sign_in(person="dora")
    federated = Account.objects.get()
    other = Browser()
    url = link()
    other.get(url)
    other.post(url)
    assert other.session is not None
    assert other.session.account != str(federated.pk)
