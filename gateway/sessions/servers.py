"""How a process of the gateway reaches Redis: one node, the primary of sentinels, a cluster.

Every call has half a second, and nothing is tried twice. Where primaries can change, whatever is
asked or told goes to those that a majority of witnesses named not long ago (see `views`).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import cast

import redis
from redis.backoff import NoBackoff
from redis.cluster import ClusterNode
from redis.exceptions import RedisClusterException
from redis.retry import Retry
from redis.sentinel import Sentinel, SentinelConnectionPool

from gateway.config import redis_address
from gateway.config.redis_address import Kind, Place, RedisAddress
from gateway.sessions.agreement import REDIS_SECONDS, Agreement, Connection, options
from gateway.sessions.session import SessionStoreUnavailable
from gateway.sessions.views import Command, Shard, View, key_of, shard_of, slot_of

# What a client may raise when its Redis is away; the second is no RedisError.
AWAY = (redis.RedisError, RedisClusterException)
# One replica has it, or had not within the time that a person waits, less a little for the way.
WAIT: Command = ("WAIT", 1, 400)
_ALONE: View = frozenset({Shard(place=Place())})


class Unconfirmed(redis.RedisError):
    """No replica said in time that it has what the primary has."""


def connect(url: str) -> "redis.Redis":
    """A client that gives up after half a second and tries nothing twice.

    That of a cluster has every method of `redis.Redis` which is used here, and connects at once:
    redis.ConnectionError if no node can be reached. The others connect when they are used.
    """
    address = redis_address.parse(url)
    if address.kind is Kind.CLUSTER:
        return cast("redis.Redis", Cluster(address))
    if address.kind is Kind.SENTINEL:
        return _Sentinels(address).client()
    return redis.Redis.from_url(
        url,
        socket_timeout=REDIS_SECONDS,
        socket_connect_timeout=REDIS_SECONDS,
        retry=Retry(NoBackoff(), 0),
        protocol=3,
        redis_connect_func=_meet_the_primary,
    )


class _Sentinels(Sentinel):
    """Names the primary on which most sentinels agree, and not what the first of them says."""

    def __init__(self, address: RedisAddress) -> None:
        super().__init__([])  # type: ignore[no-untyped-call]
        self.agreement = Agreement(address)
        self._address = address

    def client(self) -> "redis.Redis":
        found: redis.Redis = self.master_for(  # type: ignore[no-untyped-call]
            self._address.service,
            db=self._address.database,
            redis_connect_func=_meet_the_primary,
            **options(self._address, self._address.login),
        )
        pool: object = found.connection_pool
        # Drops every connection to another than the primary.
        self.agreement.changed = cast("SentinelConnectionPool", pool).get_master_address
        return found

    def discover_master(self, service_name: str) -> tuple[str, int]:  # noqa: ARG002 -- redis-py's
        [shard] = self.agreement.view()
        return shard.place.host, shard.place.port


class Cluster(redis.RedisCluster):
    """redis-py's, which raises RedisError as every client of ours. Raises redis.ConnectionError."""

    def __init__(self, address: RedisAddress) -> None:
        self.agreement = Agreement(address)
        try:
            super().__init__(**cluster_options(address))  # type: ignore[arg-type]
        except RedisClusterException as error:
            raise redis.ConnectionError(str(error)) from error
        self.agreement.changed = self._look_around

    def execute_command(self, *args: object, **kwargs: object) -> object:
        try:
            return super().execute_command(*args, **kwargs)  # type: ignore[no-untyped-call]
        except RedisClusterException as error:
            raise redis.ConnectionError(str(error)) from error

    def _look_around(self) -> None:
        try:
            self.nodes_manager.initialize()
        except RedisClusterException as error:
            raise redis.ConnectionError(str(error)) from error

    def at(self, place: Place) -> "redis.Redis":
        """A client of one primary alone. Raises redis.ConnectionError."""
        node = self.get_node(host=place.host, port=place.port)  # type: ignore[no-untyped-call]
        if node is None:
            self._look_around()
            raise redis.ConnectionError("a primary that is not known yet")
        return self.get_redis_connection(node)


