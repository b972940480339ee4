"""Signed out at an OIDC provider: by its logout token, or in a frame of its page."""

from typing import Any

import pytest
from django.test import Client

from gateway import wiring
from gateway.audit.models import AuditEvent
from gateway.sessions import cookie
from gateway.sessions.store import RedisSessionStore
from tests.fakes.oidc_forgery import LEFT_OUT
from tests.fakes.oidc_logout import logout_token
from tests.fakes.oidc_provider import OidcProvider
from tests.gateway.flows.refusing import no_more_on_record
from tests.journeys.browser import HOST, Browser, oidc_row, visit

BACK = "/oidc/corp-oidc/backchannel-logout"
FRONT = "/oidc/corp-oidc/frontchannel-logout"


def told(token: str, path: str = BACK, **fields: str) -> Any:
    """What the provider's own server posts; no browser, no cookie, no CSRF token."""
    client = Client(enforce_csrf_checks=True, headers={"Host": HOST})
    return client.post(path, {"logout_token": token, **fields})


def signed_in(idp: OidcProvider, sid: object = "session-of-ada", person: str = "ada") -> Browser:
    idp.lie.claims["sid"] = sid
    browser = Browser()
    assert browser.sign_in(person=person).status_code == 303
    return browser


def test_a_logout_token_ends_the_session_that_it_names_and_no_other(idp: OidcProvider) -> None:
    named, again = signed_in(idp), signed_in(idp)
    other_session = signed_in(idp, sid="another")
    other_person = signed_in(idp, sid="third", person="ben")
    answer = told(logout_token(idp))
    assert (answer.status_code, answer.content) == (200, b"")
    assert "no-store" in answer["Cache-Control"]
    assert answer["Pragma"] == "no-cache"
    assert not answer.cookies
    assert [each.session for each in (named, again)] == [None, None]
    assert other_session.session is not None
    assert other_person.session is not None
    assert named.get("/").status_code == 302


def test_a_logout_token_without_a_session_ends_all_of_that_person_at_that_provider(
    idp: OidcProvider,
) -> None:
    oidc_row(idp, slug="other")
    hers = [signed_in(idp, sid="1"), signed_in(idp, sid="2"), signed_in(idp, sid=LEFT_OUT)]
    his, elsewhere = signed_in(idp, person="ben"), Browser()
    elsewhere.sign_in("other")
    answer = told(logout_token(idp, sid=LEFT_OUT))
    assert answer.status_code == 200
    assert [browser.session for browser in hers] == [None] * 3
    assert his.session is not None
    assert elsewhere.session is not None


def test_each_end_is_on_record_with_who_said_so(idp: OidcProvider) -> None:
    browser = signed_in(idp)
    assert browser.session is not None
    account = browser.session.account
    told(logout_token(idp))
    event = AuditEvent.objects.get(event="session.ended")
    assert (event.actor, event.account) == ("corp-oidc", account)
    assert event.detail == {
        "provider": "corp-oidc",
        "reason": "upstream-logout",
        "source": "back-channel-logout",
    }
    assert event.reference


def test_a_session_that_is_gone_already_is_as_good_as_ended(idp: OidcProvider) -> None:
    assert told(logout_token(idp)).status_code == 200
    assert told(logout_token(idp, sid=LEFT_OUT, sub="nobody")).status_code == 200
    assert not AuditEvent.objects.filter(event="session.ended").exists()


def test_a_logout_token_counts_once(idp: OidcProvider) -> None:
    token = logout_token(idp, sid=LEFT_OUT)
    assert told(token).status_code == 200
    later = signed_in(idp)
    again = told(token)
    assert again.status_code == 400
    assert again.json() == {
        "error": "invalid_request",
        "error_description": "logout.replay",
    }
    assert later.session is not None
    assert told(logout_token(idp, sid=LEFT_OUT)).status_code == 200
    assert later.session is None


@pytest.mark.parametrize(
    ("claims", "check"),
    [
        ({"nonce": "n"}, "logout_token.nonce"),
        ({"aud": "other"}, "logout_token.aud"),
        ({"iss": "https://evil.example"}, "logout_token.iss"),
        ({"events": LEFT_OUT}, "logout_token.events"),
    ],
    ids=str,
)
def test_a_bad_token_is_refused_by_name_and_ends_nothing(
    idp: OidcProvider, claims: dict[str, Any], check: str, caplog: pytest.LogCaptureFixture
) -> None:
    browser = signed_in(idp)
    token = logout_token(idp, **claims)
    answer = told(token)
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/json")
    assert answer.json() == {"error": "invalid_request", "error_description": check}
    assert "no-store" in answer["Cache-Control"]
    assert browser.session is not None
    assert check in caplog.text
    assert token not in caplog.text


