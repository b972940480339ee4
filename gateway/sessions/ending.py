"""The connections by which a process ends sessions, one to each primary, and the canaries that
prove them.

A reader's near-cache answers from memory as long as it is sure to hear of every end. It is sure
while it sees this process write its canary, every half second, over the very connection by which
this process ends sessions: were our ends going to another server than the one that it hears, so
would our canary. When the connection had to be made anew (a failover may have lost what the old
primary had acknowledged) recent ends are told again before the canary is.

Where a replica may take a primary's place, an end counts once a replica has it (WAIT): so has
whoever takes the place then. The canary goes along with it, so that an end which found nothing
waits for the one before that did.
"""

import secrets
import threading
from contextlib import suppress

import redis

from gateway.sessions.agreement import run
from gateway.sessions.replay import Generation, Recent
from gateway.sessions.servers import AWAY, WAIT, Servers, Unconfirmed
from gateway.sessions.views import Command, Shard

REGISTRY = "gh:canaries"
BEAT_SECONDS = 0.5
# A process that is gone is forgotten after this long; until then readers doubt, and ask.
LAPSE_MILLISECONDS = 5_000


def registry_key(tag: str = "") -> str:
    """Where those stand who can end what this tag's primary keeps."""
    return f"gh:{{{tag}}}:canaries" if tag else REGISTRY


def canary_key(canary_id: str, tag: str = "") -> str:
    return f"gh:{{{tag}}}:canary:{canary_id}" if tag else f"gh:canary:{canary_id}"


class _EndingConnection:
    """To one primary. Opened by the first command or by `start`, in the process that uses it (never
    before a fork). Thread-safe: commands and canary take turns.
    """

    def __init__(self, servers: Servers, shard: Shard, canary_id: str, recent: Recent) -> None:
        self.shard = shard
        self._connection = servers.connection(shard)
        self._recent = recent
        self._id = canary_id
        self._beats = 0
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="canary", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def execute_all(self, commands: list[Command]) -> list[object]:
        with self._lock:
            self._connect()
            if not self.shard.replicas:
                return self._run(commands)
            answers = self._run([*commands, *self._canary(), WAIT])
        if answers[-1] == 0:
            raise Unconfirmed
        return answers[: len(commands)]

    def stop(self) -> None:
        self._stop.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join()

    def leave(self) -> None:
        """Takes this process off the register, if Redis is there to hear it."""
        tag = self.shard.canary_tag
        try:
            if self._connection.is_connected and tag is not None:
                self._run([("SREM", registry_key(tag), self._id), ("DEL", self._canary_key(tag))])
        except redis.RedisError:
            pass  # it lapses by itself
        self._connection.disconnect()

    def _beat(self) -> None:
        while True:
            try:
                with self._lock:
                    self._connect()
                    self._run(self._canary())
            except AWAY:
                pass  # readers see no canary, and doubt: that is what it is for
            if self._stop.wait(BEAT_SECONDS):
                return

    def _connect(self) -> None:
        """What was ended of late is told to a new connection before anything else is."""
        if self._connection.is_connected:
            return
        self._connection.connect()
        tag = self.shard.canary_tag
        if tag is not None:
            self._sweep(tag)
        try:
            self._recent.tell(self.shard, self._run)
        except BaseException:
            self._connection.disconnect()
            raise
        self._run(self._canary())

    def _sweep(self, tag: str) -> None:
        """Strikes off the register who died without a word. A process that was only slow is back
        on it with its next canary.
        """
        [names] = self._run([("SMEMBERS", registry_key(tag))])
        for name in names if isinstance(names, list | set) else ():
            if self._run([("EXISTS", canary_key(name.decode(), tag))]) == [0]:
                self._run([("SREM", registry_key(tag), name)])

    def _canary(self) -> list[Command]:
        tag = self.shard.canary_tag
        if tag is None:
            return []
        self._beats += 1
        return [
            ("SADD", registry_key(tag), self._id),
            ("SET", self._canary_key(tag), self._beats, "PX", LAPSE_MILLISECONDS),
        ]

    def _canary_key(self, tag: str) -> str:
        return canary_key(self._id, tag)

    def _run(self, commands: list[Command]) -> list[object]:
        return run(self._connection, commands) if commands else []


class Endings:
    """Everything that this process ends. Thread-safe. Every method but `start` and `close` may
    raise RedisError; nothing is tried twice.
    """

    def __init__(self, client: "redis.Redis", generation: Generation) -> None:
        self._servers = Servers(client)
        self.recent = Recent(generation)
        self._id = secrets.token_hex(8)
        self._connections: dict[Shard, _EndingConnection] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Registers this process and keeps its canaries alive from now on. Idempotent; a Redis that
        is away now is tried again at every beat.
        """
        with self._lock:
            if self._servers.can_change and self._thread is None:
                self._thread = threading.Thread(target=self._keep, name="primaries", daemon=True)
                self._thread.start()
        if not self._servers.can_change:
            self._follow()

    def execute(self, command: Command) -> object:
        """Runs one command, registered first if this process was not."""
        return self.execute_all([command])[0]

    def execute_all(self, commands: list[Command]) -> list[object]:
        """The same for several, in one round trip to each primary."""
        if not commands:
            return []
        self.start()
        return self._servers.each(commands, lambda shard, its: self._to(shard).execute_all(its))

    def close(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        for connection in self._connections.values():
            connection.stop()
            connection.leave()

    def _to(self, shard: Shard) -> _EndingConnection:
        """Raises redis.ConnectionError while a primary before this one may still be heard."""
        if not self._servers.is_settled(shard):
            raise redis.ConnectionError("the primary has just changed")
        return self._follow()[shard]

    def _follow(self) -> dict[Shard, _EndingConnection]:
        """A connection to each primary that is one now, and to no other."""
        view = self._servers.view()
        with self._lock:
            for shard in view:
                if shard not in self._connections:
                    made = _EndingConnection(self._servers, shard, self._id, self.recent)
                    self._connections[shard] = made
                    made.start()
                self._connections[shard].shard = shard  # what it keeps may have changed
            for gone in self._connections.keys() - view:
                self._connections.pop(gone).stop()
            return dict(self._connections)

    def _keep(self) -> None:
        """Follows the primaries wherever they go."""
        while True:
            with suppress(*AWAY):
                self._follow()
            if self._stop.wait(BEAT_SECONDS):
                return
