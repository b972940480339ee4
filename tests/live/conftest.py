"""Everything here is live: it starts real programs and takes its time."""

import pytest

from tests.live.keycloak import keycloak, keycloak_realm

__all__ = ["keycloak", "keycloak_realm"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/live/" in item.path.as_posix():
            item.add_marker(pytest.mark.live)
