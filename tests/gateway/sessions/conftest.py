"""These tests count who can end sessions: nobody else of this process may be on the register."""

import pytest

from gateway import wiring


@pytest.fixture(autouse=True)
def _alone() -> None:
    if wiring.session_store.cache_info().currsize:
        wiring.session_store().close()
        wiring.session_store.cache_clear()
