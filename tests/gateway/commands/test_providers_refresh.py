"""`manage.py providers refresh`: what a provider publishes now, or why it cannot be had."""

from collections.abc import Iterator

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from gateway import wiring
from gateway.audit.models import AuditEvent
from gateway.flows import metadata
from providers import registry
from providers.errors import ProviderUnreachable
from providers.models import HeldMetadata, Provider
from providers.oidc.metadata import Published
from tests.fakes.oidc_provider import OidcProvider, oidc_provider
from tests.fakes.saml_provider import SamlProvider
from tests.fakes.saml_signing import key_pair
from tests.gateway.flows.renewing import NEW, OLD, connect, operator, publisher, settings
from tests.journeys.browser import oidc_row, saml_row

__all__ = ["connect", "operator", "publisher"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]


@pytest.fixture
def idp() -> Iterator[OidcProvider]:
    with oidc_provider() as running:
        yield running


def documents(row: Provider) -> Published:
    return registry.published_documents(row, wiring.shared_cache())[0]


def told() -> list[dict[str, object]]:
    found = AuditEvent.objects.filter(event="provider.refreshed").order_by("pk")
    assert {event.actor for event in found} <= {"operator"}
    return [event.detail for event in found]


def test_the_keys_are_fetched_and_named_whatever_was_kept(idp, capsys):
    row = oidc_row(idp)
    documents(row).keys(timezone.now())
    idp.rotate()
    call_command("providers", "refresh", "corp-oidc")
    assert capsys.readouterr().out == f"{idp.issuer}: 1 keys: rsa-2 (RSA)\n"
    assert [key.kid for key in documents(row).keys(timezone.now())] == ["rsa-2"]
    assert idp.asked == {"discovery": 2, "keys": 2}
    assert told() == [{"provider": "corp-oidc", "keys": ["rsa-2 (RSA)"]}]


def test_it_waits_for_no_failure_no_cool_down_and_no_lock(idp):
    row = oidc_row(idp)
    idp.lie.answers["discovery"] = (503, b"")
    with pytest.raises(ProviderUnreachable):
        documents(row).keys(timezone.now())
    idp.lie.answers.clear()
    prefix = documents(row)._prefix
    for mark in ("metadata:lock", "keys:lock", "keys:cooldown"):
        wiring.shared_cache().put(f"{prefix}:{mark}", b"1", metadata.RETRY)
    call_command("providers", "refresh", "corp-oidc")
    assert wiring.shared_cache().get(f"{prefix}:metadata:failed") is None
    idp.rotate()
    assert documents(row).renewed_keys(timezone.now())[0].kid == "rsa-2"


def test_whoever_does_not_answer_is_named_with_the_remedy_and_the_old_set_stays(idp):
    row = oidc_row(idp)
    documents(row).keys(timezone.now())
    idp.lie.answers["keys"] = (503, b"")
    with pytest.raises(CommandError, match="status 503") as error:
        call_command("providers", "refresh", "corp-oidc")
    assert "allowed_networks" in str(error.value)
    assert [key.kid for key in documents(row).keys(timezone.now())] == ["rsa-1", "ec-1"]
    [detail] = told()
    assert "status 503" in str(detail["problem"])


def test_also_one_that_is_switched_off_can_be_tried(idp, capsys):
    oidc_row(idp, enabled=False)
    call_command("providers", "refresh", "corp-oidc")
    assert "2 keys: rsa-1 (RSA), ec-1 (EC)" in capsys.readouterr().out


def test_saml_metadata_is_read_now_and_its_certificates_named(connect, publisher, capsys):
    connect()
    publisher.certificates = (OLD, NEW)
    call_command("providers", "refresh", "corp-saml")
    said = capsys.readouterr().out
    assert said.startswith(f"{publisher.entity_id}: 2 keys: CN=")
    assert said.count(" until 20") == 2
    assert settings()["certificates"] == [OLD, NEW]
    assert len(told()[0]["keys"]) == 2  # type: ignore[arg-type]


def test_what_lowers_security_waits_for_an_admin_all_the_same(connect, publisher, capsys):
    connect()
    publisher.change(certificates=(NEW,))
    call_command("providers", "refresh", "corp-saml")
    assert "waits on the provider's page" in capsys.readouterr().out
    assert settings()["certificates"] == [OLD]
    assert HeldMetadata.objects.count() == 1


def test_saml_metadata_that_cannot_be_read_is_said(connect, publisher):
    connect()
    publisher.change(status=503)
    with pytest.raises(CommandError, match="503"):
        call_command("providers", "refresh", "corp-saml")
    assert "problem" in told()[0]


def test_what_was_pasted_has_no_address_to_read_again():
    saml_row(SamlProvider(), key_pair("gateway"))
    with pytest.raises(CommandError, match="no address to read again"):
        call_command("providers", "refresh", "corp-saml")


def test_an_unknown_provider_is_no_provider():
    with pytest.raises(CommandError, match="nobody"):
        call_command("providers", "refresh", "nobody")
    assert told() == []
