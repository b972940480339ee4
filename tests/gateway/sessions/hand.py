"""A gateway and an edge in one process, which do what they are told line by line:

python -m tests.gateway.sessions.hand URL KEY-RING
{"do": "start", "account": ...} -> {"handle": ...}
    {"do": "end", "handle": ...} -> {"ended": true}
{"do": "load", "handle": ...} -> {"gateway": true, "edge": null}: yes, no, or not known
"""

import asyncio
import json
import sys
import threading
from pathlib import Path

from gateway.config import keyring
from gateway.sessions.nearcache import NearCache
from gateway.sessions.session import SessionStoreUnavailable
from gateway.sessions.store import RedisSessionStore, connect
from tests.gateway.sessions.people import ada


class Hand:
    def __init__(self, url, ring):
        self._gateway = RedisSessionStore(connect(url), lambda: ring)
        self._gateway.start_canary()
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self._near = asyncio.run_coroutine_threadsafe(self._made(url, ring), self._loop).result()

    async def _made(self, url, ring):
        near = NearCache(url, lambda: ring)
        self._running = asyncio.create_task(near.channel.run())
        return near

    def start(self, account):
        return {"handle": self._gateway.start(ada(account=account)).handle}

    def end(self, handle):
        self._gateway.end(handle)
        return {"ended": True}

    def load(self, handle):
        edge = asyncio.run_coroutine_threadsafe(self._checked(handle), self._loop).result()
        try:
            return {"edge": edge, "gateway": self._gateway.load(handle) is not None}
        except SessionStoreUnavailable:
            return {"edge": edge, "gateway": None}

    async def _checked(self, handle):
        try:
            return (self._near.cached(handle) or await self._near.load(handle)) is not None
        except SessionStoreUnavailable:
            return None


def main(url, ring):
    hand = Hand(url, keyring.parse(keyring.read(Path(ring))))
    for line in sys.stdin:
        told = json.loads(line)
        try:
            answer = getattr(hand, told.pop("do"))(**told)
        except SessionStoreUnavailable as error:
            answer = {"away": str(error)}
        print(json.dumps(answer), flush=True)  # noqa: T201 -- that is how it answers


if __name__ == "__main__":
    main(*sys.argv[1:])
