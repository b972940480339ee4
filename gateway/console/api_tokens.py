"""API tokens: making one, which is shown once, and ending them."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminTextInputWidget,
)

from gateway.api_tokens.models import ApiToken, Scope
from gateway.console.asking import AskingForm, Kept
from gateway.flows import api_tokens
from gateway.flows.api_tokens import DAYS, MAX_DAYS


class ApiTokenForm(AskingForm):
    """Makes a token in the name of whoever sits at the console."""

    scopes = forms.MultipleChoiceField(
        choices=Scope.choices,
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
        help_text=_("It never may more than you may yourself at that moment."),
    )
    days = forms.IntegerField(
        initial=DAYS,
        min_value=1,
        max_value=MAX_DAYS,
        widget=UnfoldAdminIntegerFieldWidget(),
        label=_("Days until it ends"),
    )

    class Meta:
        model = ApiToken
        fields: ClassVar = ("name",)
        widgets: ClassVar = {"name": UnfoldAdminTextInputWidget()}

    def ask(self) -> ApiToken:
        made = api_tokens.make(
            account=self.actor,
            name=self.cleaned_data["name"],
            scopes=self.cleaned_data["scopes"],
            days=self.cleaned_data["days"],
            actor=self.actor,
            now=timezone.now(),
        )
        self.shown_once = made.text
        return made.row


class ApiTokenRows(Kept):
    form = ApiTokenForm
    list_display = ("name", "account", "shown_scopes", "expires_at", "last_used_at", "state")
    list_select_related = ("account",)
    search_fields = ("name", "account__username")
    actions = ("revoke",)

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        # Only for the action: no field of the form can be written.
        return obj is None and super().has_change_permission(request)

    def get_fields(self, _request: HttpRequest, obj: ApiToken | None = None) -> Any:  # noqa: ANN401
        if obj is None:
            return ("name", "scopes", "days")
        return (
            "name",
            "account",
            "shown_scopes",
            "created_at",
            "expires_at",
            "last_used_at",
            "state",
        )

    def get_readonly_fields(
        self, _request: HttpRequest, obj: ApiToken | None = None
    ) -> tuple[str, ...]:
        return () if obj is None else ("shown_scopes", "state")

    @admin.display(description=_("scopes"))
    def shown_scopes(self, row: ApiToken) -> str:
        return ", ".join(row.scopes)

    @admin.display(description=_("state"))
    def state(self, row: ApiToken) -> str:
        if row.revoked_at is not None:
            return gettext("Revoked")
        return gettext("Expired") if row.ended(timezone.now()) else gettext("Works")

    def save_model(self, request: HttpRequest, obj: ApiToken, form: Any, change: Any) -> None:  # type: ignore[override]  # noqa: ANN401, ARG002
        """The form has asked the flow; the token is for the next page alone."""
        request.shown_once = form.shown_once  # type: ignore[attr-defined]

    def response_add(
        self,
        request: HttpRequest,
        obj: ApiToken,
        post_url_continue: str | None = None,  # noqa: ARG002 -- Django's signature
    ) -> HttpResponse:
        """The only page that ever shows it; it is kept nowhere on its way here."""
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Your new API token"),
            "opts": self.opts,
            "token": request.shown_once,  # type: ignore[attr-defined]
            "row": obj,
        }
        return TemplateResponse(request, "console/api_token.html", context)

    @admin.action(description=_("Revoke…"), permissions=["change"])
    def revoke(self, request: HttpRequest, chosen: QuerySet[ApiToken]) -> HttpResponse | None:
        """First which programs it stops; only then, and by a button that repeats it, the deed."""
        if request.POST.get("confirmed") != "1":
            context = {
                **self.admin_site.each_context(request),
                "title": gettext("Revoke these API tokens"),
                "opts": self.opts,
                "tokens": list(chosen.select_related("account")),
            }
            return TemplateResponse(request, "console/api_tokens_revoke.html", context)
        actor, now = str(request.user.pk), timezone.now()
        ended = sum(api_tokens.revoke(row.pk, actor=actor, now=now) for row in chosen)
        done = ngettext("One token was revoked.", "%d tokens were revoked.", ended)
        messages.success(request, done % ended if "%" in done else done)
        return None
