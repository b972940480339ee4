"""Why what a provider tells of its own accord is not taken.

FlowError
    SetRefused            an event token; says why in the words of RFC 8935, section 2.4
    RevocationUnproven    whoever asks for somebody's end has not proven to be her provider
    SignalStreamUnknown   there is no such stream
"""

from gateway.flows.errors import FlowError
from providers.errors import ResponseInvalid

_CODES = {
    "set.iss": "invalid_issuer",
    "set.aud": "invalid_audience",
    "set.alg": "invalid_key",
    "set.kid": "invalid_key",
    "set.signature": "invalid_key",
    "set.key_issuer": "invalid_key",
}


class SetRefused(FlowError):
    """`error` is a code of RFC 8935, `check` the name of the check that failed."""

    code = "signals.set-refused"

    def __init__(self, error: str, check: str, problem: str = "") -> None:
        super().__init__(f"{check}: {problem}" if problem else check)
        self.error = error
        self.check = check

    @classmethod
    def by(cls, refused: ResponseInvalid) -> "SetRefused":
        return cls(_CODES.get(refused.check, "invalid_request"), refused.check, refused.problem)


class RevocationUnproven(FlowError):
    code = "signals.revocation-unproven"


class SignalStreamUnknown(FlowError):
    code = "signals.stream-unknown"
