"""A provider asks that somebody be signed out: what it must say to be heard, and the answer."""

import base64
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import xmlsec
from lxml import etree

from providers.connector import AuthenticationResponse, LogoutAsked, PostBinding, SingleLogout
from providers.saml.schema import check_schema
from tests.fakes.saml_case import NOW, SERVICE, SERVICE_KEYS, Case, connector_to, refusal
from tests.fakes.saml_logout import LogoutRequest, by_post, by_redirect, opened, status_of
from tests.fakes.saml_messages import EMAIL_ADDRESS, SAML, SAMLP, UNSPECIFIED, Person
from tests.fakes.saml_provider import SamlProvider, parsed_again, posted
from tests.fakes.saml_signing import (
    CipherKind,
    SignatureKind,
    encrypt,
    form_field,
    key_pair,
    sign,
)

SLO = f"{SERVICE}/slo"
PROVIDER = SamlProvider()
Sends = Callable[..., AuthenticationResponse]
BINDINGS = pytest.mark.parametrize("binding", [by_post, by_redirect])


def asks(**changes: object) -> etree._Element:
    honest = LogoutRequest(issuer=PROVIDER.entity_id, destination=SLO, issued=NOW, id="_lr-1")
    return replace(honest, **changes).element()  # type: ignore[arg-type]


def heard(response: AuthenticationResponse, **settings: object) -> LogoutAsked:
    return connector_to(PROVIDER, **settings).logout_asked(response, SLO, NOW)


def check_of(response: AuthenticationResponse) -> str:
    return refusal(lambda: heard(response))


def names(who: str = "G-ada", session: str | None = "_session-1") -> tuple[str, ...]:
    """By which the provider may end what this sign-in began."""
    case = Case(PROVIDER)
    return case.complete(case.answer(Person(name_id=who), session_index=session)).upstream_names


@BINDINGS
def test_an_honest_question_is_heard(binding: Sends) -> None:
    asked = heard(binding(PROVIDER, asks(), "their state"))
    assert isinstance(connector_to(PROVIDER), SingleLogout)
    assert asked.message_id == "_lr-1"
    assert asked.relay_state == "their state"
    assert asked.notice.once is not None
    assert asked.notice.once.until == NOW + timedelta(minutes=11)
    assert heard(binding(PROVIDER, asks())).relay_state is None


def test_a_session_is_named_by_its_person_and_its_index() -> None:
    of_session, of_person = names()
    assert heard(by_post(PROVIDER, asks())).notice.names == (of_session,)
    assert heard(by_post(PROVIDER, asks(sessions=()))).notice.names == (of_person,)
    two = heard(by_post(PROVIDER, asks(sessions=("_session-1", "_session-2"))))
    assert two.notice.names == (of_session, names(session="_session-2")[0])
    assert not set(names()) & set(names(who="G-ben"))
    assert names(session=None) == (of_person,)


@pytest.mark.parametrize(
    "changes",
    [
        {"name_id": "g-ada"},
        {"name_id": " G-ada"},
        {"format": EMAIL_ADDRESS},
        {"format": None},
        {"qualifiers": {"NameQualifier": "https://idp.evil.example"}},
        {"qualifiers": {"SPNameQualifier": "https://other.corp.example"}},
        {"sessions": ("_session-9",)},
    ],
    ids=str,
)
def test_another_name_means_another_session(changes: dict[str, object]) -> None:
    assert not set(heard(by_post(PROVIDER, asks(**changes))).notice.names) & set(names())


def test_a_qualifier_that_is_left_out_is_whose_message_it_is() -> None:
    """Saml-core 8.3.7: providers add them in one message and leave them out in the next."""
    said = {"NameQualifier": PROVIDER.entity_id, "SPNameQualifier": f"{SERVICE}/metadata"}
    assert heard(by_post(PROVIDER, asks(qualifiers=said))).notice.names == names()[:1]


def test_a_format_that_is_left_out_is_none_in_particular() -> None:
    left_out, said = asks(format=None), asks(format=UNSPECIFIED)
    assert heard(by_post(PROVIDER, left_out)).notice == heard(by_post(PROVIDER, said)).notice


