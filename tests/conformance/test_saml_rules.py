"""What a validly signed assertion must say to be for us, now, in answer to what was asked."""

from dataclasses import replace
from datetime import timedelta

import pytest
from lxml import etree

from providers.errors import ProviderRefused
from providers.identity import ExternalIdentity
from providers.saml.person import attributes_of
from tests.fakes.saml_case import NOW, SERVICE, Case, connector_to, login_request, refusal
from tests.fakes.saml_messages import BEARER, SAML, SUCCESS, Person
from tests.fakes.saml_provider import PEOPLE, SamlProvider, known
from tests.fakes.saml_signing import sign

ACS = f"{SERVICE}/acs"
AUDIENCE = f"{SERVICE}/metadata"
STATUS = "urn:oasis:names:tc:SAML:2.0:status:"
SKEW = timedelta(seconds=60)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("changes", "check"),
    [
        ({"issuer": "https://idp.evil.example"}, "saml.issuer"),
        ({"issuer": "https://idp.corp.example/metadata "}, "saml.issuer"),
        ({"response_issuer": "https://idp.evil.example"}, "saml.issuer"),
        ({"destination": f"{ACS}-evil"}, "saml.destination"),
        ({"destination": None}, "saml.destination"),
        ({"destination": "https://other.corp.example/acs"}, "saml.destination"),
        ({"response_in_response_to": None}, "saml.in_response_to"),
        ({"response_in_response_to": "_other"}, "saml.in_response_to"),
        ({"in_response_to": None}, "saml.in_response_to"),
        ({"in_response_to": "_other"}, "saml.in_response_to"),
        ({"recipient": None}, "saml.recipient"),
        ({"recipient": f"https://evil.example/?u={ACS}"}, "saml.recipient"),
        ({"recipient": f"{ACS}/"}, "saml.recipient"),
        ({"method": "urn:oasis:names:tc:SAML:2.0:cm:sender-vouches"}, "saml.confirmation"),
        ({"audiences": ()}, "saml.audience"),
        ({"audiences": (("https://other.example",),)}, "saml.audience"),
        ({"audiences": ((AUDIENCE,), ("https://other.example",))}, "saml.audience"),
        ({"audiences": ((f"{AUDIENCE}2",),)}, "saml.audience"),
        ({"version": "1.1"}, "saml.version"),
        ({"response_version": "1.1"}, "saml.version"),
        ({"conditions": ("ProxyRestriction",)}, "saml.conditions"),
    ],
    ids=str,
)
def test_an_assertion_for_somebody_or_something_else_is_refused(
    changes: dict[str, object], check: str
) -> None:
    assert Case().refusal_of(**changes) == check


@pytest.mark.parametrize(
    ("changes", "check"),
    [
        ({"delivery_until": NOW - SKEW}, "saml.not_on_or_after"),
        ({"delivery_until": None}, "saml.not_on_or_after"),
        ({"delivery_until": NOW.replace(year=2036)}, "saml.not_on_or_after"),
        ({"delivery_until": NOW + timedelta(hours=1) + SKEW + SECOND}, "saml.not_on_or_after"),
        ({"delivery_from": NOW + SKEW + SECOND}, "saml.not_before"),
        ({"not_on_or_after": NOW - SKEW}, "saml.not_on_or_after"),
        ({"not_on_or_after": None}, "saml.not_on_or_after"),
        ({"not_on_or_after": NOW.replace(year=2036)}, "saml.not_on_or_after"),
        ({"not_on_or_after": NOW + timedelta(hours=24) + SKEW + SECOND}, "saml.not_on_or_after"),
        ({"not_before": NOW + SKEW + SECOND}, "saml.not_before"),
        ({"issued": NOW + SKEW + SECOND}, "saml.issue_instant"),
        ({"issued": NOW - timedelta(minutes=10) - SKEW - SECOND}, "saml.issue_instant"),
        ({"response_issued": NOW + SKEW + SECOND}, "saml.issue_instant"),
        ({"response_issued": NOW - timedelta(days=1)}, "saml.issue_instant"),
        ({"authenticated": NOW + SKEW + SECOND}, "saml.authn_instant"),
        ({"authenticated": NOW - timedelta(days=400)}, "saml.authn_instant"),
        ({"session_ends": NOW}, "saml.session_ended"),
        ({"issued": "2026-11-23T09:00:00"}, "saml.issue_instant"),
        ({"delivery_until": "9999-12-31T23:59:59-14:00"}, "saml.not_on_or_after"),
        ({"delivery_until": "2026-11-23T24:00:00Z"}, "saml.not_on_or_after"),
    ],
    ids=str,
)
def test_an_assertion_out_of_its_time_is_refused(changes: dict[str, object], check: str) -> None:
    assert Case().refusal_of(**changes) == check


