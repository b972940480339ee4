"""The outbound client: what it calls, what it refuses, and when it gives up."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from ipaddress import ip_network
from urllib.parse import urlsplit

import pytest

from providers import network
from providers.errors import ProviderUnreachable
from providers.http import HttpClient
from tests.fakes.http_server import WebServer, scripted, serving

LOOPBACK = ip_network("127.0.0.0/8")


def site(environ, start_response):
    """Answers with what it was asked, and redirects along /hop/N."""
    path = environ["PATH_INFO"]
    if path.startswith("/hop/"):
        left = int(path.removeprefix("/hop/"))
        target = f"/hop/{left - 1}" if left > 1 else "/end"
        start_response("302 Found", [("Location", target)])
        return [b""]
    if path == "/away":
        start_response("302 Found", [("Location", environ["QUERY_STRING"])])
        return [b""]
    if path == "/packed":
        start_response("200 OK", [("Content-Encoding", "gzip")])
        return [b"\x1f\x8b"]
    if path == "/large":
        start_response("200 OK", [])
        return [b"x" * 1001]
    told = (environ["REQUEST_METHOD"], environ["HTTP_HOST"], environ.get("HTTP_AUTHORIZATION"))
    start_response("200 OK", [("X-Twice", "a"), ("X-Twice", "b")])
    return [repr((*told, environ["wsgi.input"].read())).encode()]


@pytest.fixture
def server() -> Iterator[WebServer]:
    with serving(site) as running:
        yield running


@pytest.fixture
def client() -> Iterator[HttpClient]:
    made = HttpClient(allowed_networks=[LOOPBACK], timeout=10.0)
    yield made
    made.close()


@pytest.fixture
def names(monkeypatch) -> dict[str, list[str]]:
    """What the resolver says, by name; it is asked for nothing else."""
    book: dict[str, list[str]] = {}

    def look_up(host, port, *, proto):
        return [(None, None, None, "", (address, port)) for address in book.get(host, [host])]

    monkeypatch.setattr(network, "getaddrinfo", look_up)
    return book


def get(client: HttpClient, url: str, **more):
    return client.get(url, accept="application/json", limit=1000, **more)


def test_an_answer_of_any_status_comes_back_with_its_headers_in_lower_case(client, server):
    answer = get(client, f"{server.url}/here")
    assert (answer.status, answer.headers["x-twice"]) == (200, "a, b")
    assert answer.url == f"{server.url}/here"


def test_a_connection_is_used_again(client, server):
    for _ in range(3):
        get(client, server.url)
    assert len(server.connections) == 1


def test_what_is_posted_arrives_with_its_headers(client, server):
    answer = client.post(
        server.url, body=b"a=1", headers={"Authorization": "Basic x"}, accept="*/*", limit=1000
    )
    assert answer.body == repr(("POST", server.url[7:], "Basic x", b"a=1")).encode()


def test_three_redirects_are_followed_and_a_fourth_is_not(client, server):
    assert get(client, f"{server.url}/hop/3").url == f"{server.url}/end"
    with pytest.raises(ProviderUnreachable, match="more than 3 redirects"):
        get(client, f"{server.url}/hop/4")


def test_a_post_is_not_carried_on_by_a_redirect(client, server):
    answer = client.post(f"{server.url}/hop/1", body=b"code=1", headers={}, accept="", limit=1000)
    assert answer.status == 302


def test_a_bearer_token_is_not_carried_on_by_a_redirect(client, server):
    assert get(client, f"{server.url}/hop/1", bearer="t").status == 302
    assert b"'Bearer t'" in get(client, f"{server.url}/end", bearer="t").body


@pytest.mark.parametrize(
    "target",
    [
        "http://10.0.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "file:///etc/passwd",
        "//[",
    ],
)
def test_a_redirect_to_a_private_address_or_to_none_is_refused(client, server, target):
    with pytest.raises(ProviderUnreachable):
        get(client, f"{server.url}/away?{target}")


def test_a_name_with_one_private_address_among_public_ones_is_refused(names):
    names["idp.corp.example"] = ["93.184.216.34", "10.0.0.1"]
    with pytest.raises(ProviderUnreachable, match=r"10\.0\.0\.1 is not a public address"):
        get(HttpClient(timeout=10), "https://idp.corp.example/")


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "127.1", "017700000001"])
def test_a_loopback_address_in_disguise_is_refused(host):
    with pytest.raises(ProviderUnreachable, match="not a public address"):
        get(HttpClient(timeout=10), f"https://{host}/")


def test_the_name_is_resolved_once_and_the_connection_goes_to_what_was_looked_at(
    names, client, server, monkeypatch
):
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])
    monkeypatch.setattr(
        network,
        "getaddrinfo",
        lambda host, port, proto: [(0, 0, 0, "", (ip, port)) for ip in next(answers)],
    )
    answer = get(client, f"http://idp.corp.example:{server.server_port}/")
    assert b"'idp.corp.example:" in answer.body  # Host is the name, not the address


def test_http_is_for_allowed_loopback_addresses_alone(names):
    names["idp.corp.example"] = ["10.0.0.1"]
    inside = HttpClient(allowed_networks=[ip_network("10.0.0.0/8")], timeout=10)
    with pytest.raises(ProviderUnreachable, match="http is for allowed loopback"):
        get(inside, "http://idp.corp.example/")
    with pytest.raises(ProviderUnreachable, match="http is for allowed loopback"):
        get(HttpClient(timeout=10), "http://127.0.0.1/")
    with pytest.raises(ProviderUnreachable, match="http is for allowed loopback"):
        get(HttpClient(timeout=10), "http://93.184.216.34/")


@pytest.mark.parametrize(
    "url",
    [
        "ftp://127.0.0.1/",
        "//127.0.0.1/",
        "https:///path",
        "https://user:secret@127.0.0.1/",
        "https://127.0.0.1\\@idp.corp.example/",
        "https://idp.corp.example\\.evil.example/",
        "https://idp.corp.example:0/",
        "https://idp.corp.example/a b",
        "https://idp.corp.example/\r\nX: y",
        "https://idp.corp.example:99999/",
        "https://[::1/",
        "https://ïdp.corp.example/",
        "https://idp.corp.example/" + "a" * 2048,
    ],
)
def test_an_address_that_is_no_plain_https_address_is_refused(client, url):
    with pytest.raises(ProviderUnreachable, match="no plain https address"):
        get(client, url)


def test_an_answer_over_the_limit_is_refused(client, server):
    with pytest.raises(ProviderUnreachable, match="more than 1000 bytes"):
        get(client, f"{server.url}/large")


def test_an_endless_answer_is_broken_off_at_the_limit(client):
    sent = []

    def pour(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b"x" * 65536)
            sent.append(65536)

    with scripted(pour) as url, pytest.raises(ProviderUnreachable, match="more than"):
        get(client, url)
    assert sum(sent) < 20_000_000


def test_every_call_says_that_its_answer_may_not_be_compressed(client):
    def told(environ, start_response):
        start_response("200 OK", [])
        return [environ.get("HTTP_ACCEPT_ENCODING", "anything").encode()]

    with serving(told) as asked:
        assert get(client, f"{asked.url}/").body == b"identity"


def test_a_compressed_answer_is_refused(client, server):
    with pytest.raises(ProviderUnreachable, match="compressed"):
        get(client, f"{server.url}/packed")


def _drip_headers(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    for _ in range(100):
        time.sleep(0.1)
        connection.sendall(b"X: y\r\n")


def _drip_body(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
    for _ in range(100):
        time.sleep(0.1)
        connection.sendall(b"x")


def _say_nothing(connection: socket.socket) -> None:
    time.sleep(5)


@pytest.mark.parametrize("script", [_drip_headers, _drip_body, _say_nothing])
def test_a_server_that_drips_or_sleeps_is_left_at_the_deadline(
    script: Callable[[socket.socket], None],
):
    impatient = HttpClient(allowed_networks=[LOOPBACK], timeout=0.5)
    started = time.monotonic()
    with scripted(script) as url, pytest.raises(ProviderUnreachable):
        get(impatient, url)
    assert time.monotonic() - started < 4
    impatient.close()


def test_the_deadline_is_for_all_redirects_together(server):
    def slow(environ, start_response):
        time.sleep(0.25)
        return site(environ, start_response)

    impatient = HttpClient(allowed_networks=[LOOPBACK], timeout=0.6)
    with serving(slow) as dawdling, pytest.raises(ProviderUnreachable, match="Timeout"):
        get(impatient, f"{dawdling.url}/hop/3")
    impatient.close()


def test_an_address_that_takes_no_connection_does_not_use_up_the_call(server, names, monkeypatch):
    """A machine that is off answers nothing at all: neither yes nor no."""
    monkeypatch.setattr(network, "CONNECT_SECONDS", 0.3)
    port = urlsplit(server.url).port
    names["idp.corp.example"] = ["127.0.0.2", "127.0.0.1"]
    impatient = HttpClient(allowed_networks=[LOOPBACK], timeout=3)
    with socket.create_server(("127.0.0.2", port), backlog=0), ExitStack() as waiting:
        for _ in range(3):  # it takes nobody out of its queue, which is full then
            stuck = waiting.enter_context(socket.socket())
            stuck.settimeout(0)
            stuck.connect_ex(("127.0.0.2", port))
        assert get(impatient, f"http://idp.corp.example:{port}/").status == 200
    impatient.close()


def test_a_resolver_that_hangs_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(network, "getaddrinfo", lambda *_, **__: time.sleep(3))
    started = time.monotonic()
    with pytest.raises(ProviderUnreachable, match="not resolved in time"):
        get(HttpClient(timeout=0.3), "https://idp.corp.example/")
    assert time.monotonic() - started < 2.5


@pytest.mark.parametrize(
    "answer", [b"", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"]
)
def test_an_answer_that_is_not_http_is_no_answer(client, answer):
    with (
        scripted(lambda connection: connection.sendall(answer)) as url,
        pytest.raises(ProviderUnreachable),
    ):
        get(client, url)


def test_the_error_names_host_and_path_and_never_the_query(client):
    closed = socket.create_server(("127.0.0.1", 0))
    port = closed.getsockname()[1]
    closed.close()
    with pytest.raises(ProviderUnreachable) as refused:
        get(client, f"http://127.0.0.1:{port}/token?code=SECRET", bearer="SECRET")
    assert f"127.0.0.1:{port}/token" in str(refused.value)
    assert "SECRET" not in str(refused.value)
