"""What the person is told of a failed sign-in: the words of her failure's class of cause."""

from collections.abc import Mapping
from dataclasses import replace

from gateway.traces.causes.cause import Kind
from gateway.traces.causes.table import cause_of, failure
from gateway.traces.causes.words import WORDS
from gateway.web.errors import ERRORS, ErrorText, NextStep

# One code for many causes; the others' own sentences say more than their class.
_OF_MANY_CAUSES = frozenset(
    {
        "provider.error",
        "provider.misconfigured",
        "provider.unreachable",
        "provider.refused",
        "provider.response-invalid",
    }
)
_NEXT: Mapping[Kind, NextStep] = {
    Kind.CLOCK: NextStep.TRY_AGAIN,
    Kind.PROVIDER: NextStep.ASK,
    Kind.HERE: NextStep.ASK,
    Kind.KEYS: NextStep.TRY_AGAIN,
    Kind.NOT_ALLOWED: NextStep.OTHER_ACCOUNT,
    Kind.CANCELLED: NextStep.TRY_AGAIN,
    Kind.TOO_OLD: NextStep.TRY_AGAIN,
    Kind.NETWORK: NextStep.TRY_AGAIN,
    Kind.TAMPERING: NextStep.TRY_AGAIN,
}


def text_of(code: str, error: BaseException | None) -> ErrorText:
    """The row of `ERRORS` for this code, with whom to ask where the cause is known."""
    text = ERRORS[code]
    cause = cause_of(failure(error).check) if isinstance(error, Exception) else None
    if cause is None:
        return text
    words = WORDS[cause.kind]
    if code not in _OF_MANY_CAUSES:
        return replace(text, to_ask=words.to_ask)
    return replace(
        text,
        title=words.title,
        sentence=f"{words.happened} {words.to_do}",
        to_ask=words.to_ask,
        next_step=_NEXT[cause.kind],
    )
