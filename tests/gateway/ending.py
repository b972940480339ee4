"""Providers of which something ends."""

from datetime import UTC, datetime, timedelta

from django.utils import timezone

from providers.models import Provider
from tests.fakes.saml_signing import key_pair

FAR = datetime(2099, 1, 1, tzinfo=UTC)


def in_days(days: float) -> datetime:
    """To the second, as certificates have it."""
    return timezone.now().replace(microsecond=0) + timedelta(days=days)


def saml_provider(slug: str = "okta", *, idp: datetime = FAR, own: datetime = FAR) -> Provider:
    """Its signing certificate and ours end at these moments."""
    keys = key_pair("gateway", until=own)
    row = Provider(
        slug=slug,
        name=slug.title(),
        protocol="saml",
        dialect="plain",
        settings={
            "entity_id": f"https://{slug}.corp.example/metadata",
            "sso_url": f"https://{slug}.corp.example/sso",
            "certificates": [key_pair("idp", until=idp).certificate],
            "signed": "both",
        },
    )
    row.seal_secret("sp_private_key", keys.key)
    row.seal_secret("sp_certificate", keys.certificate)
    row.save()
    return row


def oidc_provider(
    slug: str = "entra", *, secrets: dict[str, str] | None = None, **settings: object
) -> Provider:
    row = Provider(
        slug=slug,
        name=slug.title(),
        protocol="oidc",
        dialect="plain",
        settings={"issuer": f"https://{slug}.corp.example", "client_id": "gatehouse"} | settings,
    )
    for name, value in (secrets or {"client_secret": "never shown"}).items():
        row.seal_secret(name, value)
    row.save()
    return row
