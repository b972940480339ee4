"""How far the rules in force are live for everybody; pausing that, and going on."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from gateway.console.mapping.desk import actor, desk, page, part
from gateway.console.mapping.refusals import REFUSALS, said
from gateway.console.mapping.who import account_of, names_of, whom_to_ask
from gateway.flows.errors import RolloutOver
from gateway.flows.mapping import permits
from gateway.flows.mapping import rollout as flow
from mapping.models import Rollout

EARLIER = 10  # that are listed below the newest

_STEPS = {"pause": flow.pause, "resume": flow.resume}


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    row: Rollout
    left: int
    a_minute: int  # identities decided upon, on the average so far
    minutes_left: int | None
    unreadable: int  # identities that wait for a key

    @classmethod
    def of(cls, row: Rollout, now: datetime) -> "Progress":
        seconds = max(((row.ended_at or now) - row.begun_at).total_seconds(), 1.0)
        left = max(row.total - row.done, 0)
        a_minute = round(row.done / seconds * 60)
        known = row.state == Rollout.State.RUNNING and a_minute > 0
        return cls(
            row=row,
            left=left,
            a_minute=a_minute,
            minutes_left=-(-left // a_minute) if known else None,
            unreadable=flow.unreadable(now=now),
        )


@require_http_methods(["GET", "HEAD", "POST"])
@desk(permits.may_see)
def rollout(request: HttpRequest) -> HttpResponse:
    """The newest one. A script asks for the `part` that changes, every few seconds."""
    if request.method == "POST":
        return _turned(request)
    row = Rollout.objects.first()
    progress = row and Progress.of(row, timezone.now())
    may_publish = account_of(actor(request)).has_perm(permits.PUBLISH)
    shown: dict[str, Any] = {
        "title": _title(row),
        "progress": progress,
        "by": row and names_of([row.by])[row.by],
        "may_publish": may_publish,
        "whom_to_ask": "" if may_publish else whom_to_ask(permits.PUBLISH, but=[actor(request)]),
    }
    if "part" in request.GET:
        return part(request, "progress", **shown)
    earlier = Rollout.objects.all()[1 : 1 + EARLIER]
    names = names_of(one.by for one in earlier)
    told = [(one, names[one.by]) for one in earlier]
    return page(request, "rollout", earlier=told, **shown)


def _turned(request: HttpRequest) -> HttpResponse:
    step = _STEPS.get(request.POST.get("do", ""))
    try:
        if step:
            step(actor=actor(request), now=timezone.now())
    except RolloutOver:
        messages.info(request, gettext("Nothing was done: it went on, or ended, meanwhile."))
    except REFUSALS as refusal:
        told = said(refusal, permission=permits.PUBLISH, actor=actor(request))
        messages.error(request, told)
    return HttpResponseRedirect(reverse("mapping-rollout"))


def _title(row: Rollout | None) -> str:
    if row is None:
        return gettext("Nothing was published yet")
    words = {
        Rollout.State.RUNNING: gettext("Version %d is being made live"),
        Rollout.State.PAUSED: gettext("Version %d is live for some: paused"),
        Rollout.State.DONE: gettext("Version %d is live for everybody"),
        Rollout.State.OVERTAKEN: gettext("Version %d was overtaken by a later one"),
    }
    return words[Rollout.State(row.state)] % row.version
