"""Asks the witnesses who the primaries are, and keeps for a moment what most of them said."""

import threading
import time
from collections.abc import Callable
from typing import Protocol

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from gateway.config.redis_address import Kind, Login, Place, RedisAddress
from gateway.sessions.views import (
    ASK_SECONDS,
    LEASE_SECONDS,
    Command,
    Shard,
    View,
    Witnesses,
)

# A person waits for each of these calls; a Redis that needs longer is as good as away.
REDIS_SECONDS = 0.5
# Of several witnesses some may be gone: all of them together have as long as one call.
WITNESS_SECONDS = 0.2
# An answer of a primary that was replaced can come so long after the last word for it: only then is
# it certain that nobody hears it any more.
SETTLED_SECONDS = LEASE_SECONDS + REDIS_SECONDS


class Connection(Protocol):
    """As much of redis-py's connection as is used here; it ships no types for it."""

    @property
    def is_connected(self) -> bool: ...
    def connect(self) -> None: ...
    def disconnect(self) -> None: ...
    def pack_commands(self, commands: list[Command]) -> list[bytes]: ...
    def send_packed_command(self, command: list[bytes]) -> None: ...
    def read_response(self) -> object: ...


def run(connection: Connection, commands: list[Command]) -> list[object]:
    """The answers, in one round trip. Raises RedisError for the first that is an error."""
    try:
        connection.send_packed_command(connection.pack_commands(commands))
        return [connection.read_response() for _ in commands]
    except BaseException:
        connection.disconnect()  # what is still on its way belongs to nobody
        raise


class Agreement:
    """Who the primaries are. Thread-safe; asks when somebody wants to know."""

    def __init__(self, address: RedisAddress) -> None:
        self._address = address
        self._witnesses = Witnesses(address)
        self._connections: dict[Place, Connection] = {}
        self._silent: set[Place] = set()
        self._lock = threading.Lock()
        self._tried_at = self._agreed_at = float("-inf")
        self._since: dict[Place, float] = {}
        self._view: View = frozenset()
        self.changed: Callable[[], object] = lambda: None

    def view(self) -> View:
        """As a majority said less than `LEASE_SECONDS` ago. Raises redis.ConnectionError."""
        if time.monotonic() - self._tried_at >= ASK_SECONDS:
            # One asks, the others go on with what still holds.
            holds = time.monotonic() - self._agreed_at < LEASE_SECONDS
            if self._lock.acquire(timeout=0 if holds else REDIS_SECONDS):
                try:
                    if time.monotonic() - self._tried_at >= ASK_SECONDS:
                        self._ask()
                finally:
                    self._lock.release()
        if time.monotonic() - self._agreed_at >= LEASE_SECONDS:
            raise redis.ConnectionError("no majority says who the primary is")
        return self._view

    def doubt(self) -> None:
        """A server said that things are otherwise: whoever comes next asks."""
        self._tried_at = float("-inf")

    def is_settled(self, shard: Shard) -> bool:
        """Whether nobody can still hear the one that was primary before this one."""
        return time.monotonic() - self._since[shard.place] >= SETTLED_SECONDS

    def close(self) -> None:
        for connection in self._connections.values():
            connection.disconnect()

    def _ask(self) -> None:
        began, said, asked = time.monotonic(), dict[Place, View](), set[Place]()
        while time.monotonic() - began < REDIS_SECONDS:
            waiting = {*self._witnesses.whom} - asked
            if not waiting:
                if self._witnesses.led_on(said):
                    continue
                break
            # Who was silent the last time is asked last.
            place = min(waiting, key=self._silent.__contains__)
            asked.add(place)
            heard = self._hear(place)
            if heard is None:
                self._silent.add(place)
                continue
            self._silent.discard(place)
            said[place] = heard
            agreed = self._witnesses.agreed(said)
            if agreed is not None:
                self._take(agreed, began)
                return
        self._tried_at = time.monotonic()

    def _take(self, agreed: View, asked_at: float) -> None:
        """A primary that is the first one we hear of has no other before it here."""
        places, is_first = {shard.place for shard in agreed}, not self._since
        self._since = {
            place: self._since.get(place, float("-inf") if is_first else time.monotonic())
            for place in places
        }
        changes = agreed != self._view
        self._view, self._agreed_at, self._tried_at = agreed, asked_at, asked_at
        if changes:
            self.changed()

    def _hear(self, place: Place) -> View | None:
        try:
            connection = self._connections.get(place) or self._connection_to(place)
            if not connection.is_connected:
                connection.connect()
            return self._witnesses.understood(place, run(connection, self._witnesses.questions))
        except redis.RedisError:
            return None

    def _connection_to(self, place: Place) -> Connection:
        asks_sentinels = self._address.kind is Kind.SENTINEL
        login = self._address.sentinel_login if asks_sentinels else self._address.login
        settings = options(self._address, login) | {
            "socket_timeout": WITNESS_SECONDS,
            "socket_connect_timeout": WITNESS_SECONDS,
        }
        client = redis.Redis(host=place.host, port=place.port, **settings)  # type: ignore[arg-type]
        connection: Connection = client.connection_pool.make_connection()
        self._connections[place] = connection
        return connection


def options(address: RedisAddress, login: Login) -> dict[str, object]:
    """How redis-py is told to connect to a server of this address: once, for half a second."""
    found: dict[str, object] = {
        "socket_timeout": REDIS_SECONDS,
        "socket_connect_timeout": REDIS_SECONDS,
        "retry": Retry(NoBackoff(), 0),
        "protocol": 3,
    }
    if login.password is not None:
        found |= {"username": login.user, "password": login.password}
    if address.secure:
        found |= {"ssl": True, "ssl_ca_certs": address.authorities}
    return found
