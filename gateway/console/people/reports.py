"""Who joined, whose roles changed, who left: a page at a time, or all of it to take along."""

from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from gateway.audit.models import LIFE
from gateway.console import sought
from gateway.console.accounts.terms import VIEW
from gateway.console.people import taking
from gateway.console.people.moves import Line, Period, looks
from gateway.console.permission import demand
from gateway.console.site import console
from gateway.flows.spreadsheets import moment

PER_PAGE = 50
MAX_LOOKS = 10  # for one page; whoever narrows much goes on by hand
LONG = timedelta(days=30)  # if nobody says how long
_DAY = timedelta(days=1)
TITLES = {
    "joined": _("Who joined"),
    "moved": _("Whose roles changed"),
    "left": _("Who left"),
}


class Day(forms.DateField):
    """As browsers send it, and nothing else."""

    def __init__(self, label: Any) -> None:  # noqa: ANN401 -- a lazy text
        shape = "%Y-%m-%d"
        looks_like = {"type": "date", "class": "connecting-input"}
        widget = forms.DateInput(attrs=looks_like, format=shape)
        super().__init__(required=False, label=label, widget=widget, input_formats=[shape])


class PeriodForm(forms.Form):
    """Whole days in UTC, both of them included."""

    since = Day(_("First day"))
    until = Day(_("Last day"))

    def clean(self) -> dict[str, date | None]:
        """Both days, the last month's if nothing is said."""
        said: dict[str, date | None] = super().clean() or {}
        if self.errors:
            return said
        until = said["until"] or timezone.now().astimezone(UTC).date()
        since = said["since"] or until - min(LONG, until - date.min)
        if until.year >= MAXYEAR or since.year <= MINYEAR:
            raise forms.ValidationError(gettext("Nothing is on record so far away."))
        if since > until:
            raise forms.ValidationError(gettext("The first day is later than the last."))
        return {"since": since, "until": until}


@require_safe
def page(request: HttpRequest, kind: str) -> HttpResponse:
    """Raises Http404 for a report that there is not."""
    demand(request, VIEW)
    form, provider = _asked(request, kind)
    after = sought.term(request, "after")
    lines: list[Line] = []
    goes_on: int | None = None
    if form.is_valid():
        behind = int(after) if sought.is_number(after) else None
        lines, goes_on = _some(kind, _period(form, provider), behind)
    terms = _terms(form, provider)
    context = {
        **console.each_context(request),
        "title": TITLES[kind],
        "kind": kind,
        "kinds": TITLES.items(),
        "form": form,
        "terms": terms,
        "lines": lines,
        "query": urlencode(terms),
        "after": goes_on,
        "later": bool(after),
        "providers": sought.providers(request),
        "may_take": request.user.has_perm(taking.TAKE),
    }
    return TemplateResponse(request, "console/people/report.html", context)


@require_POST
def take(request: HttpRequest, kind: str) -> HttpResponseBase:
    """All of it as CSV. Raises Http404 as `page`."""
    demand(request, VIEW, taking.TAKE)
    form, provider = _asked(request, kind)
    if not form.is_valid():
        return HttpResponse(status=400)
    found = looks(kind, _period(form, provider))
    rows = (_cells(kind, line) for look in found for line in look.lines)
    terms = _terms(form, provider)
    return taking.answer(request, kind, terms, (*_HEADER, *_MORE[kind]), rows)


_HEADER = ("at", "account", "username", "name", "email", "providers")
_MORE = {
    "joined": ("way",),
    "moved": ("gained", "lost", "why", "by"),
    "left": ("source", "cause", "sessions", "apps"),
}


def _cells(kind: str, line: Line) -> tuple[str, ...]:
    at = moment(line.at)
    whom = (at, line.account, line.username, line.name, line.email, ", ".join(line.known_at))
    why = "; ".join(line.why)
    match kind:
        case "joined":
            return (*whom, line.how)
        case "moved":
            return (*whom, ", ".join(line.gains), ", ".join(line.loses), why, line.how)
    return (*whom, line.how, why, line.sessions, " ".join(line.heard))


def _some(kind: str, period: Period, after: int | None) -> tuple[list[Line], int | None]:
    """A page, and behind which event the next one begins; None if there is none."""
    lines: list[Line] = []
    for number, look in enumerate(looks(kind, period, after), start=1):
        lines += look.lines
        if len(lines) > PER_PAGE:
            return lines[:PER_PAGE], lines[PER_PAGE - 1].event
        if look.last is None:
            return lines, None
        if number == MAX_LOOKS or len(lines) == PER_PAGE:
            return lines, look.last.pk
    return lines, None


def _asked(request: HttpRequest, kind: str) -> tuple[PeriodForm, str]:
    if kind not in LIFE:
        raise Http404("there is no such report")
    said = request.POST if request.method == "POST" else request.GET
    return PeriodForm(said), sought.provider_slug(sought.term(request, "provider"))


def _period(form: PeriodForm, provider: str) -> Period:
    def begun(day: date) -> datetime:
        return datetime.combine(day, time(), UTC)

    said = form.cleaned_data
    return Period(since=begun(said["since"]), until=begun(said["until"]) + _DAY, provider=provider)


def _terms(form: PeriodForm, provider: str) -> dict[str, str]:
    if not form.is_valid():
        return {}
    said = {name: f"{form.cleaned_data[name]:%Y-%m-%d}" for name in ("since", "until")}
    return said | ({"provider": provider} if provider else {})
