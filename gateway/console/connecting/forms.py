"""What a vendor's guide asks about one provider.

It saves by asking a flow; what that refuses stands beside the field that it is about, what was
typed is still there, and nothing is kept.
"""

from collections.abc import Mapping
from ipaddress import ip_network
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    INPUT_CLASSES,
    UnfoldAdminTextareaWidget,
)

from gateway.console.asking import Lines
from gateway.console.connecting.fields import Answer, line, select
from gateway.console.connecting.guides import guide_of
from gateway.console.secret_fields import Secret
from gateway.flows.configuration import MetadataPlace
from gateway.flows.configure import (
    Filled,
    Found,
    OpenedLink,
    connect_provider,
    current_source,
)
from gateway.relying_parties.definition import DefinitionInvalid
from providers.errors import ProviderMisconfigured, ProviderUnreachable
from providers.models import Provider
from providers.saml.metadata import MAX_METADATA

_OWN_KEYS = "private_key_jwt"
_SIGNED = (
    ("assertion", _("The assertion")),
    ("response", _("The response")),
    ("both", _("Both")),
)
_OF_METADATA = frozenset({"entity_id", "sso_url", "slo_url", "certificates"})
_NO_SECRET = _("Leave it empty where the gateway has keys of its own.")
_SET = _("It is set and never shown. Write a new one to replace it.")


