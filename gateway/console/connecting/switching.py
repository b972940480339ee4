"""Enabling, disabling and deleting: first what follows, then a button that repeats it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods

from gateway.console.connecting.desk import desk, page
from gateway.console.connecting.guides import guide_of
from gateway.console.connecting.links import filled_by
from gateway.flows.configure import delete_provider, disable_provider, enable_provider
from gateway.flows.configure.editing import version
from gateway.flows.dependents import Dependents, dependents, identities, rules_naming
from gateway.flows.errors import ChangeStale
from gateway.relying_parties.definition import DefinitionInvalid
from mapping import models as mapping_models
from providers import registry
from providers.errors import ProviderMisconfigured
from providers.models import Provider

_GET_POST = ["GET", "POST"]


@desk("change")
@require_http_methods(_GET_POST)
def enable(request: HttpRequest, slug: str) -> HttpResponse:
    """Who will be able to sign in."""
    row, fault = registry.find(slug), ""
    if request.method == "POST":
        try:
            seen, actor = request.POST.get("version", ""), str(request.user.pk)
            enable_provider(slug, seen=seen, actor=actor, now=timezone.now())
        except ChangeStale:
            fault = gettext("It was changed meanwhile. Look at what was filled in, then decide.")
        except ProviderMisconfigured as error:
            fault = f"{error.field} {error.problem}"
        except DefinitionInvalid as error:
            fault = "; ".join(f"{each.field} {each.problem}" for each in error.faults)
        else:
            messages.success(request, gettext("People can sign in by %s now.") % row.name)
            return _to(row)
    return page(
        request,
        "enable",
        title=gettext("Enable %s") % row.name,
        row=row,
        version=version(row),
        guide=guide_of(row),
        fault=fault,
        people=identities(row).values("account").distinct().count(),
        filled_by=filled_by(row),
        rules=rules_naming(row),
        for_all=tuple(rule.id for rule in mapping_models.active().rules if not rule.provider),
    )


@desk("change")
@require_http_methods(_GET_POST)
def disable(request: HttpRequest, slug: str) -> HttpResponse:
    """Also says what becomes of those who are signed in: ended or left, as the button says."""
    row = registry.find(slug)
    found = _dependents(request, row)
    if request.method == "POST" and _confirmed(request, row, found):
        count = disable_provider(
            slug,
            end_sessions=request.POST.get("sessions") == "end",
            last_too="last" in request.POST,
            actor=str(request.user.pk),
            now=timezone.now(),
        )
        ended = ngettext("%d session ended.", "%d sessions ended.", count) % count
        messages.success(request, gettext("Nobody signs in by %s now.") % row.name + f" {ended}")
        return _to(row)
    return _consequence(request, row, found, "disable")


@desk("delete")
@require_http_methods(_GET_POST)
def delete(request: HttpRequest, slug: str) -> HttpResponse:
    row = registry.find(slug)
    found = _dependents(request, row)
    if request.method == "POST" and not found.last_way_in and _confirmed(request, row, found):
        done = delete_provider(slug, actor=str(request.user.pk), now=timezone.now())
        told = gettext("%(name)s is deleted: %(sessions)d sessions ended, %(roles)d roles taken.")
        counted = {"name": row.name, "sessions": done.sessions, "roles": done.roles}
        messages.success(request, told % counted)
        return HttpResponseRedirect(reverse("console-providers"))
    return _consequence(request, row, found, "delete")


def _dependents(request: HttpRequest, row: Provider) -> Dependents:
    return dependents(row, account=str(request.user.pk), now=timezone.now())


def _confirmed(request: HttpRequest, row: Provider, found: Dependents) -> bool:
    """Whoever would shut herself out types the provider's name."""
    return not found.shuts_out or request.POST.get("name", "").strip() == row.name


def _consequence(request: HttpRequest, row: Provider, found: Dependents, verb: str) -> HttpResponse:
    words = {"disable": gettext("Disable %s"), "delete": gettext("Delete %s")}
    return page(
        request,
        "consequence",
        title=words[verb] % row.name,
        row=row,
        found=found,
        signed_in=_people(found.signed_in),
        holders=_people(found.holders),
        verb=verb,
        refused=verb == "delete" and found.last_way_in,
        unconfirmed=request.method == "POST",
    )


def _people(count: int) -> str:
    return ngettext("%d person", "%d people", count) % count


def _to(row: Provider) -> HttpResponse:
    return HttpResponseRedirect(reverse("console-provider", args=[row.slug]))
