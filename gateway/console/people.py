"""People: accounts, who vouches for them, the roles they hold; closing, reopening, signing out."""

from collections.abc import Callable
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from gateway import wiring
from gateway.console import receipts
from gateway.console.asking import AskingForm, Kept
from gateway.console.rows import Rows
from gateway.console.standing import (
    AttributesInside,
    DeniedRolesInside,
    HeldRolesInside,
    IdentitiesInside,
    shown_reasons,
)
from gateway.flows import ending, lifecycle, roles
from gateway.flows.ending import Order
from gateway.flows.mapping import permits
from gateway.sessions.why import Why
from gateway.sign_ins.search import Search
from gateway.web.session_words import elsewhere
from provisioning.models import Account, HeldRole

REASON = "console"
PER_PERSON = 100  # sessions that are looked through
ENDING = ("deactivate", "end_sessions")  # the actions after which somebody is to be out
_ONLY_FILLED = (DeniedRolesInside, AttributesInside)


class AccountRows(Rows):
    list_display = ("username", "name", "email", "is_active", "is_staff", "created_at")
    list_filter = ("is_active", "is_staff", "groups")
    search_fields = ("username", "name", "email", "=id")
    fields = (
        "username",
        "name",
        "email",
        "is_active",
        "is_staff",
        "created_at",
        "deactivated_at",
        "live_sessions",
    )
    readonly_fields = (*fields, "used_elsewhere")
    inlines = (HeldRolesInside, DeniedRolesInside, AttributesInside, IdentitiesInside)
    change_form_outer_after_template: str | None = "console/why_not.html"  # type: ignore[assignment]
    actions = ("deactivate", "reactivate", "end_sessions")

    def get_inlines(self, request: HttpRequest, obj: Any = None) -> Any:  # noqa: ANN401
        """No table of what is denied to her, or describes her, where there is nothing of it."""
        return [
            each
            for each in super().get_inlines(request, obj)
            if each not in _ONLY_FILLED or each.model.objects.filter(account=obj).exists()
        ]

    def get_fields(self, request: HttpRequest, _obj: Model | None = None) -> Any:  # noqa: ANN401
        """Where sessions are used is for whoever may see sessions."""
        may = request.user.has_perm("sign_ins.view_session")
        return (*self.fields, "used_elsewhere") if may else self.fields

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
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **asked})

    @admin.display(description=_("signed in on"))
    def live_sessions(self, account: Account) -> str:
        count = len(wiring.session_store().of_account(str(account.pk)))
        return ngettext("%d browser", "%d browsers", count) % count

    @admin.display(description=_("also used from"))
    def used_elsewhere(self, account: Account) -> str:
        """By her live sessions, besides the browser and country in which each began."""
        rows = Search(person=str(account.pk)).live().order_by("-id")[:PER_PERSON]
        found = [each for row in rows for each in elsewhere(row.also)]
        line = '<div>{}, <time datetime="{}">{} UTC</time></div>'
        told = (
            (each.where, each.since.isoformat(), f"{each.since:%Y-%m-%d %H:%M}") for each in found
        )
        return format_html_join("", line, told) or "-"

    @admin.action(description=_("Close…"), permissions=["change"])
    def deactivate(self, request: HttpRequest, chosen: QuerySet[Account]) -> HttpResponse | None:
        words = gettext("Close these accounts")
        return self._confirmed(request, chosen, "deactivate", words, _deactivate)

    @admin.action(description=_("Reopen…"), permissions=["change"])
    def reactivate(self, request: HttpRequest, chosen: QuerySet[Account]) -> HttpResponse | None:
        words = gettext("Reopen these accounts")
        return self._confirmed(request, chosen, "reactivate", words, _reactivate)

    @admin.action(description=_("Sign out everywhere…"), permissions=["change"])
    def end_sessions(self, request: HttpRequest, chosen: QuerySet[Account]) -> HttpResponse | None:
        words = gettext("Sign these people out everywhere")
        return self._confirmed(request, chosen, "end_sessions", words, _end_sessions)

    def _confirmed(
        self,
        request: HttpRequest,
        chosen: QuerySet[Account],
        action: str,
        words: str,
        change: Callable[[str, str], None],
    ) -> HttpResponse | None:
        """First who and how many browsers; only then, and by a button that repeats it, the deed."""
        if request.POST.get("confirmed") != "1":
            return self._consequence(request, chosen, action, words)
        for account in chosen:
            change(str(account.pk), str(request.user.pk))
        if action in ENDING:
            messages.info(request, receipts.taken(request))
        done = ngettext("Done for one person.", "Done for %d people.", len(chosen))
        messages.success(request, done % len(chosen) if "%" in done else done)
        return None

    def _consequence(
        self, request: HttpRequest, chosen: QuerySet[Account], action: str, words: str
    ) -> HttpResponse:
        store = wiring.session_store()
        people = [(account, len(store.of_account(str(account.pk)))) for account in chosen]
        context = {
            **self.admin_site.each_context(request),
            "title": words,
            "opts": self.opts,
            "people": people,
            "browsers": sum(count for _account, count in people),
            "action": action,
        }
        return TemplateResponse(request, "console/consequence.html", context)