def cluster_options(address: RedisAddress) -> dict[str, object]:
    """For redis-py's own client of a cluster."""
    return options(address, address.login) | {
        "startup_nodes": [
            ClusterNode(place.host, place.port)  # type: ignore[no-untyped-call]
            for place in address.members
        ],
        "require_full_coverage": False,  # one primary that is away is no reason to ask no other
    }


def _meet_the_primary(connection: object) -> None:
    """redis-py's way of greeting a server, and the server's to say what it is."""
    connection.on_connect()  # type: ignore[attr-defined]
    met = connection.handshake_metadata  # type: ignore[attr-defined]
    if met.get(b"role", met.get("role")) not in {b"master", "master"}:
        raise redis.ConnectionError("this is not the primary")


class Servers:
    """The primaries behind a client. Each method may raise RedisError."""

    def __init__(self, client: "redis.Redis") -> None:
        self._client = client
        reached: object = client
        self._cluster = reached if isinstance(reached, Cluster) else None
        self._agreement: Agreement | None = None
        pool = getattr(client, "connection_pool", None)
        if self._cluster is not None:
            self._agreement = self._cluster.agreement
        elif isinstance(pool, SentinelConnectionPool):
            self._agreement = pool.sentinel_manager.agreement

    @property
    def can_change(self) -> bool:
        return self._agreement is not None

    def view(self) -> View:
        """The primaries, certain for as long as an answer of theirs may take to come."""
        return _ALONE if self._agreement is None else self._agreement.view()

    def of(self, key: str | bytes) -> Shard:
        """The one that keeps this key."""
        found = shard_of(self.view(), slot_of(key)) if self._agreement else next(iter(_ALONE))
        if found is None:
            raise redis.ConnectionError("nobody keeps this key")
        return found

    def at(self, shard: Shard) -> "redis.Redis":
        """A client of this primary alone."""
        return self._client if self._cluster is None else self._cluster.at(shard.place)

    def ask(self, commands: list[Command]) -> list[object]:
        """The answers, in one round trip to each primary."""
        return self.each(commands, self._ask)

    def tell(self, commands: list[Command]) -> None:
        """As `ask`; and where a replica may take a primary's place, one has it on return.

        Raises Unconfirmed if none had it in time.
        """
        self.each(commands, self._tell)

    def each(
        self,
        commands: list[Command],
        told: Callable[[Shard, list[Command]], list[object]],
    ) -> list[object]:
        """Tells each primary what concerns it; the answers in the order of the commands."""
        shards = [self.of(key_of(command)) for command in commands]
        answers: dict[int, object] = {}
        for shard in dict.fromkeys(shards):
            places = [place for place, found in enumerate(shards) if found == shard]
            its = told(shard, [commands[place] for place in places])
            answers.update(zip(places, its, strict=True))
        return [answers[place] for place in range(len(commands))]

    def _ask(self, shard: Shard, commands: list[Command]) -> list[object]:
        pipeline = self.at(shard).pipeline(transaction=False)
        for command in commands:
            pipeline.execute_command(*command)  # type: ignore[no-untyped-call]
        answers: list[object] = pipeline.execute()
        return answers

    def _tell(self, shard: Shard, commands: list[Command]) -> list[object]:
        if not shard.replicas:
            return self._ask(shard, commands)
        *answers, heard = self._ask(shard, [*commands, WAIT])
        if heard == 0:
            raise Unconfirmed
        return answers

    def connection(self, shard: Shard) -> Connection:
        """One of its own, not opened yet."""
        found: Connection = self.at(shard).connection_pool.make_connection()
        return found

    def is_settled(self, shard: Shard) -> bool:
        """Whether nobody can still hear the one that was primary before this one."""
        return self._agreement is None or self._agreement.is_settled(shard)

    def doubt(self) -> None:
        """An answer was of one who is no primary of this any more: the witnesses are asked anew."""
        if self._agreement is not None:
            self._agreement.doubt()

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Whatever keeps them from answering is SessionStoreUnavailable."""
        try:
            yield
        except AWAY as error:
            self.doubt()
            raise SessionStoreUnavailable(type(error).__name__) from error
