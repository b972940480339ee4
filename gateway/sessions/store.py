"""Sessions in Redis or Valkey.

All keys of an account lie under one hash tag, so "end all of hers" is one atomic step on one slot.
Whatever ends or narrows a session goes through `ending`; everything else through the client.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from gateway.config.keyring import KeyRing
from gateway.sessions import commands, record, scripts, why
from gateway.sessions.commands import texts
from gateway.sessions.cookie import new_token
from gateway.sessions.ending import Command, EndingConnection
from gateway.sessions.keys import (
    end_key,
    extended_life,
    idle_milliseconds,
    index_key,
    milliseconds,
    private_key,
    record_key,
    record_prefix,
    tombstone_key,
    upstream_key,
)
from gateway.sessions.session import (
    Session,
    SessionHandle,
    SessionStoreUnavailable,
    SessionToken,
    UpstreamLogin,
    UpstreamSessionEnded,
    account_tag,
)
from gateway.sessions.why import End

# A person waits for each of these calls; a Redis that needs longer is as good as away.
REDIS_SECONDS = 0.5
# A login that was begun before the provider's logout can arrive this much later and still lose.
TOMBSTONE_LIFE = timedelta(hours=1)
# set_roles loses a race only to another set_roles of the same account, and those take turns.
REPLACE_TRIES = 3
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def connect(url: str) -> "redis.Redis":
    """A client that gives up after half a second and tries nothing twice."""
    return redis.Redis.from_url(
        url,
        socket_timeout=REDIS_SECONDS,
        socket_connect_timeout=REDIS_SECONDS,
        retry=Retry(NoBackoff(), 0),
        protocol=3,
    )


class RedisSessionStore:
    """`SessionStore` over Redis 7 or Valkey 7.2 and later; with `noeviction` and AOF."""

    def __init__(
        self,
        client: "redis.Redis",
        key_ring: Callable[[], KeyRing],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._redis = client
        self._ring = key_ring
        self._clock = clock
        self._ending = EndingConnection(client)

    def start_canary(self) -> None:
        """From now on readers can be sure to hear what this process ends."""
        self._ending.start()

    def close(self) -> None:
        """Leaves the register: nothing will be ended from here any more."""
        self._ending.close()

    def start(self, session: Session, upstream: UpstreamLogin | None = None) -> SessionToken:
        """See `SessionStore.start`.

        Registers under the provider's names, writes the record, and looks for tombstones last;
        `bar_upstream` writes the tombstone first and reads the register after it. In whatever order
        the steps of the two fall, either we see the tombstone or the logout sees the record.
        """
        token = new_token(session.account)
        with _answering():
            if upstream is not None:
                self._register(session, upstream, token.handle)
            self._write(session, token.handle)
            if upstream is not None and self._barred(session.provider, upstream):
                self.end(token.handle)
                raise UpstreamSessionEnded
        return token

    def _register(self, session: Session, upstream: UpstreamLogin, handle: SessionHandle) -> None:
        now, until = int(self._clock().timestamp()), session.expires_at
        pipeline = self._redis.pipeline(transaction=False)
        for name in upstream.names:
            key = upstream_key(session.provider, name)
            pipeline.zremrangebyscore(key, "-inf", now)
            pipeline.zadd(key, {handle: int(until.timestamp())})
            pipeline.expireat(key, until, nx=True)
            pipeline.expireat(key, until, gt=True)
        pipeline.execute()

    def _barred(self, provider: str, upstream: UpstreamLogin) -> bool:
        """Whether one of its names was ended after this sign-in began. One begun since is another:
        people come back, and some providers give a name of theirs a second time.
        """
        pipeline = self._redis.pipeline(transaction=False)
        for name in upstream.names:
            pipeline.get(tombstone_key(provider, name))
        begun_at = milliseconds(upstream.begun_at - _EPOCH)
        return any(int(ended) >= begun_at for ended in pipeline.execute() if ended is not None)

    def _write(self, session: Session, handle: SessionHandle) -> None:
        now = self._clock()
        life = idle_milliseconds(session, now)
        if life <= 0:
            raise ValueError("this session would be over before it begins")
        self._redis.eval(
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

    def load(self, handle: SessionHandle) -> Session | None:
        with _answering():
            pipeline = self._redis.pipeline(transaction=False)
            pipeline.get(record_key(handle))
            pipeline.pttl(record_key(handle))
            raw, left = pipeline.execute()
            session = self._read(raw, handle)
            life = extended_life(session, left, self._clock()) if session else None
            if life is not None:
                self._extend(handle, life)
            return session

    def _extend(self, handle: SessionHandle, life: int) -> None:
        pipeline = self._redis.pipeline(transaction=False)
        pipeline.pexpire(record_key(handle), life)
        pipeline.pexpire(private_key(handle), life)
        pipeline.execute()

    def end(self, handle: SessionHandle, end: End | None = None) -> bool:
        return bool(self.end_all([handle], end))

    def end_all(
        self, handles: Iterable[SessionHandle], end: End | None = None
    ) -> frozenset[SessionHandle]:
        orders = commands.ending_sessions(handles, why.write(end))
        with _answering():
            answers = self._ending.execute_all(list(orders.values()))
        return frozenset().union(*map(self._ended, orders, answers))

    def end_account(
        self, account: str, end: End | None = None, *, keep: SessionHandle | None = None
    ) -> int:
        order = commands.ending_account(account, why.write(end), keep)
        with _answering():
            return len(self._ended(account_tag(account), self._ending.execute(order)))

    def _ended(self, tag: str, answer: object) -> list[SessionHandle]:
        shas = texts(answer)
        if shas:
            # Not the same command again: of an account it would end what was started since.
            self._ending.remember(commands.ended_again(tag, shas))
        return [SessionHandle(f"{tag}.{sha}") for sha in shas]

    def why_ended(self, handle: SessionHandle) -> End | None:
        with _answering():
            found = self._redis.get(end_key(handle))
        return why.read(found) if isinstance(found, bytes) else None

    def left(self, handles: Iterable[SessionHandle]) -> list[timedelta | None]:
        pipeline = self._redis.pipeline(transaction=False)  # they may lie on several slots
        for handle in handles:
            pipeline.pttl(record_key(handle))
        with _answering():
            lives = pipeline.execute()
        return [timedelta(milliseconds=life) if life > 0 else None for life in lives]

    def bar_upstream(self, provider: str, name: str) -> tuple[tuple[SessionHandle, Session], ...]:
        tombstone: Command = (
            "SET",
            tombstone_key(provider, name),
            milliseconds(self._clock() - _EPOCH),
            "PX",
            milliseconds(TOMBSTONE_LIFE),
        )
        with _answering():
            self._ending.execute(tombstone)
            self._ending.remember(tombstone)
            found = texts(self._redis.zrange(upstream_key(provider, name), 0, -1))
            return self._live([SessionHandle(handle) for handle in found])

    def set_roles(self, roles: Mapping[str, frozenset[str]], ruleset: int) -> int:
        with _answering():
            left, written = self._handles(roles), 0
            for _ in range(REPLACE_TRIES):
                commands = self._rewritten(left, roles, ruleset)
                answers = self._ending.execute_all(list(commands.values()))
                left = []
                for (handle, command), answer in zip(commands.items(), answers, strict=True):
                    if answer == 1:
                        self._ending.remember(command)
                        written += 1
                    else:
                        left.append(handle)
                if not left:
                    return written
        raise SessionStoreUnavailable("a record changed under every try to rewrite it")

    def _rewritten(
        self, handles: list[SessionHandle], roles: Mapping[str, frozenset[str]], ruleset: int
    ) -> dict[SessionHandle, Command]:
        """How each live session of the handles becomes one of these roles."""
        commands: dict[SessionHandle, Command] = {}
        for handle, old, session in self._found(handles):
            if session.account in roles:
                new = replace(
                    session,
                    roles=roles[session.account],
                    ruleset=ruleset,
                    generation=session.generation + 1,
                )
                written = record.write(new, handle, self._ring())
                commands[handle] = ("EVAL", scripts.REPLACE, 1, record_key(handle), old, written)
        return commands

    def of_account(self, account: str) -> tuple[tuple[SessionHandle, Session], ...]:
        with _answering():
            live = self._live(self._handles([account]))
        return tuple(pair for pair in live if pair[1].account == account)

    def _handles(self, accounts: Iterable[str]) -> list[SessionHandle]:
        """Those in the accounts' indexes; some may be of sessions that are over."""
        pipeline, tags = self._redis.pipeline(transaction=False), []
        for account in accounts:  # they may lie on several slots
            pipeline.zrange(index_key(account), 0, -1)
            tags.append(account_tag(account))
        return [
            SessionHandle(f"{tag}.{sha}")
            for tag, shas in zip(tags, pipeline.execute(), strict=True)
            for sha in texts(shas)
        ]

    def _live(self, handles: list[SessionHandle]) -> tuple[tuple[SessionHandle, Session], ...]:
        """Newest sign-in first."""
        live = [(handle, session) for handle, _, session in self._found(handles)]
        return tuple(sorted(live, key=lambda pair: pair[1].authenticated_at, reverse=True))

    def _found(self, handles: list[SessionHandle]) -> list[tuple[SessionHandle, bytes, Session]]:
        """The live ones with their records as they stand."""
        pipeline = self._redis.pipeline(transaction=False)  # they may lie on several slots
        for handle in handles:
            pipeline.get(record_key(handle))
        return [
            (handle, raw, session)
            for handle, raw in zip(handles, pipeline.execute(), strict=True)
            if isinstance(raw, bytes) and (session := self._read(raw, handle)) is not None
        ]

    def read_private(self, handle: SessionHandle) -> bytes | None:
        with _answering():
            found = self._redis.get(private_key(handle))
        return found if isinstance(found, bytes) else None

    def write_private(self, handle: SessionHandle, value: bytes) -> bool:
        keys = record_key(handle), private_key(handle)
        with _answering():
            written = self._redis.eval(scripts.WRITE_PRIVATE, 2, *keys, value)
        return bool(written)

    def _read(self, raw: object, handle: SessionHandle) -> Session | None:
        found = raw if isinstance(raw, bytes) else None
        return record.live(found, handle, self._ring(), self._clock())


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except redis.RedisError as error:
        raise SessionStoreUnavailable(type(error).__name__) from error
