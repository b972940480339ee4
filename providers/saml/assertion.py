"""What a verified assertion says: for us, now, in answer to the one request that is outstanding.

Source of every rule: saml-profiles-2.0-os 4.1.4.3 (what a service provider must check) and
saml-core-2.0-os 2. Stricter where the specification leaves room and no provider needs it: exactly
one subject confirmation, one statement of authentication, and an end to everything.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from lxml import etree

from providers.errors import ResponseInvalid
from providers.saml import names
from providers.saml.response import Answer, issuer_of
from providers.saml.signatures import signature_of
from providers.saml.text import moment, short, shown, text_of
from providers.trace import checks, utc

CLOCK_SKEW = timedelta(seconds=60)
# An answer cannot be older than its question, and a pending login lives ten minutes.
MAX_ISSUED_AGO = timedelta(minutes=10)
# How far ahead an answer may be delivered. Providers say five minutes, Auth0 an hour.
MAX_DELIVERY = timedelta(hours=1)
# How far ahead what it says may hold. Entra lets an admin choose up to a day.
MAX_VALIDITY = timedelta(hours=24)
# How long ago the person may have authenticated, if nobody asked for it to be done again.
MAX_AUTHENTICATED_AGO = timedelta(days=366)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What an answer must say to be meant for us."""

    issuer: str  # the provider's entity id
    audience: str  # ours
    recipient: str  # the ACS address that the provider was told
    request_id: str | None  # None: it answers nothing that was asked, and says so
    authenticated_since: datetime  # earlier than this is no answer to the question
    contexts: tuple[str, ...] = ()  # one of these classes, if any was asked for
    max_issued_ago: timedelta = MAX_ISSUED_AGO


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """The parts of a checked assertion that become a person, besides her name and attributes."""

    assertion_id: str
    subject: etree._Element
    authenticated_at: datetime
    context: str | None  # AuthnContextClassRef
    session_index: str | None
    session_ends: datetime | None  # SessionNotOnOrAfter
    deliverable_until: datetime  # nobody accepts it after this


@checks("saml.issuer", "saml.subject", "saml.authn_statement", "saml.authn_context")
def checked(answer: Answer, expected: Expected, now: datetime) -> Statement:
    """Raises ResponseInvalid, `check` being the rule that was broken."""
    _check_message(answer.response, expected, now)
    assertion = answer.assertion
    check_version(assertion)
    check_issued(assertion, now, expected.max_issued_ago)
    _check_issuer(assertion, expected, "assertion")
    subject = _one(assertion, "Subject", "saml.subject")
    until = _check_confirmation(subject, expected, now)
    _check_conditions(_one(assertion, "Conditions", "saml.conditions"), expected, now)
    statement = _one(assertion, "AuthnStatement", "saml.authn_statement")
    index = statement.get("SessionIndex")
    return Statement(
        assertion_id=short(assertion.get("ID", ""), "saml.identifier"),
        subject=subject,
        authenticated_at=_authenticated_at(statement, expected, now),
        context=_context(statement, expected),
        session_index=None if index is None else short(index, "saml.session_index"),
        session_ends=_session_ends(statement, now),
        deliverable_until=until + CLOCK_SKEW,
    )


@checks("saml.destination", "saml.in_response_to")
def _check_message(response: etree._Element, expected: Expected, now: datetime) -> None:
    """The message around the assertion. It may be unsigned: it can only add a reason to refuse."""
    check_version(response)
    check_issued(response, now, expected.max_issued_ago)
    if response.find(names.ISSUER) is not None:
        _check_issuer(response, expected, "response")
    unsigned = signature_of(response) is None  # saml-bindings 3.5.5.2: what is signed names it
    destination = response.get("Destination", expected.recipient if unsigned else "")
    if destination != expected.recipient:
        raise ResponseInvalid(
            "saml.destination",
            f"for {shown(destination)}",
            expected=expected.recipient,
            received=destination,
        )
    if response.get("InResponseTo") != expected.request_id:
        raise ResponseInvalid("saml.in_response_to", "the response answers another request")


def _check_issuer(element: etree._Element, expected: Expected, part: str) -> None:
    issuer = issuer_of(element)
    if issuer != expected.issuer:
        raise ResponseInvalid(
            "saml.issuer", f"{part} by {shown(issuer)}", expected=expected.issuer, received=issuer
        )


@checks("saml.version")
def check_version(element: etree._Element) -> None:
    """Saml-core 3.2.1. Raises ResponseInvalid."""
    if element.get("Version") != "2.0":
        raise ResponseInvalid("saml.version", f"{shown(element.get('Version'))}, not 2.0")


@checks("saml.issue_instant")
def check_issued(
    element: etree._Element, now: datetime, longest_ago: timedelta = MAX_ISSUED_AGO
) -> datetime:
    """When it was issued: not long ago. Raises ResponseInvalid."""
    issued = moment(element, "IssueInstant", "saml.issue_instant")
    earliest = now - longest_ago - CLOCK_SKEW
    if issued is None or not earliest <= issued <= now + CLOCK_SKEW:
        raise ResponseInvalid(
            "saml.issue_instant",
            f"issued at {issued}, read at {now}",
            expected=f"from {utc(now - longest_ago)} to {utc(now)}",
            received=_shown_moment(issued),
        )
    return issued


