"""An app without a proxy: from its own address through the company's provider and back, and out."""

import json
import os
import subprocess
import sys
import time
from http.client import HTTPConnection
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import transaction

from gateway import wiring
from gateway.relying_parties import publish
from gateway.relying_parties.models import RelyingParty
from gateway.sessions import cookie
from gateway.sessions.keys import record_key
from tests.gateway.edge.conftest import eventually
from tests.journeys.apps import WIKI, enter, ticket_for
from tests.journeys.edge import AppBrowser, edge_process, free_port

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("idp")]

ROOT = Path(__file__).parents[2]


class Direct(AppBrowser):
    """A browser at the app itself. What a proxy would say of it are lies here."""

    def open(self, uri, **headers):
        lies = {
            "X_Forwarded_Host": "payroll.other.localhost:8000",
            "X_Forwarded_Proto": "https",
            "X_Forwarded_For": "203.0.113.9, not an address",
            "X_Forwarded_Uri": "/assets",
        }
        return self.ask(uri, uri, **(lies | headers))

    def handshake(self, url, **headers):
        return self.open(url.partition(f"//{self.host}")[2] or url, **headers)


@pytest.fixture
def board(house, live_server, tmp_path, capsys):
    """The port of the board, over a real edge; and a browser at it."""
    port = free_port()
    origin = f"http://board.corp.localhost:{port}"
    RelyingParty.objects.create(
        slug="board",
        name="Board",
        origins=[origin],
        access=[{"path": "/", "roles": [], "public": False}],
        shares=["name"],
    )
    with transaction.atomic():
        publish.publish(wiring.redis_client(), wiring.key_ring(), wiring.config())
    call_command("readers", "add", "board-1", "--app", "board")
    said = json.loads(capsys.readouterr().out) | {"gateway": live_server.url}
    (tmp_path / "reader.json").write_text(json.dumps(said))
    with edge_process(live_server.url) as edge, running(port, origin, edge, tmp_path):
        yield Direct(port, f"board.corp.localhost:{port}")
    call_command("readers", "remove", "board-1")


class running:  # noqa: N801 -- a context manager
    def __init__(self, port, origin, edge, folder):
        words = ("--interface", "asginl", "--port", str(port), "examples.board.app:app")
        self._port = port
        self._server = subprocess.Popen(
            [str(Path(sys.executable).with_name("granian")), *words],
            cwd=ROOT,
            env=os.environ
            | {
                "BOARD_ORIGIN": origin,
                "BOARD_READER": str(folder / "reader.json"),
                "BOARD_REDIS_URL": wiring.config().redis_url,
                "BOARD_EDGE_URL": f"http://127.0.0.1:{edge}",
                "PYTHONPATH": "clients/python",
            },
        )

    def __enter__(self):
        eventually(self._answers, 20)

    def _answers(self):
        connection = HTTPConnection("127.0.0.1", self._port, timeout=1)
        try:
            connection.request("GET", "/style.css")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def __exit__(self, *_):
        self._server.terminate()
        self._server.wait(timeout=10)


def signed_in(browser, board):
    browser.sign_in(person="ada")
    eventually(lambda: board.open("/.gatehouse/start").status == 302, 5)  # it has read its routes
    entered = enter(browser, board)
    assert (entered.status, entered["Location"]) == (303, f"http://{board.host}/page?q=1")


def handle_of(board):
    value = board.cookies[cookie.NAME]
    return cookie.read(f"{cookie.NAME}={value}", board.host, wiring.key_ring()).handle


def test_she_comes_in_is_known_and_is_out_as_soon_as_her_session_ends(board, browser):
    assert board.open("/").status == 302
    signed_in(browser, board)
    page = board.open("/")
    assert page.status == 200
    assert "Hello Ada Byron" in page.body
    assert page["Cache-Control"] == "private"
    wiring.session_store().end(handle_of(board))
    eventually(lambda: board.open("/").status == 302)


def test_she_signs_out_by_the_apps_own_button(board, browser):
    signed_in(browser, board)
    forged = board.open(
        "/.gatehouse/sign-out", X_Forwarded_Method="POST", Sec_Fetch_Site="same-site"
    )
    assert forged.status == 403
    assert board.open("/").status == 200
    done = board.open(
        "/.gatehouse/sign-out", X_Forwarded_Method="POST", Sec_Fetch_Site="same-origin"
    )
    assert done.status == 303
    assert cookie.NAME not in board.cookies
    assert board.open("/").status == 302


def test_a_session_in_use_is_extended_by_the_edge_and_not_by_the_reader(board, browser):
    signed_in(browser, board)
    redis, key = wiring.redis_client(), record_key(handle_of(board))
    whole = redis.pttl(key)
    board.open("/")
    time.sleep(0.2)
    assert redis.pttl(key) < whole  # in its first half it is left alone
    redis.pexpire(key, whole // 3)
    assert board.open("/").status == 200
    eventually(lambda: redis.pttl(key) > whole * 0.9, 2)


def test_a_cookie_of_another_host_opens_nothing(board, browser):
    signed_in(browser, board)
    token = cookie.read(
        f"{cookie.NAME}={board.cookies[cookie.NAME]}", board.host, wiring.key_ring()
    )
    board.cookies[cookie.NAME] = cookie.write(token, WIKI, wiring.key_ring())
    assert board.open("/").status == 302


def test_a_ticket_works_once(board, browser):
    browser.sign_in(person="ada")
    eventually(lambda: board.open("/.gatehouse/start").status == 302, 5)
    url = ticket_for(browser, board)
    assert board.handshake(url).status == 303
    assert board.handshake(url).status == 400
