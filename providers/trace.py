"""What one sign-in went through, step by step, so that somebody can see where it stopped.

Whoever wants a trace opens `tracing`; the checks below say `@checks(...)` once each, and whoever
reads what a provider said calls `heard`. Where nobody traces, all of it does nothing.

A trace is made of names, verdicts, moments and short facts. No token, assertion, code, nonce or
secret is ever handed to it; of claims it keeps names and types, and values only where the
provider's row says so.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from inspect import signature
from typing import Literal, ParamSpec, TypeAlias, TypeVar

from providers.errors import ResponseInvalid

Verdict: TypeAlias = Literal["passed", "failed"]
P = ParamSpec("P")
R = TypeVar("R")

MAX_STEPS = 80
# About one answer and not about the person, and good for comparing it with others.
_NEVER_SPOKEN = frozenset(
    {"nonce", "at_hash", "c_hash", "s_hash", "jti", "sid", "_claim_names", "_claim_sources"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One check, or one call to the provider. `at` is in milliseconds from the trace's begin."""

    name: str
    verdict: Verdict
    at: float
    expected: str = ""
    received: str = ""


class Trace:
    """The steps of one sign-in in their order, and what the provider said of the person."""

    def __init__(self, *, values: bool = False) -> None:
        self.values = values
        self._begun = time.perf_counter()
        self.steps: list[Step] = []
        self.claims: dict[str, dict[str, object]] = {}  # by where they stood, then by name

    def passed(self, *names: str, received: str = "") -> None:
        for name in names:
            self._add(Step(name=name, verdict="passed", at=self._now(), received=received))

    def failed(self, name: str, *, expected: str = "", received: str = "") -> None:
        """The last step of a sign-in that failed."""
        del self.steps[MAX_STEPS - 1 :]
        self._add(
            Step(name=name, verdict="failed", at=self._now(), expected=expected, received=received)
        )

    def _add(self, step: Step) -> None:
        if len(self.steps) < MAX_STEPS:
            self.steps.append(step)

    def _now(self) -> float:
        return round((time.perf_counter() - self._begun) * 1000, 1)


_current: ContextVar[Trace | None] = ContextVar("trace", default=None)


@contextmanager
def tracing(*, values: bool = False) -> Iterator[Trace]:
    """One trace for all that is called within; `values`: of claims too, whatever the row says."""
    trace = Trace(values=values)
    token = _current.set(trace)
    try:
        yield trace
    finally:
        _current.reset(token)


def checks(*names: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Says which checks a function makes, by the names that its ResponseInvalid bear, in order.

    They have passed when it returns; when it refuses, those have that stand before the failed one.
    A name that begins with a dot is of the family that the function's argument `name` says.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        place = list(signature(function).parameters).index("name") if names[0][0] == "." else -1

        def full(args: tuple[object, ...]) -> tuple[str, ...]:
            return names if place < 0 else tuple(f"{args[place]}{name}" for name in names)

        @wraps(function)
        def traced(*args: P.args, **kwargs: P.kwargs) -> R:
            trace = _current.get()
            if trace is None:
                return function(*args, **kwargs)
            try:
                result = function(*args, **kwargs)
            except ResponseInvalid as error:
                if error.check in (made := full(args)):
                    trace.passed(*made[: made.index(error.check)])
                raise
            trace.passed(*full(args))
            return result

        return traced

    return decorate


def called(address: str, status: int) -> None:
    """A call that the provider answered; `address` without its query."""
    trace = _current.get()
    if trace is not None:
        trace.passed("call", received=f"{address}: {status}")


def heard(where: str, claims: Mapping[str, object], *, values: bool) -> None:
    """What the provider said, once it is believed; `values` is the policy of its row."""
    trace = _current.get()
    if trace is not None:
        shown = values or trace.values
        trace.claims[where] = {
            name: value if shown and name not in _NEVER_SPOKEN else kind_of(value)
            for name, value in claims.items()
        }


def utc(moment: datetime) -> str:
    """A moment as the facts of a check spell it."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def kind_of(value: object) -> str:
    """The type of a claim in words."""
    match value:
        case str():
            return "text"
        case bool():
            return "true or false"
        case int() | float():
            return "number"
        case list() | tuple():
            return f"list of {len(value)}"
        case Mapping():
            return f"object of {len(value)}"
        case _:
            return "nothing"
