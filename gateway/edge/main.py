"""The edge as a process: `granian --interface rsgi gateway.edge.main:app`.

Built from the environment and the edge's own key ring, which holds no key that signs sessions.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Protocol

from limits import RateLimitItemPerMinute
from limits.aio.storage import RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from redis.exceptions import RedisError

from gateway.config.environment import Environment, Network, environment
from gateway.config.keyring import KeyRing, KeyRingFile
from gateway.edge import request as edge_request
from gateway.edge.app import HEALTH, Edge
from gateway.edge.entry import Entry
from gateway.edge.headers import Identification
from gateway.edge.request import EdgeAnswer, Header, RequestRefused
from gateway.edge.routes import RoutesInvalid, RouteTable, parse
from gateway.edge.signing_out import Gateway
from gateway.sessions.nearcache import NearCache
from gateway.sessions.session import SessionStoreUnavailable
from gateway.tokens.keys import TokenInvalid, Typ, verify

_log = logging.getLogger(__name__)

ROUTES_KEY = "gh:routes"
# Of one address, in a minute: an office that comes back from lunch, not a flood.
TRIES = RateLimitItemPerMinute(600)


class Published:
    """The newest route table that was read, whatever has happened to Redis since."""

    def __init__(self, key_ring: Callable[[], KeyRing]) -> None:
        self._ring = key_ring
        self.table: RouteTable | None = None

    def read(self, raw: bytes | None) -> bool:
        """Takes a table that is ours and no older than the one in force; whether it was readable.

        Nothing published (any more) changes nothing: routes are kept.
        """
        if raw is None:
            return True
        try:
            table = parse(verify(self._ring(), Typ.ROUTES, raw))
        except (TokenInvalid, RoutesInvalid) as error:
            _log.error("the published routes cannot be used: %s", error)
            return False
        if self.table is None or table.version >= self.table.version:
            self.table = table
            _log.info("routes of version %d are in force", table.version)
        return True


class Limits:
    """Rate limits over Redis, shared with all edges."""

    def __init__(self, redis_url: str) -> None:
        url = redis_url.replace("unix://", "redis+unix://", 1)
        storage = RedisStorage(
            f"async+{url}", implementation="redispy", key_prefix="gh:limit", socket_timeout=0.5
        )
        self._limiter = SlidingWindowCounterRateLimiter(storage)

    async def allowed(self, what: str, who: str) -> bool:
        """Whether `who` may try again. Raises SessionStoreUnavailable."""
        try:
            return await self._limiter.hit(TRIES, f"edge-{what}", who)
        except RedisError as error:
            raise SessionStoreUnavailable(type(error).__name__) from error


class Scope(Protocol):
    """What granian says of a request (RSGI 1.6)."""

    client: str
    method: str
    path: str
    query_string: str

    @property
    def headers(self) -> "ScopeHeaders": ...


class ScopeHeaders(Protocol):
    def items(self) -> Sequence[Header]: ...


class Answering(Protocol):
    def response_bytes(self, status: int, headers: list[Header], body: bytes) -> None: ...


class Application:
    """One worker: its near-cache, its routes and the loop that keeps them true."""

    def __init__(self) -> None:
        self._edge: Edge | None = None
        self._trusted: Sequence[Network] = ()
        self._listening: asyncio.Task[None] | None = None

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        loop.run_until_complete(self._start())

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._listening is not None:
            self._listening.cancel()

    async def __rsgi__(self, scope: Scope, protocol: Answering) -> None:
        answer = await self._answer(scope)
        protocol.response_bytes(answer.status, list(answer.headers), answer.body)

    async def _start(self) -> None:
        config = environment()
        self._trusted = config.trusted_proxies
        rings = KeyRingFile(config.edge_key_ring)
        sessions = NearCache(config.redis_url, rings.current)
        published = Published(rings.current)
        sessions.channel.watch(ROUTES_KEY, published.read)
        self._edge = compose(config, rings.current, sessions, published)
        self._listening = asyncio.create_task(sessions.channel.run())

    async def _answer(self, scope: Scope) -> EdgeAnswer:
        if scope.path == HEALTH:
            return EdgeAnswer(status=200, body=b"ok\n")
        assert self._edge is not None  # noqa: S101 -- __rsgi_init__ ran
        target = f"{scope.path}?{scope.query_string}" if scope.query_string else scope.path
        try:
            read = edge_request.read(
                peer=scope.client.rpartition(":")[0].strip("[]"),
                method=scope.method,
                target=target,
                headers=scope.headers.items(),
                trusted=self._trusted,
            )
        except RequestRefused as error:
            _log.warning("refused: %s", error)
            return EdgeAnswer(status=403, body=b"refused\n")
        return await self._edge.answer(scope.path, read, datetime.now(UTC))


def compose(
    config: Environment,
    key_ring: Callable[[], KeyRing],
    sessions: NearCache,
    published: Published,
) -> Edge:
    async def take(key: str) -> bytes | None:
        found = await sessions.channel.request("GETDEL", key)
        return found if isinstance(found, bytes) else None

    allowed: Callable[[str, str], Awaitable[bool]] = Limits(config.redis_url).allowed
    return Edge(
        routes=lambda: published.table,
        sessions=sessions,
        identification=Identification(config.base_url, key_ring),
        entry=Entry(gateway_url=config.base_url, key_ring=key_ring, take=take, load=sessions.load),
        gateway=Gateway(config.base_url, config.internal_url, key_ring),
        gateway_url=config.base_url,
        key_ring=key_ring,
        allowed=allowed,
    )


app = Application()
