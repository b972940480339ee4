"""What an administrator reads about who has forgotten what she ended."""

from datetime import timedelta

import pytest

from gateway.console.receipts import sentence
from gateway.sessions.roll_call import Receipt


@pytest.mark.parametrize(
    ("edges", "heard", "told"),
    [
        (0, 0, "No edge is running that could remember them."),
        (1, 1, "The one edge had forgotten them after 3 ms."),
        (4, 4, "All 4 edges had forgotten them after 3 ms."),
        (4, 3, "3 of 4 edges had forgotten them after 3 ms. One that hears nothing"),
        (1, 0, "0 of 1 edges had forgotten them"),
    ],
)
def test_a_receipt_is_a_sentence(edges: int, heard: int, told: str) -> None:
    receipt = Receipt(edges=edges, heard=heard, within=timedelta(milliseconds=3.2))
    assert sentence(receipt).startswith(told)


def test_where_redis_does_not_say_that_is_said() -> None:
    assert sentence(None).startswith("Redis did not say which edges have heard of it")
