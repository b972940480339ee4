"""What the pages of trying a provider out have in common."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.template.response import TemplateResponse

from gateway.console.site import console
from gateway.flows.trial import MAY_TEST
from providers import registry
from providers.models import Provider


def provider_of(request: HttpRequest, slug: str) -> Provider:
    """The row, switched off or not, for whoever may change providers. Raises PermissionDenied,
    ProviderUnknown.
    """
    if not request.user.has_perm(MAY_TEST):
        raise PermissionDenied
    return registry.find(slug)


def page(
    request: HttpRequest, template: str, provider: Provider, title: str, **context: object
) -> TemplateResponse:
    shown = {**console.each_context(request), "title": title, "provider": provider, **context}
    response = TemplateResponse(request, f"console/trying/{template}.html", shown)
    response["Cache-Control"] = "no-store"
    return response
