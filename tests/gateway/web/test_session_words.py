"""When a session was last used is told as far as it is known, and no closer."""

from datetime import timedelta

import pytest

from gateway.web.session_words import place, seen

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("idle", "left", "words"),
    [
        (HOUR, HOUR, "in the last 5 minutes"),
        (HOUR, timedelta(minutes=56), "in the last 5 minutes"),
        (HOUR, timedelta(minutes=55), "in the last 10 minutes"),
        (HOUR, timedelta(minutes=31), "in the last 30 minutes"),
        (HOUR, timedelta(0), "in the last 2 hours"),
        (HOUR, 2 * HOUR, "in the last 5 minutes"),
        (timedelta(days=30), timedelta(days=29, hours=22), "in the last 3 hours"),
        (timedelta(days=30), timedelta(days=27), "in the last 4 days"),
    ],
)
def test_it_was_used_within_what_the_idle_life_has_lost(
    idle: timedelta, left: timedelta, words: str
) -> None:
    assert seen(idle, left) == words


def test_a_place_is_as_much_as_is_known() -> None:
    assert place("DE", "192.0.2.7") == "DE, 192.0.2.7"
    assert place("", "192.0.2.7") == "192.0.2.7"
    assert place("", "") == ""
