"""The country of an address, by the operator's database."""

from functools import lru_cache

from gateway.sessions.country import Countries
from gateway.wiring import config

_by = lru_cache(maxsize=1)(Countries)


def country(address: str) -> str:
    """Two letters (ISO 3166-1), or nothing."""
    return _by(config().country_database).of(address)
