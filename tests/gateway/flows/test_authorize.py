"""A ticket for an app's host: asked for in our own words, for an enabled app, and on record."""

from datetime import UTC, datetime

import pytest

from gateway.audit.models import AuditEvent
from gateway.flows import authorize
from gateway.flows.authorize import EntryRequest
from gateway.flows.errors import EntryRefused
from gateway.relying_parties.models import RelyingParty
from gateway.sessions import cookie
from tests.gateway.sessions.people import ada

pytestmark = pytest.mark.usefixtures("redis_url")

WIKI = "https://wiki.corp.example"


def grant(entry_id: str = "abcdefgh", origin: str = WIKI, nonce: str = "0" * 64) -> str:
    asked = EntryRequest(id=entry_id, origin=origin, nonce_hash=nonce)
    now = datetime.now(UTC)
    return authorize.grant(asked, cookie.new_token("ada"), ada(), now=now).url


@pytest.fixture(autouse=True)
def _wiki(db: None) -> None:
    RelyingParty.objects.create(slug="wiki", name="Wiki", origins=[WIKI])


def test_it_leads_to_the_app_and_is_on_record() -> None:
    url = grant()
    assert url.startswith(f"{WIKI}/.gatehouse/enter?id=abcdefgh&ticket=")
    event = AuditEvent.objects.get()
    assert (event.event, event.account) == ("entry.granted", ada().account)
    assert event.detail == {"relying_party": "wiki"}
    assert url.rpartition("=")[2] not in str(event.detail)


@pytest.mark.parametrize("entry_id", ["", "short", "a" * 65, "abcdefgh&ticket=x", "abcdefgh\n"])
def test_an_id_that_is_none_of_the_edges_is_refused(entry_id: str) -> None:
    with pytest.raises(EntryRefused):
        grant(entry_id=entry_id)


@pytest.mark.parametrize("nonce", ["", "0" * 63, "0" * 65, "G" * 64, "0" * 64 + "\n"])
def test_a_nonce_that_is_no_hash_is_refused(nonce: str) -> None:
    with pytest.raises(EntryRefused):
        grant(nonce=nonce)


def test_an_app_that_is_switched_off_gets_none_and_has_no_name() -> None:
    assert authorize.app_named("wiki") == "Wiki"
    RelyingParty.objects.update(enabled=False)
    with pytest.raises(EntryRefused):
        grant()
    assert authorize.app_named("wiki") is None