@BINDINGS
@pytest.mark.parametrize(
    ("changes", "check"),
    [
        ({"issuer": "https://idp.evil.example"}, "saml.issuer"),
        ({"issuer": None}, "saml.issuer"),
        ({"destination": None}, "saml.destination"),
        ({"destination": f"{SLO}/"}, "saml.destination"),
        ({"destination": f"{SERVICE}-other/slo"}, "saml.destination"),
        ({"version": "1.1"}, "saml.version"),
        ({"issued": NOW - timedelta(minutes=11, seconds=1)}, "saml.issue_instant"),
        ({"issued": NOW + timedelta(seconds=61)}, "saml.issue_instant"),
        ({"issued": "2026-11-23T09:00:00"}, "saml.issue_instant"),
        ({"ends": NOW - timedelta(seconds=60)}, "saml.not_on_or_after"),
        ({"id": "_" + "x" * 256}, "saml.identifier"),
        ({"name_id": None}, "saml.schema"),
        ({"name_id": ""}, "saml.name_id"),
        ({"name_id": "n" * 257}, "saml.name_id"),
        ({"qualifiers": {"NameQualifier": "q" * 1025}}, "saml.name_id"),
        ({"sessions": ("i" * 257,)}, "saml.session_index"),
        ({"sessions": ("_session",) * 101}, "saml.session_index"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_question_that_is_not_for_us_now_is_refused(
    binding: Sends, changes: dict[str, object], check: str
) -> None:
    assert check_of(binding(PROVIDER, asks(**changes))) == check


def with_hidden_name(
    certificate: str = SERVICE_KEYS.certificate, kind: CipherKind | None = None, tag: str = "NameID"
) -> etree._Element:
    """A question whose NameID, or what stands there instead, is in a cipher."""
    message = asks()
    name = message.find(f"{{{SAML}}}NameID")
    assert name is not None
    name.tag = f"{{{SAML}}}{tag}"
    encrypt(name, certificate, kind, into="EncryptedID")
    return message


@BINDINGS
def test_an_encrypted_name_means_the_session_that_it_would_mean_in_clear(binding: Sends) -> None:
    message = with_hidden_name()
    assert b"G-ada" not in etree.tostring(message)
    assert heard(binding(PROVIDER, message)).notice.names == names()[:1]


@BINDINGS
@pytest.mark.parametrize(
    ("hidden", "check"),
    [
        ({"certificate": key_pair("somebody else").certificate}, "saml.decryption"),
        ({"kind": CipherKind(algorithm=xmlsec.Transform.AES256)}, "saml.encryption"),
        ({"tag": "BaseID"}, "saml.name_id"),
    ],
    ids=["for another", "by CBC", "no NameID"],
)
def test_a_name_in_another_cipher_or_that_is_none_is_refused(
    binding: Sends, hidden: dict[str, Any], check: str
) -> None:
    assert check_of(binding(PROVIDER, with_hidden_name(**hidden))) == check


def test_nothing_is_decrypted_of_a_question_that_nobody_signed() -> None:
    hidden = with_hidden_name(certificate=key_pair("somebody else").certificate)
    bare = AuthenticationResponse(method="POST", fields={"SAMLRequest": form_field(hidden)})
    assert check_of(bare) == "saml.unsigned"


@BINDINGS
def test_a_clock_a_minute_apart_is_no_fault(binding: Sends) -> None:
    for issued in (NOW - timedelta(minutes=11), NOW + timedelta(seconds=60)):
        heard(binding(PROVIDER, asks(issued=issued, ends=NOW - timedelta(seconds=59))))


def test_an_unsigned_question_is_refused() -> None:
    bare = AuthenticationResponse(method="POST", fields={"SAMLRequest": form_field(asks())})
    assert check_of(bare) == "saml.unsigned"
    query = by_redirect(PROVIDER, asks(), change=lambda sent: sent.partition("&SigAlg")[0])
    assert check_of(query) == "saml.signature_algorithm"


@BINDINGS
def test_a_question_that_somebody_else_signed_is_refused(binding: Sends) -> None:
    thief = SamlProvider(keys=key_pair("thief"))
    assert check_of(binding(thief, asks())) == "saml.signature"


def test_a_weak_signature_is_refused() -> None:
    message = asks()
    sign(message, PROVIDER.keys, SignatureKind(algorithm=xmlsec.Transform.RSA_SHA1))
    form = {"SAMLRequest": form_field(parsed_again(message))}
    assert check_of(AuthenticationResponse(method="POST", fields=form)) == (
        "saml.signature_algorithm"
    )
    weak = by_redirect(PROVIDER, asks(), change=lambda sent: sent.replace("rsa-sha256", "rsa-sha1"))
    assert check_of(weak) == "saml.signature_algorithm"


def test_what_was_signed_is_what_is_read() -> None:
    signed = by_post(PROVIDER, asks()).fields["SAMLRequest"]
    changed = base64.b64decode(signed).replace(b"G-ada", b"G-ben")
    form = AuthenticationResponse(method="POST", fields={"SAMLRequest": form_field(changed)})
    assert check_of(form) == "saml.signature"
    moved = by_redirect(
        PROVIDER, asks(), "state-a", change=lambda sent: sent.replace("state-a", "state-b")
    )
    assert check_of(moved) == "saml.signature"


@pytest.mark.parametrize(
    "change",
    [
        lambda query: f"{query}&SAMLRequest=AAAA",
        lambda query: f"SAML%52equest=AAAA&{query}",
        lambda query: f"{query}&SAMLResponse=AAAA",
        lambda query: query.replace("SAMLRequest", "SAML%52equest"),
        lambda query: f"{query}&other=1&other=2",
    ],
)
def test_a_query_with_two_readings_is_refused(change: Callable[[str], str]) -> None:
    assert check_of(by_redirect(PROVIDER, asks(), change=change)) == "saml.parameters"


def test_two_messages_in_one_form_are_refused() -> None:
    form = by_post(PROVIDER, asks())
    both = replace(form, fields={**form.fields, "SAMLResponse": "AAAA"})
    assert check_of(both) == "saml.parameters"
    assert check_of(replace(form, repeated=frozenset({"SAMLRequest"}))) == "saml.parameters"
    assert check_of(posted(asks(), "state")) == "saml.parameters"


def test_another_message_is_no_question() -> None:
    for tag in ("AuthnRequest", "LogoutResponse", "ManageNameIDRequest"):
        message = asks()
        message.tag = f"{{{SAMLP}}}{tag}"
        assert check_of(by_redirect(PROVIDER, message)) == "saml.message"


def test_a_state_that_is_too_long_to_be_brought_back_is_refused() -> None:
    assert check_of(by_redirect(PROVIDER, asks(), "s" * 1025)) == "saml.relay_state"


ASKED = heard(by_redirect(PROVIDER, asks(), "their state"))


@pytest.mark.parametrize("slo_binding", ["redirect", "post"])
@pytest.mark.parametrize(("ended", "status"), [(True, "Success"), (False, "Responder")])
def test_the_answer_says_what_was_done(slo_binding: str, *, ended: bool, status: str) -> None:
    connector = connector_to(PROVIDER, slo_binding=slo_binding)
    binding = connector.logout_answer(ASKED, NOW, ended=ended)
    assert binding is not None
    assert isinstance(binding, PostBinding) == (slo_binding == "post")
    message, relay_state = opened(binding, SERVICE_KEYS.certificate)
    check_schema(message)
    assert message.tag == f"{{{SAMLP}}}LogoutResponse"
    assert message.get("InResponseTo") == "_lr-1"
    assert message.get("Destination") == "https://idp.corp.example/slo"
    assert message[0].text == f"{SERVICE}/metadata"
    assert status_of(message) == status
    assert relay_state == "their state"


@pytest.mark.parametrize("slo_binding", ["redirect", "post"])
def test_no_state_is_brought_back_where_none_came(slo_binding: str) -> None:
    connector = connector_to(PROVIDER, slo_binding=slo_binding)
    binding = connector.logout_answer(replace(ASKED, relay_state=None), NOW, ended=True)
    assert binding is not None
    assert "RelayState" not in str(getattr(binding, "fields", binding.url))


def test_every_answer_has_a_name_of_its_own() -> None:
    connector = connector_to(PROVIDER, slo_binding="post")
    made = [connector.logout_answer(ASKED, NOW, ended=True) for _ in range(2)]
    one, two = (opened(m, SERVICE_KEYS.certificate)[0].get("ID") for m in made if m is not None)
    assert one != two


def test_answers_go_where_the_provider_wants_them() -> None:
    elsewhere = "https://idp.corp.example/slo/answers"
    connector = connector_to(PROVIDER, slo_response_url=elsewhere)
    binding = connector.logout_answer(ASKED, NOW, ended=True)
    assert binding is not None
    assert binding.url.startswith(f"{elsewhere}?")
    message, _ = opened(binding, SERVICE_KEYS.certificate)
    assert message.get("Destination") == elsewhere


def test_a_provider_without_an_address_gets_no_answer() -> None:
    assert connector_to(PROVIDER, slo_url=None).logout_answer(ASKED, NOW, ended=True) is None
