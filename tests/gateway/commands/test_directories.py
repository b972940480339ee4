"""`manage.py directories`."""

import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from gateway.flows.directories import running
from gateway.tasks.directories import sync
from provisioning.directories.models import Run
from provisioning.models import Account
from tests.fakes.ldap_server import READERS_PASSWORD, LdapServer, ldap_server
from tests.gateway.flows.directories.company import corp, person, wanted

pytestmark = pytest.mark.usefixtures("db", "redis_url")


def run(*words: str) -> str:
    out = StringIO()
    call_command("directories", *words, stdout=out, stderr=StringIO())
    return out.getvalue()


@pytest.fixture
def ldap(tmp_path: Path) -> Iterator[LdapServer]:
    corp()
    with ldap_server() as server:
        server.add("ada", "ben")
        server.group("engineering", "ada")
        settings, secret = tmp_path / "settings.json", tmp_path / "secret"
        settings.write_text(json.dumps(wanted(server).settings))
        secret.write_text(f"{READERS_PASSWORD}\n")
        told = run(
            *("connect", "people", "--provider", "corp", "--kind", "ldap"),
            *("--settings", str(settings), "--secret-file", str(secret)),
        )
        assert "is connected and off" in told
        yield server


def test_from_a_plan_to_a_company_that_is_kept(ldap: LdapServer) -> None:
    plan = run("plan", "people")
    assert "Ada Example\tcomes: an account is made\tgroups: engineering" in plan
    assert "2 people read, 2 of them differ." in plan
    assert not Account.objects.exists()
    assert "2 people read" in run("sync", "people")
    assert person("ada").name == "Ada Example"
    assert "2 people read, 0 of them differ." in run("plan", "people")
    assert run("switch", "people", "on") == "people is on.\n"
    [line] = run("list").splitlines()
    assert line.split("\t")[:4] == ["people", "ldap", "corp", "on"]


def test_removals_that_are_held_are_agreed_to_or_dismissed(ldap: LdapServer) -> None:
    run("sync", "people")
    ldap.remove("ada", "ben")
    assert "2 removals are held." in run("sync", "people")
    assert run("dismiss", "people") == "Nobody was removed.\n"
    with pytest.raises(CommandError, match="Nothing is held"):
        run("agree", "people")
    run("sync", "people")
    assert "goes: the account is closed (not there any more)" in run("agree", "people")
    assert not Account.objects.filter(is_active=True).exists()


def test_what_fails_is_told_without_the_password(ldap: LdapServer) -> None:
    ldap.stop()
    assert "Not at its end" in run("sync", "people")
    with pytest.raises(CommandError, match="run-under-way"):
        run("sync", "people")
    with pytest.raises(CommandError, match="nobodys"):
        run("plan", "nobodys")


def test_the_worker_goes_on_with_what_is_under_way(ldap: LdapServer) -> None:
    run("switch", "people", "on")
    sync()
    assert Run.objects.get().state == Run.State.DONE
    assert person("ben").is_active
    assert not running.step(now=timezone.now())
