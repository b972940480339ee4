"""Everything here is live: it starts real programs and takes its time."""

import signal
from collections.abc import Iterator

import pytest

from tests.live.demo import UP, Demo, free_addresses, start
from tests.live.keycloak import keycloak, keycloak_realm

__all__ = ["keycloak", "keycloak_realm"]


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The whole demo, up, on ports of its own; started once for the run."""
    made = start(tmp_path_factory.mktemp("demo"), free_addresses())
    try:
        made.wait_for(UP)
        yield made
    finally:
        made.send(signal.SIGINT)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/live/" in item.path.as_posix():
            item.add_marker(pytest.mark.live)
