"""Lists for spreadsheets, as CSV (RFC 4180)."""

import csv
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

# What a spreadsheet takes for a formula's beginning (OWASP, CSV injection), also in full width.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001


def harmless(text: str) -> str:
    """No name is taken for a formula (CWE-1236): whatever could be begins with an apostrophe."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def moment(at: datetime | None) -> str:
    """A cell: in UTC, to the second (ISO 8601); empty for never."""
    return "" if at is None else f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


class _Line:
    """What a writer wants to write to; it hands the line back."""

    def write(self, line: str) -> str:
        return line


def lines(header: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """Line by line, so that a list of any length is held nowhere."""
    writer = csv.writer(_Line(), quoting=csv.QUOTE_ALL)
    yield writer.writerow(header)
    for row in rows:
        yield writer.writerow(map(harmless, row))
