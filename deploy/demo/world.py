"""What one demo has come to know: its folder, its secrets, its databases.

A world belongs to one base port and one filled realm. At other ports, or with a changed realm,
another Keycloak gives its people other ids, so whatever remembers them begins anew beside it. A
world whose first start was cut off is thrown away whole, never mended.
"""

import hashlib
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deploy import credentials
from deploy.credentials import Credentials
from deploy.demo.addresses import Addresses
from deploy.keycloak.realm import RealmValues, fill
from gateway.config import keyring

CONFIGURATION = Path(__file__).with_name("gatehouse.yaml")
STAFF_ROLE = "gatehouse-admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    addresses: Addresses
    folder: Path  # of the demo: credentials and logs outlive a world
    home: Path  # of this world
    credentials: Credentials = field(repr=False)
    settings: Mapping[str, str] = field(default_factory=dict)  # of the gateway, beside its own

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    @property
    def realms(self) -> Path:
        return self.home / "realms"

    @property
    def complete(self) -> bool:
        """Whether it has been up once."""
        return self._mark.exists()

    def mark_complete(self) -> None:
        self._mark.touch()

    @property
    def _mark(self) -> Path:
        return self.home / "complete"

    @property
    def redis_url(self) -> str:
        return f"redis://:{self.credentials.redis_password}@127.0.0.1:{self.addresses.valkey}/0"

    def environment(self) -> Mapping[str, str]:
        """The gateway's own variables, and those that `gatehouse.yaml` refers to."""
        return self.edge_environment() | {
            "GATEHOUSE_DATABASE_URL": f"sqlite:///{self.home / 'gatehouse.sqlite3'}",
            "GATEHOUSE_KEY_RING": str(self.home / "key-ring.json"),
            "GATEHOUSE_STAFF_ROLE": STAFF_ROLE,
            "GATEHOUSE_COMPANY_NAME": "Corp",
            "GATEHOUSE_DEMO_CREDENTIALS": str(self.folder / "credentials"),
            "GATEHOUSE_DEMO_KEYCLOAK": self.addresses.keycloak_url,
            "GATEHOUSE_DEMO_WIKI": self.addresses.wiki_url,
            "GATEHOUSE_DEMO_PAYROLL": self.addresses.payroll_url,
            **self.settings,
        }

    def edge_environment(self) -> dict[str, str]:
        return {
            "GATEHOUSE_BASE_URL": self.addresses.gateway_url,
            "GATEHOUSE_INTERNAL_URL": self.addresses.gateway_internal_url,
            "GATEHOUSE_REDIS_URL": self.redis_url,
            "GATEHOUSE_KEY_RING": str(self.home / "edge-key-ring.json"),
            "GATEHOUSE_EDGE_KEY_RING": str(self.home / "edge-key-ring.json"),
        }


def open_world(folder: Path, addresses: Addresses, settings: Mapping[str, str]) -> World:
    """Finds the world of these addresses, or makes its files. Nothing may be running in it."""
    known = credentials.ensure(folder / "credentials")
    realm = filled_realm(addresses, known)
    digest = hashlib.sha256(realm.encode()).hexdigest()[:8]
    home = folder / f"world-{addresses.base}-{digest}"
    world = World(
        addresses=addresses, folder=folder, home=home, credentials=known, settings=settings
    )
    if not world.complete:
        shutil.rmtree(home, ignore_errors=True)
    for needed in (home, home / "valkey", home / "keycloak", world.realms):
        needed.mkdir(mode=0o700, exist_ok=True)
    (world.realms / "corp-realm.json").write_text(realm)
    (home / "valkey.conf").write_text(valkey_configuration(world, home / "valkey"))
    keyring.ensure(home / "key-ring.json", home / "edge-key-ring.json")
    return world


def filled_realm(addresses: Addresses, known: Credentials) -> str:
    return fill(
        RealmValues(
            gateway=addresses.gateway_url,
            people_password=known.people_password,
            oidc_client_secret=known.oidc_client_secret,
            saml_certificate=known.saml_certificate,
        )
    )


def valkey_configuration(world: World, folder: Path) -> str:
    """A file, because a password on the command line is read by everybody on the machine."""
    return f"""\
bind 127.0.0.1
port {world.addresses.valkey}
requirepass {world.credentials.redis_password}
dir "{folder}"
appendonly yes
save ""
maxmemory-policy noeviction
"""
