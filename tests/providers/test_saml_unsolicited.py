"""A sign-in that the provider began by itself: every check of an answer but the question."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from lxml import etree

from providers.connector import AuthenticationResponse
from providers.errors import ProviderMisconfigured, ProviderRefused, RequestUnknown, ResponseInvalid
from providers.identity import ExternalIdentity
from providers.saml.connector import SamlConnector
from tests.fakes.saml_case import NOW, SERVICE, Case, connector_to, refusal
from tests.fakes.saml_forgeries import FORGERIES
from tests.fakes.saml_provider import PEOPLE, SamlProvider, posted
from tests.fakes.saml_signing import key_pair

PROVIDER = SamlProvider()
UNASKED: dict[str, object] = {"in_response_to": None, "response_in_response_to": None}


def allowed(**settings: object) -> SamlConnector:
    return connector_to(PROVIDER, idp_initiated=True, **settings)


def answer(**changes: object) -> etree._Element:
    return Case(PROVIDER).answer(PEOPLE["ada"], **(UNASKED | changes))


def taken(
    document: etree._Element | bytes, connector: SamlConnector | None = None
) -> ExternalIdentity:
    connector = connector or allowed()
    return connector.unsolicited(f"{SERVICE}/acs", posted(document, "/reports"), NOW)


def test_an_answer_to_nothing_is_taken_where_the_row_allows_it() -> None:
    assert taken(answer()).subject.value == "G-ada"


def test_it_is_off_unless_the_row_says_so() -> None:
    connector = connector_to(PROVIDER)
    assert not connector.takes_unsolicited
    with pytest.raises(RequestUnknown):
        taken(answer(), connector)


MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("changes", "check"),
    [
        ({"response_in_response_to": "_a"}, "saml.in_response_to"),
        ({"in_response_to": "_a"}, "saml.in_response_to"),
        ({"in_response_to": ""}, "saml.schema"),
        ({"audiences": (("https://other.example",),)}, "saml.audience"),
        ({"recipient": "https://gateway.corp.example/saml/other/acs"}, "saml.recipient"),
        ({"destination": "https://gateway.corp.example/saml/other/acs"}, "saml.destination"),
        ({"issued": NOW - 3 * MINUTE - timedelta(seconds=1)}, "saml.issue_instant"),
        ({"response_issued": NOW - 3 * MINUTE - timedelta(seconds=1)}, "saml.issue_instant"),
        ({"delivery_until": NOW - MINUTE}, "saml.not_on_or_after"),
        ({"not_on_or_after": NOW - MINUTE}, "saml.not_on_or_after"),
        ({"session_ends": NOW}, "saml.session_ended"),
        ({"issuer": "https://other.example"}, "saml.issuer"),
        ({"authenticated": NOW - timedelta(days=367)}, "saml.authn_instant"),
    ],
)
def test_every_other_check_is_the_same(changes: dict[str, object], check: str) -> None:
    assert refusal(lambda: taken(answer(**changes))) == check


def test_three_minutes_old_with_the_clocks_a_minute_apart_is_taken() -> None:
    assert taken(answer(issued=NOW - 3 * MINUTE, response_issued=NOW - 3 * MINUTE))


@pytest.mark.parametrize("name", FORGERIES)
def test_no_forgery_is_taken(name: str) -> None:
    """Nor is any read as somebody else."""
    with suppress(ResponseInvalid, ProviderRefused):
        assert taken(FORGERIES[name](answer())).subject.value == "G-ada"


def test_a_signature_by_another_key_is_refused() -> None:
    thief = SamlProvider(keys=key_pair("thief"))
    document = Case(thief).answer(PEOPLE["ada"], **UNASKED)
    assert refusal(lambda: taken(document)) == "saml.signature"


def test_it_is_taken_once() -> None:
    connector, document = allowed(), answer()
    taken(document, connector)
    assert refusal(lambda: taken(document, connector)) == "saml.replay"


def test_how_she_signed_in_is_checked_too() -> None:
    asking = allowed(authn_context=["urn:oasis:names:tc:SAML:2.0:ac:classes:Smartcard"])
    assert refusal(lambda: taken(answer(), asking)) == "saml.authn_context"


def test_by_metadata_that_has_ended_nobody_is_signed_in_either_way() -> None:
    ended = replace(allowed(), valid_until=NOW)
    with pytest.raises(ProviderMisconfigured):
        taken(answer(), ended)
    case = Case(PROVIDER, allowed())
    document = case.answer()
    case.connector = ended
    with pytest.raises(ProviderMisconfigured):
        case.complete(document)


@pytest.mark.parametrize(
    ("change", "check"),
    [
        (lambda response: replace(response, method="GET"), "saml.binding"),
        (lambda response: replace(response, fields={}), "saml.parameters"),
        (
            lambda response: replace(response, repeated=frozenset({"RelayState"})),
            "saml.parameters",
        ),
        (
            lambda response: replace(response, fields={**response.fields, "SAMLRequest": ""}),
            "saml.parameters",
        ),
    ],
)
def test_the_form_is_judged_like_any_other(
    change: Callable[[AuthenticationResponse], AuthenticationResponse], check: str
) -> None:
    response = change(posted(answer(), ""))
    assert refusal(lambda: allowed().unsolicited(f"{SERVICE}/acs", response, NOW)) == check


def test_an_answer_to_a_question_is_no_answer_to_nothing_and_the_reverse() -> None:
    case = Case(PROVIDER, allowed())
    assert refusal(lambda: taken(case.answer())) == "saml.in_response_to"
    assert case.refusal(answer()) == "saml.in_response_to"
