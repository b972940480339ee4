"""A provider as JSON: what is sent and what is shown. Secrets go in and never come out."""

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from gateway.api.reading import Flag, Strict, Text
from gateway.flows.configuration import MetadataPlace
from gateway.flows.configure import MetadataDocument, ProviderSaid
from gateway.wiring import config
from providers.dialects import DIALECTS
from providers.models import DEFAULT_PRECEDENCE, MetadataSource, Provider
from provisioning.profile import MAX_CLAIM, Attribute, Take

MAX_SECRET = 64_000  # letters; a private key with its certificates is a tenth of that
_FIELDS = ("name", "protocol", "dialect", "enabled", "link_policy", "newcomers", "email_domains")
_WHOSE_WORD = ("profile", "precedence")
_OF_AN_ADDRESS = ("allowed_networks", "ca_certificates", "proxy")
_OIDC = {
    "redirect_uri": "oidc-callback",
    "post_logout_redirect_uri": "oidc-signed-out",
    "backchannel_logout_uri": "oidc-back-channel",
    "frontchannel_logout_uri": "oidc-front-channel",
    "jwks_uri": "oidc-jwks",
}
_SAML = {
    "entity_id": "saml-metadata",
    "metadata_url": "saml-metadata",
    "acs_url": "saml-acs",
    "slo_url": "saml-slo",
}


@extend_schema_field(
    {
        "anyOf": [
            {"$ref": "#/components/schemas/OidcSettings"},
            {"$ref": "#/components/schemas/SamlSettings"},
        ]
    }
)
class Settings(serializers.Field):
    """An object; the protocol's own reader knows what may stand in it."""

    def to_internal_value(self, data: object) -> dict[str, object]:
        if not isinstance(data, dict):
            raise serializers.ValidationError("must be an object")
        return data

    def to_representation(self, value: dict[str, object]) -> dict[str, object]:
        return value


@extend_schema_field(
    {
        "type": "object",
        "propertyNames": {"enum": [name.value for name in Attribute]},
        "additionalProperties": {
            "type": "object",
            "properties": {
                "take": {"enum": [take.value for take in Take]},
                "claim": {"type": "string", "maxLength": MAX_CLAIM},
            },
            "additionalProperties": False,
        },
    }
)
class Profile(Settings):
    """By attribute: when a sign-in takes it, and from which claim."""


@extend_schema_field(
    {
        "type": "object",
        "additionalProperties": {
            "type": ["string", "null"],
            "minLength": 1,
            "maxLength": MAX_SECRET,
        },
    }
)
class Secrets(serializers.Field):
    """By name. What is not named stays; null takes one away."""

    def to_internal_value(self, data: object) -> dict[str, str | None]:
        if not isinstance(data, dict):
            raise serializers.ValidationError("must be an object")
        wrong = [name for name, value in data.items() if not _is_secret(value)]
        if wrong:
            problem = [f"must be null or a text of 1 to {MAX_SECRET} letters"]
            raise serializers.ValidationError(dict.fromkeys(wrong, problem))
        return data


def _is_secret(value: object) -> bool:
    return value is None or (isinstance(value, str) and 0 < len(value) <= MAX_SECRET)


