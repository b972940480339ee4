"""What each sign-in of the last week went through: by the code that a person read out."""

import json
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.dataclasses import SearchResult

from gateway.console.rows import Rows
from gateway.traces.causes.places import path_to
from gateway.traces.causes.table import cause_of
from gateway.traces.models import LoginTrace
from providers.models import Provider
from providers.trace import utc

MAX_FOUND = 5


class TraceRows(Rows):
    list_display = ("moment", "reference", "provider", "outcome", "cause", "failed_check")
    list_filter = ("outcome", "cause", "provider")
    search_fields = ("=reference", "=account")
    search_help_text = _("The eight-letter code that a person read out, or an account")
    fields = ("moment", "reference", "went", "who", "why", "shown_steps", "shown_claims")
    readonly_fields = fields

    def get_search_results(
        self,
        request: HttpRequest,
        queryset: Any,  # noqa: ANN401
        search_term: str,
    ) -> tuple[Any, bool]:
        """A code is typed as it was heard: in small letters, with spaces around."""
        found: tuple[Any, bool] = super().get_search_results(request, queryset, search_term.strip())
        return found

    @admin.display(description=_("at"), ordering="at")
    def moment(self, trace: LoginTrace) -> str:
        return utc(trace.at)  # to the second, as vendors' logs have it

    @admin.display(description=_("went"))
    def went(self, trace: LoginTrace) -> SafeString:
        """At which provider it ended how."""
        return _part("provider", trace=trace, row=_provider_of(trace))

    @admin.display(description=_("account"))
    def who(self, trace: LoginTrace) -> SafeString:
        return _part("account", trace=trace)

    @admin.display(description=_("why, and what to do"))
    def why(self, trace: LoginTrace) -> SafeString:
        return why(trace, _provider_of(trace))

    @admin.display(description=_("steps"))
    def shown_steps(self, trace: LoginTrace) -> SafeString:
        return steps(trace)

    @admin.display(description=_("what the provider said"))
    def shown_claims(self, trace: LoginTrace) -> SafeString:
        told = _("Values are kept only where the provider’s setting trace_claims says so.")
        return claims(trace, str(told))


def why(trace: LoginTrace, row: Provider | None) -> SafeString:
    """The check that failed, what was expected and received, and the remedy; empty if none did."""
    cause = cause_of(trace.failed_check)
    if cause is None:
        return SafeString("")
    there = path_to(cause.place, row.protocol, row.dialect) if row is not None else ""
    failed = trace.steps[-1] if trace.steps else {}
    return _part("why", trace=trace, cause=cause, there=there, failed=failed)


def steps(trace: LoginTrace) -> SafeString:
    """Each check with its verdict and moment."""
    return _part("steps", steps=_with_durations(trace.steps))


def claims(trace: LoginTrace, told: str) -> SafeString:
    """What the provider said, by where it stood; `told` stands below it."""
    shown = {
        where: {name: _shown(value) for name, value in said.items()}
        for where, said in trace.claims.items()
    }
    return _part("claims", claims=shown, told=told)


def found_by_code(request: HttpRequest, term: str) -> list[SearchResult]:
    """The traces of this code, for the console's own search; none for whoever may not see them."""
    if not request.user.has_perm("traces.view_logintrace"):
        return []
    return [
        SearchResult(
            title=trace.reference,
            description=gettext("Trace at %(provider)s") % {"provider": trace.provider},
            link=reverse("admin:traces_logintrace_change", args=[trace.pk]),
            icon="timeline",
        )
        for trace in LoginTrace.objects.filter(reference=term.strip().upper())[:MAX_FOUND]
    ]


def _part(name: str, **context: object) -> SafeString:
    return SafeString(render_to_string(f"console/trace/{name}.html", context))


def _provider_of(trace: LoginTrace) -> Provider | None:
    return Provider.objects.filter(slug=trace.provider).first()


def _with_durations(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each step with the milliseconds since the one before, and its place on the way in percent."""
    whole = max(steps[-1]["at"], 0.1) if steps else 0.1
    shown, before = [], 0.0
    for step in steps:
        start, took = 100 * before / whole, step["at"] - before
        width = max(100 * took / whole, 0.5)
        shown.append({**step, "took": round(took, 1), "start": min(start, 99.5), "width": width})
        before = step["at"]
    return shown


def _shown(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
