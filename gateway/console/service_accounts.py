"""Service accounts: who answers for each, what its tokens open; and closing one."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from gateway.api_tokens.models import ApiToken
from gateway.console.asking import AskingForm, Kept
from gateway.flows import service_accounts
from gateway.flows.inbox import Source
from gateway.flows.service_accounts import WantedService
from provisioning.models import HeldRole, ServiceAccount


class ServiceForm(AskingForm):
    """One program's account; its username is for ever."""

    username = forms.CharField(
        max_length=100,
        widget=UnfoldAdminTextInputWidget(),
        help_text=_("As roles are given to it, and apps may know it. It never changes."),
    )
    name = forms.CharField(max_length=200, widget=UnfoldAdminTextInputWidget())
    owner_name = forms.CharField(
        max_length=150,
        widget=UnfoldAdminTextInputWidget(),
        label=_("Owner"),
        help_text=_("Username of the person who answers for it."),
    )

    class Meta:
        model = ServiceAccount
        fields: ClassVar = ("contact",)
        widgets: ClassVar = {"contact": UnfoldAdminTextInputWidget()}

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        if self.instance.pk:
            account, owner = self.instance.account, self.instance.owner
            self.initial["username"], self.initial["name"] = account.username, account.name
            self.initial["owner_name"] = owner.username if owner is not None else ""
            self.keep("username")
            self.keep("name")

    def ask(self) -> ServiceAccount:
        data, now = self.cleaned_data, timezone.now()
        owner, contact = data["owner_name"], data["contact"]
        if self.instance.pk:
            account = str(self.instance.account_id)
            service_accounts.hand_over(
                account, owner=owner, contact=contact, actor=self.actor, now=now
            )
        else:
            wanted = WantedService(
                username=data["username"], name=data["name"], owner=owner, contact=contact
            )
            account = service_accounts.make(wanted, actor=self.actor, now=now)
        return ServiceAccount.objects.select_related("account", "owner").get(account__pk=account)

    def _beside(self, place: str, problem: str) -> None:
        super()._beside("owner_name" if place == "owner" else place, problem)


class ServiceAccountRows(Kept):
    form = ServiceForm
    list_display = ("username", "name", "answers", "contact", "tokens", "state")
    list_select_related = ("account", "owner")
    search_fields = ("account__username", "account__name", "owner__username", "contact")
    actions = ("close",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ServiceAccount]:
        rows: QuerySet[ServiceAccount] = super().get_queryset(request)
        return rows.prefetch_related("account__api_tokens")

    def get_fields(self, _request: HttpRequest, obj: Model | None = None) -> Any:  # noqa: ANN401
        said = ("username", "name", "owner_name", "contact")
        return said if obj is None else (*said, "state", "roles", "tokens", "new_token")

    def get_readonly_fields(self, _request: HttpRequest, obj: Model | None = None) -> Any:  # noqa: ANN401
        return () if obj is None else ("state", "roles", "tokens", "new_token")

    @admin.display(description=_("username"), ordering="account__username")
    def username(self, row: ServiceAccount) -> str:
        return row.account.username

    @admin.display(description=_("name"), ordering="account__name")
    def name(self, row: ServiceAccount) -> str:
        return row.account.name

    @admin.display(description=_("owner"))
    def answers(self, row: ServiceAccount) -> str:
        if row.owner is None:
            return gettext("Nobody")
        owner = row.owner.get_full_name()
        return gettext("%s, whose account is closed") % owner if row.is_orphaned else owner

    @admin.display(description=_("state"))
    def state(self, row: ServiceAccount) -> str:
        if not row.account.is_active:
            return gettext("Closed")
        return gettext("Orphaned: name an owner") if row.is_orphaned else gettext("Open")

    @admin.display(description=_("roles, by hand"))
    def roles(self, row: ServiceAccount) -> str:
        held = HeldRole.objects.filter(account=row.account).order_by("role__name")
        names = held.values_list("role__name", flat=True)
        return ", ".join(names) or gettext("None yet: give some under Held roles.")

    @admin.display(description=_("living tokens"))
    def tokens(self, row: ServiceAccount) -> SafeString | str:
        now = timezone.now()
        # Prefetched, in lists.
        living = [each for each in row.account.api_tokens.all() if not each.ended(now)]
        lines = ((each.name, _opens(each), _used(each), each.expires_at.date()) for each in living)
        shown = format_html_join("", "<div>{}: {}; {}; ends {}</div>", lines)
        return shown or gettext("None yet")

    @admin.display(description=_("another token"))
    def new_token(self, row: ServiceAccount) -> SafeString:
        link = reverse("service-account-token", args=[row.pk])
        return format_html('<a class="underline" href="{}">{}</a>', link, gettext("Make one"))

    @admin.action(description=_("Close…"), permissions=["change"])
    def close(self, request: HttpRequest, chosen: QuerySet[ServiceAccount]) -> HttpResponse | None:
        """First which programs stop; only then, and by a button that repeats it, the deed."""
        if request.POST.get("confirmed") != "1":
            context = {
                **self.admin_site.each_context(request),
                "title": gettext("Close these service accounts"),
                "opts": self.opts,
                "rows": [(row, self.tokens(row)) for row in chosen],
            }
            return TemplateResponse(request, "console/service_accounts_close.html", context)
        actor, now = str(request.user.pk), timezone.now()
        for row in chosen:
            account = str(row.account_id)
            service_accounts.close(account, source=Source.CONSOLE, actor=actor, now=now)
        done = ngettext("One was closed.", "%d were closed.", len(chosen))
        messages.success(request, done % len(chosen) if "%" in done else done)
        return None


def _opens(row: ApiToken) -> str:
    return ", ".join([*row.apps, *row.scopes])


def _used(row: ApiToken) -> str:
    if row.last_used_at is None:
        return gettext("never used")
    return gettext("last used %s") % f"{row.last_used_at:%Y-%m-%d %H:%M} UTC"
