"""Our own key at a SAML provider is replaced in three steps, and nobody's sign-in fails between."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.audit.models import AuditEvent
from gateway.flows import configure, saml_keys
from gateway.flows.saml_keys import Step
from providers.errors import ProviderMisconfigured, ProviderUnknown
from providers.models import Provider
from providers.saml.keys import bare_base64, fingerprint, make_service_key
from tests.fakes.oidc_provider import oidc_provider
from tests.fakes.saml_provider import SamlProvider
from tests.fakes.saml_signing import KeyPair, key_pair
from tests.journeys.browser import oidc_row, saml_row

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
KEYS = key_pair("gateway")


def rotate(days: int = 0) -> Step:
    return saml_keys.rotate("corp-saml", actor="operator", now=NOW + timedelta(days=days))


def certificates() -> list[str]:
    """Those in our metadata, in its order."""
    text = configure.service_metadata("corp-saml").decode()
    row = Provider.objects.get()
    known = {bare_base64(row.secret(n)): n for n in row.sealed_secrets if "certificate" in n}
    return [name for body, name in known.items() if text.count(body) == 2]


def test_a_second_key_is_published_then_signs_then_the_first_is_gone() -> None:
    row = saml_row(SamlProvider(), KEYS)
    assert rotate() is Step.PUBLISHED
    row.refresh_from_db()
    new = row.open_secrets()
    assert new["sp_private_key"] == KEYS.key
    assert certificates() == ["sp_certificate", "next_sp_certificate"]
    assert rotate(1) is Step.SIGNS
    row.refresh_from_db()
    assert row.secret("sp_private_key") == new["next_sp_private_key"]
    assert row.secret("previous_sp_private_key") == KEYS.key
    assert len(certificates()) == 2
    assert rotate(2) is Step.RETIRED
    row.refresh_from_db()
    assert row.open_secrets() == {
        "sp_private_key": new["next_sp_private_key"],
        "sp_certificate": new["next_sp_certificate"],
    }
    assert rotate(3) is Step.PUBLISHED


def test_the_dates_of_certificates_do_not_matter() -> None:
    """One that an authority made just now begins later than one that we make."""
    key, certificate = make_service_key("corp", NOW + timedelta(days=1))
    row = saml_row(SamlProvider(), KeyPair(key=key, certificate=certificate))
    assert [rotate() for _ in range(3)] == [Step.PUBLISHED, Step.SIGNS, Step.RETIRED]
    row.refresh_from_db()
    assert row.secret("sp_private_key") != key


def test_each_step_is_on_record_by_the_certificate_and_without_a_key() -> None:
    row = saml_row(SamlProvider(), KEYS)
    for day in range(3):
        rotate(day)
    row.refresh_from_db()
    made = fingerprint(row.secret("sp_certificate"))
    events = AuditEvent.objects.filter(event="keys.rotated").order_by("pk")
    assert [event.detail for event in events] == [
        {"use": "saml corp-saml", "key_id": made},
        {"use": "saml corp-saml", "key_id": made},
        {"use": "saml corp-saml", "retired": fingerprint(KEYS.certificate)},
    ]


def test_only_a_saml_provider_with_a_key_that_works_is_rotated() -> None:
    with oidc_provider() as idp:
        oidc_row(idp, "corp-saml")
        with pytest.raises(ProviderUnknown):
            rotate()
    Provider.objects.all().delete()
    row = saml_row(SamlProvider(), KEYS)
    row.seal_secret("sp_certificate", key_pair("other").certificate)
    row.save()
    with pytest.raises(ProviderMisconfigured):
        rotate()
