"""Leaving for a SAML provider, coming back, and who it is that came."""

from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.exceptions import InvalidSignature
from lxml import etree

from providers.connector import AuthenticationResponse
from providers.errors import ProviderRefused, RequestUnknown, ResponseInvalid
from providers.saml.messages import message_id
from providers.saml.person import attributes_of, name_id_of
from providers.saml.schema import check_schema
from providers.saml.text import text_of
from tests.fakes.saml_case import (
    NOW,
    SERVICE,
    SERVICE_KEYS,
    Case,
    connector_to,
    login_request,
    refusal,
)
from tests.fakes.saml_messages import EMAIL_ADDRESS, PERSISTENT, SAML, UNSPECIFIED, Person
from tests.fakes.saml_provider import PEOPLE, SamlProvider, posted, received

TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
STATUS = "urn:oasis:names:tc:SAML:2.0:status:"


def sent(case: Case) -> tuple[str, str]:
    return case.connector.begin(case.request, NOW).url.split("?", 1)  # type: ignore[return-value]


def test_the_request_is_signed_and_lawful() -> None:
    case = Case()
    address, query = sent(case)
    assert address == "https://idp.corp.example/sso"
    root, relay_state = received(query, SERVICE_KEYS.certificate)
    check_schema(root)
    assert relay_state == case.request.id
    assert root.get("Destination") == address
    assert root.get("AssertionConsumerServiceURL") == f"{SERVICE}/acs"
    assert root.get("IssueInstant") == "2026-11-23T09:00:00Z"
    assert root.get("ForceAuthn") is None
    assert len(query) < 3_000


def test_a_changed_request_is_seen_by_its_signature() -> None:
    _, query = sent(Case())
    with pytest.raises(InvalidSignature):
        received(query.replace("RelayState=r", "RelayState=x"), SERVICE_KEYS.certificate)


def test_the_request_s_name_does_not_tell_the_relay_state() -> None:
    request = login_request()
    assert message_id(request.id).startswith("_")
    assert request.id not in message_id(request.id)
    assert message_id(request.id) != message_id(login_request(letter="s").id)


def test_an_address_with_a_query_keeps_it() -> None:
    provider = SamlProvider()
    case = Case(provider, connector_to(provider, sso_url="https://idp.corp.example/sso?idpid=C1"))
    query = parse_qs(urlsplit(case.connector.begin(case.request, NOW).url).query)
    assert query["idpid"] == ["C1"]
    assert "SAMLRequest" in query


def test_a_name_with_markup_in_it_stays_text() -> None:
    provider = SamlProvider(entity_id="https://idp.corp.example/?a=1&b=<2>")
    case = Case(provider)
    assert case.complete(case.answer()).subject.issuer == f"saml:{provider.entity_id}"


def answered(case: Case) -> AuthenticationResponse:
    return posted(case.answer(), case.request.id)


@pytest.mark.parametrize(
    ("changes", "check"),
    [
        ({"method": "GET"}, "saml.binding"),
        ({"repeated": frozenset({"SAMLResponse"})}, "saml.parameters"),
        ({"repeated": frozenset({"RelayState"})}, "saml.parameters"),
        ({"fields": {}}, "saml.parameters"),
        ({"fields": {"RelayState": "r" * 43}}, "saml.parameters"),
        ({"fields": {"RelayState": "s" * 43, "SAMLResponse": ""}}, "saml.relay_state"),
        (
            {"fields": {"RelayState": "r" * 43, "SAMLResponse": "", "SAMLRequest": ""}},
            "saml.parameters",
        ),
    ],
    ids=str,
)
def test_an_answer_that_comes_otherwise_is_refused(changes: dict[str, object], check: str) -> None:
    case = Case()
    response = replace(answered(case), **changes)  # type: ignore[arg-type]
    assert refusal(lambda: case.connector.complete(case.request, response, NOW)) == check


def test_another_message_of_the_provider_s_is_no_answer() -> None:
    case = Case()
    root = case.answer()
    root.tag = "{urn:oasis:names:tc:SAML:2.0:protocol}ArtifactResponse"
    assert case.refusal(root) == "saml.message"


def test_an_answer_for_another_request_is_refused_even_with_this_ones_relay_state() -> None:
    first, second = Case(), Case(request=login_request(letter="s"))
    root = second.answer()
    assert first.refusal(root) == "saml.in_response_to"


def test_an_answer_for_another_connection_of_ours_is_refused() -> None:
    provider = SamlProvider()
    here = Case(provider)
    there = replace(here.request, callback_url="https://gateway.corp.example/saml/other/acs")
    document = here.answer()
    other = replace(here.connector, entity_id="https://gateway.corp.example/saml/other/metadata")
    response = posted(document, here.request.id)
    assert refusal(lambda: other.complete(here.request, response, NOW)) == "saml.audience"
    assert refusal(lambda: here.connector.complete(there, response, NOW)) == "saml.destination"


def test_a_sign_in_begun_at_another_provider_is_refused() -> None:
    case = Case()
    request = replace(case.request, provider="other")
    assert refusal(lambda: case.connector.complete(request, answered(case), NOW)) == "saml.provider"


def test_who_she_is_comes_from_the_assertion() -> None:
    case = Case()
    ada = case.complete(case.answer(authenticated=NOW - timedelta(minutes=3)))
    assert ada.provider == "corp"
    assert ada.subject.issuer == "saml:https://idp.corp.example/metadata"
    assert ada.subject.value == "G-ada"
    assert ada.claims.texts("groups") == ("/engineering/platform",)
    assert ada.authenticated_at == NOW - timedelta(minutes=3)
    assert ada.acr == "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
    assert ada.upstream_session == "_session-1"
    assert ada.session_ends == NOW + timedelta(hours=10)
    assert ada.email == "ada@corp.example"
    assert not ada.email_verified


