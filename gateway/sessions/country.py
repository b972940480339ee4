"""The country of an address, if the operator has a database of them. A hint: nothing is decided by
it.
"""

import logging
from pathlib import Path

import maxminddb

_log = logging.getLogger(__name__)


class Countries:
    """A database in MaxMind's format, or none. Of a process that forks, made after the fork."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._opened: tuple[maxminddb.Reader, int] | None = None
        self._complained = False

    def of(self, address: str) -> str:
        """Two letters (ISO 3166-1), or nothing. A database that cannot be read keeps nobody out."""
        if self._path is None:
            return ""
        try:
            found = self._current(self._path).get(address.partition("%")[0])
        except (OSError, ValueError, maxminddb.InvalidDatabaseError) as error:
            if not self._complained:  # once, and not for every address
                _log.warning("the database of countries cannot be read: %s", type(error).__name__)
                self._complained = True
            return ""
        self._complained = False
        named = found.get("country") if isinstance(found, dict) else None
        code = named.get("iso_code") if isinstance(named, dict) else None
        return code if isinstance(code, str) and is_code(code) else ""

    def _current(self, path: Path) -> maxminddb.Reader:
        """A newer file takes the old one's place without a restart."""
        changed = path.stat().st_mtime_ns
        if self._opened is None or self._opened[1] != changed:
            self._opened = (maxminddb.open_database(path), changed)
        return self._opened[0]


def is_code(text: str) -> bool:
    """Whether it has the form of a country's code (ISO 3166-1, two letters)."""
    return len(text) == 2 and text.isascii() and text.isalpha()  # noqa: PLR2004 -- ISO 3166-1
