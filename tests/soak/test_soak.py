"""Nothing grows and nothing is left open, however long everything runs.

`make test` looks for half a minute, `make long` for an hour (`SOAK_SECONDS`).
"""

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from bench.soak import soak

pytestmark = pytest.mark.live

SECONDS = float(os.environ.get("SOAK_SECONDS", "12"))
WARM_UP = max(6.0, SECONDS / 6)
MB = 1024 * 1024
# What the edge keeps on purpose: of the last so many sessions that it saw, about so much each.
KEPT, KEPT_BYTES = 50_000, 4_000
GROWTH = 24 * MB
# Connections are made as they are needed, up to what a pool may hold.
MORE_FILES = 8


@pytest.fixture(scope="module")
def soaked():
    # Not pytest's own: PostgreSQL runs as somebody else, who may not look in there.
    with TemporaryDirectory(prefix="gatehouse-soak-") as folder:
        found = soak(Path(folder), WARM_UP, SECONDS)
    print(  # noqa: T201
        f"\n{found.done}\n  after the warm-up {found.warm}\n  at the end {found.last}"
    )
    return found


def test_everything_was_done(soaked):
    assert soaked.done.checks > 100 * SECONDS
    assert soaked.done.newcomers > SECONDS
    assert soaked.done.sign_ins > SECONDS / 2
    assert soaked.done.changes > SECONDS / 2


def test_memory_stays_flat(soaked):
    known = min(soaked.newcomers_warm, KEPT)
    fill = min(soaked.done.newcomers, KEPT) - known
    for name, allowed in (("edge", GROWTH + fill * KEPT_BYTES), ("gateway", GROWTH)):
        grown = soaked.last.memory[name] - soaked.warm.memory[name]
        assert grown <= allowed, f"{name} grew by {grown / MB:.1f} MB"


def test_no_connection_is_left_open(soaked):
    assert soaked.last.clients <= soaked.warm.clients + MORE_FILES
    for name, files in soaked.last.files.items():
        assert files <= soaked.warm.files[name] + MORE_FILES, name
