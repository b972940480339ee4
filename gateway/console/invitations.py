"""Invitations: who is expected, and what became of it."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminDateWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from gateway import wiring
from gateway.console.asking import AskingForm, Kept
from gateway.flows import invitations
from gateway.flows.errors import InvitationGone
from gateway.flows.invitations import DAYS, WantedInvitation
from gateway.web.names import names_of
from providers.models import Provider
from provisioning.invited import GIVES_ROLES
from provisioning.models import Account, Invitation

_DAY = timedelta(days=1)


class _Providers(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, row: Provider) -> str:
        return row.name


class InvitationForm(AskingForm):
    """Somebody who is not known yet, by one provider."""

    address = forms.CharField(
        max_length=254,
        widget=UnfoldAdminTextInputWidget(attrs={"type": "email"}),
        label=_("e-mail address"),
        help_text=_(
            "As the provider says it of her, and vouches for it: under another one she is not "
            "let in."
        ),
    )
    provider = _Providers(
        queryset=Provider.objects.filter(enabled=True).order_by("name"),
        to_field_name="slug",
        widget=UnfoldAdminSelectWidget(),
        label=_("signs in by"),
        help_text=_("The invitation counts there even if nobody else may come in by it."),
    )
    roles = forms.ModelMultipleChoiceField(
        queryset=Group.objects.filter(permissions=None).order_by("name"),
        to_field_name="name",
        required=False,
        widget=UnfoldAdminSelectMultipleWidget(),
        label=_("roles"),
        help_text=_("Given by hand when she comes; what rules give comes on top."),
    )
    last_day = forms.DateField(
        required=False,
        widget=UnfoldAdminDateWidget(attrs={"type": "date"}),
        label=_("last day of her account (UTC)"),
        help_text=_("At its end everything of hers ends by itself. Empty for no end."),
    )
    days = forms.IntegerField(
        initial=DAYS,
        min_value=1,
        max_value=Invitation.MOST_DAYS,
        widget=UnfoldAdminIntegerFieldWidget(),
        label=_("days in which she may come"),
    )

    class Meta:
        model = Invitation
        fields: ClassVar = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        maker = Account.objects.acting(self.actor)
        if maker is None or not maker.has_perm(GIVES_ROLES):
            self.fields.pop("roles", None)

    def clean_last_day(self) -> date | None:
        day: date | None = self.cleaned_data["last_day"]
        if day is not None and day.year >= date.max.year:
            raise forms.ValidationError(gettext("Leave it empty for no end."))
        return day

    def ask(self) -> Invitation:
        data = self.cleaned_data
        day = data["last_day"]
        wanted = WantedInvitation(
            address=data["address"],
            provider=data["provider"].slug,
            roles=tuple(role.name for role in data.get("roles", ())),
            ends_at=None if day is None else datetime.combine(day, time(), UTC) + _DAY,
            days=data["days"],
        )
        return invitations.make(wanted, actor=self.actor, now=timezone.now())

    def _beside(self, place: str, problem: str) -> None:
        super()._beside("last_day" if place == "ends_at" else place, problem)


class InvitationRows(Kept):
    form = InvitationForm
    list_display = ("address", "provider", "state", "mail", "made_at", "expires_at")
    list_filter = ("provider",)
    search_fields = ("address",)
    actions = ("send_again", "withdraw")

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        # Only for the actions: no field of the form can be written.
        return obj is None and super().has_change_permission(request)

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:  # noqa: ANN401
        if obj is None:
            roles = ("roles",) if request.user.has_perm(GIVES_ROLES) else ()
            return ("address", "provider", *roles, "last_day", "days")
        return ("address", "provider", "state", "mail", "link", "by", "given", "ends_at")

    def get_readonly_fields(self, _request: HttpRequest, obj: Model | None = None) -> Any:  # noqa: ANN401
        return () if obj is None else ("state", "mail", "link", "by", "given")

    @admin.display(description=_("state"))
    def state(self, row: Invitation) -> str:
        if row.taken_at is not None:
            return gettext("Came on %s") % f"{row.taken_at:%Y-%m-%d %H:%M} UTC"
        if row.withdrawn_at is not None:
            return gettext("Withdrawn")
        return gettext("Too old") if row.is_late(timezone.now()) else gettext("Waits for her")

    @admin.display(description=_("mail"))
    def mail(self, row: Invitation) -> str:
        if row.mailed_at is not None:
            return gettext("Sent on %s") % f"{row.mailed_at:%Y-%m-%d %H:%M} UTC"
        if not row.is_open(timezone.now()):
            return gettext("Not sent")
        if wiring.config().mail_server is None:
            return gettext("No mail server is set: hand the link on yourself")
        if row.mail_error:
            return gettext("The mail server refused it (%s); it is tried again") % row.mail_error
        return gettext("On its way")

    @admin.display(description=_("link, which is no secret"))
    def link(self, row: Invitation) -> SafeString | str:
        if not row.is_open(timezone.now()):
            return gettext("It leads nowhere any more.")
        return format_html("<code>{}</code>", invitations.link(row))

    @admin.display(description=_("invited by"))
    def by(self, row: Invitation) -> str:
        return names_of([row.made_by]).get(row.made_by, row.made_by)

    @admin.display(description=_("roles, by hand"))
    def given(self, row: Invitation) -> str:
        return ", ".join(row.roles) or gettext("None")

    @admin.action(description=_("Send again"), permissions=["change"])
    def send_again(self, request: HttpRequest, chosen: QuerySet[Invitation]) -> None:
        sent = _of_each(invitations.send_again, request, chosen)
        told = ngettext("One is sent again.", "%(n)d are sent again.", sent)
        messages.success(request, told % {"n": sent})

    @admin.action(description=_("Withdraw"), permissions=["change"])
    def withdraw(self, request: HttpRequest, chosen: QuerySet[Invitation]) -> None:
        """Whom it concerns has nothing yet, and can be invited anew: nobody is asked twice."""
        done = _of_each(invitations.withdraw, request, chosen)
        told = ngettext("One was withdrawn.", "%(n)d were withdrawn.", done)
        messages.success(request, told % {"n": done})


def _of_each(flow: Callable[..., None], request: HttpRequest, chosen: QuerySet[Invitation]) -> int:
    """How many it was done to; of each other one the page says why not."""
    done, actor, now = 0, str(request.user.pk), timezone.now()
    for row in chosen:
        try:
            flow(row.pk, actor=actor, now=now)
        except InvitationGone as error:
            messages.error(request, f"{row.address}: {error}")
        else:
            done += 1
    return done
