"""What providers say of another shape than before, and the two answers to that."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import groupby

from django.contrib import messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from gateway.console.mapping.confirming import QUESTIONS, asked, confirmed
from gateway.console.mapping.desk import actor, desk, page, word
from gateway.console.mapping.refusals import said
from gateway.console.mapping.who import account_of, names_of, provider_names, whom_to_ask
from gateway.flows.errors import DriftOver, NotPermitted, PreviewTooLong
from gateway.flows.mapping import drift_decisions, permits
from gateway.flows.mapping.drift_words import told_sign
from mapping.models import ClaimAlarm, ClaimProfile, ClaimSighting

SHOWN_OVER = 20


def _accept(request: HttpRequest, provider: str, seen: list[str]) -> None:
    me, now = actor(request), timezone.now()
    drift_decisions.accept(provider, seen, actor=me, now=now, confirmed=confirmed(request))


def _fault(request: HttpRequest, provider: str, seen: list[str]) -> None:
    drift_decisions.fault(provider, seen, actor=actor(request), now=timezone.now())


_Answer = tuple[Callable[[HttpRequest, str, list[str]], None], Promise]
_ANSWERS: Mapping[str, _Answer] = {
    "accept": (
        _accept,
        _("What it says now is taken as right: whoever kept roles is decided upon anew."),
    ),
    "fault": (
        _fault,
        _("Removals stay held for these people, each until the provider has her right again."),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    row: ClaimAlarm
    provider: str
    told: str
    people: str
    usual: str
    decided_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AtProvider:
    """One provider, of which somebody has to say whether it is right."""

    slug: str
    name: str
    signs: list[Sign]

    @property
    def undecided(self) -> bool:
        return any(sign.row.state == ClaimAlarm.State.OPEN for sign in self.signs)


@require_http_methods(["GET", "HEAD", "POST"])
@desk(permits.may_see)
def drift(request: HttpRequest) -> HttpResponse:
    fault = ""
    if request.method == "POST":
        answer, told = _ANSWERS["accept" if request.POST.get("do") == "accept" else "fault"]
        try:
            answer(request, word(request, "provider"), request.POST.getlist("seen"))
        except QUESTIONS as question:
            return asked(request, question, back=request.path, published=False)
        except PreviewTooLong as error:
            fault = said(error)
        except DriftOver:
            fault = gettext("Nothing was done: it is otherwise by now. Look again, then decide.")
        except NotPermitted:
            fault = gettext("You may not decide this.")
        else:
            messages.success(request, str(told))
            return HttpResponseRedirect(reverse("mapping-drift"))
    alive = _told(ClaimAlarm.objects.filter(state__in=ClaimAlarm.ALIVE))
    over = ClaimAlarm.objects.exclude(state__in=ClaimAlarm.ALIVE).order_by("-ended_at")
    may_decide = account_of(actor(request)).has_perm(permits.PUBLISH)
    return page(
        request,
        "drift",
        title=_title(alive),
        status=409 if fault else 200,
        fault=fault,
        alive=alive,
        over=_signs(list(over[:SHOWN_OVER])),
        may_decide=may_decide,
        whom_to_ask="" if may_decide else whom_to_ask(permits.PUBLISH, but=[actor(request)]),
    )


def _told(rows: "QuerySet[ClaimAlarm]") -> list[AtProvider]:
    told = []
    for slug, those in groupby(_signs(list(rows)), key=lambda sign: sign.row.provider):
        signs = list(those)
        told.append(AtProvider(slug=slug, name=signs[0].provider, signs=signs))
    return told


def _signs(rows: list[ClaimAlarm]) -> list[Sign]:
    slugs = {row.provider for row in rows}
    seen = ClaimSighting.objects.filter(provider__in=slugs).order_by()
    counted = seen.values_list("provider", "kind", "path").annotate(people=Count("identity"))
    people = {(provider, kind, path): count for provider, kind, path, count in counted}
    profiles = ClaimProfile.objects.filter(provider__in=slugs)
    usual = {(one.provider, path): told for one in profiles for path, told in one.usual.items()}
    names, places = names_of(row.decided_by for row in rows if row.decided_by), provider_names()
    return [
        Sign(
            row=row,
            provider=places.get(row.provider, row.provider),
            told=told_sign(row.kind, row.path),
            people=_people(people.get((row.provider, row.kind, row.path), 0)),
            usual=_usual(usual.get((row.provider, row.path))),
            decided_by=names.get(row.decided_by, ""),
        )
        for row in rows
    ]


def _people(count: int) -> str:
    return ngettext("%d person came with that", "%d people came with that", count) % count


def _usual(told: Mapping[str, float] | None) -> str:
    if told is None:
        return ""
    count = round(told["many"])
    return ngettext("usually %d value", "usually %d values", count) % count


def _title(alive: list[AtProvider]) -> str:
    if not alive:
        return gettext("All providers say what they always said")
    count = len(alive)
    return (
        ngettext(
            "%d provider changed what it says",
            "%d providers changed what they say",
            count,
        )
        % count
    )
