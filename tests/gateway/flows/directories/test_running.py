"""A directory is read, and people here become as it says."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from gateway import wiring
from gateway.audit.models import AuditEvent
from gateway.flows import deliver
from gateway.flows.directories import configure, reading, running
from gateway.flows.foretell import foretold
from providers.models import Provider
from provisioning.directories.errors import RunUnderWay
from provisioning.directories.models import Difference, Directory, Member, Run
from provisioning.last_identity import opened
from provisioning.models import Account, LastIdentity
from tests.fakes.ldap_server import LdapServer, ldap_server
from tests.gateway.flows.directories.company import (
    NOW,
    connected,
    corp,
    ended,
    person,
    roles,
    synced,
)
from tests.gateway.flows.refusing import silent_redis
from tests.gateway.pages.signed_in import lives, start
from tests.provisioning.people import changed
from tests.provisioning.people import person as identity

pytestmark = [pytest.mark.django_db, pytest.mark.database, pytest.mark.usefixtures("redis_url")]


@pytest.fixture
def ldap() -> Iterator[LdapServer]:
    with ldap_server() as server:
        server.add("ada", "ben", "cleo")
        server.group("engineering", "ada", "ben")
        yield server


@pytest.fixture
def directory(ldap: LdapServer) -> Directory:
    corp()
    return connected(ldap, removals_percent=50)


def test_everybody_there_has_an_account_with_roles_before_she_comes(directory: Directory) -> None:
    run = synced(directory)
    assert (run.state, run.people) == (Run.State.DONE, 3)
    assert {name: roles(name) for name in ("ada", "ben", "cleo")} == {
        "ada": {"deployer"},
        "ben": {"deployer"},
        "cleo": set(),
    }
    ada = person("ada")
    assert (ada.username, ada.name, ada.email) == ("ada", "Ada Example", "ada@corp.example")
    assert ada.last_login is None
    assert AuditEvent.objects.filter(event="account.created").first().actor == "directory:people"
    told = AuditEvent.objects.get(event="directory.read").detail
    assert (told["people"], told["differences"], told["removals"]) == (3, 3, 0)


def test_a_second_reading_of_the_same_changes_nothing(directory: Directory) -> None:
    synced(directory)
    before = AuditEvent.objects.count()
    run = synced(directory, after=60)
    assert run.state == Run.State.DONE
    assert not run.differences.exists()
    assert AuditEvent.objects.count() == before


def test_a_group_that_she_left_takes_the_role_out_of_her_live_session(
    directory: Directory, ldap: LdapServer
) -> None:
    synced(directory)
    deliver.deliver(now=timezone.now())
    session = start(person("ben"), provider="corp")
    ldap.group("engineering", "ada")
    ldap.group("payroll", "ben")
    synced(directory, after=60)
    found = wiring.session_store().load(session.handle)
    assert found is not None
    assert found.roles == frozenset()
    assert roles("ben") == {"payroll"}


def test_who_is_disabled_there_is_closed_here_and_her_sessions_end(
    directory: Directory, ldap: LdapServer
) -> None:
    synced(directory)
    session = start(person("ada"), provider="corp")
    ldap.change("ada", userAccountControl="514")
    synced(directory, after=60)
    assert not person("ada").is_active
    assert not lives(session.handle)


def test_who_vanished_is_closed_and_who_comes_back_is_open_with_her_roles(
    directory: Directory, ldap: LdapServer
) -> None:
    synced(directory)
    ldap.remove("ada")
    synced(directory, after=60)
    assert not person("ada").is_active
    ldap.add("ada")
    ldap.group("engineering", "ada", "ben")
    synced(directory, after=120)
    assert person("ada").is_active
    assert roles("ada") == {"deployer"}
    assert Account.objects.count() == 3


def test_what_her_provider_alone_says_of_her_stays(directory: Directory) -> None:
    came = changed(
        identity("ada", "Ada Byron", ("engineering",), provider="corp"),
        claims=identity("ada", "", ("x",)).claims.changed({"department": "R&D"}, without=()),
    )
    who = changed(came, subject=type(came.subject)(issuer="https://corp.example", value="ada"))
    foretold(who, actor="corp", now=NOW)
    synced(directory)
    kept = opened(LastIdentity.objects.get(linked_identity__subject="ada"))
    assert kept.claims["department"] == "R&D"
    assert kept.claims.texts("groups") == ("engineering",)
    assert kept.email_verified is True


def test_who_signed_in_before_keeps_her_account(directory: Directory) -> None:
    who = identity("ada", "Ada Byron", provider="corp")
    foretold(
        changed(who, subject=type(who.subject)(issuer="https://corp.example", value="ada")),
        actor="corp",
        now=NOW,
    )
    before = person("ada")
    run = synced(directory)
    assert person("ada") == before
    assert run.differences.get(subject="ada").act == Difference.Act.CHANGE


def test_who_came_by_the_provider_and_is_not_in_the_directory_is_told_and_left_alone(
    directory: Directory,
) -> None:
    who = identity("zoe", "Zoe", provider="corp")
    foretold(
        changed(who, subject=type(who.subject)(issuer="https://corp.example", value="zoe")),
        actor="corp",
        now=NOW,
    )
    run = synced(directory)
    assert run.orphans == 1
    assert [linked.subject for linked in reading.orphans(run)] == ["zoe"]
    assert person("zoe").is_active


# looking beforehand


def test_a_plan_shows_what_would_be_and_changes_nothing(
    directory: Directory, ldap: LdapServer
) -> None:
    synced(directory)
    ldap.remove("cleo")
    ldap.add("fay")
    before = AuditEvent.objects.count()
    run = synced(directory, after=60, dry=True)
    assert run.state == Run.State.PLANNED
    told = {row.subject: (row.act, row.why) for row in run.differences.all()}
    assert told == {"fay": ("create", ""), "cleo": ("close", "missing")}
    assert person("cleo").is_active
    assert AuditEvent.objects.count() == before
    assert not Member.objects.filter(subject="fay").exists()


def test_what_was_found_of_people_is_not_to_be_read_in_the_database(directory: Directory) -> None:
    run = synced(directory, dry=True)
    sealed = run.differences.get(subject="ada").sealed
    assert b"Ada" not in bytes(sealed)
    assert b"corp.example" not in bytes(sealed)


# the clock, and what gets in between


def test_the_clock_begins_a_run_when_it_is_due_and_only_then(directory: Directory) -> None:
    running.due(now=NOW)
    run = Run.objects.get()
    assert run.by == "directory:people"
    ended(run)
    running.due(now=NOW + timedelta(minutes=59))
    assert Run.objects.count() == 1
    running.due(now=NOW + timedelta(minutes=61))
    assert Run.objects.count() == 2


def test_a_directory_or_a_provider_that_is_off_is_not_read(directory: Directory) -> None:
    configure.switch(directory, on=False, actor="dora", now=NOW)
    running.due(now=NOW)
    configure.switch(directory, on=True, actor="dora", now=NOW)
    Provider.objects.update(enabled=False)
    running.due(now=NOW)
    assert not Run.objects.exists()


def test_two_runs_of_one_directory_are_never_under_way_at_once(directory: Directory) -> None:
    running.begin(directory, by="dora", now=NOW)
    with pytest.raises(RunUnderWay):
        running.begin(directory, by="ben", now=NOW)


def test_a_worker_that_dies_half_way_is_followed_by_one_that_ends_the_run(
    directory: Directory,
) -> None:
    run = running.begin(directory, by="dora", now=NOW)
    with killed_at('INSERT INTO "provisioning_heldrole"'), pytest.raises(KeyboardInterrupt):
        running.step(now=NOW, only=run.pk)
    assert Account.objects.filter(username__in=["ada", "ben", "cleo"]).count() < 3
    assert not running.step(now=NOW, only=run.pk)  # the dead one has its turn for a while
    later = ended(run, NOW + timedelta(minutes=5))
    assert later.state == Run.State.DONE
    assert {name: roles(name) for name in ("ada", "ben")} == {
        "ada": {"deployer"},
        "ben": {"deployer"},
    }
    assert Account.objects.count() == 3


def killed_at(statement: str):
    """Whoever is about to say this to the database dies, once."""
    waiting = [statement]

    def before(execute, sql, params, many, context):
        if waiting and sql.startswith(waiting[0]):
            waiting.pop()
            raise KeyboardInterrupt
        return execute(sql, params, many, context)

    return connection.execute_wrapper(before)


def test_while_redis_is_silent_nobody_is_half_gone_and_later_she_is(
    directory: Directory, ldap: LdapServer
) -> None:
    synced(directory)
    session = start(person("ada"), provider="corp")
    ldap.change("ada", userAccountControl="514")
    now = NOW + timedelta(minutes=60)
    run = running.begin(directory, by="dora", now=now)
    with silent_redis():
        running.step(now=now, only=run.pk)
    assert person("ada").is_active
    assert lives(session.handle)
    assert ended(run, now + timedelta(minutes=5)).state == Run.State.DONE
    assert not lives(session.handle)


def test_a_directory_that_is_away_is_asked_again_later_and_at_last_given_up(
    directory: Directory, ldap: LdapServer
) -> None:
    synced(directory)
    ldap.stop()
    now = NOW + timedelta(minutes=60)
    run = running.begin(directory, by="dora", now=now)
    for _ in range(30):
        now += timedelta(minutes=31)
        running.step(now=now, only=run.pk)
    run.refresh_from_db()
    assert (run.state, Account.objects.filter(is_active=True).count()) == (Run.State.FAILED, 3)
    assert AuditEvent.objects.filter(event="directory.failed").count() == 1


def test_a_directory_that_refuses_us_has_failed_and_closes_nobody(
    directory: Directory, ldap: LdapServer
) -> None:
    synced(directory)
    directory.refresh_from_db()
    directory.seal_secret("of another time")
    directory.save()
    run = synced(directory, after=60)
    assert run.state == Run.State.FAILED
    assert "of another time" not in run.problem
    assert Account.objects.filter(is_active=True).count() == 3
