"""Each vendor's provider, in the shape that it documents, signs a person in and out."""

from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

import pytest
from lxml import etree

from providers.connector import AuthenticationResponse, LogoutRequest
from providers.saml.connector import SamlConnector
from tests.fakes.saml_case import NOW, SERVICE, SERVICE_KEYS, Case, connector_to
from tests.fakes.saml_messages import SAML, SUCCESS, logout_response
from tests.fakes.saml_provider import SamlProvider, parsed_again, posted, received
from tests.fakes.saml_signing import encrypt_as_keycloak, sign
from tests.fakes.saml_vendors import VENDORS, Vendor

SLO = f"{SERVICE}/slo"


@pytest.fixture(params=VENDORS)
def vendor(request: pytest.FixtureRequest) -> Vendor:
    return VENDORS[request.param]


def provider_of(vendor: Vendor) -> SamlProvider:
    return SamlProvider(entity_id=vendor.entity_id, signed=vendor.signed)


def connector_of(vendor: Vendor) -> SamlConnector:
    return connector_to(
        provider_of(vendor),
        dialect=vendor.dialect,
        sso_url=vendor.sso_url,
        slo_url=vendor.slo_url,
        encrypted=vendor.encrypts,
        **vendor.settings,
    )


def answer_of(vendor: Vendor, case: Case) -> etree._Element:
    said = case.said(
        vendor.ada,
        response_prefixes=vendor.response_prefixes,
        assertion_prefixes=vendor.assertion_prefixes,
        **vendor.says,
    )
    if not vendor.encrypts:
        return case.provider.answer(said)
    inner = SamlProvider(entity_id=vendor.entity_id, signed=("assertion",)).answer(said)
    encrypt_as_keycloak(inner[-1], SERVICE_KEYS.certificate)
    sign(inner, case.provider.keys)
    return parsed_again(inner)


def test_a_person_signs_in(vendor: Vendor) -> None:
    case = Case(provider_of(vendor), connector_of(vendor))
    ada = case.complete(answer_of(vendor, case))
    assert ada.subject.issuer == f"saml:{vendor.entity_id}"
    assert ada.subject.value == vendor.subject
    assert ada.username == vendor.username
    assert ada.name == "Ada Byron"
    assert ada.email == "ada@corp.example"
    assert ada.claims.texts("groups") == vendor.groups


def test_a_person_signs_out_there(vendor: Vendor) -> None:
    case = Case(provider_of(vendor), connector_of(vendor))
    hint = case.complete(answer_of(vendor, case)).logout_hint
    assert hint is not None
    request = LogoutRequest(id="q" * 43, hint=hint, return_url=SLO)
    binding = case.connector.end_session(request, NOW)
    if vendor.slo_url is None:
        assert binding is None
        return
    assert binding is not None
    message, relay_state = received(urlsplit(binding.url).query, SERVICE_KEYS.certificate)
    assert binding.url.startswith(vendor.slo_url)
    assert message.findtext(f"{{{SAML}}}NameID") == vendor.ada.name_id
    case.connector.logout_ended(request, farewell_of(vendor, case, message, relay_state))


def farewell_of(
    vendor: Vendor, case: Case, message: etree._Element, relay_state: str
) -> AuthenticationResponse:
    answer = logout_response(
        issuer=vendor.entity_id,
        destination=SLO,
        in_response_to=message.get("ID", ""),
        status=SUCCESS,
        now=NOW,
    )
    if vendor.logout_by_post:
        sign(answer, case.provider.keys)
        return posted(parsed_again(answer), relay_state)
    query = case.provider.signed_query(answer, relay_state)
    return AuthenticationResponse(method="GET", fields=dict(parse_qsl(query)), query=query)


def test_groups_that_entra_leaves_out_end_the_sign_in() -> None:
    vendor = VENDORS["entra"]
    case = Case(provider_of(vendor), connector_of(vendor))
    link = ("http://schemas.microsoft.com/claims/groups.link", ("https://graph.example/",))
    others = [pair for pair in vendor.ada.attributes if not pair[0].endswith("/groups")]
    many_groups = replace(vendor.ada, attributes=(*others, link))
    assert case.refusal_of(many_groups) == "claims.groups"
