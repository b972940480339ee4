"""A new token of a service account, which is shown once."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from gateway.api_tokens.models import ApiToken, Scope
from gateway.console.permission import demand
from gateway.console.site import console
from gateway.flows import api_tokens
from gateway.flows.api_tokens import DAYS, MAX_DAYS, MAX_OF_SERVICE, WantedToken
from gateway.relying_parties.definition import Access, DefinitionInvalid
from gateway.relying_parties.models import RelyingParty
from provisioning.models import ServiceAccount

CHANGE, MAKE = "provisioning.change_serviceaccount", "api_tokens.add_apitoken"
_PLAIN = {"class": "connecting-input"}


class TokenForm(forms.Form):
    """A token of one service account."""

    name = forms.CharField(
        max_length=ApiToken.MAX_NAME,
        widget=forms.TextInput(attrs=_PLAIN),
        help_text=_("Where it is used."),
    )
    apps = forms.MultipleChoiceField(
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label=_("Apps that it opens, on paths for programs"),
    )
    scopes = forms.MultipleChoiceField(
        required=False,
        choices=Scope.choices,
        widget=forms.CheckboxSelectMultiple,
        label=_("What it may do at our API, as far as its roles allow"),
    )
    days = forms.IntegerField(
        initial=DAYS,
        min_value=1,
        max_value=MAX_DAYS,
        widget=forms.NumberInput(attrs=_PLAIN),
        label=_("Days until it ends"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        field = self.fields["apps"]
        field.choices = _apps_for_programs()  # type: ignore[attr-defined]


@require_http_methods(["GET", "POST"])
def page(request: HttpRequest, pk: int) -> HttpResponse:
    """The only page that ever shows it; it is kept nowhere on its way here."""
    demand(request, CHANGE, MAKE)
    row = get_object_or_404(ServiceAccount.objects.select_related("account", "owner"), pk=pk)
    form = TokenForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            made = api_tokens.make_for_service(
                account=str(row.account_id),
                wanted=WantedToken(**form.cleaned_data),
                actor=str(request.user.pk),
                now=timezone.now(),
            )
        except DefinitionInvalid as error:
            for fault in error.faults:
                field = fault.field if fault.field in form.fields else None
                form.add_error(field, fault.problem if field else f"It {fault.problem}.")
        else:
            return _shown_once(request, row, made)
    context = {
        **console.each_context(request),
        "title": gettext("A token for %s") % row.account.get_full_name(),
        "row": row,
        "form": form,
        "most": MAX_OF_SERVICE,
    }
    return TemplateResponse(request, "console/service_account_token.html", context)


def _shown_once(
    request: HttpRequest, row: ServiceAccount, made: api_tokens.MadeToken
) -> HttpResponse:
    context = {
        **console.each_context(request),
        "title": gettext("Its new token"),
        "service": row,
        "token": made.text,
        "row": made.row,
    }
    return TemplateResponse(request, "console/api_token.html", context)


def _apps_for_programs() -> list[tuple[str, str]]:
    return [
        (app.slug, app.name)
        for app in RelyingParty.objects.order_by("name")
        if any(Access.read(entry).programs for entry in app.access)
    ]
