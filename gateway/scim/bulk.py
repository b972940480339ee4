"""Several writes in one message (RFC 7644, 3.7): each is done, or fails, alone.

What names a `bulkId` of another operation waits until that one has made its resource; those that
wait for each other fail.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse

from gateway.scim import acting
from gateway.scim.endpoint import Endpoint, answered, body, versions
from gateway.scim.shown import Row, base, location
from gateway.web.errors import ERRORS
from gateway.web.middleware import error_code
from gateway.web.scim_answers import failed
from provisioning.scim.errors import (
    PathInvalid,
    SyntaxInvalid,
    TargetMissing,
    TooLarge,
    ValueInvalid,
)
from provisioning.scim.models import ScimConnection
from provisioning.scim.resources import MAX_OPERATIONS, Kind

_RESPONSE = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
_NAME = "bulkId:"
_METHODS = {"POST", "PUT", "PATCH", "DELETE"}
_MADE = {"POST": 201, "DELETE": 204}
_KINDS = {kind.endpoint.lower(): kind for kind in Kind}


class Bulk(Endpoint):
    def post(self, request: HttpRequest) -> HttpResponse:
        told = body(request)
        operations, most = _operations(told), told.get("failOnErrors")
        if most is not None and (type(most) is not int or most < 1):
            raise ValueInvalid("failOnErrors is a number of errors")
        reference = getattr(request, "reference", "")
        done = _Job(self.connection, operations, reference).done(most or len(operations) + 1)
        return answered({"schemas": [_RESPONSE], "Operations": done})


def _operations(told: Mapping[str, object]) -> list[dict[str, Any]]:
    """Raises SyntaxInvalid, ValueInvalid, TooLarge."""
    found = next((value for name, value in told.items() if name.lower() == "operations"), None)
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise SyntaxInvalid("Operations is a list of objects")
    if len(found) > MAX_OPERATIONS:
        raise TooLarge(f"more than {MAX_OPERATIONS} operations")
    names = [one["bulkId"] for one in found if "bulkId" in one]
    if not all(isinstance(name, str) for name in names):
        raise ValueInvalid("a bulkId is a text")
    posted = [one["bulkId"] for one in found if _method(one) == "POST" and one.get("bulkId")]
    if len(set(posted)) < len(posted):
        raise ValueInvalid("two operations have one bulkId")
    return found


class _Job:
    def __init__(
        self, connection: ScimConnection, operations: list[dict[str, Any]], reference: str
    ) -> None:
        self._connection, self._reference = connection, reference
        self._operations = operations
        self._made: dict[str, str] = {}  # ids by bulkId

    def done(self, most: int) -> list[dict[str, Any]]:
        """The answers, in the order of the operations, until so many errors."""
        answers: dict[int, dict[str, Any]] = {}
        waiting, errors = dict(enumerate(self._operations)), 0
        names = {at: _named(one) for at, one in waiting.items()}
        while waiting and errors < most:
            yet = {one.get("bulkId") for one in waiting.values() if _method(one) == "POST"}
            ready = [at for at in waiting if not names[at] & yet]
            for at in ready or list(waiting):  # who waits in a circle fails
                answers[at] = self._one(waiting.pop(at))
                errors += int(answers[at]["status"]) >= HTTPStatus.BAD_REQUEST
                if errors >= most:
                    break
        return [answers[at] for at in sorted(answers)]

    def _one(self, operation: dict[str, Any]) -> dict[str, Any]:
        method = _method(operation)
        told = {"method": method}
        if isinstance(operation.get("bulkId"), str):
            told["bulkId"] = operation["bulkId"]
        try:
            row = self._acted(method, operation)
        except Exception as error:  # noqa: BLE001 -- as the boundary does for one that comes alone
            code = error_code(error)
            answer = failed(code, self._reference, error)
            status = str(ERRORS[code].status)
            return told | {"status": status, "response": answer, **self._place(operation)}
        if row is None:
            return told | {"status": "204", **self._place(operation)}
        if method == "POST":
            self._made[told["bulkId"]] = str(row.pk)
        place = {"location": location(self._connection, row), "version": row.etag}
        return told | {"status": str(_MADE.get(method, 200)), **place}

    def _acted(self, method: str, operation: dict[str, Any]) -> Row | None:
        if method not in _METHODS:
            raise SyntaxInvalid("method is POST, PUT, PATCH or DELETE")
        kind, pk = self._target(operation)
        if method == "POST":
            if not operation.get("bulkId"):
                raise ValueInvalid("what is made has a bulkId")
            return acting.created(self._connection, kind, self._data(operation))
        tags = operation.get("version")
        wanted = versions(tags if isinstance(tags, str) and tags else None)
        if method == "DELETE":
            acting.deleted(self._connection, kind, pk, wanted)
            return None
        return acting.changed(self._connection, (kind, pk), method, self._data(operation), wanted)

    def _target(self, operation: dict[str, Any]) -> tuple[Kind, str]:
        place, _, pk = str(operation.get("path", "")).strip("/").partition("/")
        kind = _KINDS.get(place.lower())
        if kind is None or (_method(operation) == "POST") is bool(pk):
            raise PathInvalid("path is /Users or /Groups, and an id for what is there")
        return kind, str(self._resolved(pk))

    def _data(self, operation: dict[str, Any]) -> dict[str, Any]:
        data = self._resolved(operation.get("data"))
        if not isinstance(data, dict):
            raise SyntaxInvalid("data is an object")
        return data

    def _resolved(self, value: object) -> object:
        match value:
            case str() if value.startswith(_NAME):
                made = self._made.get(value.removeprefix(_NAME))
                if made is None:
                    raise TargetMissing(f"nothing was made as {value[:50]}")
                return made
            case dict():
                return {name: self._resolved(one) for name, one in value.items()}
            case list():
                return [self._resolved(one) for one in value]
        return value

    def _place(self, operation: dict[str, Any]) -> dict[str, str]:
        if _method(operation) == "POST":
            return {}
        path = str(operation.get("path", "")).strip("/")[:200]
        return {"location": f"{base(self._connection)}/{path}"}


def _method(operation: Mapping[str, Any]) -> str:
    return str(operation.get("method", "")).upper()[:10]


def _named(value: object) -> set[str]:
    """The bulkIds that it names anywhere."""
    match value:
        case str():
            return {value.rpartition(_NAME)[2]} if _NAME in value else set()
        case dict():
            inner = [_named(one) for name, one in value.items() if name != "bulkId"]
        case list():
            inner = [_named(one) for one in value]
        case _:
            return set()
    return set().union(*inner)
