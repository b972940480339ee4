"""What providers call the sessions that came of them, and which of those names are over.

A sign-in registers under its names, writes its record and looks for tombstones last; an end writes
the tombstone first and reads the register after it. In whatever order the steps of the two fall,
either the sign-in sees the tombstone or the end sees the record.
"""

from datetime import UTC, datetime, timedelta

from gateway.sessions.keys import milliseconds, tombstone_key, upstream_key
from gateway.sessions.session import Session, SessionHandle, UpstreamLogin
from gateway.sessions.views import Command

# A login that was begun before the provider's logout can arrive this much later and still lose.
TOMBSTONE_LIFE = timedelta(hours=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def registering(
    session: Session, upstream: UpstreamLogin, handle: SessionHandle, now: datetime
) -> list[Command]:
    """Puts a session under its names until its absolute end."""
    until = int(session.expires_at.timestamp())
    commands: list[Command] = []
    for name in upstream.names:
        key = upstream_key(session.provider, name)
        commands += [
            ("ZREMRANGEBYSCORE", key, "-inf", int(now.timestamp())),
            ("ZADD", key, until, handle),
            ("EXPIREAT", key, until, "NX"),
            ("EXPIREAT", key, until, "GT"),
        ]
    return commands


def looking(provider: str, upstream: UpstreamLogin) -> list[Command]:
    """Reads the tombstones of its names."""
    return [("GET", tombstone_key(provider, name)) for name in upstream.names]


def is_barred(tombstones: list[object], upstream: UpstreamLogin) -> bool:
    """Whether one of its names was ended after this sign-in began. One begun since is another:
    people come back, and some providers give a name of theirs a second time.
    """
    begun_at = milliseconds(upstream.begun_at - _EPOCH)
    return any(int(ended) >= begun_at for ended in tombstones if isinstance(ended, bytes))


def ending(provider: str, name: str, now: datetime) -> Command:
    """Says of a name that it is over now."""
    key = tombstone_key(provider, name)
    return ("SET", key, milliseconds(now - _EPOCH), "PX", milliseconds(TOMBSTONE_LIFE))