@pytest.mark.parametrize(
    "changes",
    [
        {"delivery_until": NOW - SKEW + SECOND},
        {"delivery_until": NOW + timedelta(hours=1) + SKEW},
        {"delivery_from": NOW + SKEW},
        {"not_on_or_after": NOW - SKEW + SECOND},
        {"not_on_or_after": NOW + timedelta(hours=24)},
        {"not_before": None},
        {"issued": NOW + SKEW},
        {"issued": NOW - timedelta(minutes=10)},
        {"issued": "2026-11-23T09:00:00.1234567Z"},
        {"issued": "2026-11-23T10:00:00+01:00"},
        {"authenticated": NOW - timedelta(days=90)},
        {"session_ends": None},
        {"session_index": None},
        {"response_issuer": None},
        {"audiences": (("https://other.example", AUDIENCE), (AUDIENCE,))},
        {"conditions": ("OneTimeUse",)},
    ],
    ids=str,
)
def test_what_the_specification_leaves_open_is_taken(changes: dict[str, object]) -> None:
    case = Case()
    assert case.complete(case.answer(**changes)).subject.value == "G-ada"


def test_only_an_unsigned_response_may_leave_out_where_it_goes() -> None:
    case = Case(SamlProvider(signed=("assertion",)))
    case.complete(case.answer(destination=None))


def test_a_hostile_message_around_a_signed_assertion_cannot_move_it_to_another_request() -> None:
    """Only the assertion is signed, so the attacker writes the response as she likes."""
    case = Case(SamlProvider(signed=("assertion",)))
    root = case.answer(in_response_to="_somebody-elses-request")
    root.set("InResponseTo", case.asked.id)
    assert case.refusal(root) == "saml.in_response_to"


def test_an_assertion_is_used_once() -> None:
    case = Case()
    root = case.answer()
    case.complete(root)
    assert case.refusal(root) == "saml.replay"


def test_an_assertion_is_used_once_whatever_response_it_comes_in() -> None:
    case = Case(SamlProvider(signed=("assertion",)))
    root = case.answer()
    case.complete(root)
    root.set("ID", "_another-response")
    assert case.refusal(root) == "saml.replay"


def test_a_used_assertion_is_remembered_until_nobody_would_take_it() -> None:
    case = Case()
    root = case.answer(delivery_until=NOW + timedelta(minutes=5))
    case.complete(root)
    last = case.connector.cache.pass_time(timedelta(minutes=6) - SECOND)
    assert case.refusal(root, now=NOW) == "saml.replay"
    case.connector.cache.pass_time(SECOND)
    assert case.connector.cache.keys() == []
    assert last < NOW + timedelta(minutes=6)


def test_a_refused_assertion_is_not_remembered() -> None:
    case = Case()
    case.refusal_of(audiences=())
    assert case.connector.cache.keys() == []


def test_asking_to_authenticate_again_is_not_answered_by_an_old_authentication() -> None:
    case = Case(request=login_request(force=True))
    assert case.asked.force
    assert case.refusal_of(authenticated=NOW - SKEW - SECOND) == "saml.authn_instant"
    assert case.complete(case.answer(authenticated=NOW)).authenticated_at == NOW


@pytest.mark.parametrize(
    ("status", "word"),
    [
        ((f"{STATUS}Responder", f"{STATUS}AuthnFailed"), "AuthnFailed"),
        ((f"{STATUS}Requester",), "Requester"),
        ((f"{STATUS}Responder", f"{STATUS}RequestDenied"), "RequestDenied"),
    ],
)
def test_a_provider_that_says_no_is_told_by_its_own_word(
    status: tuple[str, ...], word: str
) -> None:
    case = Case()
    with pytest.raises(ProviderRefused) as refused:
        case.complete(case.answer(status=status, status_message="line\u202e one\nline two"))
    assert refused.value.upstream_code == word
    assert refused.value.description == "line  one line two"


def test_an_answer_without_a_status_is_refused() -> None:
    case = Case()
    root = case.answer()
    root.remove(root[2])
    assert case.refusal(root) == "saml.status"


