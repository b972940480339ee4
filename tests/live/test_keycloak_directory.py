"""A real Keycloak as a directory: groups within groups, news, and who is gone.

What python-keycloak says of the same realm is the second opinion.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from gateway.flows.directories import running
from mapping import models as mapping_models
from providers.models import Provider
from provisioning.directories.models import Directory, Run
from provisioning.directories.source import Reading
from provisioning.directories.sources import source_of
from provisioning.models import LinkedIdentity
from tests.live import keycloak_directory
from tests.live.keycloak_directory import SECRET, read_by, reader, settings_of
from tests.live.keycloak_realm import KeycloakRealm

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
RULES = [{"id": "e", "roles": ["deployer"], "when": {"claim": "groups", "glob": "/engineering/*"}}]


def keep_events(realm: KeycloakRealm, *, on: bool) -> None:
    realm.admin.update_realm("corp", {"adminEventsEnabled": on, "adminEventsDetailsEnabled": False})


@pytest.fixture
def realm(keycloak: KeycloakRealm) -> Iterator[KeycloakRealm]:
    keep_events(keycloak, on=True)
    reader(keycloak, "view-users", "view-events")
    yield keycloak
    keep_events(keycloak, on=False)


@pytest.fixture
def directory(realm: KeycloakRealm) -> Directory:
    mapping_models.publish({"rules": RULES}, based_on=0, by="operator", now=NOW)
    Provider.objects.create(
        slug="corp",
        name="Corp",
        protocol="oidc",
        dialect="keycloak",
        settings={"issuer": realm.issuer, "client_id": "gatehouse"},
    )
    return read_by("corp", realm, now=NOW)


def synced(row: Directory, *, everybody: bool = True, after: int = 0) -> Run:
    return keycloak_directory.synced(row, now=NOW + timedelta(minutes=after), everybody=everybody)


def groups_there(realm: KeycloakRealm) -> dict[str, set[str]]:
    return {
        user["id"]: {group["path"] for group in realm.admin.get_user_groups(user["id"])}
        for user in realm.admin.get_users()
    }


def groups_here(row: Directory) -> dict[str, set[str]]:
    source, after = source_of(row), {}
    people: dict[str, set[str]] = {}
    members: dict[str, set[str]] = {}
    while True:
        page = source.read(Reading(after=after))
        for each in page.members:
            for key in each.keys:
                members.setdefault(key, set()).add(each.group)
        for person in page.people:
            people[person.key] = members.get(person.key, set())
        if page.after is None:
            return people
        after = page.after


def account(realm: KeycloakRealm, username: str):
    subject = realm.admin.get_user_id(username)
    return LinkedIdentity.objects.select_related("account").get(subject=subject).account


def test_people_and_their_groups_are_those_that_the_realm_has(
    realm: KeycloakRealm, directory: Directory
) -> None:
    for number in range(130):  # more than a page
        realm.admin.create_group({"name": f"team-{number}"}, skip_exists=True)
    realm.set_groups("ada", "/engineering/platform", "/team-129")
    realm._undo.insert(0, lambda: forget_teams(realm))  # once nobody is in one any more
    assert groups_here(directory) == groups_there(realm)


def forget_teams(realm: KeycloakRealm) -> None:
    for group in realm.admin.get_groups({"search": "team-"}):
        realm.admin.delete_group(group["id"])


def test_from_hired_by_way_of_another_team_to_gone_by_news_alone(
    realm: KeycloakRealm, directory: Directory
) -> None:
    synced(directory)
    fay = realm.admin.create_user(
        {
            "username": "fay",
            "email": "fay@corp.example",
            "emailVerified": True,
            "firstName": "Fay",
            "lastName": "Example",
            "enabled": True,
        }
    )
    group = realm.admin.get_group_by_path("/engineering/platform")["id"]
    realm.admin.group_user_add(fay, group)
    run = synced(directory, everybody=False, after=5)
    assert run.people <= 3
    assert run.news_from
    hers = account(realm, "fay")
    assert set(hers.groups.values_list("name", flat=True)) == {"deployer"}

    realm.admin.group_user_remove(fay, group)
    synced(directory, everybody=False, after=10)
    assert not hers.groups.exists()

    realm.admin.update_user(fay, {"enabled": False})
    synced(directory, everybody=False, after=15)
    hers.refresh_from_db()
    assert not hers.is_active

    realm.admin.update_user(fay, {"enabled": True})
    synced(directory, everybody=False, after=20)
    hers.refresh_from_db()
    assert hers.is_active

    realm.admin.delete_user(fay)
    run = synced(directory, everybody=False, after=25)
    hers.refresh_from_db()
    assert not hers.is_active
    assert run.differences.get().why == "deleted"


def test_a_group_that_was_renamed_has_everybody_read(
    realm: KeycloakRealm, directory: Directory
) -> None:
    made = realm.admin.create_group({"name": "nova"})
    synced(directory)
    realm.admin.update_group(made, {"name": "supernova"})
    try:
        run = synced(directory, everybody=False, after=5)
        assert run.news_from == ""
    finally:
        realm.admin.delete_group(made)


def test_events_that_nobody_read_before_they_were_cleared_have_everybody_read(
    realm: KeycloakRealm, directory: Directory
) -> None:
    realm.admin.create_group({"name": "brief"}, skip_exists=True)
    synced(directory)
    realm.admin.connection.raw_delete("admin/realms/corp/admin-events")
    realm.admin.delete_group(realm.admin.get_group_by_path("/brief")["id"])
    ada = realm.admin.get_user_id("ada")
    realm.admin.update_user(ada, {"firstName": "Ada"})
    run = synced(directory, everybody=False, after=5)
    assert run.news_from == ""
    assert run.people >= 4


def test_without_leave_to_see_events_everybody_is_read_each_time(
    keycloak: KeycloakRealm,
) -> None:
    reader(keycloak, "view-users")
    row = Directory(
        kind="keycloak",
        provider=Provider(),
        settings=settings_of(keycloak),
    )
    row.seal_secret(SECRET)
    page = source_of(row).read(Reading())
    assert page.after is not None
    assert page.after["since"] == ""
    assert source_of(row).find(keycloak.admin.get_user_id("ada"))
    assert not source_of(row).find("nobody")


def test_who_may_not_read_people_has_failed_and_closes_nobody(
    realm: KeycloakRealm, directory: Directory
) -> None:
    synced(directory)
    realm._undo.pop()()  # the reader is gone
    run = running.begin(directory, by="dora", now=NOW)
    running.step(now=NOW, only=run.pk)
    run.refresh_from_db()
    assert run.state == Run.State.FAILED
    assert SECRET not in run.problem
    assert account(realm, "ada").is_active
