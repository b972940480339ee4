"""Our public keys (RFC 7517), for apps that verify what the gateway signs."""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_GET

from gateway.tokens.keys import public_jwks
from gateway.wiring import key_ring


@require_GET
def jwks(_request: HttpRequest) -> JsonResponse:
    response = JsonResponse(public_jwks(key_ring()))
    response["Cache-Control"] = "public, max-age=300"
    response["Access-Control-Allow-Origin"] = "*"
    return response
