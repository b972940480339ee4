"""The one connection by which a process ends sessions, and the canary that proves it.

A reader's near-cache answers from memory as long as it is sure to hear of every end. It is sure
while it sees this process write its canary, every half second, over the very connection by which
this process ends sessions: were our ends going to another server than the one that it hears, so
would our canary. When the connection had to be made anew (a failover may have lost what the old
primary had acknowledged) recent ends are told again before the canary is.
"""

import secrets
import threading
import time
from collections import deque
from typing import Protocol, TypeAlias

import redis

REGISTRY = "gh:canaries"
BEAT_SECONDS = 0.5
# A process that is gone is forgotten after this long; until then readers doubt, and ask.
LAPSE_MILLISECONDS = 5_000
# How far back a failover can have lost acknowledged writes, with a wide margin.
REPLAY_SECONDS = 60.0
# A change of the rules may rewrite every live session of a company at once: some 30 MB.
REPLAY_COMMANDS = 25_000

Command: TypeAlias = tuple[str | bytes | int, ...]


def canary_key(canary_id: str) -> str:
    return f"gh:canary:{canary_id}"


class _Connection(Protocol):
    """As much of redis-py's connection as is used here; it ships no types for it."""

    @property
    def is_connected(self) -> bool: ...
    def connect(self) -> None: ...
    def disconnect(self) -> None: ...
    def pack_commands(self, commands: list[Command]) -> list[bytes]: ...
    def send_packed_command(self, command: list[bytes]) -> None: ...
    def read_response(self) -> object: ...


class EndingConnection:
    """Opened by the first command or by `start`, in the process that uses it (never before a fork).

    Thread-safe: commands and canary take turns. Every method but `close` may raise RedisError.
    """

    def __init__(self, client: "redis.Redis") -> None:
        self._connection: _Connection = client.connection_pool.make_connection()
        self._lock = threading.Lock()
        self._id = secrets.token_hex(8)
        self._beats = 0
        self._recent: deque[tuple[float, Command]] = deque(maxlen=REPLAY_COMMANDS)
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Registers this process and keeps its canary alive from now on. Idempotent; a Redis that
        is away now is tried again at every beat.
        """
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._beat, name="canary", daemon=True)
                self._thread.start()

    def execute(self, command: Command) -> object:
        """Runs one command, registered first if this process was not. Not tried twice."""
        return self.execute_all([command])[0]

    def execute_all(self, commands: list[Command]) -> list[object]:
        """The same for several in one round trip."""
        if not commands:
            return []
        self.start()
        with self._lock:
            self._connect()
            return self._run(commands)

    def remember(self, command: Command) -> None:
        """A command that did end something, in a form that may be repeated without harm."""
        with self._lock:
            self._recent.append((time.monotonic(), command))

    def close(self) -> None:
        """Takes this process off the register, if Redis is there to hear it."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        try:
            if self._connection.is_connected:
                self._run([("SREM", REGISTRY, self._id), ("DEL", canary_key(self._id))])
        except redis.RedisError:
            pass  # it lapses by itself
        self._connection.disconnect()

    def _beat(self) -> None:
        while True:
            try:
                with self._lock:
                    self._connect()
                    self._run(self._canary())
            except redis.RedisError:
                pass  # readers see no canary, and doubt: that is what it is for
            if self._stop.wait(BEAT_SECONDS):
                return

    def _connect(self) -> None:
        """What was ended of late is told to a new connection before anything else is."""
        if self._connection.is_connected:
            return
        self._connection.connect()
        self._sweep()
        oldest = time.monotonic() - REPLAY_SECONDS
        while self._recent and self._recent[0][0] < oldest:
            self._recent.popleft()
        self._run([*(command for _, command in self._recent), *self._canary()])

    def _sweep(self) -> None:
        """Strikes off the register who died without a word. A process that was only slow is back
        on it with its next canary.
        """
        [names] = self._run([("SMEMBERS", REGISTRY)])
        for name in names if isinstance(names, list | set) else ():
            if self._run([("EXISTS", canary_key(name.decode()))]) == [0]:
                self._run([("SREM", REGISTRY, name)])

    def _canary(self) -> list[Command]:
        self._beats += 1
        return [
            ("SADD", REGISTRY, self._id),
            ("SET", canary_key(self._id), self._beats, "PX", LAPSE_MILLISECONDS),
        ]

    def _run(self, commands: list[Command]) -> list[object]:
        try:
            self._connection.send_packed_command(self._connection.pack_commands(commands))
            return [self._connection.read_response() for _ in commands]
        except BaseException:
            self._connection.disconnect()  # what is still on its way belongs to nobody
            raise
