"""A login and a logout at every vendor, answered in the vendor's documented shapes.

The pages that document each shape stand beside it in `tests/fakes/oidc_vendors.py`.
"""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from providers.connector import LogoutRequest, RedirectBinding
from providers.dialects import DIALECTS
from tests.fakes.oidc_case import SIGNED_OUT, OidcCase, browse, oidc_case
from tests.fakes.oidc_vendors import TENANT, VENDORS, identifier

PLATFORM = "/engineering/platform"


@pytest.fixture(params=VENDORS)
def vendor(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def case(vendor: str) -> Iterator[OidcCase]:
    with oidc_case(vendor=VENDORS[vendor]) as made:
        yield made


# subject, username, verified, groups, session
ADA = {
    "plain": ("ada-0001", "ada", True, (PLATFORM,), "session-of-ada"),
    "keycloak": (identifier("ada"), "ada", True, (PLATFORM,), identifier("session")),
    "okta": ("00uada", "ada@corp.example", True, ("Everyone", PLATFORM), None),
    "auth0": ("auth0|ada", "ada@corp.example", True, (PLATFORM,), "4hbBdmZ0QxZfc9R3"),
    "auth0-v2-logout": ("auth0|ada", "ada@corp.example", True, (PLATFORM,), "4hbBdmZ0QxZfc9R3"),
    "entra": (
        f"{TENANT}.{identifier('ada')}",
        "ada@corp.example",
        False,
        (identifier(PLATFORM),),
        None,
    ),
    "adfs": (
        *("vFcXhqW7S5nL2k-ada=", "ada@corp.example"),
        *(False, (PLATFORM,), None),
    ),
    "google": ("1103294", "ada@corp.example", True, (), None),
}


def test_every_dialect_has_a_vendor_here():
    assert {vendor.dialect for vendor in VENDORS.values()} == set(DIALECTS)
    assert all(vendor.documentation for vendor in VENDORS.values())


def test_a_login_at_each_vendor(case, vendor):
    ada = case.login("ada")
    assert (ada.name, ada.email) == ("Ada Byron", "ada@corp.example")
    assert ada.subject.issuer == case.idp.issuer
    found = (
        ada.subject.value,
        ada.username,
        ada.email_verified,
        ada.claims.texts("groups"),
        ada.upstream_session,
    )
    assert found == ADA[vendor]


def test_two_people_at_each_vendor_are_two(case):
    assert case.login("ada").subject != case.login("ben").subject


def test_a_logout_at_each_vendor(case, vendor):
    hint = case.login("ada").logout_hint
    request = LogoutRequest(id="logout-" + "s" * 36, hint=hint, return_url=SIGNED_OUT)
    binding = case.connector.end_session(request, case.now)
    if vendor == "google":  # it has no such place
        assert binding is None
        return
    assert isinstance(binding, RedirectBinding)
    case.connector.logout_ended(request, browse(binding.url))
    assert len(case.idp.signed_out) == 1


def test_auth0_s_own_logout_carries_the_state_in_the_address_of_the_way_back():
    with oidc_case(vendor=VENDORS["auth0-v2-logout"]) as case:
        request = LogoutRequest(id="x" * 43, hint="", return_url=SIGNED_OUT)
        binding = case.connector.end_session(request, case.now)
        assert isinstance(binding, RedirectBinding)
        parts = urlsplit(binding.url)
        assert parts.path == "/v2/logout"
        fields = parse_qs(parts.query)
        back = [f"{SIGNED_OUT}?state={request.id}"]
        assert fields == {"client_id": ["gatehouse"], "returnTo": back}
