"""What this service is, and what it keeps (RFC 7644, 4)."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from scim2_models import Context

from gateway.scim.endpoint import Endpoint, answered
from gateway.scim.resources import LIST
from gateway.scim.shown import base
from provisioning.scim.errors import Forbidden, ResourceUnknown
from provisioning.scim.resources import CONFIG, SERVICE


class ServiceProviderConfig(Endpoint):
    def get(self, request: HttpRequest) -> HttpResponse:
        _refuse_filter(request)
        place = f"{base(self.connection)}/ServiceProviderConfig"
        return answered(
            _plain(CONFIG, {"resourceType": "ServiceProviderConfig", "location": place})
        )


class _Listed(Endpoint):
    def all(self) -> Mapping[str, dict[str, Any]]:
        raise NotImplementedError

    def get(self, request: HttpRequest, name: str = "") -> HttpResponse:
        _refuse_filter(request)
        everything = self.all()
        if name:
            if name not in everything:
                raise ResourceUnknown(f"there is no {name[:100]}")
            return answered(everything[name])
        content = {
            "schemas": [LIST],
            "totalResults": len(everything),
            "startIndex": 1,
            "itemsPerPage": len(everything),
            "Resources": list(everything.values()),
        }
        return answered(content)

    def place(self, of: str, name: str) -> dict[str, str]:
        return {"resourceType": of, "location": f"{base(self.connection)}/{of}s/{name}"}


class Schemas(_Listed):
    def all(self) -> Mapping[str, dict[str, Any]]:
        return {
            str(schema.id): _plain(schema, self.place("Schema", str(schema.id)))
            for schema in SERVICE.schemas
        }


class ResourceTypes(_Listed):
    def all(self) -> Mapping[str, dict[str, Any]]:
        return {
            str(kind.name): _plain(kind, self.place("ResourceType", str(kind.name)))
            for kind in SERVICE.resource_types
        }


def _plain(resource: Any, meta: Mapping[str, str]) -> dict[str, Any]:  # noqa: ANN401
    told: dict[str, Any] = resource.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE)
    return {**told, "meta": dict(meta)}


def _refuse_filter(request: HttpRequest) -> None:
    """RFC 7644, 4: else a client would take what it did not ask for as an answer."""
    if "filter" in request.GET:
        raise Forbidden("what is discovered is not filtered")
