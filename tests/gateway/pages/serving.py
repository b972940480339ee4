"""The gateway on a free port, and a real browser."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from socketserver import ThreadingMixIn
from threading import Thread
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.test import override_settings
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDE = {"width": 1280, "height": 900}
NARROW = {"width": 390, "height": 844}


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_args: object) -> None: ...


@contextmanager
def specimens_served() -> Iterator[str]:
    """The origin of a gateway that also shows the specimens."""
    with make_server("127.0.0.1", 0, None, server_class=_Server, handler_class=_Quiet) as server:
        origin = f"http://gateway.corp.localhost:{server.server_port}"
        environment = replace(settings.ENVIRONMENT, base_url=origin)
        with override_settings(ENVIRONMENT=environment, ROOT_URLCONF="tests.gateway.pages.urls"):
            server.set_app(get_wsgi_application())
            thread = Thread(target=server.serve_forever, daemon=True)
            thread.start()
            try:
                yield origin
            finally:
                server.shutdown()
                thread.join()


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


def opened(
    browser: Browser,
    *,
    dark: bool = False,
    narrow: bool = False,
    scripts: bool = True,
    reduced: bool = True,
) -> BrowserContext:
    return browser.new_context(
        viewport=NARROW if narrow else WIDE,
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce" if reduced else "no-preference",
        java_script_enabled=scripts,
        locale="en-GB",
        timezone_id="Europe/Berlin",
    )


def noises(page: Page, origin: str) -> list[str]:
    """Whatever the page says to the console, throws, or asks of another host, as it happens."""
    heard: list[str] = []
    page.on("console", lambda message: heard.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: heard.append(f"error: {error}"))

    def asked(request: object) -> None:
        url = request.url  # type: ignore[attr-defined]
        if not url.startswith((origin, "data:")):
            heard.append(f"request: {url}")

    page.on("request", asked)
    return heard
