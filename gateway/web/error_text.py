"""What one error becomes."""

from dataclasses import dataclass
from enum import Enum

from django.utils.functional import Promise


class NextStep(Enum):
    """The one thing to do on an error page."""

    TRY_AGAIN = "try-again"  # begin the sign-in anew
    OTHER_ACCOUNT = "other-account"  # begin anew, and let the provider ask who it is
    OTHER_PROVIDER = "other-provider"  # begin anew at the one that the error names
    ASK = "ask"  # only a person can help
    WAIT = "wait"  # the page tries again by itself
    HOME = "home"


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorText:
    status: int
    title: str | Promise
    sentence: str | Promise
    next_step: NextStep
    to_ask: str | Promise = ""  # whom, and with what
