"""The country of an address stands in a file of the operator's, and keeps nobody out."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import LazySettings

from gateway.config.values import country_database
from gateway.web.country import country
from tests.fakes.countries import database

BERLIN = {"country": {"iso_code": "DE"}}


@pytest.fixture
def file(tmp_path: Path, settings: LazySettings) -> Path:
    path = tmp_path / "countries.mmdb"
    path.write_bytes(database("198.51.100.0/24", BERLIN))
    settings.ENVIRONMENT = replace(
        settings.ENVIRONMENT, country_database=country_database(str(path))
    )
    return path


@pytest.mark.usefixtures("file")
def test_an_address_that_stands_there_has_its_country_and_no_other_has_any() -> None:
    assert country("198.51.100.7") == "DE"
    assert country("198.51.101.7") == ""
    for other in ("2001:db8::1", "fe80::1%eth0", "nowhere", ""):
        assert country(other) == ""


def test_without_a_database_nothing_is_said() -> None:
    assert country("198.51.100.7") == ""


@pytest.mark.parametrize(
    "entry",
    [
        {},
        {"country": "DE"},
        {"country": {}},
        {"country": {"iso_code": []}},
        {"country": {"iso_code": "<>"}},
    ],
)
def test_an_entry_of_another_shape_says_nothing(file: Path, entry: dict[str, object]) -> None:
    file.write_bytes(database("198.51.100.0/24", entry))
    os.utime(file, ns=(1, 1))
    assert country("198.51.100.7") == ""


def test_a_newer_file_is_taken_and_one_that_is_gone_or_broken_keeps_nobody_out(file: Path) -> None:
    assert country("198.51.100.7") == "DE"
    file.unlink()
    assert country("198.51.100.7") == ""
    file.write_bytes(database("198.51.100.0/24", {"country": {"iso_code": "AT"}}))
    os.utime(file, ns=(2, 2))
    assert country("198.51.100.7") == "AT"
    file.unlink()
    file.write_bytes(b"no database")
    os.utime(file, ns=(3, 3))
    assert country("198.51.100.7") == ""


def test_that_it_cannot_be_read_is_said_once_and_not_for_every_address(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file.unlink()
    for _ in range(3):
        country("198.51.100.7")
    assert [entry.levelname for entry in caplog.records] == ["WARNING"]
    file.write_bytes(database("198.51.100.0/24", BERLIN))
    assert country("198.51.100.7") == "DE"
    file.unlink()
    country("198.51.100.7")
    assert len(caplog.records) == 2
