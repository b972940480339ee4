"""What of a row ends, and when."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from providers.forecast import Kind, endings
from providers.models import HeldMetadata, MetadataSource
from providers.oidc.client_keys import KeyKind, make_key
from providers.tls import self_signed
from tests.fakes.saml_signing import key_pair
from tests.gateway.ending import FAR, oidc_provider, saml_provider

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SOON, LATER = NOW + timedelta(days=12), NOW + timedelta(days=400)


def ends(row) -> list[tuple[Kind, str, datetime | None]]:
    return [(each.kind, each.name, each.ends_at) for each in endings(row, NOW)]


def kinds(row) -> list[Kind]:
    return [each.kind for each in endings(row, NOW)]


def moments(row) -> dict[Kind, datetime | None]:
    return {kind: at for kind, _, at in ends(row)}


def test_both_sides_certificates_of_a_saml_provider() -> None:
    row = saml_provider(idp=SOON, own=LATER)
    assert moments(row) == {Kind.IDP_CERTIFICATE: SOON, Kind.SP_CERTIFICATE: LATER}
    assert {each.provider for each in endings(row, NOW)} == {"okta"}


def test_of_several_certificates_of_a_provider_the_last_to_end_counts() -> None:
    row = saml_provider(idp=SOON)
    row.settings["certificates"].append(key_pair("idp-next", until=LATER).certificate)
    assert moments(row)[Kind.IDP_CERTIFICATE] == LATER


def test_our_next_and_previous_certificates_are_told_too() -> None:
    row = saml_provider(own=LATER)
    for slot, until in (("next_", FAR), ("previous_", SOON)):
        keys = key_pair(slot, until=until)
        row.seal_secret(f"{slot}sp_private_key", keys.key)
        row.seal_secret(f"{slot}sp_certificate", keys.certificate)
    found = [at for kind, _, at in ends(row) if kind is Kind.SP_CERTIFICATE]
    assert found == [LATER, FAR, SOON]


@pytest.mark.parametrize(
    ("method", "told"),
    [
        ("client_secret_basic", True),
        ("client_secret_post", True),
        ("client_secret_jwt", True),
        ("private_key_jwt", False),
        ("tls_client_auth", False),
    ],
)
def test_a_client_secret_ends_when_its_provider_said_so_if_it_is_used(method, told) -> None:
    row = oidc_provider(client_secret_expires="2026-12-05", token_endpoint_auth_method=method)
    expected = {Kind.CLIENT_SECRET: datetime(2026, 12, 5, tzinfo=UTC)} if told else {}
    assert moments(row) == expected


@pytest.mark.parametrize("day", ["soon", "2026-13-01", 20261205, True, ""])
def test_a_day_that_is_none_is_a_fault_of_the_settings(day) -> None:
    [found] = endings(oidc_provider(client_secret_expires=day), NOW)
    assert (found.kind, found.ends_at) == (Kind.SETTINGS, None)
    assert "client_secret_expires" in found.problem


def test_our_own_keys_are_due_a_year_after_they_were_made() -> None:
    secrets = {
        "private_key": make_key(KeyKind.EC, NOW),
        "decryption_key": make_key(KeyKind.EC, SOON),
    }
    row = oidc_provider(secrets=secrets, token_endpoint_auth_method="private_key_jwt")
    year = timedelta(days=365)
    assert ends(row) == [
        (Kind.OWN_KEY, "private_key", NOW + year),
        (Kind.OWN_KEY, "decryption_key", SOON + year),
    ]


def test_of_a_key_from_elsewhere_nobody_knows_the_age() -> None:
    plain = json.loads(make_key(KeyKind.EC, NOW))
    del plain["iat"]
    for text in (json.dumps(plain), key_pair("elsewhere").key):
        assert ends(oidc_provider(f"p{len(text)}", secrets={"private_key": text})) == []


def test_our_tls_certificate_and_its_successor() -> None:
    key, certificate = self_signed("gatehouse", NOW)
    _, following = self_signed("gatehouse", LATER)
    held = {
        "tls_private_key": key,
        "tls_certificate": certificate,
        "next_tls_certificate": following,
    }
    row = oidc_provider(secrets=held, token_endpoint_auth_method="self_signed_tls_client_auth")
    three_years = timedelta(days=3 * 365)
    assert [at for _, _, at in ends(row)] == [NOW + three_years, LATER + three_years]


def test_a_chain_ends_with_whichever_of_it_ends_first() -> None:
    chain = key_pair("leaf", until=LATER).certificate + key_pair("middle", until=SOON).certificate
    row = oidc_provider(
        secrets={"tls_certificate": chain}, token_endpoint_auth_method="tls_client_auth"
    )
    assert moments(row) == {Kind.TLS_CERTIFICATE: SOON}


@pytest.mark.parametrize("protocol", ["saml", "oidc"])
def test_extra_authorities_are_told_each_by_its_own_name(protocol) -> None:
    pem = [key_pair(name, until=SOON).certificate for name in ("one", "two")]
    listed = ["".join(pem), "no certificate", 7]
    if protocol == "saml":  # they stand beside the address of its metadata
        row = saml_provider()
        source(row, ca_certificates=listed)
    else:
        row = oidc_provider(ca_certificates=listed)
    found = [(name, at) for kind, name, at in ends(row) if kind is Kind.CA_CERTIFICATE]
    assert [at for _, at in found] == [SOON, SOON]
    assert found[0] != found[1]


def source(row, **fields: object) -> None:
    made = {"fresh_until": NOW, "checked_at": NOW, "url": "https://okta.corp.example/metadata"}
    MetadataSource.objects.create(provider=row, **(made | fields))
    row.refresh_from_db()


@pytest.mark.parametrize(
    ("days", "fields", "told"),
    [
        (6, {}, False),  # federations publish for two weeks, and anew each day
        (1.9, {}, True),
        (12, {"error": "status 404"}, True),
        (12, {"fresh_until": NOW - timedelta(days=2)}, True),
    ],
)
def test_metadata_ends_where_nobody_renews_it(days, fields, told) -> None:
    row = saml_provider()
    until = NOW + timedelta(days=days)
    source(row, valid_until=until, **fields)
    assert (moments(row).get(Kind.METADATA) == until) is told


def test_metadata_that_cannot_be_read_says_why() -> None:
    row = saml_provider()
    source(row, error="https://okta.corp.example/metadata: status 404")
    [found] = [each for each in endings(row, NOW) if each.kind is Kind.METADATA_UNREADABLE]
    assert (found.ends_at, found.problem) == (
        None,
        "https://okta.corp.example/metadata: status 404",
    )


def test_a_held_change_waits_until_it_is_dismissed() -> None:
    row = saml_provider()
    held = HeldMetadata.objects.create(
        provider=row, digest="d" * 64, facts={}, lowers=["a weaker key"], since=NOW
    )
    [found] = [each for each in endings(row, NOW) if each.kind is Kind.METADATA_HELD]
    assert (found.name, found.problem) == ("d" * 16, "a weaker key")
    held.dismissed = True
    held.save()
    row.refresh_from_db()
    assert Kind.METADATA_HELD not in kinds(row)


@pytest.mark.parametrize(
    "settings", [{}, {"entity_id": 7}, [], None, "text", {"certificates": ["nonsense"]}]
)
@pytest.mark.parametrize("protocol", ["oidc", "saml", "ldap"])
def test_a_row_that_cannot_be_read_is_told_and_stops_nobody(protocol, settings) -> None:
    row = saml_provider()
    row.protocol, row.settings = protocol, settings
    assert kinds(row) == [Kind.SETTINGS]


def test_a_secret_that_does_not_open_is_told_and_the_rest_with_it() -> None:
    row = saml_provider(idp=SOON)
    row.sealed_secrets = {"sp_certificate": "sealed elsewhere"}
    assert kinds(row) == [Kind.IDP_CERTIFICATE, Kind.SETTINGS]
    row.sealed_secrets = {}
    assert kinds(row) == [Kind.IDP_CERTIFICATE, Kind.SETTINGS]


def test_a_certificate_of_ours_that_is_none_is_told() -> None:
    row = saml_provider(idp=SOON)
    row.seal_secret("sp_certificate", "nonsense")
    assert kinds(row) == [Kind.IDP_CERTIFICATE, Kind.SETTINGS]
