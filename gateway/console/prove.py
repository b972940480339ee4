"""Proving an app: asked for by a button, sent by a worker, shown here.

It works without scripts: while a worker is at it, the page loads itself anew.
"""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from gateway.console.permission import demand
from gateway.console.site import console
from gateway.flows.prove import AppUnknown, Proof, background
from gateway.flows.prove.report import HOLES, Verdict
from gateway.relying_parties.models import RelyingParty

_WORDS: dict[Verdict, str | Promise] = {
    "believed": _("Believed"),
    "fault": _("Fault"),
    "cannot-tell": _("Cannot tell"),
    "refused": _("Refused"),
}


@require_http_methods(["GET", "POST"])
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """What the app believed when it was last asked, and the button that asks it again."""
    demand(request, "relying_parties.change_relyingparty")
    row = get_object_or_404(RelyingParty, slug=slug)
    if request.method == "POST":
        _ask(request, row)
        return HttpResponseRedirect(reverse("prove-app", args=[slug]))
    proof = background.last(slug)
    tried = () if proof is None else proof.tried
    order = list(_WORDS)
    context = {
        **console.each_context(request),
        "title": _state_of(row, proof),
        "row": row,
        "under_way": background.under_way(),
        "proof": proof,
        "open": [
            {"row": each, "words": _WORDS[each.verdict]}
            for each in sorted(tried, key=lambda each: order.index(each.verdict))
            if each.verdict != "refused"
        ],
        "refused": [each for each in tried if each.verdict == "refused"],
    }
    return TemplateResponse(request, "console/prove.html", context)


def _ask(request: HttpRequest, row: RelyingParty) -> None:
    origin, path = request.POST.get("origin", ""), request.POST.get("path", "").strip() or "/"
    try:
        asked = background.ask(row, origin=origin, path=path, actor=str(request.user.pk))
    except AppUnknown:
        messages.error(
            request,
            gettext("Choose an address of an app that is switched on, and a path from its slash."),
        )
        return
    if asked == "under-way":
        messages.info(request, gettext("An app is being asked already. Try again in a minute."))


def _state_of(row: RelyingParty, proof: Proof | None) -> str:
    """The title is a sentence of state."""
    if proof is None:
        return gettext("Nobody has asked %(app)s today what it believes") % {"app": row.name}
    if proof.problem:
        return gettext("%(app)s could not be asked what it believes") % {"app": row.name}
    counted = {"app": row.name, "all": len(proof.tried), "holes": proof.count(*HOLES)}
    if counted["holes"]:
        return gettext("%(app)s falls for %(holes)d of %(all)d lies") % counted
    if proof.status:
        return (
            gettext("Of %(all)d lies it cannot be told of all what %(app)s made of them") % counted
        )
    return gettext("%(app)s refused all %(all)d lies") % counted
