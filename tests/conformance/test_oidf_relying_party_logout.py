"""The logout plans of the OpenID Foundation's suite for relying parties, module by module.

RP-initiated, back channel and front channel. The suite makes the client begin the logout and sends
its own messages while the browser is at its end_session_endpoint; so do these tests.
"""

from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.test import Client
from joserfc.jwk import OctKey

from tests.conformance.relying_party import RelyingParty, house, party
from tests.fakes.oidc_forgery import LEFT_OUT, part, sign
from tests.fakes.oidc_logout import EVENT, logout_token
from tests.fakes.oidc_provider import CLIENT_SECRET
from tests.journeys.browser import HOST, Browser, visit

__all__ = ["house", "party"]

BACK = "/oidc/corp-oidc/backchannel-logout"
FRONT = "/oidc/corp-oidc/frontchannel-logout"


def signed_out(party: RelyingParty) -> str:
    """She signs out here and then at the provider; where it sends her browser back to."""
    party.accepts()
    party.browser.get("/")
    party.browser.post("/sign-out")
    assert party.browser.session is None
    party.browser.get("/signed-out")
    leaving = party.browser.post("/sign-out/provider")
    assert leaving.status_code == 302
    return visit(leaving["Location"]).location


def with_state(address: str, **state: str) -> str:
    parts = urlsplit(address)
    assert "state" in parse_qs(parts.query)
    return parts._replace(query=urlencode(state)).geturl()


def ends_on_a_page(answer: Any) -> None:
    """One that says no, and sends nobody anywhere."""
    assert answer.status_code == 400
    assert "location" not in answer.headers


# oidcc-client-rp-initiated-logout-rp-basic


def test_oidcc_client_test_rp_init_logout(party: RelyingParty) -> None:
    back = signed_out(party)
    [asked] = party.idp.signed_out
    assert asked["id_token_hint"].count(".") == 2
    assert asked["post_logout_redirect_uri"] == f"http://{HOST}/oidc/corp-oidc/signed-out"
    assert len(asked["state"]) == 43
    assert party.browser.get(back).status_code == 200


def test_oidcc_client_test_rp_init_logout_other_state(party: RelyingParty) -> None:
    ends_on_a_page(party.browser.get(with_state(signed_out(party), state="s" * 43)))


def test_oidcc_client_test_rp_init_logout_no_state(party: RelyingParty) -> None:
    ends_on_a_page(party.browser.get(with_state(signed_out(party))))


# oidcc-client-back-channel-logout-rp-basic


@pytest.fixture
def known(party: RelyingParty) -> RelyingParty:
    """She is signed in, in a session whose name the provider knows."""
    party.idp.lie.claims["sid"] = "session-of-ada"
    party.accepts()
    return party


def told(token: str) -> Any:
    client = Client(enforce_csrf_checks=True, headers={"Host": HOST})
    return client.post(BACK, {"logout_token": token})


def refused(party: RelyingParty, token: str) -> str:
    answer = told(token)
    assert answer.status_code == 400
    assert "no-store" in answer["Cache-Control"]
    assert party.browser.session is not None
    assert answer.json()["error"] == "invalid_request"
    check: str = answer.json()["error_description"]
    return check


def test_oidcc_client_test_rp_backchannel_rpinitlogout(known: RelyingParty) -> None:
    answer = told(logout_token(known.idp))
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    assert known.browser.session is None


def test_oidcc_client_test_rp_backchannel_rpinitlogout_while_she_signs_out_herself(
    known: RelyingParty,
) -> None:
    """As the suite does it: the token comes when her session here is gone already."""
    back = signed_out(known)
    assert told(logout_token(known.idp)).status_code == 200
    assert known.browser.get(back).status_code == 200


def test_oidcc_client_test_rp_backchannel_rpinitlogout_alg_none(known: RelyingParty) -> None:
    _, payload, _ = logout_token(known.idp).split(".")
    token = f"{part({'alg': 'none', 'typ': 'logout+jwt'})}.{payload}."
    assert refused(known, token) == "logout_token.alg"


def test_oidcc_client_test_rp_backchannel_rpinitlogout_no_event(known: RelyingParty) -> None:
    token = logout_token(known.idp, events=LEFT_OUT)
    assert refused(known, token) == "logout_token.events"


def test_oidcc_client_test_rp_backchannel_rpinitlogout_with_nonce(known: RelyingParty) -> None:
    assert refused(known, logout_token(known.idp, nonce="n")) == "logout_token.nonce"


def test_oidcc_client_test_rp_backchannel_rpinitlogout_wrong_alg(known: RelyingParty) -> None:
    """Another than the one agreed on: one that the row does not list, or the secret as a key."""
    token = logout_token(known.idp, header={"alg": "RS384"})
    assert refused(known, token) == "logout_token.alg"
    _, payload, _ = token.split(".")
    header = {"alg": "HS256", "typ": "logout+jwt"}
    claims = decoded(payload)
    symmetric = sign(header, claims, OctKey.import_key(CLIENT_SECRET), "HS256")
    assert refused(known, symmetric) == "logout_token.alg"


def decoded(payload: str) -> bytes:
    from base64 import urlsafe_b64decode

    return urlsafe_b64decode(payload + "=" * (-len(payload) % 4))


def test_oidcc_client_test_rp_backchannel_rpinitlogout_wrong_aud(known: RelyingParty) -> None:
    assert refused(known, logout_token(known.idp, aud="another-client")) == "logout_token.aud"


def test_oidcc_client_test_rp_backchannel_rpinitlogout_wrong_event(known: RelyingParty) -> None:
    token = logout_token(known.idp, events={f"{EVENT}-of-another-kind": {}})
    assert refused(known, token) == "logout_token.events"


def test_oidcc_client_test_rp_backchannel_rpinitlogout_wrong_iss(known: RelyingParty) -> None:
    assert refused(known, logout_token(known.idp, iss=f"{known.idp.issuer}1")) == "logout_token.iss"


# oidcc-client-front-channel-logout-rp-basic


def test_oidcc_client_test_rp_frontchannel_rpinitlogout(known: RelyingParty) -> None:
    """In a frame of the provider's page, where our cookies do not come along."""
    named = {"iss": known.idp.issuer, "sid": "session-of-ada"}
    answer = Browser().client.get(FRONT, named)
    assert answer.status_code == 200
    assert f"frame-ancestors {known.idp.base}" in answer["Content-Security-Policy"]
    assert known.browser.session is None


@pytest.mark.parametrize("wrong", [{"iss": "https://evil.example"}, {"sid": ""}])
def test_oidcc_client_test_rp_frontchannel_rpinitlogout_of_somebody_else(
    known: RelyingParty, wrong: dict[str, str]
) -> None:
    named = {"iss": known.idp.issuer, "sid": "session-of-ada", **wrong}
    assert Browser().client.get(FRONT, named).status_code == 400
    assert known.browser.session is not None
