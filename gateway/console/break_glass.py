"""Break-glass accounts: which there are, what became of them, and closing one."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from gateway.break_glass.models import BreakGlass, BreakGlassUse
from gateway.console.permission import demand
from gateway.console.site import console
from gateway.flows import break_glass
from gateway.sign_ins.models import SignIn
from gateway.wiring import config

MAX_SHOWN = 50
_VIEW, _CHANGE = "break_glass.view_breakglass", "break_glass.change_breakglass"


@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """The accounts, and the last fifty uses."""
    demand(request, _VIEW)
    uses = BreakGlassUse.objects.select_related("account")
    context = {
        "title": gettext("Break-glass accounts"),
        "on": config().break_glass,
        "told": bool(config().mail_server and config().operator_email),
        "rows": [_shown(row) for row in BreakGlass.objects.select_related("account")],
        "uses": list(uses[:MAX_SHOWN]),
        "me": request.user.pk,
        "may_close": request.user.has_perm(_CHANGE),
        "may_see_uses": request.user.has_perm("break_glass.change_breakglassuse"),
    }
    return _answer(request, "list", context)


@require_http_methods(["GET", "POST"])
def close(request: HttpRequest, account: UUID) -> HttpResponse:
    """First what it does; only then, and by a button that repeats it, the deed."""
    demand(request, _CHANGE)
    row = get_object_or_404(BreakGlass.objects.select_related("account"), pk=account)
    if request.method != "POST":
        context = {
            "title": gettext("Close %(email)s") % {"email": row.account.email},
            "row": row,
            "sessions": SignIn.objects.filter(account=row.account, ended_at=None).count(),
            "mine": row.account_id == request.user.pk,
        }
        return _answer(request, "close", context)
    ended = break_glass.close(str(account), actor=str(request.user.pk), now=timezone.now())
    told = ngettext("Closed; one session ended.", "Closed; %(n)d sessions ended.", ended)
    messages.success(request, told % {"n": ended})
    return HttpResponseRedirect(reverse("console-break-glass"))


@require_POST
def seen(request: HttpRequest, use: int) -> HttpResponse:
    demand(request, "break_glass.change_breakglassuse")
    break_glass.see(use, actor=str(request.user.pk), now=timezone.now())
    return HttpResponseRedirect(reverse("admin:index"))


def _shown(row: BreakGlass) -> dict[str, Any]:
    if not row.account.is_active:
        sign, words = "✗", gettext("closed")
    elif row.set_up_at is not None:
        sign, words = "✓", gettext("can sign in")
    elif row.link_works(timezone.now()):
        sign, words = "…", gettext("waits for its set-up link to be used")
    else:
        sign, words = "!", gettext("its set-up link is too old; make another")
    return {"row": row, "sign": sign, "state": words, "open": row.account.is_active}


def _answer(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    whole = {**console.each_context(request), **context}
    return TemplateResponse(request, f"console/break_glass/{template}.html", whole)
