"""A real Keycloak as a directory: the service account that reads it, and its row here."""

from datetime import datetime

from gateway.flows.directories import configure, running
from gateway.flows.directories.configure import WantedDirectory
from provisioning.directories.models import Directory, Run
from tests.live.keycloak_realm import KeycloakRealm

CLIENT, SECRET = "gatehouse-directory", "read only battery staple"


def reader(realm: KeycloakRealm, *roles: str) -> None:
    """The service account that the guide tells to make."""
    admin = realm.admin
    client = admin.create_client(
        {
            "clientId": CLIENT,
            "secret": SECRET,
            "serviceAccountsEnabled": True,
            "standardFlowEnabled": False,
            "publicClient": False,
        }
    )
    realm._undo.append(lambda: admin.delete_client(client))
    account = admin.get_client_service_account_user(client)["id"]
    management = admin.get_client_id("realm-management")
    wanted = [admin.get_client_role(management, role) for role in roles]
    admin.assign_client_role(account, management, wanted)


def settings_of(realm: KeycloakRealm) -> dict[str, object]:
    return {
        "url": realm.issuer.partition("/realms/")[0],
        "realm": "corp",
        "client_id": CLIENT,
        "allowed_networks": ["127.0.0.0/8", "::1/128"],
    }


def read_by(provider: str, realm: KeycloakRealm, *, now: datetime) -> Directory:
    """The realm, read as the directory of this provider."""
    wanted = WantedDirectory(
        slug="people",
        name="People",
        provider=provider,
        kind="keycloak",
        secret=SECRET,
        settings=settings_of(realm),
        removals_percent=60,
    )
    row = configure.save(wanted, actor="dora", now=now)
    configure.switch(row, on=True, actor="dora", now=now)
    return row


def synced(row: Directory, *, now: datetime, everybody: bool = True) -> Run:
    row.refresh_from_db()
    run = running.begin(row, by="dora", now=now, everybody=everybody)
    for _ in range(50):
        if not running.step(now=now, only=run.pk):
            break
    run.refresh_from_db()
    assert run.state == Run.State.DONE, run.problem
    return run
