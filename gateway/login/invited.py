"""Where the link of an invitation leads."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from gateway.flows import invitations, limits
from gateway.web.client import limited_client
from gateway.web.joining_pages import InvitedPage
from gateway.web.pages import ProviderChoice, render
from providers import registry


@require_GET
def invited(request: HttpRequest, invitation: UUID) -> HttpResponse:
    """Says by which provider, and as whom, to sign in; the page changes nothing."""
    limits.spend(limits.Limit.FIND, limited_client(request))
    row = invitations.look(invitation, timezone.now())
    provider = registry.enabled(row.provider)
    choice = ProviderChoice(slug=provider.slug, name=provider.name)
    page = InvitedPage(provider=choice, address=row.address, until=row.expires_at)
    return render(request, page)
