"""A company whose people sign in at `corp`, and whose directory is a real LDAP server."""

from datetime import UTC, datetime, timedelta

from django.contrib.auth.models import Group

from gateway.flows.directories import configure, running
from gateway.flows.directories.configure import WantedDirectory
from mapping import models as mapping_models
from providers.models import Provider
from provisioning.directories.models import Directory, Run
from provisioning.models import Account, LinkedIdentity
from tests.fakes.ldap_server import PEOPLE, READER, READERS_PASSWORD, LdapServer

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
RULES = [
    {"id": "eng", "roles": ["deployer"], "when": {"claim": "groups", "equals": "engineering"}},
    {"id": "pay", "roles": ["payroll"], "when": {"claim": "groups", "equals": "payroll"}},
]


def corp() -> Provider:
    for name in ("deployer", "payroll"):
        Group.objects.get_or_create(name=name)
    mapping_models.publish({"rules": RULES}, based_on=0, by="operator", now=NOW)
    return Provider.objects.create(
        slug="corp",
        name="Corp",
        protocol="oidc",
        dialect="keycloak",
        settings={"issuer": "https://corp.example", "client_id": "gatehouse"},
    )


def wanted(server: LdapServer, **more: object) -> WantedDirectory:
    fields: dict[str, object] = {
        "slug": "people",
        "name": "People",
        "provider": "corp",
        "kind": "ldap",
        "secret": READERS_PASSWORD,
        "settings": {
            "url": server.ldaps,
            "bind_dn": READER,
            "people_base": PEOPLE,
            "subject_attribute": "uid",
            "allowed_networks": ["127.0.0.0/8", "::1/128"],
            "ca_certificates": [server.authority.pem],
        },
    }
    return WantedDirectory(**(fields | more))


def connected(server: LdapServer, **more: object) -> Directory:
    row = configure.save(wanted(server, **more), actor="dora", now=NOW)
    configure.switch(row, on=True, actor="dora", now=NOW)
    return Directory.objects.get(pk=row.pk)


def synced(row: Directory, *, after: float = 0, **more: object) -> Run:
    """A run to its end, so many minutes later."""
    now = NOW + timedelta(minutes=after)
    row.refresh_from_db()
    run = running.begin(row, by="dora", now=now, **more)
    return ended(run, now)


def ended(run: Run, now: datetime = NOW) -> Run:
    for _ in range(100):
        if not running.step(now=now, only=run.pk):
            break
    return Run.objects.select_related("directory").get(pk=run.pk)


def person(name: str) -> Account:
    return LinkedIdentity.objects.select_related("account").get(subject=name).account


def roles(name: str) -> set[str]:
    return set(person(name).groups.values_list("name", flat=True))
