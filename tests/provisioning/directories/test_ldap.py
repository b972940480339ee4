"""LDAP, by a real server: pages, groups either way, who is disabled, and nothing in clear."""

import uuid
from collections.abc import Iterator

import pytest

from provisioning.directories.errors import (
    DirectoryAnswerInvalid,
    DirectoryError,
    DirectoryMisconfigured,
    DirectoryRefused,
    DirectoryUnreachable,
)
from provisioning.directories.readers import ldap
from provisioning.directories.readers.ldap import LdapSource
from provisioning.directories.settings import parse
from provisioning.directories.source import Page, Person, Reading
from tests.fakes.authority import Authority
from tests.fakes.ldap_server import (
    GROUPS,
    PEOPLE,
    READER,
    READERS_PASSWORD,
    LdapServer,
    group_dn,
    ldap_server,
    person_dn,
)

LOOPBACK = ["127.0.0.0/8", "::1/128"]


@pytest.fixture(scope="module")
def running() -> Iterator[LdapServer]:
    with ldap_server() as server:
        server.add("ada", "ben", "cleo")
        server.add("dora", userAccountControl="514")
        server.group("engineering", "ada", "ben")
        server.group("payroll", "ben", "cleo")
        yield server


def settings(server: LdapServer, **more: object) -> dict[str, object]:
    return {
        "url": server.ldaps,
        "bind_dn": READER,
        "people_base": PEOPLE,
        "groups_base": GROUPS,
        "allowed_networks": LOOPBACK,
        "ca_certificates": [server.authority.pem],
    } | more


_open: list[LdapSource] = []


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    while _open:
        _open.pop().close()


def source(server: LdapServer, *, password: str = READERS_PASSWORD, **more: object) -> LdapSource:
    found = LdapSource(parse("ldap", settings(server, **more)), password)
    _open.append(found)
    return found


def pages(found: LdapSource) -> list[Page]:
    told = [found.read(Reading())]
    while told[-1].after is not None:
        told.append(found.read(Reading(after=told[-1].after)))
    found.close()
    return told


def people(found: LdapSource) -> dict[str, Person]:
    """By her name there, with the groups that came before her."""
    told = pages(found)
    groups: dict[str, set[str]] = {}
    for page in told:
        for members in page.members:
            for key in members.keys:
                groups.setdefault(key, set()).add(members.group)
    return {
        person.username: Person(
            **{name: getattr(person, name) for name in Person.__slots__ if name != "groups"},
            groups=tuple(sorted({*person.groups, *groups.get(person.key, ())})),
        )
        for page in told
        for person in page.people
    }


@pytest.mark.parametrize("scheme", ["ldaps", "ldap"])
def test_everybody_is_read_by_either_kind_of_encryption(running: LdapServer, scheme: str) -> None:
    found = people(source(running, url=getattr(running, scheme)))
    assert set(found) == {"ada", "ben", "cleo", "dora"}
    ada = found["ada"]
    assert (ada.name, ada.email, ada.active) == ("Ada Example", "ada@corp.example", True)
    assert ada.subject == running.subject("ada")
    assert ada.email_verified is False


@pytest.mark.parametrize("way", ["memberOf", "search"])
def test_groups_are_found_either_way(running: LdapServer, way: str) -> None:
    found = people(source(running, groups_from=way))
    assert {name: person.groups for name, person in found.items()} == {
        "ada": ("engineering",),
        "ben": ("engineering", "payroll"),
        "cleo": ("payroll",),
        "dora": (),
    }


def test_groups_are_named_by_their_whole_names_if_that_is_wanted(running: LdapServer) -> None:
    assert people(source(running, group_names="dn"))["cleo"].groups == (group_dn("payroll"),)


def test_who_is_disabled_there_is_not_active(running: LdapServer) -> None:
    found = people(source(running))
    assert [name for name, person in found.items() if not person.active] == ["dora"]


@pytest.mark.parametrize("control", ["²", "9" * 5_000, "12x", "- 2", "0x2"])
def test_what_says_no_more_whether_she_is_disabled_fails_and_closes_nobody(control: str) -> None:
    entry = ldap._Entry(dn="uid=ada", raw={"useraccountcontrol": [control.encode()]})
    with pytest.raises(DirectoryAnswerInvalid):
        _ = entry.is_active


@pytest.mark.parametrize(("control", "active"), [("512", True), ("-2147483646", False), ("", True)])
def test_who_is_disabled_is_one_bit(control: str, active: bool) -> None:  # noqa: FBT001
    entry = ldap._Entry(dn="uid=ada", raw={"useraccountcontrol": [control.encode()]})
    assert entry.is_active is active


