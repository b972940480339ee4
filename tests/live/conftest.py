"""Everything here is live: it starts real programs and takes its time.

Whatever needs only a Keycloak shares one, booted once for the whole run (`keycloak_realm`). The
demo has a Keycloak of its own, because the demo is what is tested there: its realm, its ports, its
way up and down. Chromium goes through that same demo, from an app's address to the app's greeting,
so `demo` is up once as well. Only `test_demo_endings` starts others, to end each in its own way.
"""

import signal
from collections.abc import Iterator

import pytest

from tests.journeys.apps import edge
from tests.journeys.conftest import house
from tests.live.demo import UP, Demo, free_addresses, start
from tests.live.keycloak import keycloak, keycloak_realm
from tests.live.node_provider import connect, node, node_server
from tests.live.person import connected, elsewhere, person
from tests.live.simplesaml import simplesaml, simplesaml_server

__all__ = [
    "connect",
    "connected",
    "edge",
    "elsewhere",
    "house",
    "keycloak",
    "keycloak_realm",
    "node",
    "node_server",
    "person",
    "simplesaml",
    "simplesaml_server",
]


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The whole demo, up, on ports of its own; started once for the run. Nothing is different but
    that its two admins, where there are two, need each other's word.
    """
    place = tmp_path_factory.mktemp("demo"), free_addresses()
    made = start(*place, "GATEHOUSE_RULES_NEED_APPROVAL=1")
    try:
        made.wait_for(UP)
        yield made
    finally:
        made.send(signal.SIGINT)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/live/" in item.path.as_posix():
            item.add_marker(pytest.mark.live)