def _shown_moment(moment: datetime | None) -> str:
    return "nothing" if moment is None else utc(moment)


@checks("saml.confirmation", "saml.in_response_to", "saml.recipient")
def _check_confirmation(subject: etree._Element, expected: Expected, now: datetime) -> datetime:
    """Saml-profiles 4.1.4.2: who bears the assertion may use it, here, until this moment."""
    confirmation = _one(subject, "SubjectConfirmation", "saml.confirmation")
    if confirmation.get("Method") != names.BEARER:
        raise ResponseInvalid("saml.confirmation", "a method that is not bearer")
    data = _one(confirmation, "SubjectConfirmationData", "saml.confirmation")
    if data.get("InResponseTo") != expected.request_id:
        raise ResponseInvalid("saml.in_response_to", "the assertion answers another request")
    if data.get("Recipient") != expected.recipient:
        recipient = data.get("Recipient")
        raise ResponseInvalid(
            "saml.recipient",
            f"for {shown(recipient)}",
            expected=expected.recipient,
            received=recipient,
        )
    return _check_window(data, MAX_DELIVERY, now)


@checks("saml.not_before", "saml.not_on_or_after")
def _check_window(element: etree._Element, longest: timedelta, now: datetime) -> datetime:
    """The end of the time in which this holds; it must be given, and not be far off."""
    start = moment(element, "NotBefore", "saml.not_before")
    end = moment(element, "NotOnOrAfter", "saml.not_on_or_after")
    if start is not None and start > now + CLOCK_SKEW:
        raise ResponseInvalid(
            "saml.not_before",
            f"holds from {start}, read at {now}",
            expected=f"by {utc(now)}",
            received=utc(start),
        )
    if end is None or end <= now - CLOCK_SKEW:
        raise ResponseInvalid(
            "saml.not_on_or_after",
            f"held until {end}, read at {now}",
            expected=f"after {utc(now)}",
            received=_shown_moment(end),
        )
    if end > now + longest + CLOCK_SKEW:
        raise ResponseInvalid(
            "saml.not_on_or_after",
            f"until {end}: longer than {longest}",
            expected=f"by {utc(now + longest)}",
            received=utc(end),
        )
    return end


@checks("saml.conditions", "saml.audience")
def _check_conditions(conditions: etree._Element, expected: Expected, now: datetime) -> None:
    """Saml-core 2.5: every condition must hold, and one that is not understood does not.

    OneTimeUse is kept by refusing every second use.
    """
    _check_window(conditions, MAX_VALIDITY, now)
    restriction, one_time = f"{{{names.SAML}}}AudienceRestriction", f"{{{names.SAML}}}OneTimeUse"
    if any(condition.tag not in (restriction, one_time) for condition in conditions):
        raise ResponseInvalid("saml.conditions", "a condition that is not understood")
    restrictions = conditions.findall(restriction)
    if not restrictions:
        raise ResponseInvalid("saml.audience", "for no audience in particular")
    for each in restrictions:
        audiences = [text_of(audience) for audience in each]
        if expected.audience not in audiences:
            raise ResponseInvalid(
                "saml.audience",
                "for an audience that is not us",
                expected=expected.audience,
                received=", ".join(audiences),
            )


@checks("saml.authn_instant")
def _authenticated_at(statement: etree._Element, expected: Expected, now: datetime) -> datetime:
    instant = moment(statement, "AuthnInstant", "saml.authn_instant")
    if instant is None or not expected.authenticated_since <= instant <= now + CLOCK_SKEW:
        raise ResponseInvalid(
            "saml.authn_instant",
            f"authenticated at {instant}, read at {now}",
            expected=f"from {utc(expected.authenticated_since)} to {utc(now)}",
            received=_shown_moment(instant),
        )
    return instant


@checks("saml.session_ended")
def _session_ends(statement: etree._Element, now: datetime) -> datetime | None:
    """Saml-core 2.7.2. No clock skew is granted: our session would end as it starts."""
    ends = moment(statement, "SessionNotOnOrAfter", "saml.session_ended")
    if ends is not None and ends <= now:
        raise ResponseInvalid(
            "saml.session_ended",
            f"ended at {ends}, read at {now}",
            expected=f"after {utc(now)}",
            received=utc(ends),
        )
    return ends


def _context(statement: etree._Element, expected: Expected) -> str | None:
    """How she was authenticated, if it is named by its class (saml-core 2.7.2.2).

    A provider that cannot do what was asked for must say so (saml-core 3.3.2.2.1); one that answers
    with something else all the same is not believed.
    """
    found = statement.find(f"{{{names.SAML}}}AuthnContext/{{{names.SAML}}}AuthnContextClassRef")
    context = None if found is None else short(text_of(found), "saml.authn_context")
    if expected.contexts and context not in expected.contexts:
        raise ResponseInvalid("saml.authn_context", f"{shown(context)} was not asked for")
    return context


def _one(parent: etree._Element, name: str, check: str) -> etree._Element:
    found = parent.findall(f"{{{names.SAML}}}{name}")
    if len(found) != 1:
        raise ResponseInvalid(check, f"{len(found)} of {name}, not one")
    return found[0]
