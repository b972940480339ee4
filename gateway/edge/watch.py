"""Long connections end with the session: `/.gatehouse/watch` on an app's own host.

A WebSocket or a stream of events is judged when it begins and never again. Whoever holds one, the
app's server or its page, opens a watch beside it with the same cookie: a stream of events (HTML
Standard, 9.2) that says `alive`, and at last `ended` or `unknown`. To watch is no use of a session:
its idle life goes on running down.
"""

import asyncio
import math
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from gateway.edge import pages
from gateway.edge.check import Verdict, check
from gateway.edge.entry import field
from gateway.edge.request import EdgeAnswer, EdgeRequest, Header, Write
from gateway.edge.routes import AccessRoute, RouteTable
from gateway.sessions import cookie
from gateway.sessions.session import Session, SessionHandle, SessionStoreUnavailable

# Proxies cut off what is silent for a minute.
BEAT_SECONDS = 15.0
# An end is told at once. What nobody announces is looked at this often, without asking Redis: the
# idle end of a session and other rules of the app.
LOOK_SECONDS = 2.5
# While Redis is away nobody can say whether a session ended; so long it is taken to live.
UNKNOWN_SECONDS = 5.0
RETRY_SECONDS = 0.5
MAX_OF_A_SESSION = 20
MAX_OF_AN_ACCOUNT = 40  # in all its browsers, so that one person cannot take what is for all

# The code of why this session, or none, may not hold the connection; empty while it may. Raises
# SessionStoreUnavailable.
Judge = Callable[[Session | None], Awaitable[str]]


STREAM: tuple[Header, ...] = (
    ("content-type", "text/event-stream; charset=utf-8"),
    ("cache-control", "no-store"),
    ("x-accel-buffering", "no"),  # nginx keeps nothing back
    ("x-content-type-options", "nosniff"),
)
RETRY: Header = ("retry-after", "5")
_SIGNED_OUT = "session.none"
_WHY = {
    Verdict.STEP_UP: "session.step-up-needed",
    Verdict.DENY: "access.not-permitted",
    Verdict.UNKNOWN_APP: "edge.unknown-app",
}


class Watched(Protocol):
    """The near-cache."""

    def cached(self, handle: SessionHandle) -> Session | None: ...

    async def load(self, handle: SessionHandle) -> Session | None: ...

    async def look(self, handle: SessionHandle) -> tuple[Session | None, float]: ...

    async def still_in_use(self, handle: SessionHandle, app: str, idle_for: timedelta) -> bool: ...

    def watch(self, handle: SessionHandle, notice: Callable[[], None]) -> Callable[[], None]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Watch:
    handle: SessionHandle
    account: str
    judge: Judge
    write: Write


