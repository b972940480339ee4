"""Many who would go at once wait for somebody's yes."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.audit.models import AuditEvent
from gateway.flows.directories import configure, deciding, running
from providers.models import Provider
from provisioning.directories.errors import RunOver
from provisioning.directories.models import Directory, Member, Run
from provisioning.models import Account
from tests.fakes.ldap_server import LdapServer, ldap_server
from tests.gateway.flows.directories.company import (
    NOW,
    connected,
    corp,
    ended,
    person,
    roles,
    synced,
    wanted,
)

pytestmark = [pytest.mark.django_db, pytest.mark.database, pytest.mark.usefixtures("redis_url")]
PEOPLE = [f"p{n}" for n in range(10)]


@pytest.fixture
def ldap() -> Iterator[LdapServer]:
    with ldap_server() as server:
        server.add(*PEOPLE)
        server.group("engineering", *PEOPLE)
        yield server


@pytest.fixture
def directory(ldap: LdapServer) -> Directory:
    corp()
    row = connected(ldap, removals_percent=20)
    assert synced(row).state == Run.State.DONE
    return row


def open_accounts() -> int:
    return Account.objects.filter(is_active=True).count()


def test_as_many_as_the_row_lets_pass_go_without_a_word(
    directory: Directory, ldap: LdapServer
) -> None:
    ldap.remove("p0", "p1")
    assert synced(directory, after=60).state == Run.State.DONE
    assert open_accounts() == 8


def test_more_than_that_are_held_while_everything_else_is_done(
    directory: Directory, ldap: LdapServer
) -> None:
    ldap.remove("p0", "p1", "p2")
    ldap.add("new")
    run = synced(directory, after=60)
    assert (run.state, run.removals) == (Run.State.HELD, 3)
    assert open_accounts() == 11
    assert person("new").is_active
    held = AuditEvent.objects.get(event="directory-removals.held")
    assert held.detail["removals"] == 3


def test_an_empty_directory_closes_nobody_by_itself(directory: Directory, ldap: LdapServer) -> None:
    ldap.remove(*PEOPLE)
    assert synced(directory, after=60).state == Run.State.HELD
    assert open_accounts() == 10


def test_a_group_that_many_lose_at_once_is_held_as_well(
    directory: Directory, ldap: LdapServer
) -> None:
    ldap.group("engineering", "p0")
    run = synced(directory, after=60)
    assert (run.state, run.removals) == (Run.State.HELD, 9)
    assert roles("p5") == {"deployer"}


def test_upon_a_yes_they_go(directory: Directory, ldap: LdapServer) -> None:
    ldap.remove("p0", "p1", "p2")
    run = synced(directory, after=60)
    deciding.agree(run, removals=3, actor="dora", now=NOW)
    assert ended(run).state == Run.State.DONE
    assert open_accounts() == 7
    assert AuditEvent.objects.get(event="directory-removals.agreed").actor == "dora"


def test_upon_a_yes_who_came_back_meanwhile_stays(directory: Directory, ldap: LdapServer) -> None:
    ldap.remove("p0", "p1", "p2")
    run = synced(directory, after=60)
    ldap.add("p0")
    deciding.agree(run, removals=3, actor="dora", now=NOW)
    assert ended(run).state == Run.State.DONE
    assert person("p0").is_active
    assert open_accounts() == 8


def test_upon_a_no_they_stay_and_the_next_reading_asks_again(
    directory: Directory, ldap: LdapServer
) -> None:
    ldap.remove("p0", "p1", "p2")
    run = synced(directory, after=60)
    deciding.dismiss(run, actor="dora", now=NOW)
    assert AuditEvent.objects.get(event="directory-removals.dismissed").actor == "dora"
    assert open_accounts() == 10
    assert synced(directory, after=120).state == Run.State.HELD


def test_a_yes_to_something_else_than_what_is_held_now_is_none(
    directory: Directory, ldap: LdapServer
) -> None:
    ldap.remove("p0", "p1", "p2")
    run = synced(directory, after=60)
    with pytest.raises(RunOver):
        deciding.agree(run, removals=2, actor="dora", now=NOW)
    newer = synced(directory, after=120)
    assert Run.objects.get(pk=run.pk).state == Run.State.SUPERSEDED
    with pytest.raises(RunOver):
        deciding.agree(run, removals=3, actor="dora", now=NOW)
    assert newer.state == Run.State.HELD
    assert open_accounts() == 10


def test_newer_news_that_is_harmless_again_ends_the_waiting(
    directory: Directory, ldap: LdapServer
) -> None:
    ldap.remove("p0", "p1", "p2")
    synced(directory, after=60)
    ldap.add("p0", "p1", "p2")
    ldap.group("engineering", *PEOPLE)
    assert synced(directory, after=120).state == Run.State.DONE
    assert not Run.objects.filter(state=Run.State.HELD).exists()


MOVES = ("provider", "url", "subject_attribute")


def moved(ldap: LdapServer, what: str) -> None:
    fields = wanted(ldap)
    if what == "provider":
        row = Provider.objects.get(slug="corp")
        row.pk, row.slug, row.settings = (
            None,
            "other",
            row.settings | {"issuer": "https://o.example"},
        )
        row.save()
        fields = replace(fields, provider="other")
    elif what == "url":
        fields = replace(fields, settings={**fields.settings, "url": ldap.ldap})
    else:
        fields = replace(fields, settings={**fields.settings, "subject_attribute": "mail"})
    configure.save(replace(fields, removals_percent=20), actor="dora", now=NOW)


@pytest.mark.parametrize("what", MOVES)
def test_what_was_found_of_one_directorys_people_is_never_done_to_anothers(
    directory: Directory, ldap: LdapServer, what: str
) -> None:
    ldap.remove("p0", "p1", "p2")
    held = synced(directory, after=60)
    under_way = running.begin(directory, by="dora", now=NOW)
    moved(ldap, what)
    states = {Run.objects.get(pk=run.pk).state for run in (held, under_way)}
    assert states == {Run.State.SUPERSEDED}
    assert not Member.objects.exists()
    with pytest.raises(RunOver):
        deciding.agree(held, removals=3, actor="dora", now=NOW)
    assert not running.step(now=NOW + timedelta(hours=1))
    run = synced(directory, after=120)
    assert (run.state, run.removals) == (Run.State.DONE, 0)
    assert person("p0").is_active


def test_another_name_or_password_changes_nothing_of_what_was_found(
    directory: Directory, ldap: LdapServer
) -> None:
    ldap.remove("p0", "p1", "p2")
    held = synced(directory, after=60)
    named = replace(wanted(ldap), name="All", removals_percent=20)
    configure.save(named, actor="dora", now=NOW)
    assert Run.objects.get(pk=held.pk).state == Run.State.HELD
    assert Member.objects.count() == 10


def test_who_was_closed_before_the_directory_moved_is_open_once_it_tells_of_her(
    directory: Directory, ldap: LdapServer
) -> None:
    ldap.remove("p0")
    synced(directory, after=60)
    assert not person("p0").is_active
    moved(ldap, "url")
    ldap.add("p0")
    assert synced(directory, after=120).state == Run.State.DONE
    assert person("p0").is_active


def test_one_removal_may_pass_in_the_smallest_company_unless_none_shall(
    directory: Directory, ldap: LdapServer
) -> None:
    directory.removals_percent = 0
    directory.save()
    ldap.remove("p0")
    run = synced(directory, after=60)
    assert (running.limit(run), run.state) == (0, Run.State.HELD)
