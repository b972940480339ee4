"""Our public keys (RFC 7517), for apps that verify what the gateway signs and for providers."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_GET

from gateway.tokens.keys import public_jwks
from gateway.wiring import key_ring
from providers import registry


@require_GET
def jwks(_request: HttpRequest) -> JsonResponse:
    response = JsonResponse(public_jwks(key_ring()))
    response["Cache-Control"] = "public, max-age=300"
    response["Access-Control-Allow-Origin"] = "*"
    return response


@require_GET
def client_jwks(_request: HttpRequest, slug: str) -> HttpResponse:
    """Our keys at one OIDC provider; also while it is switched off, since whoever connects it needs
    them first.
    """
    content = registry.client_jwks(registry.find(slug))
    response = HttpResponse(content, content_type="application/jwk-set+json")
    response["Cache-Control"] = "public, max-age=300"
    return response
