"""The way from a real Keycloak back to the gateway: its own calls, not a browser's.

Keycloak takes this for the proxy through which the gateway is reached; what it asks there is
answered by the gateway of the running test.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from django.db import connections
from django.test import Client

from tests.fakes.http_server import serving
from tests.journeys.browser import HOST

SECONDS = 20.0


class WayBack:
    """Takes calls while it is open; `calls` are the paths, and `statuses` what was answered."""

    def __init__(self) -> None:
        self.port = 0
        self.calls: list[str] = []
        self.statuses: list[int] = []
        self._heard = threading.Condition()
        self._open = False

    @contextmanager
    def opened(self) -> Iterator["WayBack"]:
        """For one test, whose database the calls meet."""
        self.calls, self.statuses, self._open = [], [], True
        try:
            yield self
        finally:
            self._open = False

    def __call__(self, environ: dict[str, Any], start: Any) -> list[bytes]:
        if not self._open:
            start("503 -", [])
            return [b""]
        path = urlsplit(environ["PATH_INFO"]).path
        try:
            answer = Client(headers={"Host": HOST}).generic(
                environ["REQUEST_METHOD"],
                path,
                environ["wsgi.input"].read(),
                content_type=environ["CONTENT_TYPE"],
                headers={"Authorization": environ.get("HTTP_AUTHORIZATION", "")},
            )
        finally:
            connections.close_all()
        with self._heard:
            self.calls.append(path)
            self.statuses.append(answer.status_code)
            self._heard.notify_all()
        start(f"{answer.status_code} -", [("Content-Type", answer["Content-Type"])])
        return [answer.content]

    def wait_for(self, calls: int) -> None:
        """Until so many calls were answered."""
        with self._heard:
            assert self._heard.wait_for(lambda: len(self.calls) >= calls, SECONDS), self.calls


@contextmanager
def way_back() -> Iterator[WayBack]:
    made = WayBack()
    with serving(made) as server:
        made.port = server.server_port
        yield made
