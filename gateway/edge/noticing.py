"""Notices when a session is used from another browser or country than it began in.

A hint for the person and her administrators. It answers nobody, holds up nobody and keeps nobody
out: anybody can send any User-Agent, and people travel.
"""

import asyncio
from collections.abc import Callable
from functools import lru_cache
from typing import Protocol, TypeAlias

from gateway.edge.request import EdgeRequest
from gateway.sessions.client import MAX_AGENT, differs, family
from gateway.sessions.keys import noticed_key
from gateway.sessions.noticed import MOST, STREAM, Notice, adding
from gateway.sessions.session import Session, SessionHandle, SessionStoreUnavailable
from gateway.sessions.tracking import Part

MAX_SEEN = 20_000  # that one process remembers; what was told, and it forgot, Redis knows
MAX_UNDER_WAY = 100
MAX_JUDGED = 8_192  # less than a kilobyte each
# A newer database of countries counts after so long.
JUDGED_SECONDS = 60.0

# Which session, and the browser and country that are not its own.
_Seen: TypeAlias = tuple[SessionHandle, str, str]


class Asked(Protocol):
    """The near-cache's channel."""

    async def request(self, name: str, key: str, *rest: Part) -> object: ...


class Noticing:
    """Of one edge process; made inside its loop."""

    def __init__(self, channel: Asked, country: Callable[[str], str]) -> None:
        """`country` is that of an address; empty if it is not known."""
        self._channel = channel
        self._country = country
        # All that a request costs is one look into this.
        self._judged = lru_cache(maxsize=MAX_JUDGED)(self._elsewhere)
        self._seen: dict[_Seen, None] = {}
        self._under_way: set[asyncio.Task[None]] = set()
        self._judge_anew()

    def look(self, handle: SessionHandle, session: Session, request: EdgeRequest) -> None:
        """At every request: it asks nobody, and waits for nothing."""
        # Cut before it is remembered: what a stranger sends must not fill the memory.
        agent = request.headers.get(b"user-agent", b"")[:MAX_AGENT]
        found = self._judged(agent, request.address, session.client, session.country)
        if found is not None:
            self._noticed(handle, session, *found)

    def _elsewhere(
        self, agent: bytes, address: str, began_in: str, began_at: str
    ) -> tuple[str, str] | None:
        """The browser and the country, each if it is another; None if neither is."""
        client, country = family(agent.decode("latin-1")), self._country(address)
        other_client = client if differs(began_in, client) else ""
        other_country = country if began_at and country != began_at else ""
        return (other_client, other_country) if other_client or other_country else None

    def _judge_anew(self) -> None:
        self._judged.cache_clear()
        asyncio.get_running_loop().call_later(JUDGED_SECONDS, self._judge_anew)

    def _noticed(self, handle: SessionHandle, session: Session, client: str, country: str) -> None:
        seen = (handle, client, country)
        if seen in self._seen or len(self._under_way) >= MAX_UNDER_WAY:
            return
        self._seen[seen] = None
        if len(self._seen) > MAX_SEEN:
            del self._seen[next(iter(self._seen))]
        telling = asyncio.create_task(self._tell(seen, session))
        self._under_way.add(telling)
        telling.add_done_callback(self._under_way.discard)

    async def _tell(self, seen: _Seen, session: Session) -> None:
        """Once, whichever edge sees it first; two that see it at the same moment tell it twice,
        and whoever reads it takes it once.
        """
        handle, client, country = seen
        notice, key = Notice(session=handle, client=client, country=country), noticed_key(handle)
        try:
            kept = await self._channel.request("GET", key)
            known = kept.decode("latin-1").split("\n") if isinstance(kept, bytes) else []
            if notice.name in known or len(known) >= MOST:
                return
            await self._channel.request("XADD", STREAM, *adding(notice))
            over = int(session.expires_at.timestamp() * 1000)
            await self._channel.request("SET", key, "\n".join([*known, notice.name]), "PXAT", over)
        except SessionStoreUnavailable:
            self._seen.pop(seen, None)  # the next request tries again
