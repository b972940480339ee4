"""The one table of causes, and how an error finds its row."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from gateway.traces.causes.cause import Cause
from gateway.traces.causes.oidc import OIDC
from gateway.traces.causes.person import PERSON
from gateway.traces.causes.saml import SAML
from providers.errors import ProviderRefused, ResponseInvalid

CAUSES: Mapping[str, Cause] = {**OIDC, **SAML, **PERSON}
_WORD = re.compile(r"[A-Za-z0-9_.:-]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An error as a trace has it. `check` is the name under which the table is asked."""

    check: str
    expected: str
    received: str


def failure(error: Exception) -> Failure:
    """The check that failed, or what stands for it: the error's code, with the provider's word."""
    if isinstance(error, ResponseInvalid):
        received = error.received if error.expected else error.problem
        return Failure(check=error.check, expected=str(error.expected), received=str(received))
    code = str(getattr(type(error), "code", ""))
    if isinstance(error, ProviderRefused):
        word = error.upstream_code if _WORD.fullmatch(error.upstream_code) else "unreadable"
        return Failure(check=f"{code}.{word}", expected="", received=str(error))
    return Failure(check=code, expected="", received=str(error))


def cause_of(check: str) -> Cause | None:
    """The check's own row, else that of the nearest family: `id_token` for `id_token.new`."""
    while check and check not in CAUSES:
        check = check.rpartition(".")[0]
    return CAUSES.get(check)
