"""Who is signed in where: searched, and ended by whatever the search finds."""

import time
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from gateway.console import receipts, sought
from gateway.console.permission import demand
from gateway.console.session_rows import own, shown
from gateway.console.site import console
from gateway.flows import inbox
from gateway.flows.ending import Order
from gateway.flows.errors import EndingStopped
from gateway.flows.inbox import Ended, Source
from gateway.relying_parties.models import RelyingParty
from gateway.sessions.why import MAX_WORDS, Why
from gateway.sign_ins.models import Entered, SignIn
from gateway.sign_ins.search import LOCAL

VIEW, END = "sign_ins.view_session", "sign_ins.end_session"
PER_PAGE = 50
MOST = 10_000  # counted; of more it is said that they are more
MAX_APPS = 20  # named
SECONDS = 5.0  # of one answer, when very many sessions end


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """What lives, the newest first, or what ended last; fifty a page."""
    demand(request, VIEW)
    asked, ended = sought.search(request), request.GET.get("state") == "ended"
    rows = (asked.rows().filter(ended_at__isnull=False) if ended else asked.live()).order_by(
        *(("-ended_at", "-id") if ended else ("-id",))
    )
    found = list(
        _behind(rows, request.GET.get("after", "")).select_related("account")[: PER_PAGE + 1]
    )
    count = rows.order_by()[: MOST + 1].count()
    terms = sought.terms(request)
    context = {
        **console.each_context(request),
        "title": _title(count, ended=ended),
        "terms": terms,
        "ended": ended,
        "rows": shown(request, found[:PER_PAGE]),
        "query": urlencode(terms),
        "after": found[PER_PAGE - 1].pk if len(found) > PER_PAGE else None,
        "later": "after" in request.GET,
        "may_end": request.user.has_perm(END) and not ended,
        "may_see_people": sought.may_see_people(request),
        "providers": sought.providers(request),
        "apps": sought.apps(request),
        "local": LOCAL,
    }
    return TemplateResponse(request, "console/sessions/list.html", context)


@require_http_methods(["GET", "POST"])
def end(request: HttpRequest) -> HttpResponse:
    """First how many of whom; then, with a reason, the deed. Of very many some seconds' worth at a
    time, with a page between that says how far it is.
    """
    demand(request, VIEW)
    demand(request, END)
    reason = sought.term(request, "reason", MAX_WORDS)
    if request.method == "GET" or not reason:
        return _consequence(request, reason, lacking=request.method == "POST")
    until = time.monotonic() + SECONDS
    order = Order(
        by=str(request.user.pk),
        reason=reason,
        at=timezone.now(),
        why=Why.ADMINISTRATOR,
        words=reason,
        reference=request.reference,  # type: ignore[attr-defined]
    )
    search, hers, before = sought.search(request), own(request), _done_before(request)
    try:
        done = inbox.end_found(
            search,
            order,
            source=Source.CONSOLE,
            keep=hers,
            enough=lambda _: time.monotonic() > until,
        )
    except EndingStopped as stopped:
        told = gettext(
            "Redis does not answer. %(sessions)d sessions of %(people)d people had ended; do it"
            " again for the rest."
        )
        messages.error(request, told % {"sessions": stopped.sessions, "people": stopped.people})
        return _consequence(request, reason, status=503)
    done = Ended(sessions=before.sessions + done.sessions, people=before.people + done.people)
    left = search.live().exclude(handle=hers or "").order_by()[: MOST + 1].count()
    if left and time.monotonic() > until:
        return _under_way(request, reason, done, left)
    messages.success(request, f"{_ended(done)} {receipts.taken(request)}")
    back = {} if "only" in request.POST else sought.terms(request)
    return HttpResponseRedirect(f"{reverse('sessions')}?{urlencode(back)}", status=303)


def _consequence(
    request: HttpRequest, reason: str, *, lacking: bool = False, status: int = 200
) -> HttpResponse:
    rows = sought.search(request).live().exclude(handle=own(request) or "").order_by()
    apps = Entered.objects.filter(sign_in__in=rows).order_by("relying_party")
    slugs = list(apps.values_list("relying_party", flat=True).distinct()[: MAX_APPS + 1])
    sessions, people = rows.count(), rows.values("account").distinct().count()
    names = sought.names(RelyingParty, set(slugs))
    context = {
        **console.each_context(request),
        "title": gettext("End sessions"),
        "sessions": sessions,
        "words": _of(sessions, people),
        "apps": [names.get(slug, slug) for slug in slugs[:MAX_APPS]],
        "more_apps": len(slugs) > MAX_APPS,
        "fields": sought.fields(request),
        "reason": reason,
        "longest": MAX_WORDS,
        "lacking": lacking,
        "everybody": not sought.fields(request),
    }
    return TemplateResponse(request, "console/sessions/end.html", context, status=status)


def _under_way(request: HttpRequest, reason: str, done: Ended, left: int) -> HttpResponse:
    context = {
        **console.each_context(request),
        "title": gettext("Sessions are ending…"),
        "done": done,
        "told": _ended(done),
        "left": left,
        "most": MOST,
        "all": done.sessions + left,
        "fields": sought.fields(request),
        "reason": reason,
        "back": f"{reverse('sessions')}?{urlencode(sought.terms(request))}",
    }
    return TemplateResponse(request, "console/sessions/under_way.html", context)


def _behind(rows: QuerySet[SignIn], after: str) -> QuerySet[SignIn]:
    """What comes after the last row of the page before; all if that is gone."""
    last = rows.filter(pk=int(after)).first() if sought.is_number(after) else None
    if last is None:
        return rows
    if last.ended_at is None:
        return rows.filter(pk__lt=last.pk)
    return rows.filter(Q(ended_at=last.ended_at, pk__lt=last.pk) | Q(ended_at__lt=last.ended_at))


def _done_before(request: HttpRequest) -> Ended:
    sessions, people = (sought.term(request, name) for name in ("done", "people"))
    if not sought.is_number(sessions) or not sought.is_number(people):
        return Ended()
    return Ended(sessions=int(sessions), people=int(people))


def _title(count: int, *, ended: bool) -> str:
    if count > MOST:
        number = f"{MOST:,}"
        words = (
            gettext("More than %s ended sessions")
            if ended
            else gettext("More than %s live sessions")
        )
        return words % number
    if ended:
        return ngettext("%d ended session", "%d ended sessions", count) % count
    return ngettext("%d live session", "%d live sessions", count) % count


def _of(sessions: int, people: int) -> str:
    return gettext("%(sessions)s of %(people)s") % {
        "sessions": ngettext("%d session", "%d sessions", sessions) % sessions,
        "people": ngettext("%d person", "%d people", people) % people,
    }


def _ended(done: Ended) -> str:
    if not done.sessions:
        return gettext("It had ended already.")
    return gettext("%s: ended, here and in every app.") % _of(done.sessions, done.people)
