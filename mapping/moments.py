"""Moments as people write them: a day, or a day and time with its zone (RFC 3339)."""

import re
from datetime import UTC, date, datetime, timedelta

from mapping.errors import RuleInvalid
from mapping.shapes import text_of

_DAY = timedelta(days=1)
_WHOLE_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_FIRST_YEAR, _LAST_YEAR = 1970, 2999
_REMEDY = "write a day as 2027-03-31, or a time as 2027-03-31T18:00:00Z"


def begin_of(value: object, field: str) -> datetime:
    """A time, or the first moment of a day (UTC). Raises RuleInvalid."""
    return _moment(value, field)[0]


def end_of(value: object, field: str) -> datetime:
    """A time, or the first moment after a day (UTC), which counts whole. Raises RuleInvalid."""
    moment, whole_day = _moment(value, field)
    return moment + _DAY if whole_day else moment


def plain_begin(moment: datetime) -> str:
    """What `begin_of` reads as this moment."""
    return _day(moment).isoformat() if _at_midnight(moment) else _time(moment)


def plain_end(moment: datetime) -> str:
    """What `end_of` reads as this moment."""
    return _day(moment - _DAY).isoformat() if _at_midnight(moment) else _time(moment)


def _moment(value: object, field: str) -> tuple[datetime, bool]:
    """In UTC, and whether a whole day is meant."""
    text = text_of(value, field)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise RuleInvalid(field, f"is no moment; {_REMEDY}") from error
    whole_day = bool(_WHOLE_DAY.fullmatch(text))
    if not whole_day and moment.tzinfo is None:
        raise RuleInvalid(field, f"names no zone; {_REMEDY}")
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise RuleInvalid(field, f"lies outside the years {_FIRST_YEAR} to {_LAST_YEAR}")
    return (moment.replace(tzinfo=UTC) if whole_day else moment.astimezone(UTC)), whole_day


def _at_midnight(moment: datetime) -> bool:
    return moment.astimezone(UTC).time() == datetime.min.time()


def _day(moment: datetime) -> date:
    return moment.astimezone(UTC).date()


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
