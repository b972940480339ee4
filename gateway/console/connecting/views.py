"""Choosing a vendor, beginning, filling in; and the page of one provider."""

from collections.abc import Iterator
from itertools import groupby

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods

from gateway.console.connecting.beginning import BeginForm
from gateway.console.connecting.desk import desk, may, page
from gateway.console.connecting.forms import ConnectionForm
from gateway.console.connecting.guides import GUIDES, guide_of
from gateway.console.connecting.guides.guide import Guide
from gateway.console.connecting.links import filled_by
from gateway.console.connecting.listing import state_of
from gateway.flows.configure import certificate_found
from gateway.flows.mapping import permits
from gateway.flows.mapping.drift import alive_alarms
from gateway.wiring import config
from providers import registry
from providers.models import Provider, ShadowSettings
from provisioning.models import Account

_GET_POST = ["GET", "POST"]


@desk("add")
@require_GET
def vendors(request: HttpRequest) -> HttpResponse:
    """Which vendor it is, and which protocol where the vendor has both."""
    grouped = groupby(GUIDES.values(), key=lambda guide: guide.vendor)
    offered = [tuple(guides) for _vendor, guides in grouped]
    return page(request, "vendors", title=gettext("Connect a provider"), offered=offered)


@desk("add")
@require_http_methods(_GET_POST)
def begin(request: HttpRequest, guide: str) -> HttpResponse:
    """Its name, and its short name, which is checked to be free before anybody copies it."""
    chosen = GUIDES.get(guide)
    if chosen is None:
        raise Http404
    form = BeginForm(request.POST or None, initial={"name": _usual_name(chosen)})
    if request.method == "POST" and form.is_valid():
        slug = form.ask(chosen, actor=str(request.user.pk))
        if slug:
            return HttpResponseRedirect(reverse("console-provider-connection", args=[slug]))
    title = gettext("Connect %(vendor)s") % {"vendor": chosen.name}
    return page(request, "begin", title=title, guide=chosen, form=form)


def _usual_name(guide: Guide) -> str:
    return "" if guide.vendor == "plain" else str(guide.name)


@desk("change")
@require_http_methods(_GET_POST)
def connection(request: HttpRequest, slug: str) -> HttpResponse:
    """The vendor's guide: what to do there, what to copy, what to fill in here."""
    row = registry.find(slug)
    posted = request.method == "POST"
    form = ConnectionForm(row, request.POST if posted else None, request.FILES if posted else None)
    guide = form.guide
    values = guide.values(slug, config().base_url)
    if posted and form.is_valid() and (found := form.ask(actor=str(request.user.pk))):
        row.refresh_from_db()
        title = gettext("%(name)s is filled in") % {"name": row.name}
        return page(request, "found", title=title, row=row, guide=guide, found=found)
    title = gettext("Connect %(name)s") % {"name": row.name}
    return page(request, "connection", title=title, row=row, guide=guide, form=form, values=values)


@desk("view")
@require_GET
def provider(request: HttpRequest, slug: str) -> HttpResponse:
    row = registry.find(slug)
    guide = guide_of(row)
    return page(
        request,
        "provider",
        title=row.name,
        row=row,
        guide=guide,
        state=state_of(row),
        values=guide.values(slug, config().base_url),
        settings=tuple(_settings(row)),
        may_change=may(request, "change"),
        may_delete=may(request, "delete"),
        may_delegate=isinstance(request.user, Account) and permits.may_delegate(request.user),
        filled_by=filled_by(row),
        draft=ShadowSettings.objects.filter(provider=row).exists(),
        drifting=alive_alarms(slug).exists(),
        may_see_rules=isinstance(request.user, Account) and permits.may_see(request.user),
    )


def _settings(row: Provider) -> Iterator[tuple[str, list[str]]]:
    """What was filled in, for reading; secrets by their names alone, certificates by their ends."""
    for name, value in sorted(row.settings.items()):
        if name == "certificates":
            found = [certificate_found(pem) for pem in value]
            ends = gettext("%(print)s, ends %(end)s")
            yield (
                name,
                [ends % {"print": f.fingerprint, "end": f"{f.ends:%Y-%m-%d}"} for f in found],
            )
        else:
            yield name, [str(each) for each in (value if isinstance(value, list) else [value])]
    if row.sealed_secrets:
        yield gettext("secrets that are set"), sorted(row.sealed_secrets)
