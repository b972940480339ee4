"""Providers upstream and apps downstream. Secrets go in here and never come out."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
)

from gateway.console.asking import AskingForm, Json, Kept, Lines
from gateway.console.joining_words import LINK_POLICY, NEWCOMERS
from gateway.console.metadata import MetadataDesk
from gateway.console.secret_fields import SECRETS, SecretFields
from gateway.flows.configuration import WantedProvider
from gateway.flows.configure import current_source, save_provider, save_relying_party
from gateway.flows.errors import LastWayIn
from gateway.relying_parties.definition import (
    SHAREABLE,
    Access,
    Definition,
    DefinitionInvalid,
    FieldFault,
)
from gateway.relying_parties.models import RelyingParty
from providers import registry
from providers.dialects import DIALECTS
from providers.models import DEFAULT_PRECEDENCE, Provider
from providers.saml.metadata import MAX_METADATA, read
from provisioning.profile import Attribute

_SET = _("It is set and never shown. Write a new one to replace it.")
_NOT_SET = _("It is not set.")
_CBC = _(
    "This provider may encrypt with CBC (allow_cbc), which does not protect what it encrypts: "
    "whoever can send many altered answers may learn what stood in one. Ask its administrator "
    "for AES-GCM, then take the setting away."
)
_IDP_INITIATED = _(
    "This provider may begin a sign-in by itself (idp_initiated). Whoever has an account there can "
    "have a stranger’s browser offered that sign-in; only the question on the page stands in "
    "between. Leave it off unless your people start at the provider’s own page of apps."
)


class ProviderForm(SecretFields):  # type: ignore[misc] # a class that is made of a list
    elsewhere = "settings"  # its faults are named by themselves: client_id

    metadata = forms.CharField(
        required=False,
        max_length=MAX_METADATA,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4, "spellcheck": "false"}),
        help_text=_(
            "SAML: paste the provider’s metadata, and it fills the settings of the same names. "
            "What was read from an address until now is not renewed any more."
        ),
    )

    dialect = forms.ChoiceField(
        choices=[(name, name) for name in sorted(DIALECTS)], widget=UnfoldAdminSelectWidget()
    )
    settings = Json(dict)
    email_domains = Lines(
        required=False, help_text=_("One a line: for its addresses this provider’s word is taken.")
    )
    profile = Json(
        dict,
        required=False,
        rows=6,
        help_text=format_lazy(
            "{} {}.",
            _(
                'Attributes by name, as {"department": {"take": "always", "claim": "dept"}}. A '
                "sign-in takes them always, first (the first word stays) or never; without a claim,"
                " from where vendors usually put it. There are:"
            ),
            ", ".join(Attribute),
        ),
    )
    precedence = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=32767,
        initial=DEFAULT_PRECEDENCE,
        widget=UnfoldAdminIntegerFieldWidget(),
        help_text=_("Where a person has several providers, the lowest number has the word."),
    )

    class Meta:
        model = Provider
        fields: ClassVar = ("slug", "name", "protocol", "enabled", "link_policy", "newcomers")
        help_texts: ClassVar = {"link_policy": LINK_POLICY, "newcomers": NEWCOMERS}

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        if self.instance.slug:
            self.keep("slug")  # it stands in addresses that the provider knows
            for name in ("dialect", "settings", "email_domains", "profile", "precedence"):
                self.initial[name] = getattr(self.instance, name)
        for name in SECRETS:
            known = name in self.instance.sealed_secrets
            self.fields[f"secrets_{name}"].help_text = _SET if known else _NOT_SET

    def taken(self) -> str:
        found = Provider.objects.filter(slug=self.cleaned_data["slug"])
        return "slug" if not self.instance.slug and found.exists() else ""

    def ask(self) -> Provider:
        data = self.cleaned_data
        wanted = WantedProvider(
            slug=data["slug"],
            name=data["name"],
            protocol=data["protocol"],
            dialect=data["dialect"],
            enabled=data["enabled"],
            link_policy=data["link_policy"],
            newcomers=data["newcomers"],
            email_domains=data["email_domains"],
            profile=data["profile"],
            precedence=DEFAULT_PRECEDENCE if data["precedence"] is None else data["precedence"],
            settings=data["settings"] | _pasted(data["metadata"]),
            secrets={name: data[f"secrets_{name}"] for name in SECRETS if data[f"secrets_{name}"]},
            metadata=None if data["metadata"] else current_source(self.instance),
        )
        try:
            save_provider(wanted, actor=self.actor, now=timezone.now())
        except LastWayIn as error:
            problem = gettext(
                "No administrator could sign in any more. If you mean it, disable it on its own "
                "page, which says what becomes of whom."
            )
            raise DefinitionInvalid((FieldFault(field="enabled", problem=problem),)) from error
        return Provider.objects.get(slug=wanted.slug)


def _pasted(document: str) -> dict[str, object]:
    """Raises ProviderMisconfigured."""
    return read(document.encode(), now=timezone.now()).settings() if document else {}


class ProviderRows(MetadataDesk):
    form = ProviderForm
    list_display = ("name", "slug", "protocol", "dialect", "enabled", "link_policy", "updated_at")
    list_filter = ("protocol", "enabled")
    search_fields = ("name", "slug", "domains__domain")
    readonly_fields: ClassVar = (*MetadataDesk.readonly_fields, "trying")

    @admin.display(description=_("try it"))
    def trying(self, row: Provider) -> SafeString:
        ways = (("test", _("Test sign-in")), ("shadow", _("Draft beside the live settings")))
        link = '<a class="text-primary-600 underline dark:text-primary-500" href="{}">{}</a>'
        found = ((reverse(f"console-provider-{way}", args=[row.slug]), said) for way, said in ways)
        return format_html_join(" · ", link, found)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:  # noqa: ANN401
        who: tuple[str, ...] = ("name", "slug", "protocol", "dialect", "enabled", "settings")
        if obj is not None and self.has_change_permission(request):
            who = ("trying", *who)
        said = {} if obj is None else obj.settings
        warnings = {"allow_cbc": _CBC, "idp_initiated": _IDP_INITIATED}
        told = " ".join(str(words) for name, words in warnings.items() if said.get(name) is True)
        shown: list[tuple[Any, dict[str, Any]]] = [
            (None, {"fields": who, "description": told}),
            (_("Metadata"), {"fields": self.metadata_fields(request, obj)}),
            (_("Joining accounts"), {"fields": ("link_policy", "newcomers", "email_domains")}),
            (_("What describes people"), {"fields": ("profile", "precedence")}),
        ]
        if self.has_change_permission(request):
            of_it = SECRETS if obj is None else registry.SECRETS.get(obj.protocol, ())
            secrets = tuple(f"secrets_{name}" for name in of_it)
            shown.append((_("Secrets"), {"fields": secrets}))
        return shown


class RelyingPartyForm(AskingForm):
    origins = Lines(help_text=_("One exact address a line, as https://wiki.corp.example."))
    access = Json(
        list,
        help_text=_(
            "The longest path wins; without roles, everybody who is signed in. A path may also"
            " demand acr, amr, max_age_minutes and client_certificates."
        ),
    )
    shares = forms.MultipleChoiceField(
        choices=[(name, name) for name in SHAREABLE],
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
        help_text=_("What the app learns about a person, beside the account’s id."),
    )

    providers = Lines(
        required=False,
        help_text=_(
            "One slug a line: its people sign in through these alone, and through one alone without"
            " being asked. Empty: through any."
        ),
    )

    endings_networks = Lines(
        required=False,
        label=_("Networks of that address"),
        help_text=_("One a line, as 10.0.0.0/8; for an app that has no public address."),
    )

    class Meta:
        model = RelyingParty
        fields: ClassVar = (
            *("slug", "name", "enabled", "contact", "endings_url"),
            *("session_lifetime_minutes", "session_idle_minutes"),
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self.initial.setdefault("access", [{"path": "/", "roles": [], "public": False}])
        if self.instance.slug:
            self.keep("slug")  # it stands in the record
            for name in ("origins", "access", "shares", "providers", "endings_networks"):
                self.initial[name] = getattr(self.instance, name)

    def taken(self) -> str:
        found = RelyingParty.objects.filter(slug=self.cleaned_data["slug"])
        return "slug" if not self.instance.slug and found.exists() else ""

    def ask(self) -> RelyingParty:
        data = self.cleaned_data
        wanted = Definition(
            slug=data["slug"],
            name=data["name"],
            enabled=data["enabled"],
            origins=data["origins"],
            access=_access(data["access"]),
            shares=tuple(data["shares"]),
            providers=data["providers"],
            contact=data["contact"],
            session_lifetime_minutes=data["session_lifetime_minutes"],
            session_idle_minutes=data["session_idle_minutes"],
            endings_url=data["endings_url"],
            endings_networks=data["endings_networks"],
        )
        saved = save_relying_party(wanted, actor=self.actor, now=timezone.now())
        self.warnings = saved.warnings
        return RelyingParty.objects.get(slug=wanted.slug)


def _access(content: list[object]) -> tuple[Access, ...]:
    """Raises DefinitionInvalid for what has another shape than the rows have."""
    return tuple(_entry(at, entry) for at, entry in enumerate(content))


def _entry(at: int, entry: object) -> Access:
    try:
        return Access.read(entry if isinstance(entry, dict) else {})
    except ValueError as error:
        problem = 'is not {"path": "/…", "roles": ["…"], "public": false} and what docs add to it'
        fault = FieldFault(field=f"access.{at}", problem=problem)
        raise DefinitionInvalid((fault,)) from error


class RelyingPartyRows(Kept):
    form = RelyingPartyForm
    fields = (
        *(
            "name",
            "slug",
            "enabled",
            "origins",
            "access",
            "session_lifetime_minutes",
            "session_idle_minutes",
        ),
        *("shares", "providers", "contact", "endings_url", "endings_networks"),
    )
    list_display = ("name", "slug", "enabled", "contact")
    readonly_fields: ClassVar = (*Kept.readonly_fields, "proving")
    list_filter = ("enabled",)
    search_fields = ("name", "slug")

    @admin.display(description=_("what it believes"))
    def proving(self, row: RelyingParty) -> SafeString:
        link = '<a class="text-primary-600 underline dark:text-primary-500" href="{}">{}</a>'
        return format_html(link, reverse("prove-app", args=[row.slug]), _("Prove it"))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:  # noqa: ANN401
        may = obj is not None and self.has_change_permission(request)
        return ("proving", *self.fields) if may else self.fields