def test_an_address_is_verified_only_if_the_provider_says_so() -> None:
    case = Case()
    attributes = (("email", ("ada@corp.example",)), ("emailVerified", ("true",)))
    assert case.complete(case.answer(Person(name_id="x", attributes=attributes))).email_verified


@pytest.mark.parametrize(
    ("settings", "person", "check"),
    [
        ({}, Person(name_id="x", name_id_format=EMAIL_ADDRESS), "saml.name_id_format"),
        ({}, Person(name_id="x", name_id_format=TRANSIENT), "saml.name_id_format"),
        ({}, Person(name_id="x", name_id_format=UNSPECIFIED), "saml.name_id_format"),
        ({}, Person(name_id="x", name_id_format=""), "saml.name_id_format"),
        (
            {"name_id_format": "unspecified"},
            Person(name_id="ada@corp.example", name_id_format=UNSPECIFIED),
            "saml.name_id_format",
        ),
        (
            {"name_id_format": "unspecified"},
            Person(name_id="x", name_id_format=PERSISTENT),
            "saml.name_id_format",
        ),
        ({"subject_attribute": "id"}, PEOPLE["ada"], "saml.subject"),
        (
            {"subject_attribute": "id"},
            Person(name_id="x", attributes=(("id", ("1", "2")),)),
            "saml.subject",
        ),
        (
            {"subject_attribute": "id"},
            Person(name_id="x", attributes=(("id", (" ",)),)),
            "saml.subject",
        ),
        (
            {"subject_attribute": "id"},
            Person(name_id="x", attributes=(("id", ("1" * 257,)),)),
            "saml.subject",
        ),
    ],
)
def test_nobody_is_known_by_what_does_not_last(
    settings: dict[str, object], person: Person, check: str
) -> None:
    provider = SamlProvider()
    case = Case(provider, connector_to(provider, **settings))
    assert case.refusal_of(person) == check


@pytest.mark.parametrize(
    ("settings", "person", "subject"),
    [
        (
            {"name_id_format": "unspecified"},
            Person(name_id="auth0|1", name_id_format=UNSPECIFIED),
            "auth0|1",
        ),
        ({"name_id_format": "unspecified"}, Person(name_id="u1", name_id_format=""), "u1"),
        (
            {"name_id_format": "emailAddress", "subject_attribute": "id"},
            Person(
                name_id="ada@corp.example",
                name_id_format=EMAIL_ADDRESS,
                attributes=(("id", ("00u1",)),),
            ),
            "00u1",
        ),
    ],
)
def test_the_row_says_what_lasts(settings: dict[str, object], person: Person, subject: str) -> None:
    provider = SamlProvider()
    case = Case(provider, connector_to(provider, **settings))
    assert case.complete(case.answer(person)).subject.value == subject


@pytest.mark.parametrize(
    "attribute",
    ["<a:EncryptedAttribute/>", '<a:Attribute Name=""/>', f'<a:Attribute Name="{"x" * 1025}"/>'],
)
def test_an_attribute_that_cannot_be_read_is_not_left_out(attribute: str) -> None:
    statement = f"<a:AttributeStatement>{attribute}</a:AttributeStatement>"
    assertion = etree.fromstring(f'<a:Assertion xmlns:a="{SAML}">{statement}</a:Assertion>')
    assert refusal(lambda: attributes_of(assertion)) == "saml.attributes"


@pytest.mark.parametrize("name", ["Format", "NameQualifier", "SPNameQualifier"])
def test_what_qualifies_a_name_is_short(name: str) -> None:
    text = f'<a:Subject xmlns:a="{SAML}"><a:NameID {name}="{"x" * 1025}">ada</a:NameID></a:Subject>'
    assert refusal(lambda: name_id_of(etree.fromstring(text))) == "saml.name_id"


def test_a_text_with_elements_in_it_has_no_one_reading() -> None:
    assert text_of(etree.fromstring("<a>x</a>")) == "x"
    assert refusal(lambda: text_of(etree.fromstring("<a>x<b/>y</a>"))) == "saml.text"


def test_nothing_of_the_assertion_is_told_by_an_error() -> None:
    case = Case()
    document = case.answer(PEOPLE["dora"], audiences=(("https://other.example",),))
    with pytest.raises(ResponseInvalid) as refused:
        case.complete(document)
    assert "dora" not in str(refused.value)


def test_a_no_in_strange_letters_stays_on_one_line_of_the_log() -> None:
    case = Case()
    with pytest.raises(ProviderRefused) as refused:
        case.complete(case.answer(status=("urn:x:no\n2026-11-23 \u202eada signed in",)))
    assert refused.value.upstream_code.isprintable()
    assert str(refused.value).isprintable()


@pytest.mark.parametrize(
    ("dialect", "error"), [("keycloak", RequestUnknown), ("okta", ProviderRefused)]
)
def test_a_form_that_was_too_old_at_keycloak_is_no_refusal(
    dialect: str, error: type[Exception]
) -> None:
    case = Case()
    case.connector = connector_to(case.provider, dialect=dialect)
    no = case.answer(
        status=(f"{STATUS}Responder", f"{STATUS}AuthnFailed"),
        status_message="authentication_expired",
    )
    with pytest.raises(error):
        case.complete(no)