def test_the_guid_of_active_directory_is_written_as_people_write_it(running: LdapServer) -> None:
    ada = str(uuid.uuid5(uuid.NAMESPACE_DNS, "ada"))
    by_guid = source(running, subject_attribute="objectGUID")
    assert people(by_guid)["ada"].subject == ada
    assert by_guid.find(ada)
    assert not by_guid.find(str(uuid.uuid4()))


def test_somebody_is_found_by_her_subject_unless_she_is_disabled(running: LdapServer) -> None:
    by_name = source(running, subject_attribute="uid")
    found = [by_name.find(each) for each in ("ada", "dora", "nobody")]
    assert found == [True, False, False]


@pytest.mark.parametrize("subject", ["*", "ad*", "ada)(uid=*", "\\61da", "ada\0"])
def test_no_subject_is_a_part_of_a_filter(running: LdapServer, subject: str) -> None:
    assert not source(running, subject_attribute="uid").find(subject)


def test_many_people_come_in_pages_past_the_servers_limit() -> None:
    with ldap_server() as server:
        server.add(*(f"p{n}" for n in range(520)))
        told = pages(source(server))
        assert [len(page.people) for page in told] == [500, 20]
        assert len({person.subject for page in told for person in page.people}) == 520


def test_a_reading_that_another_connection_began_begins_anew() -> None:
    with ldap_server() as server:
        server.add(*(f"p{n}" for n in range(510)))
        first = source(server).read(Reading())
        assert first.after is not None
        again = source(server)
        page = again.read(Reading(after=first.after))
        rest = again.read(Reading(after=page.after or {}))
        assert [len(each.people) for each in (page, rest)] == [500, 10]
        assert rest.after is None


# what must not be


def failing(found: LdapSource) -> DirectoryError:
    with pytest.raises(DirectoryError) as caught:
        found.read(Reading())
    return caught.value


@pytest.mark.parametrize("scheme", ["ldaps", "ldap"])
def test_a_certificate_of_a_stranger_is_not_believed(running: LdapServer, scheme: str) -> None:
    stranger = source(
        running, url=getattr(running, scheme), ca_certificates=[Authority("Other").pem]
    )
    assert isinstance(failing(stranger), DirectoryUnreachable)


@pytest.mark.parametrize("scheme", ["ldaps", "ldap"])
def test_a_certificate_of_another_name_is_not_believed(scheme: str) -> None:
    with ldap_server("ldap.corp.example") as server:
        address = getattr(server, scheme).replace("ldap.corp.example", "localhost")
        error = failing(source(server, url=address))
    assert isinstance(error, DirectoryUnreachable)
    assert "certificate" in str(error).lower() or "hostname" in str(error).lower()


def test_without_leave_no_private_address_is_connected_to(running: LdapServer) -> None:
    error = failing(source(running, allowed_networks=[]))
    assert isinstance(error, DirectoryUnreachable)
    assert "not a public address" in str(error)


def test_a_wrong_password_is_told_and_never_shown(running: LdapServer) -> None:
    error = failing(source(running, password="hunter2"))
    assert isinstance(error, DirectoryRefused)
    assert "hunter2" not in str(error)


def test_an_empty_password_binds_as_nobody_and_is_refused(running: LdapServer) -> None:
    assert isinstance(failing(source(running, password="")), DirectoryMisconfigured)


def test_a_base_that_is_not_there_is_no_empty_company(running: LdapServer) -> None:
    error = failing(source(running, people_base="ou=nowhere,dc=corp,dc=example"))
    assert isinstance(error, DirectoryMisconfigured | DirectoryRefused)


def test_who_may_not_read_sees_no_empty_company(running: LdapServer) -> None:
    running.change("ada", userPassword="secret of ada")
    error = failing(source(running, bind_dn=person_dn("ada"), password="secret of ada"))
    assert isinstance(error, DirectoryError)


def test_a_server_that_is_away_is_unreachable() -> None:
    with ldap_server() as server:
        server.stop()
        assert isinstance(failing(source(server)), DirectoryUnreachable)


def test_nothing_can_be_written_there(running: LdapServer) -> None:
    found = source(running)
    found.read(Reading())
    from ldap3.core.exceptions import LDAPConnectionIsReadOnlyError

    assert found._connection is not None
    with pytest.raises(LDAPConnectionIsReadOnlyError):
        found._connection.delete(person_dn("ada"))
