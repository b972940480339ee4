"""A pending login belongs to one browser, one state, one provider, ten minutes, one use."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.flows import pending
from gateway.flows.pending import PendingLogin, TriedBy
from gateway.sessions.session import SessionHandle
from providers.connector import REQUEST_LIFETIME, AuthenticationRequest
from providers.errors import RequestUnknown

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def a_login(state: str = "s" * 43) -> PendingLogin:
    return PendingLogin(
        request=AuthenticationRequest(
            id=state,
            provider="corp-oidc",
            callback_url="http://gateway.corp.localhost:8000/oidc/corp-oidc/callback",
            return_to="/entry?id=abc",
            nonce="n" * 43,
            code_verifier="v" * 64,
            force_authentication=True,
            expires_at=NOW + REQUEST_LIFETIME,
        ),
        replaces=SessionHandle("abc." + "0" * 64),
    )


def test_it_comes_back_as_it_was() -> None:
    login = a_login()
    assert pending.read(pending.keep(login), login.request.id, "corp-oidc", NOW) == login


def test_that_it_is_a_test_is_under_the_seal() -> None:
    test = replace(a_login(), tried_by=TriedBy(account="a" * 36, session=SessionHandle("b" * 68)))
    assert pending.read(pending.keep(test), test.request.id, "corp-oidc", NOW) == test
    assert len(pending.keep(test)) < 1500


def test_it_fits_a_cookie_and_shows_nothing_of_its_content() -> None:
    sealed = pending.keep(a_login())
    assert len(sealed) < 1500
    assert "corp-oidc" not in sealed


def test_another_state_does_not_open_it() -> None:
    with pytest.raises(RequestUnknown):
        pending.read(pending.keep(a_login()), "t" * 43, "corp-oidc", NOW)


def test_another_provider_may_not_answer_it() -> None:
    login = a_login()
    with pytest.raises(RequestUnknown, match="begun at corp-oidc"):
        pending.read(pending.keep(login), login.request.id, "evil", NOW)


def test_after_ten_minutes_it_is_too_old() -> None:
    login = a_login()
    sealed = pending.keep(login)
    pending.read(sealed, login.request.id, "corp-oidc", NOW + timedelta(minutes=9, seconds=59))
    with pytest.raises(RequestUnknown, match="too old"):
        pending.read(sealed, login.request.id, "corp-oidc", NOW + timedelta(minutes=10))


@pytest.mark.parametrize("forged", ["", "x", "p0.abc", "." * 50, "p\x00.€", "a" * 5000])
def test_what_is_not_ours_is_refused(forged: str) -> None:
    with pytest.raises(RequestUnknown):
        pending.read(forged, "s" * 43, "corp-oidc", NOW)


def test_what_is_too_large_to_be_ours_is_not_even_opened() -> None:
    with pytest.raises(RequestUnknown, match="too large"):
        pending.read("a" * 5000, "s" * 43, "corp-oidc", NOW)


def test_one_changed_letter_breaks_the_seal() -> None:
    login = a_login()
    sealed = pending.keep(login)
    changed = sealed[:-5] + ("A" if sealed[-5] != "A" else "B") + sealed[-4:]
    with pytest.raises(RequestUnknown):
        pending.read(changed, login.request.id, "corp-oidc", NOW)


def test_it_is_used_once(redis_url: str) -> None:
    pending.use(a_login())
    with pytest.raises(RequestUnknown, match="used before"):
        pending.use(a_login())
