"""A provider's row keeps its secrets sealed."""

import os

import pytest
from django.db import IntegrityError, transaction

from providers.errors import ProviderMisconfigured
from providers.models import Provider, reseal_secrets

pytestmark = pytest.mark.django_db


def keycloak(slug: str = "keycloak-corp") -> Provider:
    row = Provider(slug=slug, name="Corp", protocol="oidc", dialect="keycloak")
    row.seal_secret("client_secret", f"of {slug}")
    row.save()
    return row


def test_a_secret_is_kept_sealed_and_opens():
    row = Provider.objects.get(pk=keycloak().pk)
    assert row.secret("client_secret") == "of keycloak-corp"
    assert row.open_secrets() == {"client_secret": "of keycloak-corp"}
    assert "of keycloak-corp" not in str(row.sealed_secrets)


def test_a_sealed_text_moved_to_another_row_does_not_open():
    row, other = keycloak(), keycloak("okta-emea")
    other.sealed_secrets = row.sealed_secrets
    with pytest.raises(ProviderMisconfigured):
        other.secret("client_secret")


def test_a_secret_that_is_not_there_is_named():
    with pytest.raises(ProviderMisconfigured) as caught:
        keycloak().secret("private_key")
    assert caught.value.field == "secrets.private_key"


def test_a_slug_is_given_once():
    keycloak()
    with pytest.raises(IntegrityError), transaction.atomic():
        keycloak()


def test_nobody_is_linked_by_address_unless_the_row_says_so():
    assert keycloak().link_policy == Provider.LinkPolicy.NEVER


def test_after_a_rotation_everything_is_sealed_under_the_newest_key(settings):
    row, other = keycloak(), keycloak("okta-emea")
    old = settings.PROVIDER_SECRET_KEYS()
    new = (("rotated", os.urandom(32)), *old)
    settings.PROVIDER_SECRET_KEYS = lambda: new
    assert reseal_secrets() == 2
    assert reseal_secrets() == 0
    settings.PROVIDER_SECRET_KEYS = lambda: new[:1]
    row.refresh_from_db()
    other.refresh_from_db()
    assert row.secret("client_secret") == "of keycloak-corp"
    assert other.secret("client_secret") == "of okta-emea"


def test_a_rotation_that_cannot_open_one_secret_changes_none(settings):
    first, second = keycloak("a"), keycloak("b")
    lost = ("lost", os.urandom(32))
    keys = settings.PROVIDER_SECRET_KEYS()
    settings.PROVIDER_SECRET_KEYS = lambda: (lost,)
    second.seal_secret("client_secret", "gone")
    second.save()
    settings.PROVIDER_SECRET_KEYS = lambda: (("new", os.urandom(32)), *keys)
    with pytest.raises(ProviderMisconfigured):
        reseal_secrets()
    before = dict(first.sealed_secrets)
    first.refresh_from_db()
    assert first.sealed_secrets == before
