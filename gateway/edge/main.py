"""The edge as a process: `granian --interface asgi gateway.edge.main:app`.

Built from the environment and the edge's own key ring, which holds no key that signs sessions. ASGI
and not granian's own interface (RSGI), which would cost up to a tenth less: as of granian 2.8.7
that one drops a header that is not ASCII, so a cookie of the app in somebody's language would take
ours with it, and a path the only thing that says what is asked for; and it decodes the path.
"""

import asyncio
import gc
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

from gateway.config.environment import Environment, EnvironmentInvalid, environment
from gateway.config.keyring import KeyRing, KeyRingFile
from gateway.edge.app import Edge
from gateway.edge.asgi import Receive, Scope, Send, streamed, when_told_to_stop
from gateway.edge.entry import Entry
from gateway.edge.headers import Identification
from gateway.edge.limits import Limits
from gateway.edge.noticing import Noticing
from gateway.edge.programs import Programs
from gateway.edge.request import EdgeAnswer, Reader, RequestRefused
from gateway.edge.routes import RoutesInvalid, RouteTable, parse
from gateway.edge.signing_out import Gateway
from gateway.edge.watch import Watches
from gateway.sessions import cookie
from gateway.sessions.country import Countries
from gateway.sessions.nearcache import NearCache
from gateway.tokens.keys import TokenInvalid, Typ, verify

_log = logging.getLogger(__name__)

HEALTH = "/health"
ROUTES_KEY = "gh:routes"
# A start waits this long for Redis; after it the edge serves, and says that it cannot know.
START_SECONDS = 2.0
# Bytes; some hundred apps. What takes longer to read than a request may wait is read in a thread.
LARGE = 100_000


class Published:
    """The newest route table that was read, whatever has happened to Redis since."""

    def __init__(self, key_ring: Callable[[], KeyRing]) -> None:
        self._ring = key_ring
        self._complained_of: bytes | None = None
        self._known: bytes | None = None  # what was read to the end
        self._reading: bytes | None = None
        self.table: RouteTable | None = None
        self.first = asyncio.Event()  # Redis was asked for the first time

    def read(self, raw: bytes | None) -> bool:
        """Takes a table that is ours and no older than the one in force; whether it was readable.

        Nothing published (any more) changes nothing: routes are kept.
        """
        if raw is None or raw == self._known:
            self.first.set()
            return True
        if len(raw) <= LARGE:
            self._take(raw, *self._parsed(raw))
            return raw == self._known
        # No request waits for a large one; until it was read it counts as not understood.
        if raw != self._reading:
            self._reading = raw
            reading = asyncio.get_running_loop().run_in_executor(None, self._parsed, raw)
            reading.add_done_callback(lambda done: self._take(raw, *done.result()))
        return False

    def _parsed(self, raw: bytes) -> tuple[RouteTable | None, str]:
        """The table, or why there is none."""
        try:
            return parse(verify(self._ring(), Typ.ROUTES, raw)), ""
        except (TokenInvalid, RoutesInvalid) as error:
            return None, str(error)

    def _take(self, raw: bytes, table: RouteTable | None, why_not: str) -> None:
        self.first.set()
        self._reading = None
        if table is None:
            if raw != self._complained_of:  # it is read again until it can be used
                _log.error("the published routes cannot be used: %s", why_not)
                self._complained_of = raw
            return
        self._known = raw
        if len(raw) > LARGE:
            gc.freeze()  # looking through all of it for garbage would hold requests up
        if self.table is None or table.version >= self.table.version:
            self.table = table
            _log.info("routes of version %d are in force", table.version)


class Application:
    """One worker: its near-cache, its routes and the task that keeps them true."""

    def __init__(self) -> None:
        self._edge: Edge | None = None
        self._reader = Reader(())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            answer = await self._answer(scope)
            headers = [*answer.identity]
            for name, value in answer.headers:
                headers.append((name.encode(), value.encode()))
            if answer.stream is not None:
                await send(
                    {"type": "http.response.start", "status": answer.status, "headers": headers}
                )
                await streamed(answer.stream, receive, send)
                return
            headers.append((b"content-length", b"%d" % len(answer.body)))
            await send({"type": "http.response.start", "status": answer.status, "headers": headers})
            await send({"type": "http.response.body", "body": answer.body})
        elif scope["type"] == "lifespan":
            await self._live(receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            config = environment("EDGE_KEY_RING")
        except EnvironmentInvalid as error:  # raised on, it would be swallowed, and the edge serve
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        self._reader = Reader(config.trusted_proxies)
        rings = KeyRingFile(config.edge_key_ring)
        sessions, published = NearCache(config.redis_url, rings.current), Published(rings.current)
        sessions.channel.watch(ROUTES_KEY, published.read)
        listening = asyncio.create_task(sessions.channel.run())
        with suppress(TimeoutError):
            async with asyncio.timeout(START_SECONDS):
                await published.first.wait()
        self._edge = compose(config, rings.current, sessions, published)
        # What was imported stays: looking through it for garbage would hold requests up.
        gc.collect()
        gc.freeze()
        when_told_to_stop(self._edge.watches.close)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, scope: Scope) -> EdgeAnswer:
        asked = scope["raw_path"].decode("latin-1")
        if asked == HEALTH:
            return EdgeAnswer(status=200, body=b"ok\n")
        query = scope["query_string"].decode("latin-1")
        try:
            request = self._reader.read(
                peer=scope["client"][0],
                method=scope["method"],
                target=f"{asked}?{query}" if query else asked,
                headers=scope["headers"],
            )
        except RequestRefused as error:
            _log.warning("refused: %s", error)
            return EdgeAnswer(status=403, body=b"refused\n")
        assert self._edge is not None  # noqa: S101 -- nothing is served before the start is done
        return await self._edge.answer(asked, request, datetime.now(UTC))


def compose(
    config: Environment,
    key_ring: Callable[[], KeyRing],
    sessions: NearCache,
    published: Published,
) -> Edge:
    async def take(key: str) -> bytes | None:
        found = await sessions.channel.request("GETDEL", key)
        return found if isinstance(found, bytes) else None

    def routes() -> RouteTable | None:
        return published.table

    allowed = Limits(config.redis_url).allowed
    cookies = cookie.Known(key_ring)
    identification = Identification(config.base_url, key_ring)
    return Edge(
        routes=routes,
        sessions=sessions,
        identification=identification,
        programs=Programs(sessions, identification),
        entry=Entry(gateway_url=config.base_url, key_ring=key_ring, take=take, load=sessions.load),
        gateway=Gateway(config.base_url, config.internal_url, key_ring),
        watches=Watches(
            sessions,
            routes=routes,
            cookies=cookies,
            allowed=allowed,
            most=config.edge_watches,
        ),
        gateway_url=config.base_url,
        cookies=cookies,
        allowed=allowed,
        look=Noticing(sessions.channel, Countries(config.country_database).of).look,
    )


app = Application()
