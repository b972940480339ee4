"""Each door counts the tries of one address, and a Redis that is silent is not "no limit"."""

from datetime import UTC, datetime

import pytest
from django.test import Client

from gateway import wiring
from gateway.flows import authorize, limits
from gateway.flows.authorize import EntryRequest
from gateway.flows.errors import TooManyTries
from gateway.flows.limits import Limit
from gateway.relying_parties.models import RelyingParty
from gateway.sessions import cookie
from providers.errors import SharedCacheUnavailable
from providers.models import Provider
from tests.gateway.flows.refusing import silent_redis
from tests.gateway.sessions.people import ada, ben

pytestmark = pytest.mark.usefixtures("db", "redis_url")

HOST = "gateway.corp.localhost:8000"


@pytest.mark.parametrize(
    ("limit", "method", "path"),
    [
        (Limit.START, "GET", "/sign-in/corp-oidc"),
        (Limit.START, "GET", "/sign-in/corp-saml"),
        (Limit.CALLBACK, "GET", "/oidc/corp-oidc/callback"),
        (Limit.CALLBACK, "POST", "/oidc/corp-oidc/callback"),
        (Limit.CALLBACK, "POST", "/saml/corp-saml/acs"),
        (Limit.CALLBACK, "GET", "/oidc/corp-oidc/signed-out"),
        (Limit.CALLBACK, "GET", "/saml/corp-saml/slo"),
        (Limit.ENTRY, "GET", "/entry"),
        (Limit.LINK, "GET", "/link/guessed"),
        (Limit.LINK, "POST", "/link/guessed"),
        (Limit.SIGN_OUT, "POST", "/internal/sign-out"),
    ],
)
def test_a_door_closes_for_the_address_that_tried_too_often_alone(
    limit: Limit, method: str, path: str
) -> None:
    for protocol in ("oidc", "saml"):
        Provider.objects.create(slug=f"corp-{protocol}", name=protocol, protocol=protocol)
    client = Client(headers={"Host": HOST}, raise_request_exception=False)
    for _ in range(limit.value[1]):
        limits.spend(limit, "198.51.100.8")
    tired = client.generic(method, path, headers={"X-Forwarded-For": "198.51.100.8"})
    assert (tired.status_code, tired["Retry-After"]) == (429, "60")
    fresh = client.generic(method, path, headers={"X-Forwarded-For": "198.51.100.9"})
    assert fresh.status_code != 429


def test_an_ipv6_site_is_counted_as_one_and_its_neighbour_is_not() -> None:
    Provider.objects.create(slug="corp-oidc", name="Corp", protocol="oidc")
    client = Client(headers={"Host": HOST}, raise_request_exception=False)
    for _ in range(Limit.LINK.value[1]):
        client.get("/link/guessed", headers={"X-Forwarded-For": "2001:db8:1:1::8"})

    def status(address: str) -> int:
        return client.get("/link/guessed", headers={"X-Forwarded-For": address}).status_code

    assert status("2001:db8:1:1:ffff::9") == 429
    assert status("2001:db8:1:2::8") == 404
    assert status("::ffff:198.51.100.8") == 404


def test_the_last_try_is_allowed_and_the_next_is_not() -> None:
    for _ in range(10):
        limits.spend(Limit.LINK, "198.51.100.8")
    with pytest.raises(TooManyTries):
        limits.spend(Limit.LINK, "198.51.100.8")


def test_one_person_enters_so_many_apps_in_a_minute() -> None:
    origin = "https://wiki.corp.example"
    RelyingParty.objects.create(slug="wiki", name="Wiki", origins=[origin])
    asked = EntryRequest(id="abcdefgh", origin=origin, nonce_hash="0" * 64)
    now = datetime.now(UTC)
    for _ in range(60):
        authorize.grant(asked, cookie.new_token("ada"), ada(), now=now)
    with pytest.raises(TooManyTries):
        authorize.grant(asked, cookie.new_token("ada"), ada(), now=now)
    authorize.grant(asked, cookie.new_token("ben"), ben(), now=now)


def test_a_silent_redis_lets_nobody_try() -> None:
    with silent_redis(), pytest.raises(SharedCacheUnavailable):
        limits.spend(Limit.START, "198.51.100.8")


def test_a_silent_redis_is_not_a_cache_without_an_entry() -> None:
    with silent_redis(), pytest.raises(SharedCacheUnavailable):
        wiring.shared_cache().get("login:nobody")
