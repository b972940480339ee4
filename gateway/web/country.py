"""The country of an address, if the operator has a database of them. A hint: nothing is decided by
it.
"""

import logging
from functools import lru_cache
from pathlib import Path

import maxminddb

from gateway.wiring import config

_log = logging.getLogger(__name__)


def country(address: str) -> str:
    """Two letters (ISO 3166-1), or nothing. A database that cannot be read keeps nobody out."""
    path = config().country_database
    if path is None:
        return ""
    try:
        # A newer file takes the old one's place without a restart.
        found = _opened(path, path.stat().st_mtime_ns).get(address.partition("%")[0])
    except (OSError, ValueError, maxminddb.InvalidDatabaseError) as error:
        _log.warning("the database of countries cannot be read: %s", type(error).__name__)
        return ""
    named = found.get("country") if isinstance(found, dict) else None
    code = named.get("iso_code") if isinstance(named, dict) else None
    known = isinstance(code, str) and len(code) == 2 and code.isascii() and code.isalpha()  # noqa: PLR2004 -- ISO 3166-1
    return str(code) if known else ""


@lru_cache(maxsize=1)
def _opened(path: Path, _changed: int) -> maxminddb.Reader:
    return maxminddb.open_database(path)
