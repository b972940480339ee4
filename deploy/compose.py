"""Writes what docker-compose.yml reads and mounts: `python -m deploy.compose`.

The folder is closed to others on the host. Inside it files are readable by all, because each
container runs as a user of its own and sees no more than what is mounted into it.
"""

import secrets
from collections.abc import Mapping
from pathlib import Path

from deploy import credentials
from deploy.demo import words
from deploy.demo.addresses import Addresses
from deploy.demo.parts import apps_environment, proxy_environment
from deploy.demo.world import World, filled_realm, valkey_configuration
from deploy.programs import ROOT
from gateway.config import keyring

FOLDER = ROOT / ".demo" / "compose"
INSIDE = Path("/state")


def write(folder: Path) -> World:
    """Writes the folder, or leaves as they are the secrets that it holds already."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    known = credentials.ensure(folder / "gateway" / "credentials")
    world = World(addresses=Addresses(), folder=INSIDE, home=INSIDE, credentials=known)
    keyring.ensure(folder / "gateway" / "key-ring.json", folder / "edge" / "edge-key-ring.json")
    _write(folder / "keycloak" / "corp-realm.json", filled_realm(world.addresses, known))
    _write(folder / "valkey" / "valkey.conf", valkey_configuration(world, Path("/data")))
    _write_environments(folder, world)
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return world


def _write_environments(folder: Path, world: World) -> None:
    database = _database_password(folder / "postgresql.env")
    url = f"postgresql://gatehouse:{database}@127.0.0.1:5432/gatehouse"
    environments: Mapping[str, Mapping[str, str]] = {
        "gateway": {**world.environment(), "GATEHOUSE_DATABASE_URL": url},
        "edge": world.edge_environment(),
        "examples": apps_environment(world),
        "proxy": proxy_environment(world.addresses) | {"DEMO_BIND": "0.0.0.0"},  # noqa: S104 -- the container's
        "postgresql": {"POSTGRES_USER": "gatehouse", "POSTGRES_PASSWORD": database},
        "keycloak": {
            "KC_BOOTSTRAP_ADMIN_USERNAME": "admin",
            "KC_BOOTSTRAP_ADMIN_PASSWORD": world.credentials.people_password,
        },
    }
    for name, variables in environments.items():
        lines = "".join(f"{key}={value}\n" for key, value in variables.items())
        _write(folder / f"{name}.env", lines)


def _database_password(kept: Path) -> str:
    """What an earlier run wrote: PostgreSQL reads it only when its volume is new."""
    if kept.exists():
        return dict(line.split("=", 1) for line in kept.read_text().split())["POSTGRES_PASSWORD"]
    return secrets.token_urlsafe(24)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)


if __name__ == "__main__":
    made = write(FOLDER)
    words.say(f"{FOLDER} is written. Now: docker compose up --build")
    words.say(words.ready(made.addresses, made.credentials.people_password))