@extend_schema_serializer(component_name="Metadata")
class MetadataShape(Strict):
    """SAML: where the provider publishes its metadata, or the document itself. It fills settings
    that are not said; from an address it renews itself.
    """

    url = Text(required=False, max_length=2048)
    document = Text(required=False, write_only=True, trim_whitespace=False)
    entity_id = Text(required=False, allow_blank=True, max_length=1024, default="")
    allowed_networks = serializers.ListField(child=Text(), required=False, max_length=100)
    ca_certificates = serializers.ListField(
        child=Text(), required=False, max_length=20, help_text="PEM; of whoever vouches for it."
    )
    proxy = Text(required=False, allow_blank=True, max_length=2048, default="")
    anchors = serializers.ListField(
        child=Text(), required=False, max_length=20, help_text="PEM; one of them signed it."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("url" in attrs) is ("document" in attrs):
            raise serializers.ValidationError("has either url or document")
        if "document" in attrs:
            faults = {name: ["goes with url"] for name in _OF_AN_ADDRESS if attrs.get(name)}
            if faults:
                raise serializers.ValidationError(faults)
        return attrs


@extend_schema_serializer(component_name="Provider")
class ProviderShape(Strict):
    """An identity provider. `register` are the values to enter there."""

    slug = Text(max_length=50, help_text="Stands in addresses that the provider knows.")
    name = Text(max_length=200)
    protocol = serializers.ChoiceField(Provider.Protocol.choices)
    dialect = serializers.ChoiceField(sorted(DIALECTS), default="plain")
    enabled = Flag(default=True)
    link_policy = serializers.ChoiceField(Provider.LinkPolicy.choices, default="never")
    newcomers = serializers.ChoiceField(Provider.Newcomers.choices, default="created")
    email_domains = serializers.ListField(child=Text(), required=False, max_length=1000)
    profile = Profile(required=False)
    precedence = serializers.IntegerField(
        default=DEFAULT_PRECEDENCE,
        min_value=0,
        max_value=32767,
        help_text="Where a person has several providers, the lowest number has the word.",
    )
    settings = Settings(required=False)
    metadata = MetadataShape(required=False, allow_null=True)
    secrets = Secrets(required=False, write_only=True)
    secrets_set = serializers.ListField(child=Text(), read_only=True)
    register = serializers.DictField(child=Text(), read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)


@extend_schema_serializer(component_name="ProviderThere")
class ProviderReplaced(ProviderShape):
    """The same of one that is there: its slug stays."""

    slug = Text(max_length=50, required=False, help_text="As in the address.")


class Changes(serializers.Serializer):
    """What a dry run would have done."""

    made = serializers.BooleanField()
    changes = serializers.ListField(child=serializers.CharField(), help_text="In words.")


class Gone(serializers.Serializer):
    """What went with a provider, or would go."""

    sessions = serializers.IntegerField(help_text="Signed-in browsers.")
    roles = serializers.IntegerField(help_text="Held roles that rested on it.")


class ProviderPage(serializers.Serializer):
    results = ProviderShape(many=True)
    next_cursor = serializers.CharField(allow_null=True)


def said(sent: Mapping[str, Any]) -> ProviderSaid:
    """What was sent, as the flow takes it."""
    return ProviderSaid(
        fields={
            name: tuple(value) if isinstance(value, list) else value
            for name, value in sent.items()
            if name in (*_FIELDS, *_WHOSE_WORD)
        },
        settings=sent.get("settings", {}),
        secrets=sent.get("secrets", {}),
        metadata=_metadata(sent.get("metadata")),
        keeps_metadata="metadata" not in sent,
    )


def _metadata(sent: Mapping[str, Any] | None) -> MetadataPlace | MetadataDocument | None:
    if sent is None:
        return None
    anchors, entity_id = tuple(sent.get("anchors", ())), sent.get("entity_id", "")
    if "document" in sent:
        return MetadataDocument(text=sent["document"], anchors=anchors, entity_id=entity_id)
    return MetadataPlace(
        url=sent["url"],
        allowed_networks=tuple(sent.get("allowed_networks", ())),
        ca_certificates=tuple(sent.get("ca_certificates", ())),
        proxy=sent.get("proxy", ""),
        anchors=anchors,
        entity_id=entity_id,
    )


def shown(row: Provider) -> dict[str, Any]:
    """The row's `metadata_source` is best selected with it."""
    source: MetadataSource | None = getattr(row, "metadata_source", None)
    names = _OIDC if row.protocol == Provider.Protocol.OIDC else _SAML
    return {
        **{name: getattr(row, name) for name in ("slug", *_FIELDS, *_WHOSE_WORD)},
        "settings": row.settings,
        "metadata": source,
        "secrets_set": sorted(row.sealed_secrets),
        "register": {
            name: config().base_url + reverse(view, args=[row.slug]) for name, view in names.items()
        },
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }
