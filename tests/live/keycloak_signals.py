"""A Keycloak of its own that tells what happened to its people: its transmitter of shared signals,
which is experimental there, over a realm made for it.

Its calls reach the gateway of the running test by the way back, as those of the other Keycloak do.
"""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from keycloak import KeycloakAdmin

from deploy import programs
from deploy.keycloak.distribution import cache_folder, prepare
from deploy.keycloak.java import find_java
from deploy.keycloak.server import START_SECONDS, KeycloakServer
from tests.live.keycloak import GATEWAY, GATEWAY_HOST, free_port
from tests.live.way_back import WayBack, way_back

REALM, PASSWORD, SECRET = "signals", "a password of the test", "a secret of the test"
CLIENT, RECEIVER = "gatehouse", "gatehouse-signals"
PEOPLE = ("ada", "ben")
_TRANSMITTER = "--spi-ssf-transmitter--default--"
_PROXY = "--spi-connections-http-client--default--proxy-mappings"


class SignallingKeycloak:
    """Its realm."""

    def __init__(self, url: str, back: WayBack) -> None:
        self.issuer = f"{url}/realms/{REALM}"
        self.way_back = back
        self.password = PASSWORD
        self.admin = KeycloakAdmin(
            server_url=url,
            username="admin",
            password=PASSWORD,
            realm_name=REALM,
            user_realm_name="master",
        )

    def sign_out_everywhere(self, username: str) -> None:
        """As an administrator does it."""
        self.admin.user_logout(self.admin.get_user_id(username))

    def take_password(self, username: str) -> None:
        """As an administrator does it who deletes the credential."""
        person = self.admin.get_user_id(username)
        for each in self.admin.get_credentials(person):
            self.admin.delete_credential(person, each["id"])

    def give_password(self, username: str) -> None:
        person = self.admin.get_user_id(username)
        self.admin.set_user_password(person, PASSWORD, temporary=False)


@pytest.fixture(scope="session")
def signalling_keycloak() -> Iterator[SignallingKeycloak]:
    home = Path(tempfile.mkdtemp(prefix="gatehouse-signals-"))
    with way_back() as back:
        java = find_java()
        server = KeycloakServer(
            home=prepare(cache_folder(), java, print, ("ssf",)),
            java=java,
            port=free_port(),
            management_port=free_port(),
            database=home / "database",
            log=home / "keycloak.log",
            admin_password=PASSWORD,
            more=(
                f"{_TRANSMITTER}allow-insecure-push-targets=true",
                f"{_TRANSMITTER}outbox-drainer-interval=1s",
                f"{_PROXY}={GATEWAY_HOST};http://127.0.0.1:{back.port}",
            ),
        )
        running = programs.start(server.program())
        try:
            programs.wait_until(server.ready, running, START_SECONDS)
            made = SignallingKeycloak(server.url, back)
            made.admin.create_realm(_realm())
            _let_ask(made.admin)
            yield made
        finally:
            programs.stop([running])
            shutil.rmtree(home)


def _realm() -> dict[str, Any]:
    return {
        "realm": REALM,
        "enabled": True,
        "sslRequired": "none",
        "attributes": {"ssf.transmitterEnabled": "true"},
        "users": [
            {
                "username": name,
                "enabled": True,
                "email": f"{name}@corp.example",
                "emailVerified": True,
                "firstName": name.capitalize(),
                "lastName": "Example",
                "credentials": [{"type": "password", "value": PASSWORD}],
            }
            for name in PEOPLE
        ],
        "clients": [
            {
                "clientId": CLIENT,
                "secret": SECRET,
                "publicClient": False,
                "redirectUris": [f"{GATEWAY}/oidc/corp-oidc/callback"],
            },
            {
                "clientId": RECEIVER,
                "secret": SECRET,
                "publicClient": False,
                "standardFlowEnabled": False,
                "serviceAccountsEnabled": True,
                "attributes": {
                    "ssf.enabled": "true",
                    "ssf.defaultSubjects": "ALL",
                    "ssf.validPushUrls": f"{GATEWAY}/signals/streams/*",
                    "ssf.minVerificationInterval": "1",
                    # Its own limit is a second, and this machine may be busy.
                    "ssf.pushEndpointSocketTimeoutMillis": "20000",
                    "ssf.pushEndpointConnectTimeoutMillis": "20000",
                },
            },
        ],
    }


def _let_ask(admin: KeycloakAdmin) -> None:
    """The client for streams may ask for the scopes that they need."""
    client = admin.get_client_id(RECEIVER)
    for scope in admin.get_client_scopes():
        if scope["name"].startswith("ssf."):
            payload = {"realm": REALM, "client": client, "clientScopeId": scope["id"]}
            admin.add_client_optional_client_scope(client, scope["id"], payload)
