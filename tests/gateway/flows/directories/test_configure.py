"""Connecting a directory: what cannot work is refused, and a secret is for one server alone."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from django.conf import settings

from gateway.audit.models import AuditEvent
from gateway.config.keyring import KeyUse
from gateway.flows import keys
from gateway.flows.directories import configure, running
from gateway.flows.directories.configure import WantedDirectory
from provisioning.directories import models
from provisioning.directories.errors import DirectoryMisconfigured, DirectoryUnknown
from provisioning.directories.models import Directory, Run
from tests.gateway.flows.directories.company import NOW, corp

pytestmark = [pytest.mark.django_db, pytest.mark.database, pytest.mark.usefixtures("redis_url")]
KEYCLOAK = WantedDirectory(
    slug="people",
    name="People",
    provider="corp",
    kind="keycloak",
    settings={"url": "https://kc.corp.example/", "realm": "corp", "client_id": "reader"},
    secret="battery staple",
)


@pytest.fixture(autouse=True)
def provider() -> None:
    corp()


def save(**more: object) -> Directory:
    return configure.save(replace(KEYCLOAK, **more), actor="dora", now=NOW)


def settings_but(**more: object) -> Mapping[str, object]:
    return {**KEYCLOAK.settings, **more}


def test_a_new_directory_is_off_and_its_secret_is_sealed() -> None:
    row = save()
    assert not row.enabled
    assert row.secret() == "battery staple"
    stored = Directory.objects.values().get()
    assert "battery" not in str(stored)
    told = AuditEvent.objects.get(event="directory.configured")
    assert "battery" not in str(told.detail)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("url", "https://user:pass@kc.corp.example"),
        ("url", "file:///etc/passwd"),
        ("url", ""),
        ("realm", "corp/../master"),
        ("realm", ".."),
        ("client_id", "a\0b"),
        ("group_names", "colour"),
        ("allowed_networks", ["everywhere"]),
        ("allowed_networks", "10.0.0.0/8"),
        ("ca_certificates", ["-----BEGIN NONSENSE-----"]),
        ("favourite_colour", "red"),
    ],
    ids=lambda value: str(value)[:25],
)
def test_what_cannot_work_is_refused_by_name(field: str, value: object) -> None:
    with pytest.raises(DirectoryMisconfigured) as caught:
        save(settings=settings_but(**{field: value}))
    assert caught.value.field.startswith(field)
    assert not Directory.objects.exists()


@pytest.mark.parametrize(
    ("name", "value"), [("every_minutes", 1), ("removals_percent", 101), ("kind", "csv")]
)
def test_other_figures_are_refused_too(name: str, value: object) -> None:
    with pytest.raises(DirectoryMisconfigured):
        save(**{name: value})


def test_without_a_secret_nothing_is_connected() -> None:
    with pytest.raises(DirectoryMisconfigured):
        save(secret="")


def test_a_change_keeps_the_secret_where_it_stays_with_its_server() -> None:
    save()
    assert save(secret="", name="All people").secret() == "battery staple"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("url", "https://evil.example"),
        ("realm", "other"),
        ("client_id", "another"),
        ("allowed_networks", ["10.0.0.0/8"]),
    ],
)
def test_a_secret_is_never_shown_to_another_server(field: str, value: object) -> None:
    save()
    with pytest.raises(DirectoryMisconfigured):
        save(secret="", settings=settings_but(**{field: value}))
    assert Directory.objects.get().settings == KEYCLOAK.settings


def test_what_was_read_of_another_server_is_not_where_its_news_begin() -> None:
    save()
    Directory.objects.update(news_from="12", read_fully_at=NOW)
    row = save(settings=settings_but(realm="other"))
    assert (row.news_from, row.read_fully_at) == ("", None)


def test_a_secret_copied_to_another_row_does_not_open() -> None:
    first, second = save(), save(slug="others")
    second.sealed_secret = first.sealed_secret
    with pytest.raises(DirectoryMisconfigured):
        second.secret()


def test_news_is_read_between_readings_of_everybody_and_never_while_removals_wait() -> None:
    row = save()
    Directory.objects.update(news_from="12", read_fully_at=NOW)
    row.refresh_from_db()
    assert running.begin(row, by="x", now=NOW, everybody=False).news_from == "12"
    Run.objects.update(state=Run.State.DONE)
    later = NOW + timedelta(days=1)
    assert running.begin(row, by="x", now=later, everybody=False).news_from == ""
    Run.objects.update(state=Run.State.HELD)
    assert running.begin(row, by="x", now=NOW, everybody=False).news_from == ""


def test_a_key_that_seals_a_directorys_secret_is_not_taken_out_before_it_is_sealed_anew() -> None:
    save()
    newest = settings.PROVIDER_SECRET_KEYS()[0][0]
    assert models.sealed_under(newest)
    entry = next(each for each in keys.entries(NOW) if each.use is KeyUse.SECRETS)
    assert keys._seals_something(entry) is models.sealed_under(entry.id)


def test_a_directory_that_was_disconnected_is_not_there() -> None:
    configure.delete(save(), actor="dora", now=NOW)
    with pytest.raises(DirectoryUnknown):
        configure.find("people")
    assert AuditEvent.objects.filter(event="directory.deleted").count() == 1
