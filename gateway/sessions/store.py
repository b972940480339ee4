"""Sessions in Redis or Valkey.

All keys of an account lie under one hash tag, so "end all of hers" is one atomic step on one slot.
Whatever ends or narrows a session goes through `ending`; everything else through the client.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import redis

from gateway.config.keyring import KeyRing
from gateway.sessions import commands, record, scripts, upstream_names, why
from gateway.sessions.commands import texts
from gateway.sessions.cookie import new_token
from gateway.sessions.ending import Endings
from gateway.sessions.keys import (
    end_key,
    extended_life,
    handle_of,
    idle_milliseconds,
    index_key,
    private_key,
    record_key,
    record_prefix,
    upstream_key,
)
from gateway.sessions.programs import ProgramRecords
from gateway.sessions.replay import Rewrite
from gateway.sessions.roll_call import Receipt, call_the_roll
from gateway.sessions.servers import Servers, Unconfirmed, connect
from gateway.sessions.session import (
    Session,
    SessionHandle,
    SessionStoreUnavailable,
    SessionToken,
    UpstreamLogin,
    UpstreamSessionEnded,
    account_tag,
)
from gateway.sessions.views import Command
from gateway.sessions.why import End

__all__ = ["RedisSessionStore", "connect"]

# set_roles loses a race only to another set_roles of the same account, and those take turns.
REPLACE_TRIES = 3


class RedisSessionStore:
    """`SessionStore` over Redis 7 or Valkey 7.2 and later; with `noeviction` and AOF."""

    def __init__(
        self,
        client: "redis.Redis",
        key_ring: Callable[[], KeyRing],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._servers = Servers(client)
        self._ring = key_ring
        self._clock = clock
        self._ending = Endings(client, self._generation)
        self.programs = ProgramRecords(self._servers, self._ending, key_ring, clock)

    def start_canary(self) -> None:
        """From now on readers can be sure to hear what this process ends."""
        self._ending.start()

    def receipt(self) -> Receipt:
        """Who has heard of everything that ended here until now. Waits a second at most."""
        with self._servers.answering():
            return call_the_roll(self._servers)

    def close(self) -> None:
        """Leaves the register: nothing will be ended from here any more."""
        self._ending.close()

    def start(self, session: Session, upstream: UpstreamLogin | None = None) -> SessionToken:
        """See `SessionStore.start`. Where a replica may take the primary's place, it has the
        session on return.
        """
        token = new_token(session.account)
        with self._servers.answering():
            if upstream is not None:
                self._register(session, upstream, token.handle)
            self._write(session, token.handle)
            if upstream is not None:
                tombstones = self._servers.ask(upstream_names.looking(session.provider, upstream))
                if upstream_names.is_barred(tombstones, upstream):
                    self.end(token.handle)
                    raise UpstreamSessionEnded
        return token

    def _register(self, session: Session, upstream: UpstreamLogin, handle: SessionHandle) -> None:
        self._servers.tell(upstream_names.registering(session, upstream, handle, self._clock()))

    def _write(self, session: Session, handle: SessionHandle) -> None:
        now = self._clock()
        life = idle_milliseconds(session, now)
        if life <= 0:
            raise ValueError("this session would be over before it begins")
        start: Command = (
            "EVAL",
            scripts.START,
            3,
            record_key(handle),
            index_key(session.account),
            record_prefix(handle[:3]),
            handle[4:],
            record.write(session, handle, self._ring()),
            life,
            int(session.expires_at.timestamp()),
            int(now.timestamp()),
        )
        try:
            self._servers.tell([start])
        except Unconfirmed:
            with suppress(SessionStoreUnavailable):
                self.end(handle)
            raise

    def load(self, handle: SessionHandle) -> Session | None:
        key = record_key(handle)
        with self._servers.answering():
            raw, left = self._servers.ask([("GET", key), ("PTTL", key)])
            session = self._read(raw, handle)
            life = None
            if session is not None and isinstance(left, int):
                life = extended_life(session, left, self._clock())
            if life is not None:
                both = (key, private_key(handle))
                self._servers.ask([("PEXPIRE", each, life) for each in both])
            return session

    def end(self, handle: SessionHandle, end: End | None = None) -> bool:
        return bool(self.end_all([handle], end))

    def end_all(
        self, handles: Iterable[SessionHandle], end: End | None = None
    ) -> frozenset[SessionHandle]:
        orders = commands.ending_sessions(handles, why.write(end))
        with self._servers.answering():
            answers = self._ending.execute_all(list(orders.values()))
        return frozenset().union(*map(self._ended, orders, answers))

    def end_account(
        self, account: str, end: End | None = None, *, keep: SessionHandle | None = None
    ) -> int:
        order = commands.ending_account(account, why.write(end), keep)
        with self._servers.answering():
            return len(self._ended(account_tag(account), self._ending.execute(order)))

    def _ended(self, tag: str, answer: object) -> list[SessionHandle]:
        shas = texts(answer)
        if shas:
            # Not the same command again: of an account it would end what was started since.
            self._ending.recent.ended(commands.ended_again(tag, shas))
        return [SessionHandle(f"{tag}.{sha}") for sha in shas]

    def why_ended(self, handle: SessionHandle) -> End | None:
        with self._servers.answering():
            [found] = self._servers.ask([("GET", end_key(handle))])
        return why.read(found) if isinstance(found, bytes) else None

    def left(self, handles: Iterable[SessionHandle]) -> list[timedelta | None]:
        with self._servers.answering():
            lives = self._servers.ask([("PTTL", record_key(handle)) for handle in handles])
        return [
            timedelta(milliseconds=life) if isinstance(life, int) and life > 0 else None
            for life in lives
        ]

    def bar_upstream(self, provider: str, name: str) -> tuple[tuple[SessionHandle, Session], ...]:
        tombstone = upstream_names.ending(provider, name, self._clock())
        with self._servers.answering():
            self._ending.execute(tombstone)
            self._ending.recent.ended(tombstone)
            [found] = self._servers.ask([("ZRANGE", upstream_key(provider, name), 0, -1)])
            return self._live([SessionHandle(handle) for handle in texts(found)])

    def set_roles(self, roles: Mapping[str, frozenset[str]], ruleset: int) -> int:
        def changed(session: Session) -> Session:
            return replace(session, roles=roles[session.account], ruleset=ruleset)

        return self._rewrite(roles, changed)

    def cap(self, account: str, ends_at: datetime) -> int:
        def changed(session: Session) -> Session:
            return replace(session, expires_at=min(session.expires_at, ends_at))

        return self._rewrite([account], changed)

    def _rewrite(self, accounts: Collection[str], changed: Callable[[Session], Session]) -> int:
        with self._servers.answering():
            left, written = self._handles(accounts), 0
            for _ in range(REPLACE_TRIES):
                rewrites = self._rewritten(left, accounts, changed)
                answers = self._ending.execute_all([command for _, command, _ in rewrites])
                left = []
                for (handle, _, rewrite), answer in zip(rewrites, answers, strict=True):
                    if answer == 1:
                        self._ending.recent.rewrote(rewrite)
                        written += 1
                    else:
                        left.append(handle)
                if not left:
                    return written
        raise SessionStoreUnavailable("a record changed under every try to rewrite it")

    def _rewritten(
        self,
        handles: list[SessionHandle],
        accounts: Collection[str],
        changed: Callable[[Session], Session],
    ) -> list[tuple[SessionHandle, Command, Rewrite]]:
        """How each live session of the handles becomes what it is to be."""
        rewrites: list[tuple[SessionHandle, Command, Rewrite]] = []
        for handle, old, session in self._found(handles):
            if session.account in accounts:
                new = replace(changed(session), generation=session.generation + 1)
                key, written = record_key(handle), record.write(new, handle, self._ring())
                command: Command = ("EVAL", scripts.REPLACE, 1, key, old, written)
                rewrite = Rewrite(key=key, written=written, generation=new.generation)
                rewrites.append((handle, command, rewrite))
        return rewrites

    def of_account(self, account: str) -> tuple[tuple[SessionHandle, Session], ...]:
        with self._servers.answering():
            live = self._live(self._handles([account]))
        return tuple(pair for pair in live if pair[1].account == account)

    def count_of_account(self, account: str) -> int:
        with self._servers.answering():
            [found] = self._servers.ask([("ZCARD", index_key(account))])
        return found if isinstance(found, int) else 0

    def _handles(self, accounts: Iterable[str]) -> list[SessionHandle]:
        """Those in the accounts' indexes; some may be of sessions that are over."""
        asked = list(accounts)
        found = self._servers.ask([("ZRANGE", index_key(account), 0, -1) for account in asked])
        return [
            SessionHandle(f"{account_tag(account)}.{sha}")
            for account, shas in zip(asked, found, strict=True)
            for sha in texts(shas)
        ]

    def _live(self, handles: list[SessionHandle]) -> tuple[tuple[SessionHandle, Session], ...]:
        """Newest sign-in first."""
        live = [(handle, session) for handle, _, session in self._found(handles)]
        return tuple(sorted(live, key=lambda pair: pair[1].authenticated_at, reverse=True))

    def _found(self, handles: list[SessionHandle]) -> list[tuple[SessionHandle, bytes, Session]]:
        """The live ones with their records as they stand."""
        found = self._servers.ask([("GET", record_key(handle)) for handle in handles])
        return [
            (handle, raw, session)
            for handle, raw in zip(handles, found, strict=True)
            if isinstance(raw, bytes) and (session := self._read(raw, handle)) is not None
        ]

    def read_private(self, handle: SessionHandle) -> bytes | None:
        with self._servers.answering():
            [found] = self._servers.ask([("GET", private_key(handle))])
        return found if isinstance(found, bytes) else None

    def write_private(self, handle: SessionHandle, value: bytes) -> bool:
        keys = record_key(handle), private_key(handle)
        with self._servers.answering():
            [written] = self._servers.ask([("EVAL", scripts.WRITE_PRIVATE, 2, *keys, value)])
        return bool(written)

    def _read(self, raw: object, handle: SessionHandle) -> Session | None:
        found = raw if isinstance(raw, bytes) else None
        return record.live(found, handle, self._ring(), self._clock())

    def _generation(self, key: str, raw: bytes) -> int | None:
        handle = handle_of(key.encode())
        if handle is None:
            return self.programs.generation(key, raw)
        try:
            return record.read(raw, handle, self._ring()).generation
        except record.RecordInvalid:
            return None
