"""Whoever is closed is out of everything that was ever open to her, at once, and stays out."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.test import Client
from django.utils import timezone

from gateway import wiring
from gateway.flows import api_tokens, inbox
from gateway.flows.errors import TokenAuthorGone
from gateway.flows.recheck import recheck
from gateway.flows.scim import tokens
from provisioning.errors import AccountClosed
from provisioning.jit import returning
from provisioning.models import Account, Source, UpstreamGrant
from provisioning.scim.models import ScimToken
from tests.fakes.oidc_provider import OidcProvider
from tests.gateway.api.programs import PROVIDERS, Program, token_of
from tests.gateway.leaving import close
from tests.gateway.pages.signed_in import HOST, staff
from tests.gateway.scim.pushing import Pusher, connected
from tests.journeys.apps import WIKI, enter, ticket_for
from tests.journeys.browser import Browser
from tests.journeys.edge import AppBrowser
from tests.journeys.rechecking import after, rechecked

__all__ = ["rechecked"]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("idp")]
PROMISED = 1.0  # seconds; it is a few hundredths where the machine is not busy


def closed(account: Account) -> None:
    staff("cleo")  # somebody has to be left who can administer
    close(account.pk, by="cleo")


def within(holds: Callable[[], bool]) -> bool:
    until = time.monotonic() + PROMISED
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


@pytest.fixture
def dora(idp: OidcProvider) -> Browser:
    """An administrator, signed in."""
    Group.objects.get(name="gatehouse-admin").permissions.set(Permission.objects.all())
    browser = Browser()
    assert browser.sign_in(person="dora").status_code == 303
    return browser


def account() -> Account:
    return Account.objects.get(username="dora")


def test_her_session_and_every_page_are_over(dora: Browser) -> None:
    assert dora.get("/admin/").status_code == 200
    assert dora.get("/api/v1/me").status_code == 200
    token = dora.token
    assert token is not None
    closed(account())
    assert dora.session is None
    assert wiring.session_store().load(token.handle) is None
    assert dora.get("/api/v1/me").status_code == 401
    assert "/sign-in" in dora.get("/")["Location"]
    assert dora.get("/admin/").status_code in {302, 403}
    assert dora.get("/console/waiting/").status_code in {302, 403}


def test_nothing_is_asked_again_of_her_provider_and_no_session_comes_back(
    dora: Browser, idp: OidcProvider
) -> None:
    assert UpstreamGrant.objects.count() == 1
    closed(account())
    assert not UpstreamGrant.objects.exists()
    assert recheck(now=after(idp, 60)) == 0
    assert dora.session is None
    assert wiring.session_store().count_of_account(str(account().pk)) == 0


def test_a_renewal_that_was_under_way_gives_her_nothing(dora: Browser, idp: OidcProvider) -> None:
    """Her provider still says yes: the account alone says no."""
    grant = UpstreamGrant.objects.get()
    person = account()
    Account.objects.filter(pk=person.pk).update(is_active=False)
    assert recheck(now=after(idp, 60)) == 1
    assert dora.session is None
    assert not UpstreamGrant.objects.filter(pk=grant.pk).exists()


def test_her_api_token_is_over_also_after_she_is_opened_again(dora: Browser) -> None:
    program = Program(token_of(account()))
    assert program.get(PROVIDERS).status_code == 200
    closed(account())
    assert program.get(PROVIDERS).status_code == 401
    inbox.reopen(
        account=str(account().pk),
        source=Source.CONSOLE,
        by="cleo",
        cause="back",
        at=timezone.now(),
    )
    assert Browser().sign_in(person="dora").status_code == 303
    assert account().is_staff
    assert program.get(PROVIDERS).status_code == 401


def test_a_token_of_a_closed_account_opens_nothing_although_nobody_revoked_it(
    dora: Browser,
) -> None:
    text = token_of(account())
    Account.objects.filter(pk=account().pk).update(is_active=False)
    with pytest.raises(TokenAuthorGone):
        api_tokens.opened(text, now=timezone.now())
    assert Program(text).get(PROVIDERS).status_code == 401


def test_no_way_to_sign_in_is_left(dora: Browser) -> None:
    closed(account())
    again: Any = Browser().sign_in(person="dora")
    assert again.status_code == 403
    assert "Your account is closed" in again.content.decode()
    with transaction.atomic(), pytest.raises(AccountClosed):
        returning(str(account().pk), now=timezone.now())


def test_a_scim_token_that_is_revoked_or_over_tells_nothing_more(dora: Browser) -> None:
    pusher = Pusher(connected())
    assert pusher.get("/Users").status_code == 200
    token = ScimToken.objects.get()
    tokens.revoke(token.pk, actor="cleo", now=timezone.now())
    assert pusher.get("/Users").status_code == 401
    other = Pusher(pusher.connection)
    ScimToken.objects.filter(revoked_at=None).update(
        expires_at=timezone.now() - timedelta(seconds=1)
    )
    assert other.get("/Users").status_code == 401
    assert Client(headers={"Host": HOST}).get("/scim/v2/okta/Users").status_code == 401


def test_no_app_lets_her_in_and_a_ticket_from_before_is_worth_nothing(
    edge: int, dora: Browser
) -> None:
    wiki, other = AppBrowser(edge, WIKI), AppBrowser(edge, WIKI)
    enter(dora, wiki)
    assert wiki.open("/page").status == 200
    ticket = ticket_for(dora, other)
    closed(account())
    assert within(lambda: wiki.open("/page").status == 302)
    assert other.handshake(ticket).status != 303 or other.open("/page").status == 302
    assert other.open("/page").status == 302
    assert wiki.open("/page").status == 302
