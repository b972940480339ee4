"""The session store in memory: the same promises without a server, for tests."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from gateway.sessions.cookie import new_token
from gateway.sessions.session import (
    Session,
    SessionHandle,
    SessionToken,
    UpstreamLogin,
    UpstreamSessionEnded,
)
from gateway.sessions.why import End


@dataclass(slots=True)
class _Kept:
    session: Session
    idle_until: datetime
    names: tuple[str, ...]
    private: bytes | None = None


class MemorySessionStore:
    """`SessionStore` for one process."""

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._clock = clock
        self._kept: dict[SessionHandle, _Kept] = {}
        self._ends: dict[SessionHandle, End] = {}
        self._barred: dict[tuple[str, str], datetime] = {}

    def start(self, session: Session, upstream: UpstreamLogin | None = None) -> SessionToken:
        names = upstream.names if upstream is not None else ()
        for name in names:
            ended_at = self._barred.get((session.provider, name))
            if upstream is not None and ended_at is not None and ended_at >= upstream.begun_at:
                raise UpstreamSessionEnded
        token = new_token(session.account)
        self._kept[token.handle] = _Kept(session, self._clock() + session.idle_for, names)
        return token

    def load(self, handle: SessionHandle) -> Session | None:
        kept = self._live(handle)
        if kept is None:
            return None
        now = self._clock()
        if kept.idle_until - now < kept.session.idle_for / 2:
            kept.idle_until = now + kept.session.idle_for
        return kept.session

    def end(self, handle: SessionHandle, end: End | None = None) -> bool:
        lived = self._live(handle) is not None
        self._kept.pop(handle, None)
        if lived and end is not None:
            self._ends[handle] = end
        return lived

    def end_all(
        self, handles: Iterable[SessionHandle], end: End | None = None
    ) -> frozenset[SessionHandle]:
        return frozenset(handle for handle in handles if self.end(handle, end))

    def end_account(
        self, account: str, end: End | None = None, *, keep: SessionHandle | None = None
    ) -> int:
        hers = [handle for handle, _ in self.of_account(account) if handle != keep]
        return len(self.end_all(hers, end))

    def why_ended(self, handle: SessionHandle) -> End | None:
        return self._ends.get(handle)

    def left(self, handles: Iterable[SessionHandle]) -> list[timedelta | None]:
        now = self._clock()
        live = (self._live(handle) for handle in handles)
        return [
            None if kept is None else min(kept.idle_until, kept.session.expires_at) - now
            for kept in live
        ]

    def bar_upstream(self, provider: str, name: str) -> tuple[tuple[SessionHandle, Session], ...]:
        self._barred[provider, name] = self._clock()
        return self._live_where(
            lambda kept: kept.session.provider == provider and name in kept.names
        )

    def set_roles(self, roles: Mapping[str, frozenset[str]], ruleset: int) -> int:
        live = self._live_where(lambda kept: kept.session.account in roles)
        for handle, session in live:
            self._kept[handle].session = replace(
                session,
                roles=roles[session.account],
                ruleset=ruleset,
                generation=session.generation + 1,
            )
        return len(live)

    def cap(self, account: str, ends_at: datetime) -> int:
        live = self.of_account(account)
        for handle, session in live:
            self._kept[handle].session = replace(
                session,
                expires_at=min(session.expires_at, ends_at),
                generation=session.generation + 1,
            )
        return len(live)

    def of_account(self, account: str) -> tuple[tuple[SessionHandle, Session], ...]:
        return self._live_where(lambda kept: kept.session.account == account)

    def count_of_account(self, account: str) -> int:
        return len(self.of_account(account))

    def _live_where(
        self, wanted: Callable[[_Kept], bool]
    ) -> tuple[tuple[SessionHandle, Session], ...]:
        found = [
            (handle, kept.session)
            for handle in list(self._kept)
            if (kept := self._live(handle)) is not None and wanted(kept)
        ]
        return tuple(sorted(found, key=lambda pair: pair[1].authenticated_at, reverse=True))

    def read_private(self, handle: SessionHandle) -> bytes | None:
        kept = self._live(handle)
        return kept.private if kept else None

    def write_private(self, handle: SessionHandle, value: bytes) -> bool:
        kept = self._live(handle)
        if kept is None:
            return False
        kept.private = value
        return True

    def _live(self, handle: SessionHandle) -> _Kept | None:
        kept = self._kept.get(handle)
        now = self._clock()
        if kept is None or now >= kept.session.expires_at or now >= kept.idle_until:
            return None
        return kept
