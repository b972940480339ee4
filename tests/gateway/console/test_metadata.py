"""A provider's metadata in the console: pasted, read from an address, and a change that waits."""

import json
from collections.abc import Iterator
from html import unescape

import pytest
from django.utils import timezone

from gateway.audit.models import AuditEvent
from gateway.flows import metadata
from gateway.flows.configuration import MetadataPlace
from gateway.flows.configure import current_provider, save_provider
from gateway.flows.metadata_fetch import fetched, in_force
from providers.models import HeldMetadata, MetadataSource, Provider
from tests.fakes.saml_case import SERVICE_KEYS
from tests.fakes.saml_metadata import Publisher, publishing
from tests.fakes.saml_provider import SamlProvider
from tests.fakes.saml_signing import key_pair
from tests.gateway.pages.signed_in import browser_of, staff
from tests.journeys.browser import saml_row

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]

PROVIDERS = "/admin/providers/provider/"
OLD, NEW = key_pair("idp").certificate, key_pair("idp-next").certificate
FORM = {
    "slug": "corp-saml",
    "name": "Corp",
    "protocol": "saml",
    "dialect": "keycloak",
    "enabled": "on",
    "link_policy": "never",
    "newcomers": "created",
    "email_domains": "",
    "settings": json.dumps({"signed": "both"}),
    "secrets_sp_private_key": SERVICE_KEYS.key,
    "secrets_sp_certificate": SERVICE_KEYS.certificate,
}


def test_pasted_metadata_fills_the_settings() -> None:
    pasted = FORM | {"metadata": SamlProvider().metadata().decode()}
    answer = browser_of(staff()).post(f"{PROVIDERS}add/", pasted)
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    row = Provider.objects.get()
    assert row.settings["entity_id"] == "https://idp.corp.example/metadata"
    assert row.settings["certificates"] == [OLD]
    assert row.settings["signed"] == "both"
    assert not MetadataSource.objects.exists()


@pytest.mark.parametrize("text", ["no xml", "<!DOCTYPE a><a/>", "<a/>"])
def test_what_is_no_metadata_is_refused_beside_its_field(text: str) -> None:
    answer = browser_of(staff()).post(f"{PROVIDERS}add/", FORM | {"metadata": text})
    assert answer.status_code == 200
    assert "metadata" in answer.context["adminform"].form.errors
    assert not Provider.objects.exists()


@pytest.fixture
def publisher(db: None) -> Iterator[Publisher]:
    """The row `corp-saml` is read from here."""
    with publishing() as found:
        row = saml_row(SamlProvider(), SERVICE_KEYS)
        place = MetadataPlace(url=found.url, allowed_networks=("127.0.0.0/8",))
        now = timezone.now()
        source = in_force(place, fetched(place, now), now)
        save_provider(current_provider(row, metadata=source), actor="operator", now=now)
        yield found


def held(publisher: Publisher) -> HeldMetadata:
    publisher.certificates = (NEW,)
    MetadataSource.objects.update(fresh_until=timezone.now())
    metadata.refresh(now=timezone.now())
    return HeldMetadata.objects.get()


def page(client) -> str:
    row = Provider.objects.get()
    return unescape(client.get(f"{PROVIDERS}{row.pk}/change/").content.decode())


def decision(verb: str, digest: str) -> str:
    return f"{PROVIDERS}{Provider.objects.get().pk}/metadata/{verb}/{digest}/"


def test_the_page_says_where_it_is_read_and_what_went_wrong(publisher: Publisher) -> None:
    client = browser_of(staff())
    assert publisher.url in page(client)
    assert "cannot be read" not in page(client)
    publisher.status = 500
    MetadataSource.objects.update(fresh_until=timezone.now())
    metadata.refresh(now=timezone.now())
    assert "It cannot be read just now: metadata: status 500" in page(client)


def test_a_change_that_waits_is_shown_in_words_with_two_buttons(publisher: Publisher) -> None:
    client = browser_of(staff())
    assert "lowers security" not in page(client)
    digest = held(publisher).digest
    shown = page(client)
    assert "none of its certificates of before is left" in shown
    assert "certificates: " in shown
    assert decision("accept", digest) in shown
    assert decision("dismiss", digest) in shown


@pytest.mark.parametrize(("verb", "kept"), [("accept", NEW), ("dismiss", OLD)])
def test_an_admin_decides(publisher: Publisher, verb: str, kept: str) -> None:
    dora = staff()
    client, digest = browser_of(dora), held(publisher).digest
    answer = client.post(decision(verb, digest))
    assert answer.status_code == 302
    assert Provider.objects.get().settings["certificates"] == [kept]
    assert "lowers security" not in page(client)
    event = {"accept": "provider-metadata.changed", "dismiss": "provider-metadata.dismissed"}[verb]
    assert AuditEvent.objects.get(event=event).actor == str(dora.pk)
    assert client.post(decision(verb, digest)).status_code == 409


def test_nobody_decides_by_a_link_or_without_the_right_to_change(publisher: Publisher) -> None:
    digest = held(publisher).digest
    client = browser_of(staff())
    assert client.get(decision("accept", digest)).status_code == 405
    assert client.post(decision("forget", digest)).status_code == 403
    looking = browser_of(staff("ben", permissions="view_provider"))
    assert "lowers security" in page(looking)
    assert "/metadata/accept/" not in page(looking)
    assert looking.post(decision("accept", digest)).status_code == 403
    assert Provider.objects.get().settings["certificates"] == [OLD]


def test_a_form_that_is_saved_leaves_the_address_as_it_is(publisher: Publisher) -> None:
    row = Provider.objects.get()
    form = FORM | {"name": "Corp again", "settings": json.dumps(row.settings)}
    answer = browser_of(staff()).post(f"{PROVIDERS}{row.pk}/change/", form)
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    assert MetadataSource.objects.get().url == publisher.url
    pasted = form | {"metadata": publisher.document().decode()}
    browser_of(staff("ben")).post(f"{PROVIDERS}{row.pk}/change/", pasted)
    assert not MetadataSource.objects.exists()


def test_a_provider_that_may_begin_a_sign_in_is_warned_of(publisher: Publisher) -> None:
    client, row = browser_of(staff()), Provider.objects.get()
    assert "may begin a sign-in by itself" not in page(client)
    row.settings |= {"idp_initiated": True}
    row.save()
    assert "may begin a sign-in by itself" in page(client)
