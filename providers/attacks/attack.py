"""What an attack is, and how it is judged.

A refusal proves something only if two things hold: the same message, told honestly, is taken; and
it was the check that guards this very lie which refused. Whatever else stops an attack (a provider
that is away, another check) leaves the question open, and is said to.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, Literal, TypeAlias, TypeVar

from providers.errors import ResponseInvalid

Verdict: TypeAlias = Literal["refused", "accepted", "error", "costly", "not-proven"]
# Those that say that something is to be mended.
HOLES: frozenset[Verdict] = frozenset({"accepted", "error", "costly"})
# A good sign-in takes a few milliseconds. More than this makes a message a weapon by itself.
COSTLY_MS = 1000.0
MAX_WHY = 300


class CameToNothing(Exception):
    """It was believed, and gave the forger nothing: no refusal was needed."""

    code = "attack.came-to-nothing"


T = TypeVar("T")  # who is attacked
P = TypeVar("P")  # the played provider
A = TypeVar("A", bound="Attack[Any, Any]")


@dataclass(frozen=True, kw_only=True)  # no slots: what is generic sets a name of its own
class Attack(Generic[T, P]):
    """One lie, told in a whole sign-in (or sign-out).

    `fire` returns if it was believed. `checks` are those that guard against it: names of checks,
    families of them that end in a dot, or codes of errors. `keyless`: whoever can reach the gateway
    can try it; the others need a provider that is hostile, or one whose key was stolen.
    """

    name: str
    words: str  # what the forger does
    source: str
    checks: tuple[str, ...]
    fire: Callable[[T, P], object]
    keyless: bool = False
    where: Callable[[P], bool] = lambda _provider: True  # else it says nothing about this row


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """`check` is what refused it; `why` explains every verdict but a refusal. `took_ms` is the
    processor's own time, so that neither a busy machine nor a slow network counts.
    """

    attack: str
    words: str
    source: str
    keyless: bool
    verdict: Verdict
    check: str
    why: str
    took_ms: float


def judged(attack: Attack[T, P], fire: Callable[[], object]) -> Outcome:
    """Fires once, and says what came of it; whatever is raised is part of the answer."""
    begun = time.thread_time()
    verdict: Verdict = "accepted"
    check, why = "", "it was believed"
    try:
        fire()
    except Exception as error:  # noqa: BLE001 - what is raised is what is looked for
        check = refusing(error)
        verdict, why = _weighed(attack.checks, check, error)
    took = round((time.thread_time() - begun) * 1000, 1)
    if verdict in ("refused", "not-proven") and took > COSTLY_MS:
        verdict, why = "costly", f"it was refused, after {took:.0f} ms of work"
    return Outcome(
        attack=attack.name,
        words=attack.words,
        source=attack.source,
        keyless=attack.keyless,
        verdict=verdict,
        check=check,
        why=why[:MAX_WHY],
        took_ms=took,
    )


def in_rounds(
    rounds: Iterable[tuple[A, Sequence[A]]],
    *,
    applies: Callable[[A], bool],
    fired: Callable[[A], Outcome],
    step: Callable[[], None],
) -> list[Outcome]:
    """In each round an honest message first, then every attack that applies; `step` is called for
    those that do not as well.
    """
    outcomes: list[Outcome] = []
    for control, attacks in rounds:
        honest = fired(control)
        found = []
        for each in attacks:
            step()
            if applies(each):
                found.append(fired(each))
        if honest.verdict != "accepted":
            found = without_control(found, honest.check or honest.why)
        outcomes += found
    return outcomes


def refusing(error: Exception) -> str:
    """The name of what refused: the check, else the error's own code; empty for a mere fault."""
    if isinstance(error, ResponseInvalid):
        return error.check
    code = getattr(type(error), "code", "")
    return code if isinstance(code, str) else ""


def _weighed(guards: tuple[str, ...], check: str, error: Exception) -> tuple[Verdict, str]:
    if not check:
        return "error", f"{type(error).__name__}: no refusal, but a fault"
    if any(check == each or (each.endswith(".") and check.startswith(each)) for each in guards):
        return "refused", ""
    if isinstance(error, ResponseInvalid):
        return "not-proven", f"{check} refused it, which does not guard against this"
    return "not-proven", str(error)


def without_control(outcomes: Iterable[Outcome], problem: str) -> list[Outcome]:
    """The outcomes where the honest message was not taken either: no refusal counts."""
    return [
        replace(each, verdict="not-proven", why=f"an honest message is refused too: {problem}")
        if each.verdict == "refused"
        else each
        for each in outcomes
    ]
