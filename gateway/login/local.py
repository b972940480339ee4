"""The operator's one-use link: look first, then use it by a button."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from gateway.flows import limits, local
from gateway.flows.errors import LinkUnknown
from gateway.login.cookies import signed_in
from gateway.web.client import limited_client, visitor
from gateway.web.pages import AdminLinkPage, render


@require_http_methods(["GET", "POST"])
def link(request: HttpRequest, secret: str) -> HttpResponse:
    """GET shows a button, so that a mail scanner's look does not use the link up; POST uses it."""
    limits.spend(limits.Limit.LINK, limited_client(request))
    if request.method == "GET":
        if not local.link_waits(secret):
            raise LinkUnknown("no such link")
        return render(request, AdminLinkPage())
    logged_in = local.use_admin_link(
        secret,
        visitor=visitor(request),
        reference=request.reference,  # type: ignore[attr-defined]
        now=timezone.now(),
    )
    return signed_in(request, logged_in)
