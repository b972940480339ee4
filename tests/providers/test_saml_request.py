"""What we ask of a SAML provider: by which binding, signed with what, and how she shall sign in."""

import base64

import pytest
from lxml import etree

from providers.connector import PostBinding, RedirectBinding
from providers.saml.schema import check_schema
from tests.fakes.saml_case import NOW, SERVICE_KEYS, Case, connector_to, login_request
from tests.fakes.saml_messages import DS, PASSWORD, SAML, SAMLP
from tests.fakes.saml_provider import SamlProvider, received
from tests.fakes.saml_question import posted_request

PROVIDER = SamlProvider()
MFA = "urn:oasis:names:tc:SAML:2.0:ac:classes:TimeSyncToken"
CARD = "urn:oasis:names:tc:SAML:2.0:ac:classes:Smartcard"


def case_with(**settings: object) -> Case:
    return Case(PROVIDER, connector_to(PROVIDER, **settings))


def posted_by(case: Case) -> PostBinding:
    binding = case.connector.begin(case.request, NOW)
    assert isinstance(binding, PostBinding)
    return binding


def sent_by(case: Case) -> etree._Element:
    binding = case.connector.begin(case.request, NOW)
    assert isinstance(binding, RedirectBinding)
    root, _ = received(binding.url.partition("?")[2], SERVICE_KEYS.certificate)
    check_schema(root)
    return root


def test_a_posted_request_is_lawful_and_signed_as_a_whole() -> None:
    case = case_with(sso_binding="post")
    binding = posted_by(case)
    assert binding.url == "https://idp.corp.example/sso"
    assert binding.fields.keys() == {"SAMLRequest", "RelayState"}
    assert binding.fields["RelayState"] == case.request.id
    root = posted_request(binding.fields, SERVICE_KEYS.certificate)
    check_schema(root)
    assert root.get("Destination") == binding.url


def test_a_posted_request_is_answered_like_any_other() -> None:
    case = case_with(sso_binding="post")
    assert case.complete(case.answer()).subject.value == "G-ada"


def test_a_posted_request_asks_again_who_it_is() -> None:
    case = Case(PROVIDER, connector_to(PROVIDER, sso_binding="post"), login_request(force=True))
    root = posted_request(posted_by(case).fields, SERVICE_KEYS.certificate)
    assert root.get("ForceAuthn") == "true"


@pytest.mark.parametrize("name", ["rsa-sha256", "rsa-sha384", "rsa-sha512"])
def test_requests_are_signed_with_the_algorithm_of_the_row(name: str) -> None:
    case = case_with(signature_algorithm=name)
    binding = case.connector.begin(case.request, NOW)
    assert isinstance(binding, RedirectBinding)
    assert f"%23{name}&Signature=" in binding.url
    received(binding.url.partition("?")[2], SERVICE_KEYS.certificate)  # verifies it
    case = case_with(signature_algorithm=name, sso_binding="post")
    fields = posted_by(case).fields
    posted_request(fields, SERVICE_KEYS.certificate)  # verifies it
    root = etree.fromstring(base64.b64decode(fields["SAMLRequest"]))
    method = root.find(f"{{{DS}}}Signature/{{{DS}}}SignedInfo/{{{DS}}}SignatureMethod")
    digest = root.find(f".//{{{DS}}}DigestMethod")
    assert method is not None
    assert digest is not None
    assert method.get("Algorithm", "").endswith(f"#{name}")
    assert digest.get("Algorithm", "").endswith(name.removeprefix("rsa-"))


def contexts_of(root: etree._Element) -> tuple[str | None, list[str | None]]:
    [asked] = root.findall(f"{{{SAMLP}}}RequestedAuthnContext")
    classes = asked.findall(f"{{{SAML}}}AuthnContextClassRef")
    return asked.get("Comparison"), [found.text for found in classes]


def test_how_she_shall_sign_in_is_asked_for_only_where_the_row_says_so() -> None:
    assert sent_by(case_with()).find(f"{{{SAMLP}}}RequestedAuthnContext") is None
    asked = sent_by(case_with(authn_context=[MFA, CARD]))
    assert contexts_of(asked) == ("exact", [MFA, CARD])
    at_least = case_with(
        authn_context=[MFA],
        authn_context_comparison="minimum",
        accepted_authn_contexts=[MFA, CARD],
    )
    assert contexts_of(sent_by(at_least)) == ("minimum", [MFA])


@pytest.mark.parametrize(
    ("settings", "context", "taken"),
    [
        ({}, PASSWORD, True),
        ({}, None, True),
        ({"authn_context": [MFA, CARD]}, CARD, True),
        ({"authn_context": [MFA, CARD]}, PASSWORD, False),
        ({"authn_context": [MFA]}, MFA.lower(), False),
        ({"authn_context": [MFA]}, None, False),
        *(
            (
                {
                    "authn_context": [MFA],
                    "authn_context_comparison": comparison,
                    "accepted_authn_contexts": [CARD],
                },
                context,
                context == CARD,
            )
            for comparison in ("minimum", "maximum", "better")
            for context in (CARD, MFA, None)
        ),
    ],
)
def test_an_answer_must_be_one_of_those_asked_for(
    settings: dict[str, object], context: str | None, *, taken: bool
) -> None:
    case = case_with(**settings)
    document = case.answer(context=context, declared=None if context else MFA)
    if taken:
        assert case.complete(document).acr == context
    else:
        assert case.refusal(document) == "saml.authn_context"