class Watches:
    """All of one process, at most so many."""

    def __init__(
        self,
        sessions: Watched,
        *,
        routes: Callable[[], RouteTable | None],
        cookies: cookie.Known,
        allowed: Callable[[str, str], Awaitable[bool]],
        most: int,
    ) -> None:
        self._sessions = sessions
        self._routes = routes
        self._cookies = cookies
        self._allowed = allowed
        self._most = most
        self._open: Counter[SessionHandle] = Counter()
        self._of_account: Counter[str] = Counter()
        self._woken: set[asyncio.Event] = set()
        self._closing = False

    def close(self) -> None:
        """Breaks all off without a word, which says nothing of the sessions: the process ends."""
        self._closing = True
        for woken in self._woken:
            woken.set()

    async def open(self, request: EdgeRequest) -> EdgeAnswer:
        """Of the connection to `path` on this host. Raises SessionStoreUnavailable."""
        if request.method != "GET":
            return pages.problem(405, "request.invalid", "A watch is opened with GET.")
        if request.header(b"sec-fetch-site") not in {"", "same-origin", "none"}:
            return pages.problem(403, "request.forged", "Another site asked for this.")
        handle = self._cookies.handle(request.header(b"cookie"), request.host)
        session = None
        if handle is not None:
            session = self._sessions.cached(handle) or await self._sessions.load(handle)
        if handle is None or session is None:
            return pages.not_signed_in()
        judge = self._judge(request, handle)
        if code := await judge(session):
            return pages.problem(403, code, "This may not be held open.")
        return await self._opened(request, handle, session.account, judge)

    async def _opened(
        self, request: EdgeRequest, handle: SessionHandle, account: str, judge: Judge
    ) -> EdgeAnswer:
        if self._holds_enough(handle, account) or not await self._allowed("watch", handle):
            return pages.too_many(request)
        if self._closing or self._open.total() >= self._most:
            return pages.problem(503, "edge.watches-full", "No more can be watched here.", RETRY)

        async def stream(write: Write) -> None:
            watch = _Watch(handle=handle, account=account, judge=judge, write=write)
            await self._counted(watch)

        return EdgeAnswer(status=200, headers=STREAM, stream=stream)

    def _holds_enough(self, handle: SessionHandle, account: str) -> bool:
        return (
            self._open[handle] >= MAX_OF_A_SESSION or self._of_account[account] >= MAX_OF_AN_ACCOUNT
        )

    def _judge(self, request: EdgeRequest, handle: SessionHandle) -> Judge:
        path = field(request, "path") or "/"

        async def judge(session: Session | None) -> str:
            table = self._routes()
            route = table.find(request.host, path) if table else None
            if session is None:  # whoever watches asks for a session, on a public page as well
                return _SIGNED_OUT
            verdict = check(
                route,
                session,
                datetime.now(UTC),
                # What is watched has shown one; a server that watches for it has none of hers.
                certificate=next(iter(route.client_certificates), "") if route else "",
                in_use=await self._in_use(handle, route),
            )
            if verdict in {Verdict.ALLOW, Verdict.PUBLIC}:
                return ""
            return _WHY.get(verdict, _SIGNED_OUT)

        return judge

    async def _in_use(self, handle: SessionHandle, route: AccessRoute | None) -> bool:
        idle_for = route.demand.idle_for if route else None
        if route is None or idle_for is None:
            return False
        return await self._sessions.still_in_use(handle, route.relying_party, idle_for)

    async def _counted(self, watch: _Watch) -> None:
        woken = asyncio.Event()
        stop = self._sessions.watch(watch.handle, woken.set)
        self._open[watch.handle] += 1
        self._of_account[watch.account] += 1
        self._woken.add(woken)
        try:
            await watch.write(await self._last_word(watch, woken))
        finally:
            stop()
            self._woken.discard(woken)
            self._open[watch.handle] -= 1
            self._of_account[watch.account] -= 1
            self._open += Counter()  # what stands at zero goes
            self._of_account += Counter()

    async def _last_word(self, watch: _Watch, woken: asyncio.Event) -> bytes:
        """Says that the session lives until it no longer does; returns what is said then."""
        now = asyncio.get_running_loop().time
        certain_at, beat_at, beat = now(), -math.inf, _event("alive", f"{BEAT_SECONDS:.0f}")
        while not self._closing:
            woken.clear()
            try:
                session, until = await self._sessions.look(watch.handle)
                code = await watch.judge(session)
            except SessionStoreUnavailable:
                if now() - certain_at >= UNKNOWN_SECONDS:
                    return _event("unknown", SessionStoreUnavailable.code)
                next_at = now() + RETRY_SECONDS
            else:
                if code:
                    return _event("ended", code)
                certain_at = now()
                next_at = min(max(until, certain_at + 0.01), certain_at + LOOK_SECONDS)
            if now() >= beat_at:
                await watch.write(beat)
                beat_at, beat = now() + BEAT_SECONDS, b":\n\n"
            with suppress(TimeoutError):
                async with asyncio.timeout_at(next_at):
                    await woken.wait()
        return b""


def _event(name: str, data: str) -> bytes:
    return f"event: {name}\ndata: {data}\n\n".encode()