def test_success_without_an_assertion_signs_nobody_in() -> None:
    case = Case(SamlProvider(signed=("response",)))
    root = SamlProvider(signed=()).answer(case.said())
    root.remove(root[-1])
    assert case.refusal(root) == "saml.assertion_count"


def test_a_second_subject_confirmation_is_refused() -> None:
    case = Case(SamlProvider(signed=("assertion",)))
    root = SamlProvider(signed=()).answer(case.said())
    subject = root.find(f".//{{{SAML}}}Subject")
    assert subject is not None
    etree.SubElement(subject, f"{{{SAML}}}SubjectConfirmation", Method=BEARER)
    assert case.refusal(_signed(case, root)) == "saml.confirmation"


@pytest.mark.parametrize(
    ("name", "check"),
    [
        ("Subject", "saml.subject"),
        ("Conditions", "saml.conditions"),
        ("AuthnStatement", "saml.authn_statement"),
        ("SubjectConfirmation", "saml.confirmation"),
        ("SubjectConfirmationData", "saml.confirmation"),
        ("NameID", "saml.name_id"),
    ],
)
def test_a_part_that_is_missing_is_not_taken_for_granted(name: str, check: str) -> None:
    case = Case(SamlProvider(signed=("assertion",)))
    root = SamlProvider(signed=()).answer(case.said())
    part = root.find(f".//{{{SAML}}}{name}")
    assert part is not None
    parent = part.getparent()
    assert parent is not None
    parent.remove(part)
    assert case.refusal(_signed(case, root)) == check


def _signed(case: Case, root: etree._Element) -> etree._Element:
    assertion = root.find(f"{{{SAML}}}Assertion")
    assert assertion is not None
    sign(assertion, case.provider.keys)
    return root


@pytest.mark.parametrize(
    ("changes", "check"),
    [
        ({"session_index": "x" * 257}, "saml.session_index"),
        ({"context": "x" * 257}, "saml.authn_context"),
        ({"assertion_id": "_" + "x" * 256}, "saml.identifier"),
    ],
    ids=["session", "context", "id"],
)
def test_a_text_that_is_far_too_long_is_refused(changes: dict[str, object], check: str) -> None:
    assert Case().refusal_of(**changes) == check


def who(case: Case, person: Person) -> ExternalIdentity:
    return case.complete(case.answer(person))


def test_attributes_that_come_in_several_elements_are_one_list() -> None:
    roles = tuple(("Role", (name,)) for name in ("a", "b"))
    case = Case()
    found = who(case, replace(PEOPLE["ada"], attributes=roles))
    assert found.claims.texts("Role") == ("a", "b")


def test_more_attributes_than_a_person_can_have_are_refused() -> None:
    many = tuple((f"a{number}", ("x",)) for number in range(251))
    assert Case().refusal_of(replace(PEOPLE["ada"], attributes=many)) == "saml.attributes"


def test_ten_thousand_groups_are_refused_by_their_number() -> None:
    groups = (("groups", ("x",) * 10_000),)
    assert Case().refusal_of(replace(PEOPLE["ada"], attributes=groups)) == "saml.size"


def test_as_many_values_as_fit_into_a_message_are_counted() -> None:
    assertion = etree.Element(f"{{{SAML}}}Assertion")
    statement = etree.SubElement(assertion, f"{{{SAML}}}AttributeStatement")
    attribute = etree.SubElement(statement, f"{{{SAML}}}Attribute", Name="groups")
    for _ in range(5_001):
        etree.SubElement(attribute, f"{{{SAML}}}AttributeValue").text = "x"
    assert refusal(lambda: attributes_of(assertion)) == "saml.attributes"


def test_a_name_is_never_trimmed() -> None:
    case = Case()
    assert who(case, Person(name_id=" G-ada ")).subject.value == " G-ada "


@pytest.mark.parametrize("name_id", ["", "  ", "x" * 257])
def test_a_name_that_is_no_name_is_refused(name_id: str) -> None:
    assert Case().refusal_of(Person(name_id=name_id)) == "saml.name_id"


def test_the_demo_people_come_with_their_groups() -> None:
    case = Case()
    found = who(case, known("ben"))
    assert found.claims.texts("groups") == ("/finance/payroll",)
    assert (found.username, found.name) == ("ben", "Ben Okafor")


def test_success_is_the_only_status_that_is_success() -> None:
    provider = SamlProvider()
    case = Case(provider, connector_to(provider))
    with pytest.raises(ProviderRefused):
        case.complete(case.answer(status=(f"{SUCCESS}ful",)))
