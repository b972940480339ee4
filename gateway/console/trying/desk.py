"""What the pages of trying a provider out have in common."""

from django.http import HttpRequest
from django.template.response import TemplateResponse

from gateway.console.permission import demand
from gateway.console.site import console
from gateway.flows.trial import MAY_TEST
from providers import registry
from providers.models import Provider


def provider_of(request: HttpRequest, slug: str) -> Provider:
    """The row, switched off or not, for whoever may change providers. Raises PermissionDenied,
    ProviderUnknown.
    """
    demand(request, MAY_TEST)
    return registry.find(slug)


def page(
    request: HttpRequest, template: str, provider: Provider, title: str, **context: object
) -> TemplateResponse:
    shown = {**console.each_context(request), "title": title, "provider": provider, **context}
    response = TemplateResponse(request, f"console/trying/{template}.html", shown)
    response["Cache-Control"] = "no-store"
    return response
