"""A real Keycloak, booted once for the whole run, with the realm that the demo imports.

`keycloak` is that realm for one test: whatever a test changes about its people is undone after it.
The realm is made for a gateway at the tests' own address. On a machine that has not seen this realm
yet, it is imported before, and kept for the runs to come.
"""

import hashlib
import shutil
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from deploy import credentials, programs
from deploy.keycloak.distribution import alone, cache_folder, prepare
from deploy.keycloak.java import find_java
from deploy.keycloak.realm import RealmValues, fill
from deploy.keycloak.server import START_SECONDS, KeycloakServer
from tests.live.keycloak_realm import KeycloakRealm
from tests.live.way_back import WayBack, way_back

GATEWAY = "http://gateway.corp.localhost:8000"
GATEWAY_HOST = "gateway.corp.localhost"
_PROXY = "--spi-connections-http-client--default--proxy-mappings"


@pytest.fixture(scope="session")
def keycloak_realm() -> Iterator[KeycloakRealm]:
    kept = cache_folder() / "keycloak-tests"
    kept.mkdir(parents=True, exist_ok=True)
    known = credentials.ensure(kept / "credentials")
    filled = fill(
        RealmValues(
            gateway=GATEWAY,
            people_password=known.people_password,
            oidc_client_secret=known.oidc_client_secret,
            saml_certificate=known.saml_certificate,
        )
    )
    with way_back() as back:
        yield from _running(filled, kept, known, back)


def _running(
    filled: str, kept: Path, known: credentials.Credentials, back: WayBack
) -> Iterator[KeycloakRealm]:
    home = Path(tempfile.mkdtemp(prefix="gatehouse-keycloak-"))
    java = find_java()
    server = KeycloakServer(
        home=prepare(cache_folder(), java, print),
        java=java,
        port=free_port(),
        management_port=free_port(),
        database=home / "database",
        log=home / "keycloak.log",
        admin_password=known.people_password,
        more=(f"{_PROXY}={GATEWAY_HOST};http://127.0.0.1:{back.port}",),
    )
    shutil.copytree(_imported(server, filled, kept), server.database)
    running = programs.start(server.program())
    try:
        programs.wait_until(server.ready, running, START_SECONDS)
        yield KeycloakRealm(
            url=server.url,
            gateway=GATEWAY,
            credentials=known,
            saml_key=(kept / "credentials" / "saml-key.pem").read_text(),
            way_back=back,
        )
    finally:
        programs.stop([running])
        shutil.rmtree(home)


@pytest.fixture
def keycloak(keycloak_realm: KeycloakRealm) -> Iterator[KeycloakRealm]:
    yield keycloak_realm
    keycloak_realm.undo()


def _imported(server: KeycloakServer, filled: str, kept: Path) -> Path:
    """A database with this realm in it, made once: every run begins with a copy of it."""
    home = kept / hashlib.sha256(filled.encode()).hexdigest()[:12]
    with alone(kept / "import.lock"):
        if not home.exists():
            work = kept / "new"
            shutil.rmtree(work, ignore_errors=True)
            (work / "realms").mkdir(parents=True)
            (work / "realms" / "corp-realm.json").write_text(filled)
            importing = replace(
                server, database=work / "database", realms=work / "realms", log=kept / "import.log"
            )
            running = programs.start(importing.program())
            try:
                programs.wait_until(importing.ready, running, START_SECONDS)
            finally:
                programs.stop([running])
            work.rename(home)
    return home / "database"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
