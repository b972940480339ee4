"""What may stand beside an event, as it may be stored."""

from collections.abc import Mapping

from gateway.audit.events import Event
from gateway.audit.fields import FIELDS
from gateway.tokens.credentials import WITHHELD, looks_like_credential, storable

MAX_TEXT = 500  # of one text in a detail; a longer one is cut, an event is not a log
MAX_ITEMS = 50  # of one list in a detail

Detail = dict[str, "str | int | bool | list[str]"]


class DetailNotAllowed(Exception):
    """A flow tried to record a field that this event does not have, or no plain value."""


# The provider's lasting name for a person may well be 256 random-looking bits, and is no secret.
_OPAQUE = frozenset({"subject"})


def checked(event: Event, detail: Mapping[str, object]) -> Detail:
    """The detail as it may be stored: fields of the catalogue, plain values, no credentials.

    A text that looks like a credential is withheld rather than refused, since a stranger may have
    chosen it and the event must still be on record. Raises DetailNotAllowed for an unknown field.
    """
    strange = detail.keys() - FIELDS[event]
    if strange:
        raise DetailNotAllowed(f"{event} has no field {', '.join(sorted(strange))}")
    return {name: _value(name, value) for name, value in detail.items()}


def _value(name: str, value: object) -> str | int | bool | list[str]:
    if isinstance(value, str):
        return _text(value, opaque=name in _OPAQUE)
    if isinstance(value, int):
        return value
    if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        return [_text(item, opaque=False) for item in value[:MAX_ITEMS]]
    raise DetailNotAllowed(f"{name} is {type(value).__name__}, not text, number or texts")


def _text(value: str, *, opaque: bool) -> str:
    if not opaque and looks_like_credential(value):
        return WITHHELD
    return storable(value, MAX_TEXT)
