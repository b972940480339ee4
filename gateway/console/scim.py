"""SCIM connections: making one, the values that the provider asks for, and its tokens."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from gateway import wiring
from gateway.console.asking import AskingForm, Kept
from gateway.flows.errors import LastWayIn
from gateway.flows.scim import connections, disconnecting, tokens
from gateway.flows.scim.disconnecting import consequence
from gateway.flows.scim.tokens import DAYS, MAX_DAYS
from provisioning.scim.models import ScimConnection, ScimGroup, ScimToken, ScimUser


def base_address(connection: ScimConnection) -> str:
    return f"{wiring.config().base_url}/scim/v2/{connection.slug}"


class ScimConnectionForm(AskingForm):
    class Meta:
        model = ScimConnection
        fields: ClassVar = ("slug", "name", "provider", "external_id_is_subject")
        widgets: ClassVar = {
            "slug": UnfoldAdminTextInputWidget(),
            "name": UnfoldAdminTextInputWidget(),
            "provider": UnfoldAdminSelectWidget(),
            "external_id_is_subject": UnfoldBooleanSwitchWidget(),
        }

    def ask(self) -> ScimConnection:
        told = self.cleaned_data
        return connections.make(
            slug=told["slug"],
            name=told["name"],
            provider=told["provider"].slug,
            external_id_is_subject=told["external_id_is_subject"],
            actor=self.actor,
            now=timezone.now(),
        )


class ScimConnectionRows(Kept):
    form = ScimConnectionForm
    list_display = ("name", "provider", "address", "people", "group_count")
    list_select_related = ("provider",)
    search_fields = ("name", "slug")
    actions = ("disconnect",)

    def has_change_permission(self, _request: HttpRequest, _obj: object = None) -> bool:
        return False

    def has_disconnect_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("scim.delete_scimconnection")

    def get_queryset(self, request: HttpRequest) -> "QuerySet[ScimConnection]":
        rows: QuerySet[ScimConnection] = super().get_queryset(request)
        return rows.annotate(
            people=_number(ScimUser.objects.filter(deleted_at=None)),
            group_count=_number(ScimGroup.objects.all()),
        )

    def get_fields(
        self, _request: HttpRequest, obj: ScimConnection | None = None
    ) -> tuple[str, ...]:
        if obj is None:
            return ("slug", "name", "provider", "external_id_is_subject")
        return (
            *("name", "provider", "address", "external_id_is_subject"),
            *("people", "group_count", "created_at"),
        )

    def get_readonly_fields(
        self, _request: HttpRequest, obj: ScimConnection | None = None
    ) -> tuple[str, ...]:
        return () if obj is None else ("address", "people", "group_count")

    @admin.action(description=_("Disconnect…"), permissions=["disconnect"])
    def disconnect(
        self, request: HttpRequest, chosen: "QuerySet[ScimConnection]"
    ) -> HttpResponse | None:
        """First what ends and what stays; only then, and by a button that repeats it, the deed."""
        now = timezone.now()
        if request.POST.get("confirmed") != "1":
            context = {
                **self.admin_site.each_context(request),
                "title": gettext("Disconnect these SCIM connections"),
                "opts": self.opts,
                "connections": [(row, consequence(row, now=now)) for row in chosen],
            }
            return TemplateResponse(request, "console/scim_disconnect.html", context)
        for row in chosen:
            try:
                disconnecting.disconnect(row, actor=str(request.user.pk), now=now)
            except LastWayIn:
                refused = gettext(
                    "Nobody could open the console without the roles of its groups: %s stays, and"
                    " its tokens are revoked. Give somebody else that role first."
                )
                messages.error(request, refused % row.name)
            else:
                messages.success(request, gettext("%s is disconnected.") % row.name)
        return None

    @admin.display(description=_("base address, for the provider"))
    def address(self, row: ScimConnection) -> str:
        return base_address(row)

    @admin.display(description=_("people"))
    def people(self, row: Any) -> int:  # noqa: ANN401 -- annotated
        number: int = row.people
        return number

    @admin.display(description=_("groups"))
    def group_count(self, row: Any) -> int:  # noqa: ANN401 -- annotated
        number: int = row.group_count
        return number


def _number(rows: "QuerySet[Any]") -> Coalesce:
    """Of each connection by itself: joined, people and groups would multiply."""
    its = rows.filter(connection=OuterRef("pk")).order_by().values("connection")
    return Coalesce(Subquery(its.annotate(number=Count("pk")).values("number")), 0)


class ScimTokenForm(AskingForm):
    """Makes a token of a connection; it is shown on the next page alone."""

    days = forms.IntegerField(
        initial=DAYS,
        min_value=1,
        max_value=MAX_DAYS,
        widget=UnfoldAdminIntegerFieldWidget(),
        label=_("Days until it ends"),
    )

    class Meta:
        model = ScimToken
        fields: ClassVar = ("connection",)
        widgets: ClassVar = {"connection": UnfoldAdminSelectWidget()}

    def ask(self) -> ScimToken:
        made = tokens.make(
            connection=self.cleaned_data["connection"].slug,
            days=self.cleaned_data["days"],
            actor=self.actor,
            now=timezone.now(),
        )
        self.shown_once = made.text
        return made.row


class ScimTokenRows(Kept):
    form = ScimTokenForm
    list_display = ("connection", "number", "expires_at", "last_used_at", "state")
    list_select_related = ("connection",)
    list_filter = ("connection",)
    actions = ("revoke",)

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        # Only for the action: no field of the form can be written.
        return obj is None and super().has_change_permission(request)

    def get_fields(self, _request: HttpRequest, obj: ScimToken | None = None) -> tuple[str, ...]:
        if obj is None:
            return ("connection", "days")
        return ("connection", "created_at", "expires_at", "last_used_at", "state")

    def get_readonly_fields(
        self, _request: HttpRequest, obj: ScimToken | None = None
    ) -> tuple[str, ...]:
        return () if obj is None else ("state",)

    @admin.display(description=_("number"))
    def number(self, row: ScimToken) -> int:
        return row.pk

    @admin.display(description=_("state"))
    def state(self, row: ScimToken) -> str:
        if row.revoked_at is not None:
            return gettext("Revoked")
        return gettext("Expired") if row.ended(timezone.now()) else gettext("Works")

    def save_model(self, request: HttpRequest, obj: ScimToken, form: Any, change: Any) -> None:  # type: ignore[override]  # noqa: ANN401, ARG002
        """The form has asked the flow; the token is for the next page alone."""
        request.shown_once = form.shown_once  # type: ignore[attr-defined]

    def response_add(
        self,
        request: HttpRequest,
        obj: ScimToken,
        post_url_continue: str | None = None,  # noqa: ARG002 -- Django's signature
    ) -> HttpResponse:
        """The only page that ever shows it; it is kept nowhere on its way here."""
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("What the provider asks for"),
            "opts": self.opts,
            "token": request.shown_once,  # type: ignore[attr-defined]
            "address": base_address(obj.connection),
            "row": obj,
        }
        return TemplateResponse(request, "console/scim_token.html", context)

    @admin.action(description=_("Revoke…"), permissions=["change"])
    def revoke(self, request: HttpRequest, chosen: "QuerySet[ScimToken]") -> HttpResponse | None:
        """First what it stops; only then, and by a button that repeats it, the deed."""
        if request.POST.get("confirmed") != "1":
            context = {
                **self.admin_site.each_context(request),
                "title": gettext("Revoke these SCIM tokens"),
                "opts": self.opts,
                "tokens": list(chosen.select_related("connection")),
            }
            return TemplateResponse(request, "console/scim_tokens_revoke.html", context)
        actor, now = str(request.user.pk), timezone.now()
        ended = sum(tokens.revoke(row.pk, actor=actor, now=now) for row in chosen)
        done = ngettext("One token was revoked.", "%d tokens were revoked.", ended)
        messages.success(request, done % ended if "%" in done else done)
        return None
