"""Reads sessions of one app's host from Redis. Never writes."""

import asyncio
import json
import os
import threading
from collections.abc import Coroutine, Mapping
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import Self, TypeVar
from urllib.parse import quote, urlsplit

from gatehouse_client import cookie
from gatehouse_client.binding import KeysInFile
from gatehouse_client.connection import ANSWER_SECONDS
from gatehouse_client.keys import KeyUnknown, PublicKeys
from gatehouse_client.near import Held, NearCache
from gatehouse_client.person import Session, Unavailable
from gatehouse_client.server import Server

_T = TypeVar("_T")


class SessionReader:
    """Thread-safe, for threads and for event loops; after a fork each process starts its own.

    Redis is heard on one background thread, which the first reading starts.
    """

    def __init__(
        self, redis_url: str, *, origin: str, binding_keys: Mapping[str, bytes], keys: PublicKeys
    ) -> None:
        """`origin` is the app's own, `binding_keys` are those of its host, by id.

        Raises ValueError for an address that is none.
        """
        self._server = Server.at(redis_url)
        self._host = bound_host(origin)
        self._binding_keys = binding_keys
        self._keys = keys
        self._start_one = threading.Lock()
        self._ear: _Ear | None = None

    @classmethod
    def from_file(cls, path: str | Path, *, origin: str, redis_url: str) -> Self:
        """By what `manage.py readers add` printed; of `redis_url` the place counts, not the user.
        When the file changes its binding keys are read anew.

        Raises OSError, ValueError, KeyError.
        """
        said = json.loads(Path(path).read_text())
        return cls(
            _signed_in(redis_url, said["redis"]["username"], said["redis"]["password"]),
            origin=origin,
            binding_keys=KeysInFile(Path(path), origin),
            keys=PublicKeys(said["gateway"]),
        )

    def read(self, cookie_header: str) -> Session | None:
        """Who is signed in by this `Cookie` header, or None. Raises Unavailable."""
        held = self.find(self.handle_of(cookie_header))
        return held.session if held else None

    async def aread(self, cookie_header: str) -> Session | None:
        """The same for an event loop, which goes on meanwhile."""
        held = await self.afind(self.handle_of(cookie_header))
        return held.session if held else None

    def handle_of(self, cookie_header: str) -> str | None:
        return cookie.handle_of(cookie_header, self._host, self._binding_keys)

    def find(self, handle: str | None) -> Held | None:
        """Raises Unavailable."""
        if handle is None:
            return None
        ear = self._listening()
        if (held := ear.cached(handle)) is not None:
            return held
        self._keys.keep_fresh()
        with suppress(KeyUnknown):
            return _answer(ear.load(handle))
        self._keys.refresh()
        with suppress(KeyUnknown):
            return _answer(ear.load(handle))
        return None  # signed, but not by the gateway

    async def afind(self, handle: str | None) -> Held | None:
        """Raises Unavailable."""
        if handle is None:
            return None
        ear = self._listening()
        if (held := ear.cached(handle)) is not None:
            return held
        self._keys.keep_fresh()
        with suppress(KeyUnknown):
            return await _awaited(ear.load(handle))
        await asyncio.to_thread(self._keys.refresh)
        with suppress(KeyUnknown):
            return await _awaited(ear.load(handle))
        return None

    def close(self) -> None:
        with self._start_one:
            if self._ear is not None:
                self._ear.close()
                self._ear = None

    def _listening(self) -> "_Ear":
        ear = self._ear
        if ear is not None and ear.process == os.getpid():
            return ear
        with self._start_one:
            if self._ear is None or self._ear.process != os.getpid():
                self._ear = _Ear(self._server, self._keys)
            return self._ear


class _Ear:
    """The thread that hears Redis, and its event loop."""

    def __init__(self, server: Server, keys: PublicKeys) -> None:
        self.process = os.getpid()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._go, name="gatehouse", daemon=True)
        self._thread.start()
        self._near, self._listening = _answer(self._run(self._begin(server, keys)))

    def cached(self, handle: str) -> Held | None:
        return self._near.cached(handle)

    def load(self, handle: str) -> Future[Held | None]:
        return self._run(self._near.load(handle))

    def close(self) -> None:
        _answer(self._run(self._end()))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self, task: Coroutine[object, object, _T]) -> Future[_T]:
        return asyncio.run_coroutine_threadsafe(task, self._loop)

    def _go(self) -> None:
        self._loop.run_forever()
        self._loop.close()

    async def _begin(
        self, server: Server, keys: PublicKeys
    ) -> tuple[NearCache, asyncio.Task[None]]:
        near = NearCache(server, keys)
        return near, self._loop.create_task(near.channel.run())

    async def _end(self) -> None:
        self._listening.cancel()
        await asyncio.gather(self._listening, return_exceptions=True)
        await asyncio.sleep(0)  # the transport's own end


def _answer(future: Future[_T]) -> _T:
    """Raises Unavailable. Redis has its own, shorter time; this one is for our own thread."""
    try:
        return future.result(timeout=4 * ANSWER_SECONDS)
    except TimeoutError as error:
        raise Unavailable("no answer in time") from error


async def _awaited(future: Future[_T]) -> _T:
    """The same for an event loop. Raises Unavailable."""
    try:
        async with asyncio.timeout(4 * ANSWER_SECONDS):
            return await asyncio.wrap_future(future)
    except TimeoutError as error:
        raise Unavailable("no answer in time") from error


def bound_host(origin: str) -> str:
    """`host[:port]` to which cookies are bound: lower case, default port left out."""
    parts = urlsplit(origin)
    host = (parts.hostname or "").lower()
    if parts.scheme not in {"http", "https"} or not host:
        raise ValueError("an origin is https://host or https://host:port")
    host = f"[{host}]" if ":" in host else host
    return (
        host
        if parts.port in {None, 80 if parts.scheme == "http" else 443}
        else (f"{host}:{parts.port}")
    )


def _signed_in(redis_url: str, user: str, password: str) -> str:
    parts = urlsplit(redis_url)
    place = parts.netloc.rpartition("@")[2]
    login = f"{quote(user, safe='')}:{quote(password, safe='')}"
    return parts._replace(netloc=f"{login}@{place}").geturl()
