"""Reading what a program sent: size before parsing, JSON to the letter, every fault at once."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import IO, Any, ClassVar

from django.http import QueryDict
from rest_framework import serializers
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser

from gateway.relying_parties.definition import FieldFault
from gateway.web.json_object import read_object
from gateway.web.problems import FieldsInvalid

MAX_FAULTS = 100
MAX_BYTES = 400_000  # of a body; as of a form (settings.DATA_UPLOAD_MAX_MEMORY_SIZE)


class TooLarge(Exception):
    code: ClassVar[str] = "request.too-large"


class AlwaysJson(BaseContentNegotiation):
    """There is nothing to choose from (RFC 9110, 12.5.1 lets a server answer so)."""

    def select_parser(self, request: Any, parsers: Sequence[Any]) -> Any:  # noqa: ANN401
        kind = request.content_type.partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == kind), None)

    def select_renderer(
        self,
        request: object,  # noqa: ARG002 -- DRF's signature
        renderers: Sequence[Any],
        format_suffix: object = None,  # noqa: ARG002
    ) -> tuple[Any, str]:
        return renderers[0], renderers[0].media_type


class Json(BaseParser):
    """One object in UTF-8 (RFC 8259). Names that stand twice, numbers that are none and letters
    that no database keeps are refused.
    """

    media_type = "application/json"

    def parse(
        self,
        stream: IO[bytes],
        media_type: object = None,  # noqa: ARG002 -- DRF's signature
        parser_context: object = None,  # noqa: ARG002
    ) -> dict[str, object]:
        """Raises TooLarge, FieldsInvalid."""
        raw = stream.read(MAX_BYTES + 1)
        if len(raw) > MAX_BYTES:
            raise TooLarge(f"more than {MAX_BYTES} bytes")
        try:
            return read_object(raw)
        except ValueError as error:
            raise _whole("is not one JSON object of whole text in UTF-8") from error


def _whole(problem: str) -> FieldsInvalid:
    return FieldsInvalid((FieldFault(field="", problem=f"the body {problem}"),))


class Strict(serializers.Serializer):
    """Fields that nobody asked for are refused, with their place."""

    def to_internal_value(self, data: object) -> Any:  # noqa: ANN401
        found: Any = None
        faults: dict[str, Any] = {}
        try:
            found = super().to_internal_value(data)
        except serializers.ValidationError as error:
            faults = dict(error.detail)
        if isinstance(data, Mapping):
            known = ", ".join(self.fields)
            unknown = [str(name) for name in data if name not in self.fields]
            faults |= {name: [f"is not known here; there are {known}"] for name in unknown}
        if faults:
            raise serializers.ValidationError(faults)
        return found


class Text(serializers.CharField):
    """A text and nothing that could be read as one."""

    def to_internal_value(self, data: object) -> str:
        if not isinstance(data, str):
            raise serializers.ValidationError("must be a text")
        text: str = super().to_internal_value(data)
        return text


class Flag(serializers.BooleanField):
    """true or false, and no word or number for them."""

    def to_internal_value(self, data: object) -> bool:
        if isinstance(data, bool):
            return data
        raise serializers.ValidationError("must be true or false")


def checked(shape: Any) -> dict[str, Any]:  # noqa: ANN401 -- a serializer with its data
    """What was sent. Raises FieldsInvalid with every fault of it, or the first hundred."""
    if not shape.is_valid():
        raise FieldsInvalid(tuple(islice(_faults("", shape.errors), MAX_FAULTS)))
    found: dict[str, Any] = dict(shape.validated_data)
    return found


def query(shape: type[Strict], sent: QueryDict) -> dict[str, Any]:
    """What stands in the query of an address, each name once. Raises FieldsInvalid."""
    twice = [name for name, values in sent.lists() if len(values) > 1]
    if twice:
        raise FieldsInvalid(tuple(FieldFault(field=n, problem="stands twice") for n in twice))
    return checked(shape(data=sent.dict()))


def _faults(place: str, errors: object) -> Iterator[FieldFault]:
    match errors:
        case Mapping():
            for name, inner in errors.items():
                yield from _faults(".".join(filter(None, (place, str(name)))), inner)
        case list():
            for at, inner in enumerate(errors):
                if isinstance(inner, Mapping):
                    yield from _faults(f"{place}.{at}", inner)
                else:
                    yield FieldFault(field=place, problem=str(inner))
