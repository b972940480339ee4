"""The plan oidcc-client-refreshtoken-test-plan of the OpenID Foundation's suite, module by module.

The gateway refreshes by itself, in the background: a refusal ends the session.
"""

import pytest

from gateway.audit.models import AuditEvent
from tests.conformance.relying_party import RelyingParty, house
from tests.fakes.oidc_provider import OidcProvider
from tests.journeys.browser import Browser
from tests.journeys.rechecking import asked_again, rechecked

__all__ = ["house", "rechecked"]


@pytest.fixture
def party(idp: OidcProvider) -> RelyingParty:
    """She is signed in; the row asks again every ten minutes."""
    made = RelyingParty(idp=idp, browser=Browser())
    made.accepts()
    return made


def ended(party: RelyingParty) -> str:
    assert asked_again(party.idp) == 1
    assert party.browser.session is None
    reason: str = AuditEvent.objects.get(event="session.ended").detail["reason"]
    return reason


def test_oidcc_client_test_refresh_token(party: RelyingParty) -> None:
    before = dict(party.idp.asked)
    assert asked_again(party.idp) == 1
    assert party.browser.session is not None
    assert party.idp.asked["token"] == before["token"] + 1
    assert party.idp.asked["userinfo"] == before["userinfo"] + 1


def test_oidcc_client_test_refresh_token_invalid_issuer(party: RelyingParty) -> None:
    party.idp.lie.refreshed["iss"] = f"{party.idp.issuer}1"
    assert ended(party) == "recheck: id_token.iss"


def test_oidcc_client_test_refresh_token_invalid_sub(party: RelyingParty) -> None:
    party.idp.lie.refreshed["sub"] = "somebody-else"
    assert ended(party) == "recheck: id_token.sub"


def test_oidcc_client_test_refresh_token_invalid_aud(party: RelyingParty) -> None:
    party.idp.lie.refreshed["aud"] = "another-client"
    assert ended(party) == "recheck: id_token.aud"
