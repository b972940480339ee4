"""The board, which stands alone: the client in it reads sessions of a real store."""

import json

import pytest

from gateway import wiring
from gateway.config.environment import environment
from gateway.config.keyring import KeyRingFile, KeyUse
from gateway.sessions import cookie
from gateway.sessions.store import RedisSessionStore, connect
from gateway.tokens.keys import public_jwks
from tests.examples.conftest import App
from tests.fakes.http_server import serving
from tests.gateway.edge.conftest import closed_port, eventually
from tests.gateway.sessions.people import ada

BROWSER = {"Accept": "text/html", "Sec-Fetch-Mode": "navigate"}


@pytest.fixture(scope="module")
def ring():
    return KeyRingFile(environment().key_ring).current()


@pytest.fixture(scope="module")
def store(ring, _valkey):
    if wiring.session_store.cache_info().currsize:
        wiring.session_store().close()
        wiring.session_store.cache_clear()
    client = connect(environment().redis_url)
    found = RedisSessionStore(client, lambda: ring)
    found.start_canary()
    yield found
    found.close()
    client.close()


@pytest.fixture(scope="module")
def gateway(ring):
    def keys(_environ, start):
        start("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(public_jwks(ring)).encode()]

    with serving(keys) as server:
        yield server.url


@pytest.fixture(scope="module")
def board(serve, ring, gateway, store, tmp_path_factory) -> App:
    path = tmp_path_factory.mktemp("board") / "reader.json"

    def configured(origin: str) -> dict[str, str]:
        host = origin.removeprefix("http://")
        keys = {
            key.id: cookie.host_key(key.value, f"gatehouse cookie {host}").hex()
            for key in ring.all(KeyUse.COOKIE)
        }
        said = {
            "gateway": gateway,
            "redis": {"username": "default", "password": ""},
            "binding_keys": {origin: keys},
        }
        path.write_text(json.dumps(said))
        return {
            "BOARD_READER": str(path),
            "BOARD_REDIS_URL": environment().redis_url,
            "BOARD_EDGE_URL": f"http://127.0.0.1:{closed_port()}",
            "PYTHONPATH": "clients/python",
        }

    return serve(
        "board.corp.localhost", "BOARD_ORIGIN", "asginl", "examples.board.app:app", configured
    )


def pair(board, token, ring):
    host = board.origin.removeprefix("http://")
    return {"Cookie": f"{cookie.NAME}={cookie.write(token, host, ring)}"}


def test_it_greets_by_name_until_the_session_ends(board, store, ring):
    token = store.start(ada())
    known = pair(board, token, ring)
    answer = board.get("/", **known)
    assert answer.status_code == 200
    assert "Hello Ada Byron" in answer.text
    assert "Your roles: deployer" in answer.text
    store.end(token.handle)
    eventually(lambda: board.get("/", **known).status_code == 401)


def test_a_browser_is_sent_to_sign_in(board):
    answer = board.get("/", **BROWSER)
    assert answer.status_code == 302
    assert answer.headers["location"] == f"{board.origin}/.gatehouse/start?to=/"


def test_a_name_cannot_bring_markup(board, store, ring):
    token = store.start(ada(name="<script>x</script>"))
    assert "<script>" not in board.get("/", **pair(board, token, ring)).text


def test_headers_are_not_believed(board):
    lies = {"X-Gatehouse-User": "ada", "X-Gatehouse-Account": "1", "X_Gatehouse_User": "ada"}
    assert board.get("/", **lies).status_code == 401


def test_the_style_is_for_everybody_and_nothing_else_is(board):
    assert board.get("/style.css").status_code == 200
    assert board.get("/style.css/x").status_code == 404
    assert board.get("/nothing").status_code == 401
