"""What the events mean: CAEP 1.0, section 3; RISC 1.0, section 2; Shared Signals 1.0, section 8.1.

A type that is not known here is no error: it is something else that happened.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from providers.errors import ResponseInvalid
from providers.signals.event_token import EventToken
from providers.signals.subjects import About, read

_CAEP = "https://schemas.openid.net/secevent/caep/event-type/"
_RISC = "https://schemas.openid.net/secevent/risc/event-type/"
_STREAM = "https://schemas.openid.net/secevent/ssf/event-type/"
MAX_STATE = 1024


class Kind(StrEnum):
    SESSION_REVOKED = "session-revoked"
    CREDENTIAL_REVOKED = "credential-revoked"
    CREDENTIAL_CHANGED = "credential-changed"
    ACCOUNT_DISABLED = "account-disabled"
    ACCOUNT_PURGED = "account-purged"
    ACCOUNT_ENABLED = "account-enabled"
    CLAIMS_CHANGED = "token-claims-change"
    NOT_COMPLIANT = "device-not-compliant"
    COMPLIANT = "device-compliant"
    ASSURANCE_CHANGED = "assurance-level-change"
    VERIFICATION = "verification"
    STREAM_UPDATED = "stream-updated"
    OTHER = "other"


# What a stream is asked to tell.
WANTED = (
    f"{_CAEP}session-revoked",
    f"{_CAEP}credential-change",
    f"{_CAEP}token-claims-change",
    f"{_CAEP}device-compliance-change",
    f"{_CAEP}assurance-level-change",
    f"{_RISC}account-disabled",
    f"{_RISC}account-enabled",
    f"{_RISC}account-purged",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """`state` is what a verification brings back; `status` what became of a stream."""

    kind: Kind
    about: About
    state: str = field(default="", repr=False)
    status: str = ""


def signals(token: EventToken) -> Iterator[Signal]:
    """Each event of the token. Raises ResponseInvalid (`set.subject`).

    Older transmitters name the subject within the event.
    """
    for kind, payload in token.events.items():
        meant = _KINDS.get(kind, _other)(payload)
        subject = payload.get("subject") if token.subject is None else token.subject
        if subject is None and meant is not Kind.OTHER:
            raise ResponseInvalid("set.subject", "nobody is named")
        yield Signal(
            kind=meant,
            about=About() if subject is None else read(subject, "set.subject"),
            state=_text(payload, "state"),
            status=_text(payload, "status"),
        )


def _always(kind: Kind) -> Callable[[Mapping[str, object]], Kind]:
    return lambda _payload: kind


def _credential(payload: Mapping[str, object]) -> Kind:
    gone = payload.get("change_type") in ("revoke", "delete")
    return Kind.CREDENTIAL_REVOKED if gone else Kind.CREDENTIAL_CHANGED


def _compliance(payload: Mapping[str, object]) -> Kind:
    """Whatever is not said to be in order is not."""
    return Kind.COMPLIANT if payload.get("current_status") == "compliant" else Kind.NOT_COMPLIANT


_other = _always(Kind.OTHER)
_KINDS: Mapping[str, Callable[[Mapping[str, object]], Kind]] = {
    f"{_CAEP}session-revoked": _always(Kind.SESSION_REVOKED),
    f"{_RISC}sessions-revoked": _always(Kind.SESSION_REVOKED),
    f"{_CAEP}credential-change": _credential,
    f"{_CAEP}token-claims-change": _always(Kind.CLAIMS_CHANGED),
    f"{_CAEP}device-compliance-change": _compliance,
    f"{_CAEP}assurance-level-change": _always(Kind.ASSURANCE_CHANGED),
    f"{_RISC}account-disabled": _always(Kind.ACCOUNT_DISABLED),
    f"{_RISC}account-purged": _always(Kind.ACCOUNT_PURGED),
    f"{_RISC}account-enabled": _always(Kind.ACCOUNT_ENABLED),
    f"{_STREAM}verification": _always(Kind.VERIFICATION),
    f"{_STREAM}stream-updated": _always(Kind.STREAM_UPDATED),
}


def _text(payload: Mapping[str, object], name: str) -> str:
    value = payload.get(name)
    return value if isinstance(value, str) and len(value) <= MAX_STATE else ""
