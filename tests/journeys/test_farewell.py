"""Signing out at the provider as well: once, at that provider, and only while it is in use."""

import json

import pytest
from django.test import Client
from django.utils import timezone

from gateway import wiring
from gateway.audit.models import AuditEvent
from gateway.flows import logout
from gateway.flows.logout import FAREWELL
from gateway.tokens.keys import Addressed, Typ, sign_jwt
from providers.models import Provider
from tests.fakes.oidc_provider import OidcProvider
from tests.gateway.flows.refusing import no_more_on_record
from tests.journeys.browser import HOST, Browser, oidc_row, visit

pytestmark = pytest.mark.usefixtures("idp")


def signed_out(browser: Browser) -> None:
    browser.sign_in()
    browser.get("/")
    browser.post("/sign-out")
    browser.get("/signed-out")


def test_the_way_to_the_provider_is_open_once(browser: Browser) -> None:
    signed_out(browser)
    kept = browser.cookies.copy()
    assert browser.post("/sign-out/provider").status_code == 302
    browser.cookies.update(kept)
    again = browser.post("/sign-out/provider")
    assert (again.status_code, again["Location"]) == (303, "/signed-out")


def test_another_provider_may_not_answer(idp: OidcProvider, browser: Browser) -> None:
    oidc_row(idp, slug="other")
    signed_out(browser)
    back = visit(browser.post("/sign-out/provider")["Location"]).location
    assert browser.get(back.replace("corp-oidc", "other")).status_code == 400


def test_a_provider_that_is_switched_off_is_neither_named_nor_asked_nor_heard(
    browser: Browser,
) -> None:
    signed_out(browser)
    Provider.objects.update(enabled=False)
    assert "Corp" not in browser.get("/signed-out").content.decode().split("<main", 1)[1]
    kept = browser.cookies.copy()
    assert browser.post("/sign-out/provider").status_code == 404
    Provider.objects.update(enabled=True)
    browser.cookies.update(kept)
    signed_out(browser)
    back = visit(browser.post("/sign-out/provider")["Location"]).location
    Provider.objects.update(enabled=False)
    assert browser.get(back).status_code == 404


def test_another_sites_link_leads_nobody_to_the_provider(browser: Browser) -> None:
    signed_out(browser)
    assert browser.client.get("/sign-out/provider").status_code == 405
    assert browser.client.post("/sign-out/provider").status_code == 403


def test_a_hint_that_does_not_open_leads_nowhere(browser: Browser) -> None:
    signed_out(browser)
    assert browser.token is not None
    waiting = json.dumps({"provider": "corp-oidc", "hint": "p0.forged"}).encode()
    wiring.shared_cache().put(f"farewell:{browser.token.handle}", waiting, FAREWELL)
    answer = browser.post("/sign-out/provider")
    assert (answer.status_code, answer["Location"]) == (303, "/signed-out")


def test_redis_keeps_no_id_token_in_the_clear(browser: Browser) -> None:
    browser.sign_in()
    assert browser.token is not None
    notes = wiring.session_store().read_private(browser.token.handle)
    assert notes is not None
    assert b"logout_hint" in notes
    assert b"eyJ" not in notes


def test_signing_out_twice_ends_and_records_one_session(browser: Browser) -> None:
    browser.sign_in()
    assert browser.token is not None
    handle = browser.token.handle
    assert logout.sign_out(handle, by="ada", now=timezone.now())
    assert not logout.sign_out(handle, by="ada", now=timezone.now())
    assert AuditEvent.objects.filter(event="session.ended").count() == 1


def test_what_cannot_be_put_on_record_ends_no_session(browser: Browser) -> None:
    browser.sign_in()
    browser.get("/")
    browser.client.raise_request_exception = False
    with no_more_on_record():
        assert browser.post("/sign-out").status_code == 500
    assert browser.session is not None


def test_the_edges_door_takes_a_bearer_token_by_post_and_nothing_else(browser: Browser) -> None:
    browser.sign_in()
    assert browser.token is not None
    base, path, now = wiring.config().base_url, "/internal/sign-out", timezone.now()
    client, ring, lives = Client(headers={"Host": HOST}), wiring.key_ring(), FAREWELL

    def status(scheme: str, typ: Typ, audience: str, method: str = "POST") -> int:
        said = Addressed(issuer=base, audience=audience, now=now)
        token = sign_jwt(ring, typ, said, {"session": browser.token.handle}, lives)  # type: ignore[union-attr]
        return client.generic(
            method, path, headers={"Authorization": f"{scheme} {token}"}
        ).status_code

    assert status("Bearer", Typ.INTERNAL, base + path, method="GET") == 405
    assert status("Basic", Typ.INTERNAL, base + path) == 401
    assert status("Bearer", Typ.ASSERTION, base + path) == 401
    assert status("Bearer", Typ.INTERNAL, base) == 401
    assert status("Bearer", Typ.INTERNAL, "http://wiki.corp.localhost:8000") == 401
    assert browser.session is not None
    assert status("Bearer", Typ.INTERNAL, base + path) == 200
    assert browser.session is None
