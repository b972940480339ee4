"""Signing out at the provider, and what it must answer for us to say that it happened."""

import base64
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
import xmlsec
from lxml import etree

from providers.connector import AuthenticationResponse, LogoutRequest, PostBinding
from providers.errors import ProviderRefused
from providers.saml.messages import message_id
from providers.saml.schema import check_schema
from tests.fakes.saml_case import NOW, SERVICE, SERVICE_KEYS, Case, connector_to, refusal
from tests.fakes.saml_logout import opened
from tests.fakes.saml_messages import SAML, SAMLP, SUCCESS, logout_response
from tests.fakes.saml_provider import SamlProvider, parsed_again, posted, received
from tests.fakes.saml_signing import SignatureKind, key_pair, sign

SLO = f"{SERVICE}/slo"
PROVIDER = SamlProvider()


def asked_to_leave() -> tuple[Case, LogoutRequest]:
    case = Case(PROVIDER)
    hint = case.complete(case.answer()).logout_hint
    assert hint is not None
    return case, LogoutRequest(id="q" * 43, hint=hint, return_url=SLO)


def told(**changes: object) -> etree._Element:
    """The provider's answer, unsigned."""
    honest: dict[str, object] = {
        "issuer": PROVIDER.entity_id,
        "destination": SLO,
        "in_response_to": message_id("q" * 43),
        "status": SUCCESS,
        "now": NOW,
    }
    return logout_response(**(honest | changes))  # type: ignore[arg-type]


def by_post(message: etree._Element, relay_state: str = "q" * 43) -> AuthenticationResponse:
    sign(message, PROVIDER.keys)
    return posted(parsed_again(message), relay_state)


def by_redirect(
    message: etree._Element,
    relay_state: str = "q" * 43,
    provider: SamlProvider = PROVIDER,
    change: Callable[[str], str] = lambda query: query,
) -> AuthenticationResponse:
    query = change(provider.signed_query(message, relay_state))
    pairs = parse_qsl(query, keep_blank_values=True)
    names = [name for name, _ in pairs]
    return AuthenticationResponse(
        method="GET",
        fields=dict(pairs),
        repeated=frozenset(name for name in names if names.count(name) > 1),
        query=query,
    )


BINDINGS = [by_post, by_redirect]


def check_of(response: AuthenticationResponse) -> str:
    case, request = asked_to_leave()
    return refusal(lambda: case.connector.logout_ended(request, response))


def test_the_request_names_the_person_and_the_session_as_the_provider_did() -> None:
    case, request = asked_to_leave()
    binding = case.connector.end_session(request, NOW)
    assert binding is not None
    root, relay_state = received(urlsplit(binding.url).query, SERVICE_KEYS.certificate)
    check_schema(root)
    assert relay_state == request.id
    assert root.get("Destination") == "https://idp.corp.example/slo"
    name_id = root.find(f"{{{SAML}}}NameID")
    assert name_id is not None
    assert (name_id.text, name_id.get("Format", "")[-10:]) == ("G-ada", "persistent")
    assert root.findtext(f"{{{SAMLP}}}SessionIndex") == "_session-1"


def test_the_qualifiers_of_a_name_are_repeated() -> None:
    case, request = asked_to_leave()
    hint = request.hint.replace('"name_qualifier": null', '"name_qualifier": "here"')
    hint = hint.replace('"sp_name_qualifier": null', '"sp_name_qualifier": "there"')
    hint = hint.replace('"session_index": "_session-1"', '"session_index": null')
    binding = case.connector.end_session(replace(request, hint=hint), NOW)
    assert binding is not None
    root, _ = received(urlsplit(binding.url).query, SERVICE_KEYS.certificate)
    name_id = root.find(f"{{{SAML}}}NameID")
    assert name_id is not None
    assert (name_id.get("NameQualifier"), name_id.get("SPNameQualifier")) == ("here", "there")
    assert root.find(f"{{{SAMLP}}}SessionIndex") is None


def test_the_request_is_posted_where_the_row_says_so() -> None:
    _, request = asked_to_leave()
    binding = connector_to(PROVIDER, slo_binding="post").end_session(request, NOW)
    assert isinstance(binding, PostBinding)
    assert binding.url == "https://idp.corp.example/slo"
    root, relay_state = opened(binding, SERVICE_KEYS.certificate, "SAMLRequest")
    check_schema(root)
    assert relay_state == request.id
    assert root.get("ID") == message_id(request.id)
    assert root.findtext(f"{{{SAMLP}}}SessionIndex") == "_session-1"


def test_a_provider_without_such_an_address_is_not_asked() -> None:
    _, request = asked_to_leave()
    assert connector_to(PROVIDER, slo_url=None).end_session(request, NOW) is None


@pytest.mark.parametrize("hint", ["", "[]", "{}", '{"name_id": {"other": 1}}', "nonsense"])
def test_a_hint_that_is_not_ours_is_refused(hint: str) -> None:
    case, request = asked_to_leave()
    foreign = replace(request, hint=hint)
    assert refusal(lambda: case.connector.end_session(foreign, NOW)) == "saml.logout_hint"


@pytest.mark.parametrize("binding", BINDINGS)
def test_an_honest_answer_is_taken(
    binding: Callable[[etree._Element], AuthenticationResponse],
) -> None:
    case, request = asked_to_leave()
    case.connector.logout_ended(request, binding(told()))
    case.connector.logout_ended(request, binding(told(destination=None)))


