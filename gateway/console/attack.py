"""Attacking one's own configuration: asked for by a button, fired by a worker, shown here.

It works without scripts: while a worker fires, the page loads itself anew.
"""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from gateway.console.permission import demand
from gateway.console.site import console
from gateway.flows.attack import Report, background
from providers.attacks.attack import Verdict
from providers.errors import ProviderUnknown

_WORDS: dict[Verdict, str | Promise] = {
    "accepted": _("Accepted"),
    "error": _("Fault"),
    "costly": _("Costly"),
    "not-proven": _("Not proven"),
    "refused": _("Refused"),
}


@require_http_methods(["GET", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """The last verdict, how far an attack under way is, and the button that asks for one."""
    demand(request, "providers.change_provider")
    if request.method == "POST":
        _ask(request)
        return HttpResponseRedirect(reverse("attack"))
    report = background.last()
    context = {
        **console.each_context(request),
        "title": _state_of(report),
        "under_way": background.under_way(),
        "report": report,
        "attacked": [] if report is None else _shown(report),
    }
    return TemplateResponse(request, "console/attack.html", context)


def _ask(request: HttpRequest) -> None:
    slug = request.POST.get("provider", "").strip()
    try:
        asked = background.ask(slug, actor=str(request.user.pk))
    except ProviderUnknown:
        messages.error(request, gettext("There is no provider of this name in addresses."))
        return
    if asked == "too-many":
        messages.error(request, gettext("These are too many providers at once: name one."))
    if asked == "under-way":
        messages.info(request, gettext("An attack is under way already."))


def _state_of(report: Report | None) -> str:
    """The title is a sentence of state."""
    if report is None:
        return gettext("Nobody has attacked this configuration today")
    refused, holes = report.count("refused"), report.count("accepted", "error", "costly")
    if holes:
        return gettext("%(holes)d of %(all)d attacks found a hole") % {
            "holes": holes,
            "all": report.count(*_WORDS),
        }
    if report.status:
        return gettext("%d attacks were refused, and some prove nothing") % refused
    return gettext("All %d attacks were refused") % refused


def _shown(report: Report) -> list[dict[str, Any]]:
    """What is to be mended stands first, and what was refused is folded away."""
    order = list(_WORDS)
    return [
        {
            "provider": each.provider,
            "problem": each.problem,
            "weaknesses": each.weaknesses,
            "refused": [row for row in each.outcomes if row.verdict == "refused"],
            "open": [
                {"row": row, "words": _WORDS[row.verdict]}
                for row in sorted(each.outcomes, key=lambda row: order.index(row.verdict))
                if row.verdict != "refused"
            ],
        }
        for each in report.attacked
    ]
