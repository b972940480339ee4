"""`make long`: each target for its time, every input measured. Not collected by itself.

The first input of each outcome is kept in the corpus, under the outcome's name, until the corpus
has one; the fast suite replays them. A finding fails with its recipe, made as small as it can be.
`FUZZ_SECONDS` are for each target, `FUZZ_SEED` repeats a run.
"""

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, seed, settings

from tests.fuzz.target import Message, Recipe, Target

CORPUS = Path(__file__).parent / "corpus"
SECONDS = float(os.environ.get("FUZZ_SECONDS", "600"))
SEED = int(os.environ.get("FUZZ_SEED", str(int(time.time()))))
MAX_BYTES = 64 * 1024 * 1024
ROUND = 500  # inputs of one seed
TRIALS = 3
SHOWN = 300  # letters of a recipe


@dataclass(frozen=True)
class Cost:
    """Of one input: seconds of this thread's processor, bytes of peak memory."""

    seconds: float
    taken: int
    outcome: str

    def within(self, target: Target) -> bool:
        return self.seconds <= target.seconds and self.taken <= MAX_BYTES

    def __str__(self) -> str:
        return f"{self.seconds * 1000:.0f} ms, {self.taken / 1024 / 1024:.1f} MB ({self.outcome})"


@dataclass
class Figures:
    inputs: int = 0
    slowest: tuple[float, str] = (0.0, "")
    largest: tuple[int, str] = (0, "")
    outcomes: dict[str, Recipe] = field(default_factory=dict)
    over: list[str] = field(default_factory=list)

    def add(self, target: Target, cost: Cost, named: str) -> None:
        self.inputs += 1
        self.slowest = max(self.slowest, (cost.seconds, f"{named}: {cost}"))
        self.largest = max(self.largest, (cost.taken, f"{named}: {cost}"))
        if not cost.within(target):
            self.over.append(f"{named}: {cost}")


def measured(target: Target, message: Message) -> Cost:
    _reset_peak()
    before, begun = _memory("VmRSS"), time.thread_time()
    outcome = target.outcome(message)
    return Cost(time.thread_time() - begun, _memory("VmHWM") - before, outcome)


def measured_again(target: Target, make: Callable[[], Message]) -> Cost:
    """At best of three, if need be: others use this machine too."""
    trials = [measured(target, make())]
    while not trials[-1].within(target) and len(trials) < TRIALS:
        trials.append(measured(target, make()))
    seconds, taken = min(t.seconds for t in trials), min(t.taken for t in trials)
    return Cost(seconds, taken, trials[-1].outcome)


def _reset_peak() -> None:
    """Peak memory is counted from here on (proc(5), clear_refs)."""
    Path("/proc/self/clear_refs").write_text("5")


def _memory(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) * 1024


@pytest.mark.django_db
@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
def test_nothing_is_believed_and_nothing_breaks(name: str, target: Target) -> None:
    figures = Figures()
    for named, make in target.costly.items():
        cost = measured_again(target, lambda make=make: Message(content=make(), signed=True))  # type: ignore[misc]
        figures.add(target, cost, named)
    begun, number, dear = time.monotonic(), 0, figures.inputs
    while time.monotonic() - begun < SECONDS:
        number += 1
        _round(target, figures, SEED * 1_000_003 + number, begun + SECONDS)
    rate = (figures.inputs - dear) / (time.monotonic() - begun)
    print(f"\n{name}: {figures.inputs} inputs, {rate:.0f} a second")  # noqa: T201
    print(f"  slowest {figures.slowest[1]}\n  largest {figures.largest[1]}")  # noqa: T201
    _keep(name, figures)
    assert not figures.over, "\n".join(figures.over)


def _round(target: Target, figures: Figures, number: int, ends: float) -> None:
    """As many inputs as one seed gives, until the time is over. A finding raises, made small."""

    @seed(number)
    @settings(
        max_examples=ROUND,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(recipe=target.recipes)
    def tries(recipe: Recipe) -> None:
        if time.monotonic() > ends:
            return
        cost = measured(target, target.message(recipe))
        if not cost.within(target):
            cost = measured_again(target, lambda: target.message(recipe))
        figures.add(target, cost, json.dumps(recipe)[:SHOWN])
        figures.outcomes.setdefault(cost.outcome, recipe)

    tries()


def _keep(name: str, figures: Figures) -> None:
    """One input for each way to end."""
    path = CORPUS / f"{name}.json"
    kept = json.loads(path.read_text()) if path.exists() else {}
    whole = json.dumps({**figures.outcomes, **kept}, indent=1, sort_keys=True)
    path.write_text(f"{whole}\n")