@pytest.mark.parametrize("binding", BINDINGS)
@pytest.mark.parametrize(
    ("changes", "check"),
    [
        ({"issuer": "https://idp.evil.example"}, "saml.issuer"),
        ({"in_response_to": "_other"}, "saml.in_response_to"),
        ({"destination": f"{SLO}/evil"}, "saml.destination"),
    ],
    ids=str,
)
def test_an_answer_for_something_else_is_refused(
    binding: Callable[[etree._Element], AuthenticationResponse],
    changes: dict[str, object],
    check: str,
) -> None:
    assert check_of(binding(told(**changes))) == check


@pytest.mark.parametrize("binding", BINDINGS)
def test_an_answer_of_another_version_is_refused(
    binding: Callable[[etree._Element], AuthenticationResponse],
) -> None:
    message = told()
    message.set("Version", "1.1")
    assert check_of(binding(message)) == "saml.version"


@pytest.mark.parametrize("binding", BINDINGS)
def test_a_provider_that_did_not_sign_her_out_is_believed(
    binding: Callable[[etree._Element], AuthenticationResponse],
) -> None:
    case, request = asked_to_leave()
    partial = "urn:oasis:names:tc:SAML:2.0:status:PartialLogout"
    with pytest.raises(ProviderRefused, match="PartialLogout"):
        case.connector.logout_ended(request, binding(told(status=partial)))


def test_an_unsigned_answer_is_refused() -> None:
    assert check_of(posted(told(), "q" * 43)) == "saml.unsigned"
    bare = by_redirect(told(), change=lambda query: query.partition("&SigAlg")[0])
    assert check_of(bare) == "saml.signature_algorithm"


def test_an_answer_that_somebody_else_signed_is_refused() -> None:
    thief = SamlProvider(keys=key_pair("thief"))
    message = told()
    sign(message, thief.keys)
    assert check_of(posted(parsed_again(message), "q" * 43)) == "saml.signature"
    assert check_of(by_redirect(told(), provider=thief)) == "saml.signature"


def test_the_signature_is_over_the_query_as_it_came() -> None:
    """Two encoders spell one value in two ways; only the sender's own was signed."""
    case, request = asked_to_leave()
    case.connector.logout_ended(request, by_redirect(told(), change=lambda sent: f"{sent}&x=1"))
    respelled = by_redirect(told(), change=lambda sent: sent.replace("http%3A", "http%3a", 1))
    assert respelled.fields == by_redirect(told()).fields
    assert check_of(respelled) == "saml.signature"


@pytest.mark.parametrize(
    ("change", "check"),
    [
        (lambda query: query.replace("rsa-sha256", "rsa-sha1"), "saml.signature_algorithm"),
        (lambda query: query.replace("rsa-sha256", "hmac-sha256"), "saml.signature_algorithm"),
        (lambda query: query.replace("Signature=", "Signature=%2A"), "saml.signature"),
        (lambda query: query.replace("Signature=", "Signature=AAAA"), "saml.signature"),
        (lambda query: query.replace("SigAlg", "SigAlgo"), "saml.signature_algorithm"),
        (lambda query: f"{query}&SAMLResponse=AAAA", "saml.parameters"),
        (lambda query: f"SAML%52esponse=AAAA&{query}", "saml.parameters"),
        (lambda query: f"{query}&SigAlg=x", "saml.parameters"),
        (lambda query: f"{query}&other=1&other=2", "saml.parameters"),
        (lambda query: query.replace("SAMLResponse", "SAML%52esponse"), "saml.parameters"),
    ],
)
def test_a_changed_query_is_refused(change: Callable[[str], str], check: str) -> None:
    assert check_of(by_redirect(told(), change=change)) == check


def test_a_changed_relay_state_is_refused() -> None:
    assert check_of(by_redirect(told(), "s" * 43)) == "saml.relay_state"
    moved = by_redirect(told(), "s" * 43, change=lambda query: query.replace("s" * 43, "q" * 43))
    assert check_of(moved) == "saml.signature"


@pytest.mark.parametrize("binding", BINDINGS)
def test_another_message_is_no_answer(
    binding: Callable[[etree._Element], AuthenticationResponse],
) -> None:
    message = told()
    message.tag = f"{{{SAMLP}}}ManageNameIDResponse"
    assert check_of(binding(message)) == "saml.message"


def test_a_signature_elsewhere_in_the_answer_is_refused() -> None:
    message = told()
    extensions = etree.Element(f"{{{SAMLP}}}Extensions")
    message.insert(1, extensions)
    hidden = etree.SubElement(extensions, "{urn:x}hidden", ID="_hidden")
    sign(hidden, PROVIDER.keys)
    assert check_of(by_redirect(parsed_again(message))) == "saml.signature_place"


def test_an_answer_that_is_no_lawful_message_is_refused() -> None:
    message = told()
    message.append(etree.Element("{urn:x}more"))
    assert check_of(by_redirect(message)) == "saml.schema"


def test_a_deflated_bomb_is_refused() -> None:
    packed = base64.b64encode(b"\xff" * 100).decode()
    query = f"SAMLResponse={quote(packed, safe='')}&RelayState={'q' * 43}"
    response = AuthenticationResponse(
        method="GET", fields={"SAMLResponse": packed, "RelayState": "q" * 43}, query=query
    )
    assert check_of(response) == "saml.inflate"


def test_a_weak_signature_in_a_form_is_refused() -> None:
    message = told()
    sign(message, PROVIDER.keys, SignatureKind(algorithm=xmlsec.Transform.RSA_SHA1))
    response = posted(parsed_again(message), "q" * 43)
    assert check_of(response) == "saml.signature_algorithm"
