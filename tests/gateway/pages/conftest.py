"""One gateway with specimens and one browser for all the tests here."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.gateway.pages.serving import chromium, specimens_served


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    with specimens_served() as origin:
        yield origin


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser
