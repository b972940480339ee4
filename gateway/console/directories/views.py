"""Connecting a directory, reading it, and deciding what waits."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Case, OuterRef, Subquery, Value, When
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from gateway import wiring
from gateway.console.directories import form
from gateway.console.permission import demand
from gateway.console.site import console
from gateway.flows.directories import configure, deciding, running
from gateway.flows.directories.shown import shown
from providers.errors import ProviderError
from provisioning.directories.errors import DirectoryMisconfigured, RunOver, RunUnderWay
from provisioning.directories.models import Directory, Run
from provisioning.directories.settings import KINDS

VIEW, CHANGE = "directories.view_directory", "directories.change_directory"
PEOPLE = "provisioning.view_account"
PER_PAGE, RUNS = 50, 10
STATES: Mapping[str, tuple[str, Promise]] = {  # with a sign: never by colour alone
    Run.State.READING: ("…", _("being read")),
    Run.State.APPLYING: ("…", _("changes are being made")),
    Run.State.HELD: ("!", _("removals wait for your yes")),
    Run.State.PLANNED: ("✓", _("a plan: nothing was changed")),
    Run.State.DONE: ("✓", _("done")),
    Run.State.FAILED: ("✗", _("failed: nobody was closed by it")),
    Run.State.DISMISSED: ("✓", _("its removals were refused")),
    Run.State.SUPERSEDED: ("✓", _("newer news took its place")),
}


@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """All directories, and what waits."""
    demand(request, VIEW)
    rows = list(Directory.objects.select_related("provider").annotate(last=_last()))
    runs = Run.objects.in_bulk([row.last for row in rows if row.last])
    held = sum(1 for run in runs.values() if run.state == Run.State.HELD)
    context = {
        **console.each_context(request),
        "title": _title(len(rows), held),
        "rows": [{"row": row, **_told(runs.get(row.last))} for row in rows],
        "kinds": Directory.Kind.choices,
        "may_change": request.user.has_perm(CHANGE),
    }
    return TemplateResponse(request, "console/directories/list.html", context)


def _last() -> Subquery:
    """The run that speaks for a directory: what waits, or else the newest that was no plan."""
    rows = Run.objects.filter(directory=OuterRef("pk"), dry=False)
    first = Case(When(state=Run.State.HELD, then=Value(0)), default=Value(1))
    return Subquery(rows.order_by(first, "-pk").values("pk")[:1])


def _title(count: int, held: int) -> str:
    """The title is a sentence of state."""
    if held:
        words = ngettext(
            "Removals of one directory wait for your yes",
            "Removals of %(held)d directories wait for your yes",
            held,
        )
        return words % {"held": held}
    if not count:
        return gettext("No directory is connected")
    return ngettext("One directory", "%(count)d directories", count) % {"count": count}


@require_http_methods(["GET", "POST"])
def connect(request: HttpRequest, kind: str) -> HttpResponseBase:
    """The form of a new one."""
    demand(request, CHANGE)
    if kind not in KINDS:
        raise Http404
    if request.method == "GET":
        return _form(request, kind, form.empty(kind), None, {})
    slug = request.POST.get("slug", "").strip()
    if slug == "connect" or Directory.objects.filter(slug=slug[:50].replace("\0", "")).exists():
        problem = gettext("There is one of this name already.")
        return _form(request, kind, request.POST.dict(), None, {"slug": problem})
    return _save(request, kind, slug, None)


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The same of one that there is."""
    demand(request, CHANGE)
    row = configure.find(slug)
    if request.method == "GET":
        return _form(request, row.kind, form.current(row), row, {})
    return _save(request, row.kind, row.slug, row)


def _save(request: HttpRequest, kind: str, slug: str, row: Directory | None) -> HttpResponseBase:
    wanted = form.read(request.POST, kind, slug)
    try:
        configure.save(wanted, actor=str(request.user.pk), now=timezone.now())
    except DirectoryMisconfigured as error:
        faults = {error.field.partition(".")[0]: error.problem}
    except ProviderError as error:
        faults = {"provider": str(error) or gettext("There is no such provider.")}
    else:
        messages.success(request, gettext("Kept. Look at what a reading would change."))
        return HttpResponseRedirect(reverse("directory", args=[slug]))
    return _form(request, kind, request.POST.dict(), row, faults)


