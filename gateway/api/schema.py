"""The API in OpenAPI, made of the code: at /api/v1/schema and, by `make docs`, in docs/."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import timedelta
from functools import cache
from types import NoneType, UnionType
from typing import Any, ClassVar, Literal, Union, get_args, get_origin, get_type_hints

import yaml
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from gateway.api.endpoint import OPEN, Endpoint
from gateway.sessions import cookie
from providers.oidc.settings import OidcSettings
from providers.saml.settings import SamlSettings

_Schema = dict[str, Any]
_PLAIN: Mapping[object, _Schema] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    NoneType: {"type": "null"},
}


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = "gateway.api.authentication.ByToken"
    name = "token"

    def get_security_definition(self, _schema: object) -> _Schema:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "ghat_…"}


class SessionScheme(OpenApiAuthenticationExtension):
    target_class = "gateway.api.authentication.BySession"
    name = "session"

    def get_security_definition(self, _schema: object) -> _Schema:
        return {"type": "apiKey", "in": "cookie", "name": cookie.NAME}


class SchemaView(Endpoint):
    needs: ClassVar = {"GET": OPEN}

    @extend_schema(exclude=True)
    def get(self, request: Any) -> Response:  # noqa: ANN401, ARG002
        """It is the same for everybody and holds nothing that docs/ has not."""
        return Response(schema())


@cache
def schema() -> _Schema:
    found: _Schema = SchemaGenerator().get_schema(request=None, public=True)
    return found


def document() -> str:
    """docs/openapi.yaml."""
    text: str = yaml.safe_dump(schema(), sort_keys=False, allow_unicode=True, width=100)
    return text


def with_settings(result: _Schema, **_context: object) -> _Schema:
    """What may stand in `settings`, out of the values that they are read into; and that nothing
    else than what is named may be sent.
    """
    schemas = result["components"]["schemas"]
    for name, sent in schemas.items():
        if name.endswith("Request"):
            sent["additionalProperties"] = False
    schemas |= {value.__name__: _object(value) for value in (OidcSettings, SamlSettings)}
    return result


def _object(value: type) -> _Schema:
    """Without what is required: metadata may give it, and a PATCH may leave it out."""
    hints = get_type_hints(value)
    properties = dict(_property(f.name, hints[f.name]) for f in fields(value))
    return {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        "description": "docs/connect-a-provider.md says what each does.",
    }


def _property(name: str, hint: object) -> tuple[str, _Schema]:
    """Times are said in minutes."""
    if timedelta in get_args(hint):
        return f"{name.removesuffix('_every')}_minutes", {"type": ["integer", "null"]}
    return name, _of(hint)


def _of(hint: Any) -> _Schema:  # noqa: ANN401
    if get_origin(hint) is Literal:
        return {"type": "string", "enum": list(get_args(hint))}
    if get_origin(hint) is tuple:
        return {"type": "array", "items": _of(get_args(hint)[0])}
    if get_origin(hint) in {Union, UnionType}:
        kinds = [_of(inner) for inner in get_args(hint)]
        # A network is written as text, whichever of two classes it is read into.
        return {"anyOf": list({str(kind): kind for kind in kinds}.values())}
    return _PLAIN.get(hint, {"type": "string"})
