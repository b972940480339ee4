"""What ended when somebody had to go: who said so, and who has heard of it."""

from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from gateway.console import receipts
from gateway.console.rows import Rows, RowsInside
from gateway.departures.models import Departure, Notice
from gateway.flows.inbox import telling
from gateway.sessions.roll_call import Receipt
from gateway.web.names import names_of
from provisioning.models import Closure

MAX_SHOWN = 20  # of one person


class _SaidBy(RowsInside):
    """With who said so, by name; all names of a page in one query."""

    # The console makes one of us for each request, and a request is about one account.
    _names: dict[str, str] | None = None

    @admin.display(description=_("by"))
    def said_by(self, row: Closure | Departure) -> str:
        if self._names is None:
            rows = type(row)._default_manager.filter(account=row.account_id)  # noqa: SLF001
            self._names = names_of(rows.exclude(by="").values_list("by", flat=True).distinct())
        return self._names.get(row.by, "")


class ClosuresInside(_SaidBy):
    """Why the account is closed: it is open when none of these stands."""

    model = Closure
    readonly_fields: ClassVar = ("source", "said_by", "cause", "since", "held")
    fields: ClassVar = readonly_fields
    verbose_name_plural = _("closed by; open again when nobody says so")


class DeparturesInside(_SaidBy):
    model = Departure
    readonly_fields: ClassVar = ("at", "source", "said_by", "cause", "sessions", "heard_of_it")
    fields: ClassVar = readonly_fields
    verbose_name_plural = _("what ended, and who has heard of it")

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Departure]":
        rows: QuerySet[Departure] = super().get_queryset(request)
        return rows.prefetch_related("notices")

    def get_formset(self, request: HttpRequest, obj: Model | None = None, **kwargs: Any) -> Any:  # noqa: ANN401
        """The last ones alone: Django cuts no query that it still has to narrow by itself."""
        made = super().get_formset(request, obj, **kwargs)
        if obj is None:
            return made
        hers = Departure.objects.filter(account__pk=obj.pk)
        last = list(hers.values_list("pk", flat=True)[:MAX_SHOWN])

        class Last(made):  # type: ignore[misc, valid-type]
            def get_queryset(self) -> "QuerySet[Departure]":
                if not hasattr(self, "_last"):
                    rows: QuerySet[Departure] = super().get_queryset()
                    self._last = rows.filter(pk__in=last)
                return self._last

        return Last

    @admin.display(description=_("heard of it"))
    def heard_of_it(self, row: Departure) -> SafeString:
        """All apps in one number, then each; and the edges, which need no telling twice."""
        return format_html_join("", "<div>{}</div>", ((line,) for line in heard_of(row)))


def heard_of(row: Departure) -> list[str]:
    """The same, a sentence each; its notices were fetched beside it."""
    notices = list(row.notices.all())
    for each in notices:
        each.departure = row
    lines = [in_apps([each for each in notices if each.relying_party])]
    lines += [f"{name(each)}: {state(each)}" for each in notices]
    if row.edges is not None:
        within = timedelta(milliseconds=row.milliseconds or 0)
        receipt = Receipt(edges=row.edges, heard=row.heard or 0, within=within)
        lines.append(receipts.sentence(receipt))
    return lines


def in_apps(told: list[Notice]) -> str:
    """All apps in one number, and when the last of them confirmed it."""
    if not told:
        return gettext("No app had to be told; each asks the edge at every request.")
    heard = [_after(each, each.confirmed_at) for each in told if each.confirmed_at is not None]
    count = {"heard": len(heard), "all": len(told)}
    if len(heard) < len(told):
        words = ngettext(
            "Ended in %(heard)d of %(all)d app.", "Ended in %(heard)d of %(all)d apps.", len(told)
        )
        return words % count
    words = ngettext(
        "Ended in %(heard)d of %(all)d app, confirmed in %(seconds).2f s.",
        "Ended in %(heard)d of %(all)d apps, confirmed in %(seconds).2f s.",
        len(told),
    )
    return words % {**count, "seconds": max(heard)}


def _after(notice: Notice, at: datetime) -> float:
    """Seconds since it happened."""
    return max((at - notice.departure.at).total_seconds(), 0.0)


def state(notice: Notice) -> str:
    """The receipt in words."""
    if notice.confirmed_at is not None:
        seconds = _after(notice, notice.confirmed_at)
        return gettext("confirmed after %(seconds).2f s") % {"seconds": seconds}
    if notice.given_up_at is not None:
        return gettext("silent; given up (%(error)s)") % {"error": notice.last_error}
    if notice.attempts:
        words = ngettext(
            "silent; told once (%(error)s)",
            "silent; told %(times)d times (%(error)s)",
            notice.attempts,
        )
        return words % {"times": notice.attempts, "error": notice.last_error}
    return gettext("being told")


def name(notice: Notice) -> str:
    """Who is told."""
    return notice.relying_party or gettext("the administrators, by mail")


class StateFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, _request: HttpRequest, _admin: Any) -> list[tuple[str, str]]:  # noqa: ANN401
        return [
            ("given-up", gettext("Given up")),
            ("waiting", gettext("Not confirmed yet")),
            ("confirmed", gettext("Confirmed")),
        ]

    def queryset(self, _request: HttpRequest, rows: "QuerySet[Notice]") -> "QuerySet[Notice]":
        match self.value():
            case "given-up":
                return rows.filter(confirmed_at=None).exclude(given_up_at=None)
            case "waiting":
                return rows.filter(confirmed_at=None, given_up_at=None)
            case "confirmed":
                return rows.exclude(confirmed_at=None)
        return rows


class NoticeRows(Rows):
    list_display = ("app", "person", "created_at", "attempts", "shown_state")
    list_filter = (StateFilter, "relying_party")
    list_select_related = ("departure__account",)
    search_fields = ("relying_party", "departure__account__username")
    actions = ("send_again",)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        # Only for the action: no field of the form can be written.
        return bool(request.user.has_perm("departures.change_notice")) and obj is None

    @admin.display(description=_("app"), ordering="relying_party")
    def app(self, row: Notice) -> str:
        return name(row)

    @admin.display(description=_("person"))
    def person(self, row: Notice) -> str:
        return row.departure.account.username

    @admin.display(description=_("state"))
    def shown_state(self, row: Notice) -> str:
        return state(row)

    @admin.action(description=_("Send again"), permissions=["change"])
    def send_again(self, request: HttpRequest, chosen: "QuerySet[Notice]") -> None:
        count = telling.send_again(chosen, actor=str(request.user.pk), now=timezone.now())
        if not count:
            messages.info(request, gettext("None of these was given up; nothing to send again."))
            return
        words = ngettext("One is sent again now.", "%d are sent again now.", count)
        messages.success(request, words % count if "%" in words else words)
