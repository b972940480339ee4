"""The app's way to the edge: `/.gatehouse/` is handed on, and sessions in use are kept from fading.

The edge believes its trusted proxies alone what host they speak for, so this app's address must be
among them (`GATEHOUSE_TRUSTED_PROXIES`). All that the client said of its way here is left behind.
"""

import logging
import threading
import time
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from gatehouse_client import cookie
from gatehouse_client.asked import PATHS, Answer, Asked, told, unavailable
from gatehouse_client.calls import Call, call
from gatehouse_client.near import Held
from gatehouse_client.person import Unavailable

_log = logging.getLogger(__name__)

SECONDS = 5.0
EXTEND_SECONDS = 2.0
MAX_BODY = 65_536  # bytes of a form that is handed on
MAX_WAITING = 100  # sessions that wait to be extended; more would only say the same of the edge
MAX_REMEMBERED = 20_000
# What of a request means something there.
_HANDED_ON = ("accept", "accept-language", "content-type", "origin", "user-agent")
_OF_THE_WAY = {"connection", "content-length", "date", "keep-alive", "server", "transfer-encoding"}


class EdgeClient:
    """Thread-safe."""

    def __init__(self, url: str, origin: str) -> None:
        parts = urlsplit(origin)
        self._url = url
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._said = (("X-Forwarded-Host", parts.netloc), ("X-Forwarded-Proto", parts.scheme))
        self._lock = threading.Lock()
        self._asked_at: OrderedDict[str, float] = OrderedDict()
        self._waiting = 0
        self._workers: ThreadPoolExecutor | None = None

    def hand_on(self, asked: Asked, body: bytes) -> Answer:
        """The edge's answer to a path of its own. `body` is not longer than MAX_BODY."""
        if asked.path == f"{PATHS}watch":  # a stream, which is not for a thread to hold open
            return told(asked, 404, "page.unknown", "There is no such page.")
        headers = [
            (name, value)
            for name, value in asked.headers
            if name in _HANDED_ON or name.startswith("sec-fetch-")
        ]
        headers = [*headers, *self._about(asked)]
        target, method = asked.target, asked.method
        try:
            reply = call(
                self._url, Call(method=method, target=target, headers=headers, body=body), SECONDS
            )
        except Unavailable as error:
            _log.warning("the edge did not answer: %s", error)
            return unavailable(asked)
        kept = [(name.lower(), value) for name, value in reply.headers]
        return Answer(
            status=reply.status,
            headers=[(name, value) for name, value in kept if name not in _OF_THE_WAY],
            body=reply.body,
        )

    def extend(self, asked: Asked, handle: str, held: Held) -> None:
        """Shows the edge that a session is in use, if half of its idle life is over: the question
        that a proxy would ask at every request. In the background, once in half an idle life.
        """
        if held.fades and self._is_first(handle, held.session.idle_for.total_seconds() / 2):
            self._pool().submit(self._extend, asked, handle)

    def _is_first(self, handle: str, pause: float) -> bool:
        now = time.monotonic()
        with self._lock:
            last = self._asked_at.get(handle)
            if self._waiting >= MAX_WAITING or (last is not None and now - last < pause):
                return False
            self._waiting += 1
            self._asked_at[handle] = now
            self._asked_at.move_to_end(handle)
            if len(self._asked_at) > MAX_REMEMBERED:
                self._asked_at.popitem(last=False)
            return True

    def _extend(self, asked: Asked, handle: str) -> None:
        # The path, since another one may be public, where the edge looks at no session.
        about = (
            ("X-Forwarded-Uri", asked.target.partition("?")[0]),
            ("X-Forwarded-Method", "GET"),
            *self._about(asked),
        )
        try:
            call(self._url, Call(target="/forward-auth", headers=about), EXTEND_SECONDS)
        except Unavailable as error:
            _log.warning("a session in use was not extended: %s", error)
            with self._lock:
                self._asked_at.pop(handle, None)  # the next request tries again
        finally:
            with self._lock:
                self._waiting -= 1

    def _about(self, asked: Asked) -> tuple[tuple[str, str], ...]:
        ours = cookie.ours(asked.header("cookie"))
        return (*self._said, ("X-Forwarded-For", asked.address), ("Cookie", ours))

    def _pool(self) -> ThreadPoolExecutor:
        with self._lock:
            if self._workers is None:
                self._workers = ThreadPoolExecutor(2, "gatehouse-edge")
            return self._workers
