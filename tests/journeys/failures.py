"""What providers may get wrong, and what an admin should then be shown."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from joserfc.jwk import RSAKey

from gateway.traces.causes.cause import Kind
from providers.models import Provider
from tests.fakes.oidc_forgery import LEFT_OUT
from tests.fakes.oidc_provider import OidcProvider

AGO = datetime.now(UTC) - timedelta(hours=2)


@dataclass(frozen=True)
class Case:
    lie: Callable[[OidcProvider], None]
    check: str
    kind: Kind
    expected: str = ""
    received: str = ""


def _claims(**said: Any) -> Callable[[OidcProvider], None]:
    return lambda idp: idp.lie.claims.update(said)


def _another_key(idp: OidcProvider) -> None:
    idp.lie.signing_key = RSAKey.generate_key(2048, {"kid": "rsa-1"})


def _away(idp: OidcProvider) -> None:
    idp.lie.answers["token"] = (503, b"")


def _broken(idp: OidcProvider) -> None:
    idp.lie.answers["token"] = (200, b"<html>maintenance")


def _another_secret(_idp: OidcProvider) -> None:
    row = Provider.objects.get(slug="corp-oidc")
    row.seal_secret("client_secret", "of last year")
    row.save()


def _too_many_groups(idp: OidcProvider) -> None:
    Provider.objects.update(dialect="entra")
    overage = {"groups": LEFT_OUT, "_claim_names": {"groups": "src1"}}
    idp.lie.claims.update(overage | {"tid": "t", "oid": "o"})
    idp.lie.userinfo.update(groups=LEFT_OUT)


OIDC = {
    "audience": Case(_claims(aud="payroll"), "id_token.aud", Kind.HERE, "gatehouse", "payroll"),
    "issuer": Case(
        _claims(iss="https://other.example"),
        "id_token.iss",
        Kind.HERE,
        "http://127.0.0.1",
        "https://other.example",
    ),
    "expired": Case(
        _claims(exp=int(AGO.timestamp())),
        "id_token.exp",
        Kind.CLOCK,
        "after 20",
        f"{AGO:%Y-%m-%d %H:%M:%S} UTC",
    ),
    "nonce": Case(_claims(nonce="n" * 43), "id_token.nonce", Kind.TAMPERING),
    "signature": Case(
        _another_key, "id_token.signature", Kind.KEYS, "a published key", "RS256, key rsa-1"
    ),
    "key": Case(
        lambda idp: idp.lie.header.update(kid="rsa-9"),
        "id_token.kid",
        Kind.KEYS,
        "one of rsa-1",
        "rsa-9",
    ),
    # As Keycloak names its keys: a whole one would be taken for a secret and withheld.
    "long key": Case(
        lambda idp: idp.lie.header.update(kid="FJ86GcF3jTbNLOco4NvZkUCIUmfYCqoqtOQeMfbhNlE"),
        "id_token.kid",
        Kind.KEYS,
        "one of rsa-1",
        "FJ86GcF3jTbNLOco…",
    ),
    "algorithm": Case(
        lambda idp: idp.lie.header.update(alg="HS256"),
        "id_token.alg",
        Kind.PROVIDER,
        "RS256, ES256, PS256",
        "HS256",
    ),
    "unreachable": Case(_away, "provider.unreachable", Kind.NETWORK, received="status 503"),
    "no JSON": Case(_broken, "token.body", Kind.PROVIDER, "JSON object", "status 200"),
    "secret": Case(
        _another_secret, "provider.refused.invalid_client", Kind.HERE, received="invalid_client"
    ),
    "userinfo": Case(
        lambda idp: idp.lie.userinfo.update(sub="ben-0002"), "userinfo.sub", Kind.TAMPERING
    ),
    "subject": Case(_claims(sub=""), "id_token.sub", Kind.PROVIDER),
    "groups": Case(_too_many_groups, "claims.groups", Kind.PROVIDER),
}
SAML: dict[str, tuple[dict[str, Any], str, Kind, str, str]] = {
    "audience": (
        {"audiences": (("https://payroll.example",),)},
        "saml.audience",
        Kind.PROVIDER,
        "http://gateway.corp.localhost:8000/saml/corp-saml/metadata",
        "https://payroll.example",
    ),
    "recipient": (
        {"recipient": "https://payroll.example/acs"},
        "saml.recipient",
        Kind.PROVIDER,
        "/saml/corp-saml/acs",
        "https://payroll.example/acs",
    ),
    "clock": (
        {"not_on_or_after": AGO},
        "saml.not_on_or_after",
        Kind.CLOCK,
        "after 20",
        f"{AGO:%Y-%m-%d %H:%M:%S} UTC",
    ),
    "issuer": (
        {"issuer": "https://other.example"},
        "saml.issuer",
        Kind.HERE,
        "/metadata",
        "https://other.example",
    ),
    "denied": (
        {
            "status": (
                "urn:oasis:names:tc:SAML:2.0:status:Responder",
                "urn:oasis:names:tc:SAML:2.0:status:RequestDenied",
            )
        },
        "provider.refused.RequestDenied",
        Kind.CANCELLED,
        "",
        "RequestDenied",
    ),
}
