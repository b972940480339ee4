"""The pages of what a provider tells of its own accord."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone

from gateway.flows.signals import streams
from gateway.flows.signals.streams import WantedStream
from gateway.sessions import cookie
from gateway.streams.models import SignalStream
from tests.fakes.oidc_provider import OidcProvider
from tests.fakes.ssf_transmitter import (
    AUDIENCE,
    CLIENT,
    SECRET,
    SsfTransmitter,
    ssf_transmitter,
)
from tests.gateway.pages.signed_in import cookie_of, staff, start
from tests.journeys.browser import Browser, oidc_row
from tests.journeys.conftest import house, idp
from tests.journeys.signalling import REVOKED, ada, pushed

__all__ = ["house", "idp"]
PLACE = "/console/providers/corp-oidc/signals/"


@pytest.fixture
def transmitter(idp: OidcProvider) -> Iterator[SsfTransmitter]:
    with ssf_transmitter() as made:
        yield made


@pytest.fixture
def dora(idp: OidcProvider) -> Browser:
    """An administrator, at the form that gives her browser its token."""
    browser = Browser()
    browser.client.cookies[cookie.NAME] = cookie_of(start(staff("dora"), provider=""))
    browser.get(f"{PLACE}connect/")
    return browser


def words(answer: Any) -> str:
    assert answer.status_code == 200, answer.status_code
    return str(answer.content.decode())


def by_client(transmitter: SsfTransmitter, **said: str) -> dict[str, str]:
    base = transmitter.issuer.removesuffix("/tenant")
    form = {
        "issuer": transmitter.issuer,
        "delivery": "push",
        "client_id": CLIENT,
        "client_secret": SECRET,
        "token_endpoint": f"{base}/token",
    }
    return form | said


def test_an_admin_connects_a_stream_has_it_tested_and_ends_it(
    idp: OidcProvider, transmitter: SsfTransmitter, dora: Browser
) -> None:
    page = words(dora.get(PLACE))
    assert "/signals/corp-oidc/global-token-revocation" in page
    assert "None is connected" in page
    form = words(dora.get(f"{PLACE}connect/"))
    assert idp.issuer in form
    made = words(dora.post(f"{PLACE}connect/", by_client(transmitter)))
    assert "has made the stream at the transmitter" in made
    row = SignalStream.objects.get()
    place = f"{PLACE}{row.pk}/"
    assert "not tested yet" in words(dora.get(place))
    assert dora.post(f"{place}verify/").status_code == 302
    assert len(transmitter.states) == 1
    assert "none has come yet" in words(dora.get(place))
    assert "Keep it" in words(dora.get(f"{place}end/"))
    assert dora.post(f"{place}end/").status_code == 302
    assert transmitter.streams == {}
    assert "None is connected" in words(dora.get(PLACE))


def test_the_token_of_a_stream_made_by_hand_is_shown_once(
    idp: OidcProvider, transmitter: SsfTransmitter, dora: Browser
) -> None:
    form = {"issuer": transmitter.issuer, "delivery": "push", "audience": AUDIENCE}
    made = words(dora.post(f"{PLACE}connect/", form))
    row = SignalStream.objects.get()
    assert f"/signals/streams/{row.pk}" in made
    token = made.partition("Bearer ")[2].partition("<")[0]
    assert len(token) == 43
    assert token not in words(dora.get(f"{PLACE}{row.pk}/"))


def test_what_cannot_be_connected_stays_in_the_form_with_why(
    idp: OidcProvider, transmitter: SsfTransmitter, dora: Browser
) -> None:
    refused = words(dora.post(f"{PLACE}connect/", {"issuer": "x", "delivery": "poll"}))
    assert "must be the transmitter" in refused
    assert "is needed to ask for events" in refused
    wrong = words(dora.post(f"{PLACE}connect/", by_client(transmitter, client_secret="wrong")))
    assert "invalid_client" in wrong
    assert "wrong" not in wrong.replace("wrong client", "")
    assert not SignalStream.objects.exists()


def test_what_came_is_shown_and_what_is_done_is_chosen(
    idp: OidcProvider, transmitter: SsfTransmitter, dora: Browser
) -> None:
    Browser().sign_in()
    wanted = WantedStream(issuer=transmitter.issuer, delivery="push", audience=AUDIENCE)
    made = streams.connect("corp-oidc", wanted, actor="operator", now=timezone.now())
    pushed(made, transmitter.event(REVOKED, ada(idp)))
    pushed(made, transmitter.event(REVOKED, ada(idp) | {"sub": "nobody"}))
    place = f"{PLACE}{made.id}/"
    page = words(dora.get(place))
    assert "Ada Byron" in page
    assert "nobody known here" in page
    row = SignalStream.objects.get()
    assert row.doings == {}
    chosen = {
        "session-revoked": "close",
        "account-disabled": "close",
        "account-purged": "close",
        "account-enabled": "note",
        "credential-revoked": "end",
        "credential-changed": "note",
        "token-claims-change": "ask",
        "device-not-compliant": "end",
        "device-compliant": "note",
        "assurance-level-change": "note",
    }
    assert dora.post(f"{place}doings/", chosen).status_code == 302
    row.refresh_from_db()
    assert row.doings == chosen
    assert dora.post(f"{place}doings/", chosen | {"session-revoked": "lift"}).status_code == 200
    row.refresh_from_db()
    assert row.doings == chosen


def test_whoever_may_not_enter_the_console_sees_and_changes_nothing(
    idp: OidcProvider, transmitter: SsfTransmitter, dora: Browser
) -> None:
    dora.post(f"{PLACE}connect/", by_client(transmitter))
    row = SignalStream.objects.get()
    ada = Browser()
    ada.sign_in()
    for path in ("", "connect/", f"{row.pk}/", f"{row.pk}/end/"):
        assert ada.get(f"{PLACE}{path}").status_code in (302, 403)
    for path in ("connect/", f"{row.pk}/doings/", f"{row.pk}/verify/", f"{row.pk}/end/"):
        assert ada.post(f"{PLACE}{path}", by_client(transmitter)).status_code in (302, 403)
    assert SignalStream.objects.count() == 1
    assert transmitter.states == []


def test_a_stream_stands_under_its_own_provider_alone(
    idp: OidcProvider, transmitter: SsfTransmitter, dora: Browser
) -> None:
    oidc_row(idp, slug="other")
    dora.post(f"{PLACE}connect/", by_client(transmitter))
    row = SignalStream.objects.get()
    assert dora.get(f"/console/providers/other/signals/{row.pk}/").status_code == 404
    assert dora.post(f"/console/providers/other/signals/{row.pk}/end/").status_code == 404
    assert SignalStream.objects.exists()
