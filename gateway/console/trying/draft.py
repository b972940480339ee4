"""The draft's page: begun, what it found on real sign-ins, and promoted or dropped."""

from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.core.exceptions import BadRequest, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from gateway.console.asking import AskingForm, Json
from gateway.console.trying.desk import page, provider_of
from gateway.flows import draft
from gateway.flows.errors import DraftStale
from gateway.relying_parties.definition import DefinitionInvalid
from providers.dialects import DIALECTS
from providers.errors import ProviderMisconfigured
from providers.models import Provider, ShadowSettings
from providers.saml.metadata import MAX_METADATA, read
from provisioning.models import Account


class DraftForm(AskingForm):
    elsewhere = "settings"
    slug: ClassVar[str] = ""

    dialect = forms.ChoiceField(
        label=_("Dialect"),
        choices=[(name, name) for name in sorted(DIALECTS)],
        widget=UnfoldAdminSelectWidget(),
    )
    settings = Json(
        dict,
        label=_("Settings"),
        help_text=_("The live ones, to be changed. Secrets are the provider’s own."),
    )
    metadata = forms.CharField(
        label=_("Metadata"),
        required=False,
        max_length=MAX_METADATA,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4, "spellcheck": "false"}),
        help_text=_(
            "SAML: paste the provider’s new metadata, and it fills the settings of the same names."
        ),
    )

    class Meta:
        model = ShadowSettings
        fields: ClassVar = ()

    def ask(self) -> ShadowSettings:
        data, now = self.cleaned_data, timezone.now()
        pasted = data["metadata"]
        told = read(pasted.encode(), now=now).settings() if pasted else {}
        return draft.begin(
            self.slug,
            data["settings"] | told,
            data["dialect"],
            pasted=bool(pasted),
            actor=self.actor,
            now=now,
        )


@require_http_methods(["GET", "POST"])
def shadow(request: HttpRequest, slug: str) -> HttpResponse:
    """GET shows the figures, or the form; POST says by `do` what is to happen."""
    provider = provider_of(request, slug)
    if request.method == "GET":
        return _shown(request, provider)
    match request.POST.get("do"):
        case "begin":
            return _begun(request, provider)
        case "ask":
            return _shown(request, provider, asking=True)
        case "promote":
            return _promoted(request, provider)
        case "drop":
            draft.drop(slug, _since(request), actor=str(request.user.pk), now=timezone.now())
            return _back(request, slug, gettext("The draft was dropped; nothing was changed."))
    raise BadRequest("nothing that can be done with a draft")


def _shown(
    request: HttpRequest,
    provider: Provider,
    form: forms.BaseForm | None = None,
    *,
    asking: bool = False,
    status: int = 200,
) -> HttpResponse:
    found = ShadowSettings.objects.filter(provider=provider).first()
    name = {"provider": provider.name}
    title = gettext("%(provider)s: a draft beside the live settings") % name
    if found is None:
        context: dict[str, Any] = {
            "form": form or _form(request, provider)(initial=_live(provider))
        }
    else:
        context = {
            "draft": found,
            "author": _author(found),
            "changes": [change.words() for change in draft.drafted_changes(found)],
            "meanwhile": [change.words() for change in draft.changed_meanwhile(provider, found)],
            "since": found.since.isoformat(),
            "asking": asking,
            "form": form or _form(request, provider)(initial=_drafted(found)),
            "differences": [_moment(difference) for difference in found.differences],
        }
    response = page(request, "shadow", provider, title, **context)
    response.status_code = status
    return response


def _begun(request: HttpRequest, provider: Provider) -> HttpResponse:
    form = _form(request, provider)(request.POST)
    if not form.is_valid():
        return _shown(request, provider, form)
    done = gettext(
        "Every sign-in is judged by the draft too from now on; the live settings decide."
    )
    return _back(request, provider.slug, done)


def _promoted(request: HttpRequest, provider: Provider) -> HttpResponse:
    actor, now = str(request.user.pk), timezone.now()
    try:
        draft.promote(provider.slug, _since(request), actor=actor, now=now)
    except DraftStale:
        return _shown(request, provider, status=409)
    except (ProviderMisconfigured, DefinitionInvalid) as error:
        messages.error(request, str(error))
        return _shown(request, provider, status=409)
    return _back(request, provider.slug, gettext("The draft is the live settings now."))


def _form(request: HttpRequest, provider: Provider) -> type[DraftForm]:
    own = {"actor": str(request.user.pk), "slug": provider.slug}
    return type("OwnDraftForm", (DraftForm,), own)


def _author(found: ShadowSettings) -> Account | None:
    try:
        return Account.objects.filter(pk=found.author).first()
    except ValidationError:  # whoever it was has no account
        return None


def _live(provider: Provider) -> dict[str, object]:
    return {"settings": provider.settings, "dialect": provider.dialect}


def _drafted(found: ShadowSettings) -> dict[str, object]:
    return {"settings": found.settings, "dialect": found.dialect}


def _moment(difference: dict[str, Any]) -> dict[str, Any]:
    return {**difference, "at": datetime.fromisoformat(difference["at"])}


def _since(request: HttpRequest) -> datetime:
    """Which draft it was that the admin saw."""
    try:
        found = parse_datetime(request.POST.get("since", ""))
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise BadRequest("which draft, is not said")
    return found


def _back(request: HttpRequest, slug: str, done: str) -> HttpResponse:
    messages.success(request, done)
    return HttpResponseRedirect(reverse("console-provider-shadow", args=[slug]), status=303)
