"""The end date of an account: what it does comes first, then the button."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from gateway import wiring
from gateway.console.permission import demand
from gateway.console.site import console
from gateway.flows import end_dates
from provisioning.models import Account

CHANGE = "provisioning.change_account"
_DAY = timedelta(days=1)


class EndForm(forms.Form):
    """The last day that counts, in UTC; empty for no end."""

    last_day = forms.DateField(
        required=False,
        widget=forms.DateInput(attrs={"type": "date", "class": "connecting-input"}),
        label=_("Last day, to its end (UTC)"),
    )

    @property
    def ends_at(self) -> datetime | None:
        day: date | None = self.cleaned_data["last_day"]
        if day is None:
            return None
        return datetime.combine(day, time(), UTC) + _DAY

    def clean_last_day(self) -> date | None:
        day: date | None = self.cleaned_data["last_day"]
        if day is not None and day.year >= date.max.year:
            raise forms.ValidationError(gettext("Leave it empty for no end."))
        return day


@require_http_methods(["GET", "POST"])
def page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """First what follows; a date that has come asks once more."""
    demand(request, CHANGE)
    account = str(pk)
    row = Account.objects.known(account)
    last = (row.ends_at - timedelta(seconds=1)).date() if row.ends_at is not None else None
    form = EndForm(request.POST if request.method == "POST" else None, initial={"last_day": last})
    now = timezone.now()
    at_once = False
    if request.method == "POST" and form.is_valid():
        ends_at = form.ends_at
        at_once = ends_at is not None and ends_at <= now
        if not at_once or request.POST.get("confirmed") == "1":
            end_dates.move(account=account, ends_at=ends_at, actor=str(request.user.pk), now=now)
            messages.success(request, _done(row, ends_at, at_once=at_once))
            return HttpResponseRedirect(reverse("admin:provisioning_account_change", args=[pk]))
    context = {
        **console.each_context(request),
        "title": gettext("End date of %s") % row.get_full_name(),
        "row": row,
        "form": form,
        "at_once": at_once,
        "over": row.over(now),
        "browsers": len(wiring.session_store().of_account(account)),
    }
    return TemplateResponse(request, "console/end_date.html", context)


def _done(row: Account, ends_at: datetime | None, *, at_once: bool) -> str:
    who = row.get_full_name()
    if ends_at is None:
        return gettext("%s has no end date any more.") % who
    if at_once:
        return gettext("%s is closed and signed out everywhere.") % who
    return gettext("%(who)s ends at %(at)s UTC.") % {"who": who, "at": f"{ends_at:%Y-%m-%d %H:%M}"}
