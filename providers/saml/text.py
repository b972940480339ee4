"""Reading single values out of an element that is already believed."""

from datetime import UTC, datetime

from lxml import etree

from providers.errors import ResponseInvalid

MAX_SHOWN = 120
MAX_SHORT = 256  # letters of an identifier, a session index, a class of authentication


def text_of(element: etree._Element) -> str:
    """The text as it is, not trimmed. An element with others in it has none that is one reading."""
    if len(element):
        raise ResponseInvalid("saml.text", "elements where there should be text")
    return element.text or ""


def short(value: str, check: str) -> str:
    """The same text. Raises ResponseInvalid under `check` if it is longer than such texts are."""
    if len(value) > MAX_SHORT:
        raise ResponseInvalid(check, f"longer than {MAX_SHORT}")
    return value


def moment(element: etree._Element, attribute: str, check: str) -> datetime | None:
    """The UTC moment in `attribute` (saml-core 1.3.3), None if it is not there.

    Raises ResponseInvalid under `check` for a time without a zone, and for what is no time.
    """
    value = element.get(attribute)
    if value is None:
        return None
    try:
        found = datetime.fromisoformat(value)
        utc = found.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ResponseInvalid(check, f"{attribute} is no moment in time") from error
    if found.tzinfo is None:
        raise ResponseInvalid(check, f"{attribute} is in no time zone")
    return utc


def shown(value: str | None) -> str:
    """A short form for the log."""
    return "nothing" if value is None else repr(value[:MAX_SHOWN])