def test_one_token_is_posted_and_whatever_else_comes_along_is_passed_over(
    idp: OidcProvider,
) -> None:
    client = Client(headers={"Host": HOST})
    token = logout_token(idp)
    twice = client.post(BACK, {"logout_token": [token, logout_token(idp)]})
    assert twice.status_code == 400
    assert client.post(BACK, {}).status_code == 400
    assert client.post(f"{BACK}?logout_token={token}").status_code == 400
    assert told(token, more="1").status_code == 200


def test_a_sign_in_under_way_loses_against_its_own_logout(idp: OidcProvider) -> None:
    idp.lie.claims["sid"] = "session-of-ada"
    late, later = Browser(), Browser()
    back = visit(late.leave("corp-oidc")).location
    told(logout_token(idp))
    answer = late.get(back)
    assert answer.status_code == 403
    assert "Your company signed you out meanwhile" in answer.content.decode()
    assert late.session is None
    # Whoever begins afterwards is let in, also where the provider still calls it by that name.
    assert later.sign_in().status_code == 303


def test_what_cannot_be_put_on_record_is_not_ended_and_may_be_told_again(
    idp: OidcProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, token = signed_in(idp), logout_token(idp)
    client = Client(headers={"Host": HOST}, raise_request_exception=False)
    with no_more_on_record():
        assert client.post(BACK, {"logout_token": token}).status_code == 500
    assert browser.session is not None
    assert told(token).status_code == 200
    assert browser.session is None


def test_a_redis_that_is_away_is_no_bad_token_and_the_provider_may_try_again(
    idp: OidcProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gateway.sessions.session import SessionStoreUnavailable

    browser, token = signed_in(idp), logout_token(idp)

    def away(*_: object) -> bool:
        raise SessionStoreUnavailable("switched off by the test")

    with monkeypatch.context() as patched:
        patched.setattr(RedisSessionStore, "end_all", away)
        answer = told(token)
    assert answer.status_code == 503
    assert answer["Retry-After"]
    assert "no-store" in answer["Cache-Control"]
    assert not AuditEvent.objects.filter(event="session.ended").exists()
    assert told(token).status_code == 200
    assert browser.session is None


def framed(browser: Browser, idp: OidcProvider, **fields: str) -> Any:
    return browser.client.get(FRONT, {"iss": idp.issuer, "sid": "session-of-ada", **fields})


def test_a_frame_of_the_providers_page_ends_the_session_that_it_names(idp: OidcProvider) -> None:
    """The session's cookie does not come into a frame of another site: the name must do."""
    named, other = signed_in(idp), signed_in(idp, sid="another")
    answer = framed(Browser(), idp)
    assert answer.status_code == 200
    assert named.session is None
    assert other.session is not None


def test_nobody_but_the_provider_may_frame_the_page(idp: OidcProvider) -> None:
    answer = framed(Browser(), idp)
    assert answer["Content-Security-Policy"] == f"default-src 'none'; frame-ancestors {idp.base}"
    assert "X-Frame-Options" not in answer
    assert "no-store" in answer["Cache-Control"]
    bad = framed(Browser(), idp, iss="https://evil.example")
    assert bad.status_code == 400
    assert "frame-ancestors 'none'" in bad["Content-Security-Policy"]
    assert bad["X-Frame-Options"] == "DENY"


def test_a_frame_says_nothing_of_whether_there_was_a_session(idp: OidcProvider) -> None:
    signed_in(idp)
    some, none = framed(Browser(), idp), framed(Browser(), idp, sid="nobody")
    assert (some.status_code, some.content) == (none.status_code, none.content)
    assert dict(some.headers) == dict(none.headers)


def test_the_cookie_goes_where_it_comes_along_and_its_session_is_over(idp: OidcProvider) -> None:
    hers = signed_in(idp)
    other = signed_in(idp, sid="another")
    answer = framed(hers, idp)
    assert answer.cookies[cookie.NAME]["max-age"] == 0
    assert cookie.NAME not in framed(other, idp).cookies
    assert other.session is not None


def test_a_frame_of_another_provider_ends_nothing(idp: OidcProvider) -> None:
    oidc_row(idp, slug="other")
    browser = signed_in(idp)
    path = "/oidc/other/frontchannel-logout"
    answer = Browser().client.get(path, {"iss": idp.issuer, "sid": "session-of-ada"})
    assert answer.status_code == 200
    assert browser.session is not None


def test_no_token_is_ever_kept(idp: OidcProvider) -> None:
    token = logout_token(idp)
    told(token)
    client = wiring.redis_client()
    for key in client.keys("gh:cache:*"):
        assert token.encode() not in key + (client.get(key) or b"")