class ConnectionForm(forms.Form):
    """A guide's questions about one row. Whoever holds a set-up `link` is asked nothing about the
    name, or about networks that only this house knows.
    """

    def __init__(
        self,
        row: Provider,
        data: Any = None,  # noqa: ANN401
        files: Any = None,  # noqa: ANN401
        *,
        link: OpenedLink | None = None,
    ) -> None:
        super().__init__(data, files)
        self.row, self.guide, self.link = row, guide_of(row), link
        if link is None:
            self.fields["name"] = line(_("Name"), initial=row.name, max_length=200)
        add = self._add_oidc if row.protocol == Provider.Protocol.OIDC else self._add_saml
        add()
        if link is None:
            self.fields["allowed_networks"] = Lines(
                label=_("Private networks"),
                required=False,
                initial=self._networks(),
                help_text=_(
                    "Only if the provider is not on the public internet: one network a line, "
                    "such as 10.2.0.0/16."
                ),
            )

    def _add_oidc(self) -> None:
        issuer = str(self.row.settings.get("issuer", ""))
        answers = (self.guide.answers_in(issuer) if issuer else None) or {}
        for ask in self.guide.asks:
            self.fields[ask.name] = Answer(ask, initial=answers.get(ask.name, ""))
        known = self.row.settings.get("client_id", "")
        self.fields["client_id"] = line(self.guide.client_id, initial=known)
        if self.guide.own_keys:
            self.fields["authentication"] = self._authentication()
        self.fields["client_secret"] = secret = Secret()
        secret.label = str(self.guide.client_secret)
        secret.required = not self._has_secret and not self.guide.own_keys
        left_out = _NO_SECRET if self.guide.own_keys else ""
        secret.help_text = _SET if self._has_secret else left_out

    def _authentication(self) -> forms.ChoiceField:
        method = self.row.settings.get("token_endpoint_auth_method", "client_secret_basic")
        choices = [
            ("secret", _("By a secret that the provider made")),
            ("own", _("By keys of our own, which the gateway makes and publishes")),
        ]
        chosen = {"client_secret_basic": "secret", _OWN_KEYS: "own"}.get(str(method), "other")
        if chosen == "other":
            choices.append(("other", gettext("As it is: %s") % method))
        return forms.ChoiceField(
            label=_("How the gateway proves who it is"),
            choices=choices,
            initial=chosen,
            widget=select(),
        )

    def _add_saml(self) -> None:
        source = current_source(self.row)
        self.fields["metadata_url"] = line(
            _("Address of the provider’s metadata"),
            required=False,
            initial=source.place.url if source else "",
            help_text=_("It is read again by itself, so that new certificates need nobody."),
        )
        self.fields["metadata_file"] = forms.FileField(
            label=_("or its metadata as a file"),
            required=False,
            widget=forms.FileInput(attrs={"class": " ".join(INPUT_CLASSES), "accept": ".xml"}),
        )
        self.fields["metadata"] = forms.CharField(
            label=_("or pasted"),
            required=False,
            max_length=MAX_METADATA,
            widget=UnfoldAdminTextareaWidget(attrs={"rows": 4, "spellcheck": "false"}),
        )
        if self.guide.vendor == "plain":
            self.fields["signed"] = forms.ChoiceField(
                label=_("What the provider signs"),
                choices=_SIGNED,
                initial=self.row.settings.get("signed", "assertion"),
                widget=select(),
            )
            self.fields["subject_attribute"] = line(
                _("Attribute that names a person for ever"),
                required=False,
                initial=self.row.settings.get("subject_attribute", ""),
                help_text=_("Leave it empty where the NameID is persistent."),
            )

    @property
    def _has_secret(self) -> bool:
        return "client_secret" in self.row.sealed_secrets

    def _networks(self) -> tuple[str, ...]:
        if self.row.protocol == Provider.Protocol.OIDC:
            return tuple(self.row.settings.get("allowed_networks", ()))
        source = current_source(self.row)
        return source.place.allowed_networks if source else ()

    def clean_allowed_networks(self) -> tuple[str, ...]:
        networks: tuple[str, ...] = self.cleaned_data["allowed_networks"]
        for network in networks:
            try:
                ip_network(network)
            except ValueError as error:
                told = gettext("%s is no network; write 10.2.0.0/16.") % network
                raise forms.ValidationError(told) from error
        return networks

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        own = data.get("authentication", "secret") != "secret"
        asked = "client_secret" in self.fields and not own and not self._has_secret
        if asked and not data.get("client_secret"):
            self.add_error("client_secret", gettext("It is missing: without it nobody signs in."))
        given = [name for name in ("metadata_file", "metadata") if data.get(name)]
        if len(given) > 1:
            self.add_error("metadata", gettext("Give the metadata in one way, not in two."))
        return data

    def ask(self, *, actor: str) -> Found | None:
        """Asks the flow; None where it refused."""
        try:
            return connect_provider(self.row.slug, self._filled(), actor=actor, now=timezone.now())
        except ProviderMisconfigured as error:
            self._beside(error.field, error.problem)
        except ProviderUnreachable as error:
            self._beside(self._where, str(error))
        except DefinitionInvalid as error:
            for fault in error.faults:
                self._beside(fault.field, fault.problem)
        return None

    def _filled(self) -> Filled:
        is_oidc = self.row.protocol == Provider.Protocol.OIDC
        settings = self._oidc_settings() if is_oidc else self._saml_settings()
        return Filled(
            name=self.cleaned_data.get("name", ""),
            settings=settings,
            secrets=self._secrets() if is_oidc else {},
            metadata=None if is_oidc else self._metadata(),
            link=None if self.link is None else self.link.id,
        )

    def _oidc_settings(self) -> dict[str, object]:
        data = self.cleaned_data
        said: dict[str, object] = {
            "issuer": self.guide.issuer_of({ask.name: data[ask.name] for ask in self.guide.asks}),
            "client_id": data["client_id"],
        }
        if self.link is None:
            said["allowed_networks"] = list(data["allowed_networks"]) or None
        match data.get("authentication"):
            case "own":
                said |= {"token_endpoint_auth_method": _OWN_KEYS, **self.guide.own_keys_settings}
            case "secret":
                said |= dict.fromkeys(("token_endpoint_auth_method", "client_assertion_audience"))
        return said

    def _secrets(self) -> Mapping[str, str]:
        secret = self.cleaned_data["client_secret"]
        return {"client_secret": secret} if secret else {}

    def _saml_settings(self) -> dict[str, object]:
        names = ("signed", "subject_attribute")
        return {name: self.cleaned_data[name] or None for name in names if name in self.fields}

    def _metadata(self) -> MetadataPlace | bytes | None:
        data = self.cleaned_data
        if data["metadata_file"]:
            document: bytes = data["metadata_file"].read(MAX_METADATA + 1)
            return document
        if data["metadata"]:
            return str(data["metadata"]).encode(errors="replace")
        if data["metadata_url"]:
            networks = self._networks() if self.link else data["allowed_networks"]
            return MetadataPlace(url=data["metadata_url"], allowed_networks=networks)
        return None

    @property
    def _where(self) -> str:
        """The field that says where the provider is."""
        if self.row.protocol == Provider.Protocol.OIDC:
            return self.guide.asks[0].name if self.guide.asks else ""
        ways = ("metadata_file", "metadata", "metadata_url")
        return next((name for name in ways if self.cleaned_data.get(name)), "metadata_url")

    def _beside(self, place: str, problem: str) -> None:
        name = place.removeprefix("secrets.").partition(".")[0]
        if name in ("issuer", "metadata") or (name not in self.fields and name in _OF_METADATA):
            name = self._where
        if name in self.fields:
            self.add_error(name, problem)
        else:
            self.add_error(None, f"{place} {problem}".strip())
