"""Ada and the others, as a provider vouches for them."""

from dataclasses import replace
from datetime import UTC, datetime

from providers.identity import ClaimSet, ExternalIdentity, Subject

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def identity(provider: str = "keycloak-corp", **claims: object) -> ExternalIdentity:
    """Somebody of these claims."""
    return ExternalIdentity(
        provider=provider,
        subject=Subject(issuer="https://id.corp.example", value="somebody"),
        claims=ClaimSet(claims),
        username="somebody",
        name="",
        email=None,
        email_verified=False,
        authenticated_at=NOW,
        acr=None,
        amr=(),
        upstream_session=None,
        upstream_names=(),
    )


def ada() -> ExternalIdentity:
    return identity(groups=["/engineering/platform"], email="ada@corp.example")


def ben() -> ExternalIdentity:
    return identity(groups=["/finance/payroll"], email="ben@corp.example")


def cleo() -> ExternalIdentity:
    return identity(groups=[], email="cleo@corp.example")


def mailed(address: str | None, *, verified: bool = True) -> ExternalIdentity:
    """Somebody of this address."""
    return replace(identity(), email=address, email_verified=verified)
