"""What fuzzing found worth keeping, each time: nothing is believed, nothing breaks.

How long it takes is measured by `make long` alone, which also adds to the corpus.
"""

import json

import pytest
from hypothesis import HealthCheck, given, settings

from tests.fuzz.long import CORPUS
from tests.fuzz.target import TAKEN, Message, Recipe, Target

DEAR = 10  # of the costly ones of each target: all of them take minutes

pytestmark = [
    pytest.mark.django_db,
    # joserfc says so of keys that are then not taken.
    pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning"),
]


def test_the_kept_ones_come_to_an_end_of_ours(name: str, target: Target) -> None:
    kept: dict[str, Recipe] = json.loads((CORPUS / f"{name}.json").read_text())
    assert kept
    for recipe in kept.values():
        target.outcome(target.message(recipe))


def test_an_honest_one_is_taken(name: str, target: Target) -> None:
    """So that what is refused is not refused for another reason."""
    honest = {"form": 0, "signed": False, "by": "provider", "door": "oidc"}
    form = "application/x-www-form-urlencoded"
    parts = ("tree", "bytes", "header", "claims", "object", "fields")
    recipe = {**honest, **{part: [] for part in parts}, "type": form}
    assert target.outcome(target.message(recipe)) == TAKEN


def test_some_that_are_made_to_be_dear_come_to_an_end_of_ours(target: Target) -> None:
    names = sorted(target.costly)
    for name in names[:: max(1, len(names) // DEAR)]:
        target.outcome(Message(content=target.costly[name](), signed=True))


def test_some_new_ones_come_to_an_end_of_ours(target: Target) -> None:
    @settings(
        max_examples=40,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(recipe=target.recipes)
    def tries(recipe: Recipe) -> None:
        target.outcome(target.message(recipe))

    tries()
