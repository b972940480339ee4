"""One request of the edge, from the forwarded address to the answer. Free of any server."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol
from urllib.parse import quote, urlencode

from gateway.config.addresses import counted_as
from gateway.edge import pages
from gateway.edge.certificate import HEADER, fingerprint
from gateway.edge.check import Verdict, check
from gateway.edge.demand import Demand
from gateway.edge.entry import PATHS, Entry, may_sign_out
from gateway.edge.headers import NOBODY, Identification
from gateway.edge.paths import PLAIN_PATH
from gateway.edge.programs import Programs, is_ours
from gateway.edge.request import (
    AUTH_REQUEST,
    QUESTIONS,
    REFUSAL,
    EdgeAnswer,
    EdgeRequest,
)
from gateway.edge.routes import AccessRoute, App, RouteTable
from gateway.edge.signing_out import Gateway, GatewayUnavailable
from gateway.edge.watch import Watches
from gateway.sessions import cookie
from gateway.sessions.session import Session, SessionHandle, SessionStoreUnavailable

_log = logging.getLogger(__name__)


class Sessions(Protocol):
    """The near-cache."""

    def cached(self, handle: SessionHandle) -> Session | None: ...

    async def load(self, handle: SessionHandle) -> Session | None: ...

    def remember(self, handle: SessionHandle, session: Session) -> None: ...

    def last(self, handle: SessionHandle, seconds: int) -> Session | None: ...

    async def in_use(self, handle: SessionHandle, app: str, idle_for: timedelta) -> bool: ...

    def used(self, handle: SessionHandle, app: str, idle_for: timedelta) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """What the answers are made of."""

    routes: Callable[[], RouteTable | None]
    sessions: Sessions
    identification: Identification
    entry: Entry
    gateway: Gateway
    programs: Programs
    watches: Watches
    gateway_url: str
    cookies: cookie.Known
    allowed: Callable[[str, str], Awaitable[bool]]  # a rate limit: what, who
    look: Callable[[SessionHandle, Session, EdgeRequest], None]  # whence a session is used

    async def answer(self, asked: str, request: EdgeRequest, now: datetime) -> EdgeAnswer:
        """`asked` is the path at which the edge itself was asked."""
        table = self.routes()
        if table is None:  # not one table was ever read: nothing can be decided
            return pages.unavailable(request, "")
        app = table.app_at(request.host)
        try:
            if asked in QUESTIONS:
                route = table.find(request.host, request.path)
                authorization = request.headers.get(b"authorization")
                if authorization is None:
                    return await self._checked(asked, request, app, route, now)
                if is_ours(authorization):
                    answer = await self.programs.answer(request, app, route, now)
                    return _allowed(asked, request, app, answer) if app else answer
                answer = await self._checked(asked, request, app, route, now)
                return _passing_on(answer, authorization)
            return await self._handed_over(request, app, now)
        except SessionStoreUnavailable as error:
            _log.warning("no answer from Redis: %s", error)
            return pages.unavailable(request, str(app.unavailable_page) if app else "")

    async def _checked(
        self,
        asked: str,
        request: EdgeRequest,
        app: App | None,
        route: AccessRoute | None,
        now: datetime,
    ) -> EdgeAnswer:
        seen = _NOBODY if route is None or route.public else await self._seen(request, route)
        verdict = check(
            route,
            seen.session,
            now,
            asks_before=request.asks_before,
            certificate=seen.certificate,
            in_use=seen.in_use,
        )
        if app is None or route is None or verdict is Verdict.UNKNOWN_APP:
            sentence = "This address belongs to no app that is known here."
            return pages.told(request, 403, "edge.unknown-app", sentence)
        if verdict is Verdict.ALLOW and seen.session is not None and seen.handle is not None:
            if route.demand.idle_for is not None and not seen.in_use:
                self.sessions.used(seen.handle, route.relying_party, route.demand.idle_for)
            answer = self.identification.answer(seen.session, seen.handle, app, now)
            return _allowed(asked, request, app, answer)
        if verdict is Verdict.PUBLIC:
            return _allowed(asked, request, app, _AS_NOBODY)
        if verdict in _REFUSED:
            return _REFUSED[verdict](request, route)
        if verdict is Verdict.STEP_UP:
            return _step_up(asked, request, app, route.demand.asked(in_use=seen.in_use))
        return _sign_in(asked, request, app, route.demand.asked(in_use=True))

    async def _seen(self, request: EdgeRequest, route: AccessRoute) -> "_Seen":
        """Who asks, and what else this route looks at."""
        handle = self.cookies.handle(request.header(b"cookie"), request.host)
        session = None
        if handle is not None:
            session = None if route.away_seconds else self.sessions.cached(handle)
            session = session or await self._session(handle, route)
            if session is not None:
                self.look(handle, session, request)
        if route.plain:
            return _Seen(session, handle)
        shown = fingerprint(request.header(HEADER)) if route.client_certificates else ""
        idle_for = route.demand.idle_for
        if handle is None or session is None or idle_for is None:
            return _Seen(session, handle, shown)
        in_use = await self.sessions.in_use(handle, route.relying_party, idle_for)
        return _Seen(session, handle, shown, in_use)

    async def _session(self, handle: SessionHandle, route: AccessRoute) -> Session | None:
        """Raises SessionStoreUnavailable."""
        try:
            session = self.sessions.cached(handle) or await self.sessions.load(handle)
        except SessionStoreUnavailable as error:
            last = self.sessions.last(handle, route.away_seconds) if route.away_seconds else None
            if last is None:
                raise
            _log.warning("%s served while Redis is away: %s", route.relying_party, error)
            return last
        if session is not None and route.away_seconds:
            self.sessions.remember(handle, session)
        return session

    async def _handed_over(
        self, request: EdgeRequest, app: App | None, now: datetime
    ) -> EdgeAnswer:
        """`/.gatehouse/` of an app's host."""
        if app is None:
            sentence = "This address belongs to no app that is known here."
            return pages.told(request, 403, "edge.unknown-app", sentence)
        action = request.path.removeprefix(PATHS)
        if action in {"start", "enter", "sign-out"} and not await self.allowed(
            action, counted_as(request.address)
        ):
            return pages.too_many(request)
        return await self._acted(action, request, app, now)

    async def _acted(
        self, action: str, request: EdgeRequest, app: App, now: datetime
    ) -> EdgeAnswer:
        match action:
            case "start":
                return self.entry.start(request, app, now)
            case "enter":
                return await self.entry.enter(request, app, now)
            case "sign-out":
                return await self._sign_out(request, app, now)
            case "watch":
                return await self.watches.open(request)
        return pages.told(request, 404, "page.unknown", "There is no such page.")

    async def _sign_out(self, request: EdgeRequest, app: App, now: datetime) -> EdgeAnswer:
        if request.method != "POST":
            return pages.told(request, 405, "request.invalid", "Use the app’s own button.")
        if not may_sign_out(request, app):
            return pages.problem(403, "request.forged", "Another site asked for this.")
        handle = self.cookies.handle(request.header(b"cookie"), request.host)
        if handle is not None:
            try:
                await self.gateway.sign_out(handle, request.address, now)
            except GatewayUnavailable as error:
                _log.warning("signing out failed: %s", error)
                return pages.unavailable(request, str(app.unavailable_page))
        return pages.redirect(
            f"{self.gateway_url}/signed-out?app={app.slug}",
            ("set-cookie", cookie.clear_cookie()),
            status=303,
        )