def _deactivate(account: str, actor: str) -> None:
    lifecycle.deactivate(account=account, actor=actor, reason=REASON, now=timezone.now())


def _reactivate(account: str, actor: str) -> None:
    lifecycle.reactivate(account=account, actor=actor, now=timezone.now())


def _end_sessions(account: str, actor: str) -> None:
    order = Order(by=actor, reason=REASON, at=timezone.now(), why=Why.ADMINISTRATOR)
    ending.of_account(account, order)


class GrantForm(AskingForm):
    """A role by hand, until somebody takes it back."""

    username = forms.CharField(max_length=150, widget=UnfoldAdminTextInputWidget())

    class Meta:
        model = HeldRole
        fields: ClassVar = ("role",)

    def clean_username(self) -> Account:
        found = Account.objects.filter(username=self.cleaned_data["username"]).first()
        if found is None:
            raise forms.ValidationError(gettext("Nobody has this username."))
        return found

    def ask(self) -> HeldRole:
        account, role = self.cleaned_data["username"], self.cleaned_data["role"]
        roles.grant_by_hand(
            account=str(account.pk), role=role.name, actor=self.actor, now=timezone.now()
        )
        return HeldRole.objects.get(account=account, role=role, origin=HeldRole.Origin.HAND)


class HeldRoleRows(Kept):
    form = GrantForm
    list_display = ("account", "role", "origin", "rule", "ruleset_version", "given_by", "since")
    list_filter = ("origin", "role")
    list_select_related = ("account", "role")
    search_fields = ("account__username", "account__name", "rule")
    ordering = ("-since",)

    def has_change_permission(self, _request: HttpRequest, _obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Only what a hand gave can a hand take back."""
        by_hand = not isinstance(obj, HeldRole) or obj.origin == HeldRole.Origin.HAND
        return by_hand and bool(request.user.has_perm("provisioning.delete_heldrole"))

    def delete_model(self, request: HttpRequest, obj: HeldRole) -> None:
        roles.revoke_by_hand(
            account=str(obj.account_id),
            role=obj.role.name,
            actor=str(request.user.pk),
            now=timezone.now(),
        )

    def get_fields(self, _request: HttpRequest, obj: HeldRole | None = None) -> Any:  # noqa: ANN401
        if obj is None:
            return ("username", "role")
        return (
            "account",
            "role",
            "origin",
            "rule",
            "ruleset_version",
            "reasons",
            "linked_identity",
            "given_by",
            "since",
        )

    def get_readonly_fields(
        self, _request: HttpRequest, obj: HeldRole | None = None
    ) -> tuple[str, ...]:
        return () if obj is None else ("reasons",)

    @admin.display(description=_("because"))
    def reasons(self, row: HeldRole) -> SafeString:
        return shown_reasons(row)


class LinkedIdentityRows(Rows):
    list_display = ("subject", "provider", "account", "username", "email", "last_seen")
    list_filter = ("provider",)
    list_select_related = ("account",)
    search_fields = ("subject", "username", "email", "account__username")
