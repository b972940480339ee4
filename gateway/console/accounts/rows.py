"""People: accounts, who vouches for them, the roles they hold; closing, reopening, signing out."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from gateway import wiring
from gateway.console import receipts, sought
from gateway.console.accounts import consequence, person
from gateway.console.departures import ClosuresInside, DeparturesInside
from gateway.console.end_date_words import end_date_shown
from gateway.console.personal import PersonDesk, ProfileInside
from gateway.console.rows import Rows
from gateway.console.standing import (
    AttributesInside,
    DeniedRolesInside,
    HeldRolesInside,
    IdentitiesInside,
    shown_reasons,
)
from gateway.flows import inbox
from gateway.flows.errors import LastWayIn
from gateway.flows.inbox import Act, News, Source
from gateway.flows.mapping import permits
from provisioning.models import Account, Closure, HeldRole, Merge

REASON = "console"
ENDING = ("deactivate", "end_sessions")  # the actions after which somebody is to be out
_ONLY_FILLED = (
    ProfileInside,
    ClosuresInside,
    DeparturesInside,
    DeniedRolesInside,
    AttributesInside,
)


class AccountRows(PersonDesk):
    list_display = ("username", "name", "email", "is_active", "is_staff", "created_at")
    list_filter = ("is_active", "is_staff", "kind", "groups")
    search_fields = ("username", "name", "email", "=id")
    fields = (
        "username",
        "name",
        "email",
        "is_active",
        "is_staff",
        "created_at",
        "deactivated_at",
        "end_date",
        "live_sessions",
    )
    readonly_fields = (*fields, "merges")
    inlines = (
        *(ClosuresInside, DeparturesInside, ProfileInside, HeldRolesInside, DeniedRolesInside),
        *(AttributesInside, IdentitiesInside),
    )
    change_form_outer_before_template: str | None = "console/people/acts.html"  # type: ignore[assignment]
    change_form_outer_after_template: str | None = "console/people/life.html"  # type: ignore[assignment]
    actions = ("deactivate", "reactivate", "end_sessions")

    def get_inlines(self, request: HttpRequest, obj: Any = None) -> Any:  # noqa: ANN401
        """No table of what is denied to her, or describes her, where there is nothing of it."""
        return [
            each
            for each in super().get_inlines(request, obj)
            if each not in _ONLY_FILLED or each.model.objects.filter(account=obj).exists()
        ]

    def get_fields(self, _request: HttpRequest, obj: Model | None = None) -> Any:  # noqa: ANN401
        merged = obj is not None and Merge.objects.filter(Q(kept=obj.pk) | Q(gone=obj.pk)).exists()
        return (*self.fields, "merges") if merged else self.fields

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        # Only for the actions: no field of the form can be written.
        return bool(request.user.has_perm("provisioning.change_account")) and obj is None

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        actor = request.user
        may_explain = isinstance(actor, Account) and permits.may_see_claims(actor)
        roles = Group.objects.order_by("name").values_list("name", flat=True)
        asked = {"explained": object_id, "askable_roles": roles} if may_explain else {}
        account = self.get_object(request, object_id)
        if account is not None and self.has_view_permission(request, account):
            asked |= person.around(request, account)
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **asked})

    @admin.display(description=_("end date"))
    def end_date(self, account: Account) -> SafeString:
        return end_date_shown(account)

    @admin.display(description=_("signed in on"))
    def live_sessions(self, account: Account) -> str:
        count = len(wiring.session_store().of_account(str(account.pk)))
        return ngettext("%d browser", "%d browsers", count) % count

    @admin.action(description=_("Close…"), permissions=["change"])
    def deactivate(self, request: HttpRequest, chosen: QuerySet[Account]) -> HttpResponse | None:
        words = ngettext("Close this account", "Close these accounts", len(chosen))
        return self._confirmed(request, chosen, "deactivate", words, _deactivate)

    @admin.action(description=_("Reopen…"), permissions=["change"])
    def reactivate(self, request: HttpRequest, chosen: QuerySet[Account]) -> HttpResponse | None:
        if chosen.filter(closures__source=Source.MERGE).exists():
            told = gettext("One of them went into another account. Undo that on its page.")
            messages.error(request, told)
            return None
        words = ngettext("Reopen this account", "Reopen these accounts", len(chosen))
        return self._confirmed(request, chosen, "reactivate", words, _reactivate)

    @admin.action(description=_("Sign out everywhere…"), permissions=["change"])
    def end_sessions(self, request: HttpRequest, chosen: QuerySet[Account]) -> HttpResponse | None:
        words = ngettext(
            "Sign this person out everywhere", "Sign these people out everywhere", len(chosen)
        )
        return self._confirmed(request, chosen, "end_sessions", words, _end_sessions)

    def _confirmed(
        self,
        request: HttpRequest,
        chosen: QuerySet[Account],
        action: str,
        words: str,
        change: Callable[[str, str, str], None],
    ) -> HttpResponse | None:
        """First who, and what follows; only then, and by a button that repeats it, the deed."""
        if request.POST.get("confirmed") != "1":
            return consequence.page(request, self, chosen, action, words)
        cause = sought.term(request, "reason", Closure.MAX_CAUSE) or REASON
        people = [str(each.pk) for each in chosen if _done(request, each, change, cause)]
        if not people:
            return None
        if action in ENDING:
            messages.info(request, receipts.taken(request))
        done = ngettext("Done for one person.", "Done for %d people.", len(people))
        messages.success(request, done % len(people) if "%" in done else done)
        if len(people) == 1:
            there = reverse("admin:provisioning_account_change", args=people)
        else:
            there = reverse("people")
        return HttpResponseRedirect(there)


def _done(
    request: HttpRequest, account: Account, change: Callable[[str, str, str], None], cause: str
) -> bool:
    try:
        change(str(account.pk), str(request.user.pk), cause)
    except LastWayIn:
        words = gettext(
            "%s was not closed: nobody else could administer. Give somebody the role that opens"
            " the console, or set up a break-glass account, first."
        )
        messages.error(request, words % account.get_full_name())
        return False
    return True


def _deactivate(account: str, actor: str, cause: str) -> None:
    inbox.take(_news(account, actor, cause, Act.CLOSE))


def _reactivate(account: str, actor: str, cause: str) -> None:
    inbox.reopen(account=account, source=Source.CONSOLE, by=actor, cause=cause, at=timezone.now())


def _end_sessions(account: str, actor: str, cause: str) -> None:
    inbox.take(_news(account, actor, cause, Act.END_SESSIONS))


def _news(account: str, actor: str, cause: str, act: Act) -> News:
    return News(
        account=account,
        act=act,
        source=Source.CONSOLE,
        by=actor,
        cause=cause,
        at=timezone.now(),
    )


class HeldRoleRows(Rows):
    """Who holds what; given and taken back on a person's own page."""

    list_display = ("account", "role", "origin", "rule", "ruleset_version", "given_by", "since")
    list_filter = ("origin", "role")
    list_select_related = ("account", "role")
    search_fields = ("account__username", "account__name", "rule")
    ordering = ("-since",)

    fields = (
        *("account", "role", "origin", "rule", "ruleset_version", "reasons"),
        *("linked_identity", "given_by", "since"),
    )
    readonly_fields = ("reasons",)

    @admin.display(description=_("because"))
    def reasons(self, row: HeldRole) -> SafeString:
        return shown_reasons(row)


class LinkedIdentityRows(Rows):
    list_display = ("subject", "provider", "account", "username", "email", "last_seen")
    list_filter = ("provider",)
    list_select_related = ("account",)
    search_fields = ("subject", "username", "email", "account__username")
