"""What a provider answered to one sign-in, held in memory while somebody wants to judge it again.

Whoever wants the answers opens `recording`; where nobody does, nothing is kept. They hold tokens:
they are never logged, stored or shown, and go when the judgement is made.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeAlias, TypeVar

Answers: TypeAlias = dict[tuple[str, str], Any]  # by method and address; HTTP responses
T = TypeVar("T")

_current: ContextVar[Answers | None] = ContextVar("recording", default=None)


@contextmanager
def recording() -> Iterator[Answers]:
    """The answers to all that is asked within."""
    answers: Answers = {}
    token = _current.set(answers)
    try:
        yield answers
    finally:
        _current.reset(token)


def answered(method: str, url: str, response: T) -> T:
    """An answer that came; gives it back."""
    answers = _current.get()
    if answers is not None:
        answers[method, url] = response
    return response
