"""Signing out together: the provider's answer to our LogoutRequest, and a LogoutRequest of its own.

Source: saml-core 3.7; saml-bindings 3.4.5.2 and 3.5.5.2 (what is signed names its destination).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from lxml import etree

from providers.connector import AuthenticationResponse, OneUse
from providers.errors import ResponseInvalid
from providers.saml import names
from providers.saml.assertion import CLOCK_SKEW, MAX_ISSUED_AGO, check_issued, check_version
from providers.saml.encrypted_name import Decryption, open_name
from providers.saml.person import LogoutHint, name_id_of
from providers.saml.response import check_status, issuer_of
from providers.saml.signed_message import signed_message
from providers.saml.text import moment, short, shown, text_of

MAX_SESSIONS = 100  # that one request names
MAX_RELAY_STATE = 1024  # letters; the specification allows 80


def check_logout_response(
    response: AuthenticationResponse,
    *,
    issuer: str,
    certificates: Sequence[str],
    destination: str,
    request_id: str,
) -> None:
    """Returns if the provider says, in answer to this request, that it has ended the session.

    Raises ResponseInvalid, and ProviderRefused if it says that it has not, or not everywhere.
    """
    root = signed_message(response, "SAMLResponse", names.LOGOUT_RESPONSE, certificates)
    _check_issuer(root, issuer)
    check_version(root)
    if root.get("InResponseTo") != request_id:
        raise ResponseInvalid("saml.in_response_to", "it answers another request")
    if root.get("Destination", destination) != destination:
        raise ResponseInvalid("saml.destination", f"for {shown(root.get('Destination'))}")
    check_status(root)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a checked LogoutRequest says."""

    sessions: tuple[LogoutHint, ...]  # one without an index means all of that person
    once: OneUse
    relay_state: str | None


def logout_question(
    response: AuthenticationResponse,
    *,
    issuer: str,
    certificates: Sequence[str],
    decryption: Decryption,
    destination: str,
    now: datetime,
) -> Question:
    """Raises ResponseInvalid."""
    root = signed_message(response, "SAMLRequest", names.LOGOUT_REQUEST, certificates)
    _check_issuer(root, issuer)
    check_version(root)
    if root.get("Destination") != destination:
        raise ResponseInvalid("saml.destination", f"for {shown(root.get('Destination'))}")
    issued_at = check_issued(root, now)
    ends = moment(root, "NotOnOrAfter", "saml.not_on_or_after")
    if ends is not None and ends <= now - CLOCK_SKEW:
        raise ResponseInvalid("saml.not_on_or_after", f"held until {ends}, read at {now}")
    open_name(root, root, decryption)
    return Question(
        sessions=_sessions(root),
        once=OneUse(
            id=short(root.get("ID", ""), "saml.identifier"),
            until=issued_at + MAX_ISSUED_AGO + CLOCK_SKEW,
        ),
        relay_state=_relay_state(response),
    )


def _check_issuer(root: etree._Element, issuer: str) -> None:
    if issuer_of(root) != issuer:
        raise ResponseInvalid("saml.issuer", f"a message by {shown(issuer_of(root))}")


def _sessions(root: etree._Element) -> tuple[LogoutHint, ...]:
    name_id = name_id_of(root)
    indexes = [short(text_of(e), "saml.session_index") for e in root.iterfind(names.SESSION_INDEX)]
    if len(indexes) > MAX_SESSIONS:
        raise ResponseInvalid("saml.session_index", f"more than {MAX_SESSIONS} sessions")
    named: list[str | None] = [*indexes] or [None]
    return tuple(LogoutHint(name_id=name_id, session_index=index) for index in named)


def _relay_state(response: AuthenticationResponse) -> str | None:
    state = response.fields.get("RelayState")
    if state is not None and len(state) > MAX_RELAY_STATE:
        raise ResponseInvalid("saml.relay_state", f"longer than {MAX_RELAY_STATE}")
    return state
