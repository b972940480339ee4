"""What about a provider's row comes to an end, and when: facts, without a verdict."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from providers.errors import ProviderMisconfigured
from providers.models import HeldMetadata, MetadataSource, Provider
from providers.oidc import settings as oidc
from providers.oidc.client_keys import KeyUse, made_at_of
from providers.saml import settings as saml

TURNED_OVER_AFTER = timedelta(days=365)  # our own keys; a recommendation, nothing ends then
# A publisher that renews its metadata in time lets it come this near to its end, and no nearer.
RENEWED_BY = timedelta(days=2)
READ_LATE = timedelta(days=1)  # metadata is overdue by so much: nobody is reading it any more
_SP_CERTIFICATES = ("sp_certificate", "next_sp_certificate", "previous_sp_certificate")
_TLS_CERTIFICATES = ("tls_certificate", "next_tls_certificate")


class Kind(StrEnum):
    IDP_CERTIFICATE = "idp-certificate"
    SP_CERTIFICATE = "sp-certificate"
    TLS_CERTIFICATE = "tls-certificate"
    CA_CERTIFICATE = "ca-certificate"
    CLIENT_SECRET = "client-secret"  # noqa: S105 -- its name
    METADATA = "metadata"
    METADATA_UNREADABLE = "metadata-unreadable"
    METADATA_HELD = "metadata-held"
    OWN_KEY = "own-key"
    SETTINGS = "settings"
    CLAIMS = "claims"  # of another shape than they always were


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """One thing that ends, or that is wrong now already (`ends_at` is None).

    `provider` is a slug, empty for what is the gateway's own. `name` tells things of one kind at
    one provider apart: a certificate's SHA-256, or the name of a secret; never a secret itself.
    """

    kind: Kind
    provider: str
    name: str = ""
    ends_at: datetime | None = None
    problem: str = ""


def endings(provider: Provider, now: datetime) -> Iterator[Ending]:
    """Every thing of the row that has an end, also those that end in ten years. Never raises: a row
    that cannot be read is told as that.
    """
    try:
        yield from _found(provider, now)
    except ProviderMisconfigured as error:
        yield Ending(kind=Kind.SETTINGS, provider=provider.slug, problem=str(error))


def _found(provider: Provider, now: datetime) -> Iterator[Ending]:
    if not isinstance(provider.settings, dict) or provider.protocol not in Provider.Protocol:
        raise ProviderMisconfigured("settings", "are none that any protocol has")
    yield from _authorities(provider)
    if provider.protocol == Provider.Protocol.SAML:
        yield from _of_saml(provider, now)
    else:
        yield from _of_oidc(provider)


def _of_saml(provider: Provider, now: datetime) -> Iterator[Ending]:
    yield from _metadata(provider, now)
    settings = saml.parse(provider.settings)
    # Several are there while the provider changes its key, so the one that lasts longest counts.
    last = max(map(_read, settings.certificates), key=lambda each: each.not_valid_after_utc)
    yield _certificate(Kind.IDP_CERTIFICATE, provider, last)
    for name in _SP_CERTIFICATES:
        if name in provider.sealed_secrets or name == _SP_CERTIFICATES[0]:
            yield _first_of_chain(Kind.SP_CERTIFICATE, provider, name)


def _metadata(provider: Provider, now: datetime) -> Iterator[Ending]:
    source = getattr(provider, "metadata_source", None)
    if isinstance(source, MetadataSource):
        if source.error:
            kind = Kind.METADATA_UNREADABLE
            yield Ending(kind=kind, provider=provider.slug, problem=source.error)
        renews = not source.error and source.fresh_until > now - READ_LATE
        until = source.valid_until
        if until is not None and not (renews and until - now > RENEWED_BY):
            yield Ending(kind=Kind.METADATA, provider=provider.slug, ends_at=until)
    held = getattr(provider, "held_metadata", None)
    if isinstance(held, HeldMetadata) and not held.dismissed:
        problem = "; ".join(str(each) for each in held.lowers)
        name = held.digest[:16]
        yield Ending(kind=Kind.METADATA_HELD, provider=provider.slug, name=name, problem=problem)


def _of_oidc(provider: Provider) -> Iterator[Ending]:
    settings = oidc.parse(provider.settings)
    ends_on = settings.client_secret_expires
    if ends_on is not None and settings.token_endpoint_auth_method.startswith("client_secret_"):
        ends_at = datetime.combine(ends_on, time.min, UTC)
        yield Ending(kind=Kind.CLIENT_SECRET, provider=provider.slug, ends_at=ends_at)
    for use in KeyUse:
        made = made_at_of(provider.secret(use)) if use in provider.sealed_secrets else None
        if made is not None:
            ends_at = made + TURNED_OVER_AFTER
            yield Ending(kind=Kind.OWN_KEY, provider=provider.slug, name=use, ends_at=ends_at)
    for name in _TLS_CERTIFICATES:
        if name in provider.sealed_secrets:
            yield _first_of_chain(Kind.TLS_CERTIFICATE, provider, name)


def _authorities(provider: Provider) -> Iterator[Ending]:
    """Which of them cannot be read is told with the settings."""
    listed = provider.settings.get("ca_certificates")
    source = getattr(provider, "metadata_source", None)
    if isinstance(source, MetadataSource):
        listed = source.ca_certificates
    for text in listed if isinstance(listed, list) else []:
        try:
            found = x509.load_pem_x509_certificates(str(text).encode())
        except ValueError:
            continue
        for each in found:
            yield _certificate(Kind.CA_CERTIFICATE, provider, each)


def _first_of_chain(kind: Kind, provider: Provider, secret: str) -> Ending:
    """The end of a whole chain is that of the certificate in it that ends first."""
    try:
        chain = x509.load_pem_x509_certificates(provider.secret(secret).encode())
    except ValueError as error:
        raise ProviderMisconfigured(f"secrets.{secret}", "is no certificate in PEM") from error
    return _certificate(kind, provider, min(chain, key=lambda each: each.not_valid_after_utc))


def _read(pem: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pem.encode())


def _certificate(kind: Kind, provider: Provider, found: x509.Certificate) -> Ending:
    name = hashlib.sha256(found.public_bytes(Encoding.DER)).hexdigest()[:16]
    ends_at = found.not_valid_after_utc
    return Ending(kind=kind, provider=provider.slug, name=name, ends_at=ends_at)