def _form(
    request: HttpRequest,
    kind: str,
    values: Mapping[str, Any],
    row: Directory | None,
    faults: Mapping[str, str],
) -> HttpResponse:
    words = {"kind": Directory.Kind(kind).label}
    context = {
        **console.each_context(request),
        "title": row.name if row else gettext("Connect a directory: %(kind)s") % words,
        "fields": form.fields(kind, values, new=row is None, faults=faults),
        "row": row,
    }
    status = 422 if faults else 200
    return TemplateResponse(request, "console/directories/form.html", context, status=status)


@require_GET
def directory(request: HttpRequest, slug: str) -> HttpResponse:
    """One directory: how it stands, its last runs, what can be done."""
    demand(request, VIEW)
    row = configure.find(slug)
    runs = list(row.runs.all()[:RUNS])
    waiting = row.runs.filter(state=Run.State.HELD).first()
    context = {
        **console.each_context(request),
        "title": row.name,
        "row": row,
        "runs": [_told(run) for run in runs],
        "waiting": waiting,
        "under_way": any(run.state in Run.ALIVE for run in runs),
        "may_change": request.user.has_perm(CHANGE),
    }
    return TemplateResponse(request, "console/directories/directory.html", context)


@require_GET
def run(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """What one run found, person by person, for whoever may see people."""
    demand(request, VIEW, PEOPLE)
    found = Run.objects.select_related("directory__provider").filter(directory__slug=slug, pk=pk)
    one = found.first()
    if one is None:
        raise Http404
    rows = one.differences.order_by("-removes", "done", "pk")
    shown_page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    left = one.differences.filter(done=False, removes=True).count()
    context = {
        **console.each_context(request),
        "title": one.directory.name,
        "row": one.directory,
        "page": shown_page,
        "people": shown(one, list(shown_page.object_list)),
        "left": left,
        "waits": one.state == Run.State.HELD,
        "under_way": one.state in Run.ALIVE,
        "may_change": request.user.has_perm(CHANGE),
        **_told(one),
    }
    return TemplateResponse(request, "console/directories/run.html", context)


@require_POST
def decide(request: HttpRequest, slug: str, verb: str) -> HttpResponseBase:
    """One of the buttons of a directory."""
    demand(request, CHANGE)
    row = configure.find(slug)
    asked: dict[str, Any] = {"actor": str(request.user.pk), "now": timezone.now()}
    match verb:
        case "sync" | "plan":
            return _begin(request, row, dry=verb == "plan")
        case "on" | "off":
            configure.switch(row, on=verb == "on", **asked)
        case "disconnect":
            configure.delete(row, **asked)
            messages.success(request, gettext("Disconnected. Nobody was changed by it."))
            return HttpResponseRedirect(reverse("directories"))
        case _:
            raise Http404
    return HttpResponseRedirect(reverse("directory", args=[slug]))


def _begin(request: HttpRequest, row: Directory, *, dry: bool) -> HttpResponseBase:
    try:
        begun = running.begin(row, by=str(request.user.pk), now=timezone.now(), dry=dry)
    except RunUnderWay:
        messages.info(request, gettext("It is being read already."))
        return HttpResponseRedirect(reverse("directory", args=[row.slug]))
    wiring.wake("directories.sync")
    if not request.user.has_perm(PEOPLE):
        return HttpResponseRedirect(reverse("directory", args=[row.slug]))
    return HttpResponseRedirect(reverse("directory-run", args=[row.slug, begun.pk]))


@require_POST
def judge(request: HttpRequest, slug: str, pk: int, verb: str) -> HttpResponseBase:
    """Yes or no to what is held, by whoever was shown whom it concerns."""
    demand(request, CHANGE, PEOPLE)
    rows = Run.objects.select_related("directory").filter(directory__slug=slug, pk=pk)
    found = rows.first()
    if found is None or verb not in {"agree", "dismiss"}:
        raise Http404
    asked: dict[str, Any] = {"actor": str(request.user.pk), "now": timezone.now()}
    told = request.POST.get("removals", "")
    try:
        if verb == "agree":
            removals = int(told) if told.isascii() and told.isdigit() else -1
            deciding.agree(found, removals=removals, **asked)
        else:
            deciding.dismiss(found, **asked)
    except (RunOver, RunUnderWay):
        messages.error(
            request, gettext("There is newer news by now: nothing was decided. Look again.")
        )
        return HttpResponseRedirect(reverse("directory", args=[slug]))
    return HttpResponseRedirect(reverse("directory-run", args=[slug, pk]))


def _told(run_: Run | None) -> dict[str, Any]:
    sign, words = STATES[run_.state] if run_ else ("", gettext("never read"))
    return {"run": run_, "sign": sign, "state": words}