class _Seen(NamedTuple):
    """Of one request; empty where there is nothing, or nothing to look at."""

    session: Session | None
    handle: SessionHandle | None
    certificate: str = ""
    in_use: bool = False


_NOBODY = _Seen(None, None)
_AS_NOBODY = EdgeAnswer(status=200, identity=NOBODY)


def _passing_on(answer: EdgeAnswer, authorization: bytes) -> EdgeAnswer:
    """The app's own credential: some proxies hand on what they are told here, and no other."""
    if answer.status != 200:  # noqa: PLR2004
        return answer
    return replace(answer, identity=(*answer.identity, (b"authorization", authorization)))


def _allowed(asked: str, request: EdgeRequest, app: App, answer: EdgeAnswer) -> EdgeAnswer:
    if answer.status != 200:  # noqa: PLR2004
        return answer
    if asked == REFUSAL:  # it was no a moment ago: the browser asks the app again
        return pages.redirect(app.origin + _wanted(request))
    return answer


def _denied(request: EdgeRequest, route: AccessRoute) -> EdgeAnswer:
    if request.navigates:
        return pages.page(403, str(route.denied_page))
    return pages.problem(403, "access.not-permitted", "A role is missing.")


def _no_certificate(request: EdgeRequest, route: AccessRoute) -> EdgeAnswer:
    if request.navigates:
        return pages.page(403, str(route.certificate_page))
    sentence = "This opens to certain certificates of clients alone."
    return pages.problem(403, "access.certificate-needed", sentence)


_REFUSED: Mapping[Verdict, Callable[[EdgeRequest, AccessRoute], EdgeAnswer]] = {
    Verdict.DENY: _denied,
    Verdict.NO_CERTIFICATE: _no_certificate,
}


def _sign_in(asked: str, request: EdgeRequest, app: App, demand: Demand) -> EdgeAnswer:
    if request.navigates:
        return _sent_to_sign_in(asked, request, app, demand)
    return pages.not_signed_in()


def _step_up(asked: str, request: EdgeRequest, app: App, demand: Demand) -> EdgeAnswer:
    """RFC 9470, section 3: what is missing, so that a page of the app can lead her to it."""
    if request.navigates:
        return _sent_to_sign_in(asked, request, app, demand)
    said = "".join(f', {name}="{value}"' for name, value in demand.fields.items())
    challenge = f'Cookie error="insufficient_user_authentication"{said}'
    sentence = "Her sign-in is too weak or too long ago for this."
    header = ("www-authenticate", challenge)
    return pages.problem(401, "session.step-up-needed", sentence, header, members=demand.fields)


def _sent_to_sign_in(asked: str, request: EdgeRequest, app: App, demand: Demand) -> EdgeAnswer:
    wanted = _wanted(request)
    if PLAIN_PATH.fullmatch(wanted) is None:
        wanted = quote(wanted, safe="/")
    start = f"{app.origin}{PATHS}start?to={wanted}"
    if demand.anything:
        start += f"&{urlencode(demand.fields)}"
    if asked == AUTH_REQUEST:
        return EdgeAnswer(status=401, headers=(("x-gatehouse-sign-in", start),))
    return pages.redirect(start)


def _wanted(request: EdgeRequest) -> str:
    return f"{request.path}?{request.query}" if request.query else request.path
