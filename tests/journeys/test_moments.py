"""What happens between the steps: a commit that fails, a deactivation at the same moment."""

import pytest
from django.db import DatabaseError, transaction

from gateway import wiring
from gateway.flows import session_start
from provisioning.models import Account
from tests.fakes.oidc_provider import OidcProvider
from tests.gateway.leaving import close, reopen
from tests.journeys.browser import Browser, visit

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_commit_that_fails_leaves_no_live_session(
    idp: OidcProvider, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser.sign_in(person="ada")
    account = str(Account.objects.get().pk)
    started = wiring.session_store().of_account(account)
    callback = visit(browser.leave("corp-oidc")).location

    def refuse(*_: object) -> None:
        raise DatabaseError("the disk is full")

    monkeypatch.setattr(transaction.get_connection(), "_commit", refuse)
    answer = browser.get(callback)
    monkeypatch.undo()
    assert answer.status_code in {500, 503}
    assert wiring.session_store().of_account(account) == started


def test_a_deactivation_before_the_sign_in_fails_it_and_one_after_it_ends_its_session(
    idp: OidcProvider, browser: Browser
) -> None:
    browser.sign_in(person="ada")
    account = str(Account.objects.get().pk)
    callback = visit(browser.leave("corp-oidc")).location
    close(account)
    assert browser.get(callback).status_code == 403
    reopen(account)
    browser.sign_in(person="ada")
    assert browser.session is not None
    close(account)
    assert browser.session is None


def test_a_session_is_started_as_the_last_step_inside_the_transaction(
    idp: OidcProvider, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool] = []
    start = session_start.start_from_provider

    def watched(*args: object, **named: object) -> object:
        seen.append(transaction.get_connection().in_atomic_block)
        return start(*args, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(session_start, "start_from_provider", watched)
    browser.sign_in(person="ada")
    assert seen == [True]
