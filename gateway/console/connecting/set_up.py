"""What a set-up link opens: one provider's guided form, and nothing else of this house.

It stands outside the console's frame and under the doors' policy. The link's secret is in the
address, so no Referer ever holds more than the origin.
"""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from gateway.console.connecting.forms import ConnectionForm
from gateway.flows import limits
from gateway.flows.configure import OpenedLink, open_link
from gateway.web.client import limited_client
from gateway.web.pages import SetUpPage, render
from gateway.wiring import config
from providers import registry


@require_http_methods(["GET", "POST"])
def set_up(request: HttpRequest, secret: str) -> HttpResponse:
    """GET shows the form, POST looks the provider up and saves."""
    limits.spend(limits.Limit.SET_UP, limited_client(request))
    link = open_link(secret, now=timezone.now())
    response = render(request, _page(request, link))
    # Not `no-referrer`: browsers would name the form's origin as `null`, which is anybody's.
    response["Referrer-Policy"] = "strict-origin"
    return response


def _page(request: HttpRequest, link: OpenedLink) -> SetUpPage:
    row, posted, found = registry.find(link.slug), request.method == "POST", None
    data, files = (request.POST, request.FILES) if posted else (None, None)
    form = ConnectionForm(row, data, files, link=link)
    if posted:
        limits.spend(limits.Limit.SET_UP_LOOK, str(link.id))
        if form.is_valid():
            found = form.ask(actor=link.actor)
    return SetUpPage(
        name=row.name,
        until=link.expires_at,
        guide=form.guide,
        form=form,
        values=form.guide.values(row.slug, config().base_url),
        found=found,
    )
