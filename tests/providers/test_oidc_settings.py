"""What an admin may say about an OIDC provider, and how she hears what is wrong."""

from ipaddress import ip_network

import pytest

from providers.errors import ProviderMisconfigured
from providers.oidc.settings import OidcSettings, parse

ROW = {"issuer": "https://idp.corp.example", "client_id": "gatehouse"}


def test_issuer_and_client_are_enough():
    assert parse(ROW) == OidcSettings(**ROW)


def test_everything_can_be_said():
    found = parse(
        {
            "issuer": "http://127.0.0.1:8080/realms/corp",
            "client_id": "gatehouse",
            "scopes": ["openid", "groups"],
            "token_endpoint_auth_method": "private_key_jwt",
            "signing_algorithms": ["EdDSA"],
            "client_assertion_audience": "endpoint",
            "id_token_encrypted": True,
            "userinfo": "encrypted",
            "par": True,
            "response_mode": "form_post",
            "acr_values": ["mfa"],
            "prompt": "select_account",
            "max_age": 3600,
            "allowed_networks": ["127.0.0.0/8", "::1"],
            "upstream_logout": False,
        }
    )
    assert found.allowed_networks == (ip_network("127.0.0.0/8"), ip_network("::1/128"))
    assert (found.scopes, found.max_age, found.prompt) == (
        ("openid", "groups"),
        3600,
        "select_account",
    )


WRONG = [
    ("issuer", None),
    ("issuer", ""),
    ("issuer", 7),
    ("issuer", "idp.corp.example"),
    ("issuer", "ftp://idp.corp.example"),
    ("issuer", "https://idp.corp.example/?tenant=1"),
    ("issuer", "https://idp.corp.example/#x"),
    ("issuer", "https://user@idp.corp.example"),
    ("issuer", "https://idp.corp.example:99999"),
    ("issuer", "http://idp.corp.example"),
    ("client_id", " "),
    ("client_id", "x" * 1025),
    ("scopes", ["profile"]),
    ("scopes", "openid profile"),
    ("scopes", ["openid profile"]),
    ("token_endpoint_auth_method", "none"),
    ("token_endpoint_auth_method", ""),
    ("signing_algorithms", []),
    ("signing_algorithms", ["none"]),
    ("signing_algorithms", ["RS256", "HS256"]),
    ("signing_algorithms", "RS256"),
    ("userinfo", True),
    ("userinfo", "jwt"),
    ("claims_from", []),
    ("claims_from", ["userinfo", "userinfo"]),
    ("claims_from", ["groups"]),
    ("recheck_minutes", 4),
    ("recheck_minutes", True),
    ("client_assertion_audience", "https://idp.corp.example"),
    ("id_token_encrypted", "true"),
    ("par", 1),
    ("response_mode", "fragment"),
    ("acr_values", "mfa"),
    ("acr_values", [1]),
    ("prompt", "none"),
    ("max_age", -1),
    ("max_age", True),
    ("max_age", "60"),
    ("max_age", 10**12),
    ("allowed_networks", ["10.0.0.1/8"]),
    ("allowed_networks", ["intranet"]),
    ("issuer", "HTTP://127.0.0.1:8080"),
    ("issuer", "Https://idp.corp.example"),
    ("claims_providers", ["HTTP://other.corp.example"]),
    ("proxy", "http://gate:secret@proxy.corp.example"),
    ("proxy", "socks5://proxy.corp.example"),
    ("ca_certificates", "-----BEGIN CERTIFICATE-----"),
    ("upstream_logout", 1),
    ("client_secret", "x"),
    ("Issuer", "https://idp.corp.example"),
]


@pytest.mark.parametrize(("field", "value"), WRONG)
def test_what_cannot_work_is_refused_by_name(field, value):
    with pytest.raises(ProviderMisconfigured) as told:
        parse({**ROW, field: value})
    assert told.value.field == field


@pytest.mark.parametrize("field", ["issuer", "client_id"])
def test_what_is_needed_is_missed_by_name(field):
    with pytest.raises(ProviderMisconfigured) as told:
        parse({name: value for name, value in ROW.items() if name != field})
    assert (told.value.field, told.value.problem) == (field, "is missing")


def test_claims_that_would_come_from_a_userinfo_that_is_off_are_refused():
    with pytest.raises(ProviderMisconfigured) as told:
        parse({**ROW, "userinfo": "off", "claims_from": ["id_token", "userinfo"]})
    assert (told.value.field, told.value.problem) == ("claims_from", "names userinfo, which is off")


def test_where_userinfo_is_off_claims_come_from_the_id_token_alone():
    assert parse({**ROW, "userinfo": "off"}).claims_from == ("id_token",)
