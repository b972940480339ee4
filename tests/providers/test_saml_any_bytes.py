"""Whatever bytes come, the answer is an error of ours, quickly, and never a person."""

import base64

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from providers.connector import AuthenticationResponse, LogoutRequest
from providers.errors import ProviderMisconfigured, ProviderRefused, ResponseInvalid
from providers.saml import metadata
from tests.fakes.saml_case import NOW, SERVICE, SERVICE_KEYS, Case
from tests.fakes.saml_provider import SamlProvider

CASE = Case(SamlProvider(encrypt_to=SERVICE_KEYS.certificate))
HONEST = etree.tostring(CASE.answer())
METADATA = SamlProvider().metadata()
LOGOUT = LogoutRequest(id="q" * 43, hint="", return_url=f"{SERVICE}/slo")
QUIET = settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))


def flipped(document: bytes, position: int, value: int) -> bytes:
    at = position % len(document)
    return document[:at] + bytes([value]) + document[at + 1 :]


@QUIET
@given(value=st.one_of(st.text(max_size=400), st.binary(max_size=400)))
def test_any_field_is_refused(value: str | bytes) -> None:
    field = value if isinstance(value, str) else base64.b64encode(value).decode()
    fields = {"SAMLResponse": field, "RelayState": CASE.request.id}
    response = AuthenticationResponse(method="POST", fields=fields)
    try:
        CASE.connector.complete(CASE.request, response, NOW)
    except ResponseInvalid:
        return
    raise AssertionError("somebody was signed in")


@QUIET
@given(position=st.integers(min_value=0), value=st.integers(min_value=0, max_value=255))
def test_one_changed_byte_is_refused_or_changes_nobody(position: int, value: int) -> None:
    CASE.forget()
    try:
        found = CASE.complete(flipped(HONEST, position, value))
    except (ResponseInvalid, ProviderRefused):
        return
    assert found.subject.value == "G-ada"
    assert found.claims.texts("groups") == ("/engineering/platform",)


@QUIET
@given(value=st.binary(max_size=400), query=st.text(max_size=200))
def test_any_answer_to_a_sign_out_is_refused(value: bytes, query: str) -> None:
    field = base64.b64encode(value).decode()
    for method, sent in (("POST", ""), ("GET", query), ("GET", f"SAMLResponse={field}&{query}")):
        response = AuthenticationResponse(
            method=method,  # type: ignore[arg-type]
            fields={"SAMLResponse": field, "RelayState": LOGOUT.id},
            query=sent,
        )
        try:
            CASE.connector.logout_ended(LOGOUT, response)
        except ResponseInvalid:
            continue
        raise AssertionError("a sign-out was believed")


@QUIET
@given(position=st.integers(min_value=0), value=st.integers(min_value=0, max_value=255))
def test_any_metadata_is_read_or_refused(position: int, value: int) -> None:
    try:
        metadata.read(flipped(METADATA, position, value), now=NOW)
    except ProviderMisconfigured:
        return


@QUIET
@given(text=st.text(max_size=300))
def test_any_text_is_no_metadata(text: str) -> None:
    try:
        metadata.read(text.encode(errors="replace"), now=NOW)
    except ProviderMisconfigured:
        return
    raise AssertionError("metadata was found")
