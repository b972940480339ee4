import pytest

from tests.gateway.flows.merging.twice import gatehouse


@pytest.fixture(autouse=True)
def _gatehouse() -> None:
    gatehouse()
