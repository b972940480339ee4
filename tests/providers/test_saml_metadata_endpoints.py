"""Where messages go, and by which binding, as a provider's metadata says."""

import pytest

from providers.saml import metadata
from providers.saml.settings import parse
from tests.providers.test_saml_metadata import DOCUMENT, NOW

SLO_BY_REDIRECT = (
    b'<md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"'
    b' Location="https://idp.corp.example/slo"/>'
)
SLO_BY_POST = (
    b'<md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"'
    b' Location="https://idp.corp.example/slo-post"'
    b' ResponseLocation="https://idp.corp.example/slo-done"/>'
)
SLO_BY_SOAP = (
    b'<md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:SOAP"'
    b' Location="https://idp.corp.example/soap"/>'
)


@pytest.mark.parametrize(
    ("endpoints", "filled"),
    [
        (
            SLO_BY_POST + SLO_BY_REDIRECT,
            {"slo_url": "https://idp.corp.example/slo", "slo_binding": "redirect"},
        ),
        (
            SLO_BY_SOAP + SLO_BY_POST,
            {
                "slo_url": "https://idp.corp.example/slo-post",
                "slo_binding": "post",
                "slo_response_url": "https://idp.corp.example/slo-done",
            },
        ),
        (SLO_BY_SOAP, {}),
        (b"", {}),
    ],
    ids=["both", "post", "soap-alone", "none"],
)
def test_where_and_how_to_sign_out_is_read(endpoints: bytes, filled: dict[str, str]) -> None:
    assert SLO_BY_REDIRECT in DOCUMENT
    found = metadata.read(DOCUMENT.replace(SLO_BY_REDIRECT, endpoints), now=NOW).settings()
    assert {name: value for name, value in found.items() if name.startswith("slo_")} == filled
    parse({**found, "signed": "both"})


def test_a_provider_that_wants_requests_posted_only_gets_them_so() -> None:
    posting = DOCUMENT.replace(b"HTTP-Redirect", b"HTTP-POST")
    assert metadata.read(posting, now=NOW).settings()["sso_binding"] == "post"
    endpoint = (
        b'<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"'
        b' Location="https://idp.corp.example/post"/></md:IDPSSODescriptor>'
    )
    both = metadata.read(DOCUMENT.replace(b"</md:IDPSSODescriptor>", endpoint), now=NOW)
    assert (both.sso_url, both.sso_binding) == ("https://idp.corp.example/sso", "redirect")
