"""The session store in memory: the same promises without a server, for tests."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from gateway.sessions.cookie import new_token
from gateway.sessions.session import Session, SessionHandle, SessionToken, UpstreamSessionEnded


@dataclass(slots=True)
class _Kept:
    session: Session
    idle_until: datetime
    private: bytes | None = None


class MemorySessionStore:
    """`SessionStore` for one process."""

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._clock = clock
        self._kept: dict[SessionHandle, _Kept] = {}
        self._ended_upstream: set[tuple[str, str]] = set()

    def start(self, session: Session) -> SessionToken:
        upstream = session.upstream_session
        if upstream is not None and (session.provider, upstream) in self._ended_upstream:
            raise UpstreamSessionEnded
        token = new_token(session.account)
        self._kept[token.handle] = _Kept(session, self._clock() + session.idle_for)
        return token

    def load(self, handle: SessionHandle) -> Session | None:
        kept = self._live(handle)
        if kept is None:
            return None
        now = self._clock()
        if kept.idle_until - now < kept.session.idle_for / 2:
            kept.idle_until = now + kept.session.idle_for
        return kept.session

    def end(self, handle: SessionHandle) -> bool:
        lived = self._live(handle) is not None
        self._kept.pop(handle, None)
        return lived

    def end_account(self, account: str) -> int:
        return sum(self.end(handle) for handle, _ in self.of_account(account))

    def end_upstream(self, provider: str, upstream_session: str) -> int:
        self._ended_upstream.add((provider, upstream_session))
        found = [
            handle
            for handle, kept in self._kept.items()
            if (kept.session.provider, kept.session.upstream_session)
            == (provider, upstream_session)
        ]
        return sum(self.end(handle) for handle in found)

    def set_roles(self, account: str, roles: frozenset[str], ruleset: int) -> int:
        live = self.of_account(account)
        for handle, session in live:
            self._kept[handle].session = replace(
                session, roles=roles, ruleset=ruleset, generation=session.generation + 1
            )
        return len(live)

    def of_account(self, account: str) -> tuple[tuple[SessionHandle, Session], ...]:
        found = [
            (handle, kept.session)
            for handle in list(self._kept)
            if (kept := self._live(handle)) is not None and kept.session.account == account
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
