"""The outbound client behind a proxy: what it asks the proxy for, and what it never does."""

import time
from collections.abc import Callable, Iterator
from ipaddress import ip_network

import pytest

from providers import network
from providers.errors import ProviderUnreachable
from providers.http import HttpClient
from providers.proxy import proxy_at, with_credentials
from providers.tls import client_certificate
from tests.fakes.authority import Authority
from tests.fakes.connect_proxy import ConnectProxy, connect_proxy
from tests.fakes.http_server import WebServer, scripted, serving

NAME, ADDRESS, OTHER = "idp.corp.example", "93.184.216.34", "93.184.216.35"
NEAR = ip_network("127.0.0.0/8")
AUTHORITY = Authority()


def site(environ, start_response):
    if environ["PATH_INFO"] == "/away":
        start_response("302 Found", [("Location", environ["QUERY_STRING"])])
        return [b""]
    start_response("200 OK", [])
    return [f"{environ['REQUEST_METHOD']} {environ['HTTP_HOST']}".encode()]


@pytest.fixture
def server() -> Iterator[WebServer]:
    with serving(site, tls=AUTHORITY.server(NAME)) as running:
        yield running


@pytest.fixture
def book(monkeypatch) -> dict[str, list[str]]:
    """What our own resolver says, by name; `asked` of it are all look-ups."""
    names = {NAME: [ADDRESS], "127.0.0.1": ["127.0.0.1"]}

    def look_up(host, port, *, proto):
        return [(None, None, None, "", (address, port)) for address in names.get(host, [host])]

    monkeypatch.setattr(network, "getaddrinfo", look_up)
    return names


@pytest.fixture
def proxy(server: WebServer, book) -> Iterator[ConnectProxy]:
    with connect_proxy() as running:
        lead(running, server)
        yield running


def lead(proxy: ConnectProxy, server: WebServer) -> None:
    proxy.leads[f"{ADDRESS}:{server.server_port}"] = ("127.0.0.1", server.server_port)


@pytest.fixture
def by() -> Iterator[Callable[..., HttpClient]]:
    made: list[HttpClient] = []

    def make(url: str, credentials: str = "", **more) -> HttpClient:
        way = with_credentials(proxy_at("proxy", url), credentials)
        options = {"allowed_networks": [NEAR], "timeout": 10, "authorities": (AUTHORITY.pem,)}
        made.append(HttpClient(proxy=way, **(options | more)))
        return made[-1]

    yield make
    for each in made:
        each.close()


def get(client: HttpClient, server: WebServer, path: str = "/", name: str = NAME):
    return client.get(f"https://{name}:{server.server_port}{path}", accept="*/*", limit=1000)


def test_the_proxy_is_asked_for_the_address_that_was_looked_at_and_never_for_a_name(
    by, proxy, server
):
    client = by(proxy.url)
    for _ in range(2):
        assert get(client, server).body == f"GET {NAME}:{server.server_port}".encode()
    posted = client.post(
        f"https://{NAME}:{server.server_port}/", body=b"a=1", headers={}, accept="", limit=1000
    )
    assert posted.status == 200
    assert proxy.asked == [f"CONNECT {ADDRESS}:{server.server_port} HTTP/1.1"]


def test_a_certificate_for_another_name_is_refused_behind_a_proxy_too(by, proxy, server, book):
    book["other.corp.example"] = [ADDRESS]
    with pytest.raises(ProviderUnreachable, match="Hostname mismatch"):
        get(by(proxy.url), server, name="other.corp.example")


def test_without_the_company_s_authority_the_certificate_is_refused(by, proxy, server):
    with pytest.raises(ProviderUnreachable, match="CERTIFICATE_VERIFY_FAILED"):
        get(by(proxy.url, authorities=()), server)


@pytest.mark.parametrize("inside", ["10.0.0.1", "169.254.169.254", "::1", "fe80::1"])
def test_the_proxy_never_hears_of_an_address_that_is_not_public(by, proxy, server, book, inside):
    book[NAME] = [ADDRESS, inside]
    with pytest.raises(ProviderUnreachable, match="is not a public address"):
        get(by(proxy.url), server)
    assert proxy.asked == []


def test_a_redirect_behind_a_proxy_is_looked_at_as_well(by, proxy, server):
    with pytest.raises(ProviderUnreachable, match=r"10\.0\.0\.1 is not a public address"):
        get(by(proxy.url), server, "/away?https://10.0.0.1/")
    assert len(proxy.asked) == 1


def test_what_is_loopback_here_would_be_the_proxy_s_own_machine(by, proxy, server, book):
    book[NAME] = ["127.0.0.1"]
    proxy.leads[f"127.0.0.1:{server.server_port}"] = ("127.0.0.1", server.server_port)
    with pytest.raises(ProviderUnreachable, match="the proxy's own machine"):
        get(by(proxy.url), server)
    with pytest.raises(ProviderUnreachable, match="the proxy's own machine"):
        by(proxy.url).get(f"http://127.0.0.1:{server.server_port}/", accept="", limit=1)
    assert proxy.asked == []


def test_a_private_network_that_the_row_names_is_reached_by_the_proxy(by, proxy, server, book):
    book[NAME] = ["10.2.0.7"]
    proxy.leads = {f"10.2.0.7:{server.server_port}": ("127.0.0.1", server.server_port)}
    client = by(proxy.url, allowed_networks=[NEAR, ip_network("10.2.0.0/16")])
    assert get(client, server).status == 200


def test_a_proxy_on_a_network_that_the_row_does_not_name_is_not_called(by, proxy, server):
    with pytest.raises(ProviderUnreachable, match="a network in allowed_networks"):
        get(by(proxy.url, allowed_networks=[]), server)
    assert proxy.asked == []


def test_a_public_proxy_is_spoken_to_over_tls_alone(by, server, book):
    book["proxy.example"] = [OTHER]
    with pytest.raises(ProviderUnreachable, match="needs https, or a network"):
        get(by("http://proxy.example:3128"), server)


def test_a_proxy_over_tls_is_held_to_its_own_name(by, server, book):
    book["proxy.corp.example"] = book["other.corp.example"] = ["127.0.0.1"]
    with connect_proxy(AUTHORITY.server("proxy.corp.example")) as proxy:
        lead(proxy, server)
        client = by(f"https://proxy.corp.example:{proxy.port}")
        for _ in range(2):
            assert get(client, server).status == 200
        assert len(proxy.asked) == 1
        with pytest.raises(ProviderUnreachable, match=r"proxy other\.corp\.example"):
            get(by(f"https://other.corp.example:{proxy.port}"), server)
        with pytest.raises(ProviderUnreachable, match="CERTIFICATE_VERIFY_FAILED"):
            get(by(f"https://proxy.corp.example:{proxy.port}", authorities=()), server)
        assert len(proxy.asked) == 1


def test_inside_a_tls_proxy_a_certificate_of_another_name_is_refused_too(by, server, book):
    book["proxy.corp.example"], book["other.corp.example"] = ["127.0.0.1"], [ADDRESS]
    with connect_proxy(AUTHORITY.server("proxy.corp.example")) as proxy:
        lead(proxy, server)
        client = by(f"https://proxy.corp.example:{proxy.port}")
        with pytest.raises(ProviderUnreachable, match="Hostname mismatch"):
            get(client, server, name="other.corp.example")


def test_name_and_password_are_for_the_proxy_alone(by, server, book):
    with connect_proxy(credentials="gate:s3cret") as proxy:
        lead(proxy, server)
        assert get(by(proxy.url, "gate:s3cret"), server).status == 200
        with pytest.raises(ProviderUnreachable, match=r"407, wants them: secrets\.proxy_credent"):
            get(by(proxy.url), server)
        with pytest.raises(ProviderUnreachable, match="407, refuses") as caught:
            get(by(proxy.url, "gate:wrong"), server)
    assert "wrong" not in str(caught.value)


def test_our_client_certificate_is_not_shown_to_the_proxy(by, book):
    certificate, key = AUTHORITY.issue("gateway.corp.example")
    seen: list[bytes | None] = []
    tls = AUTHORITY.server("proxy.corp.example")
    tls.verify_mode = 1  # asks for one, takes none
    tls.load_verify_locations(cadata=AUTHORITY.pem)
    asking = AUTHORITY.server(NAME)
    asking.verify_mode = 1
    asking.load_verify_locations(cadata=AUTHORITY.pem)
    book["proxy.corp.example"] = ["127.0.0.1"]

    def told(environ, start_response):
        seen.append(environ["client.certificate"])
        return site(environ, start_response)

    with serving(told, tls=asking) as server, connect_proxy(tls) as proxy:
        lead(proxy, server)
        proxy.observe = lambda connection: seen.append(connection.getpeercert(binary_form=True))
        client = by(f"https://proxy.corp.example:{proxy.port}")
        ours = client.showing(client_certificate(certificate, key))
        assert get(ours, server).status == 200
        ours.close()
    assert seen[0] is None
    assert seen[1] is not None


def test_an_address_that_the_proxy_cannot_reach_is_not_the_last_one(by, proxy, server, book):
    book[NAME] = [OTHER, ADDRESS]
    assert get(by(proxy.url), server).status == 200
    book[NAME] = [OTHER]
    with pytest.raises(ProviderUnreachable, match="status 502"):
        get(by(proxy.url), server)


def test_a_proxy_that_is_away_is_named(by, server, book):
    with connect_proxy() as gone:
        url = gone.url
    with pytest.raises(ProviderUnreachable, match=r"proxy 127\.0\.0\.1"):
        get(by(url), server)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",  # an answer before the question
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 20_000,
    ],
)
def test_a_proxy_that_speaks_something_else_is_refused(by, proxy, server, answer):
    proxy.answer = lambda connection: connection.sendall(answer)
    with pytest.raises(ProviderUnreachable, match="no answer of HTTP"):
        get(by(proxy.url), server)


def drip(connection) -> None:
    for _ in range(100):
        connection.sendall(b"H")
        time.sleep(0.05)


def drip_record(connection) -> None:
    """A tunnel, and then a TLS record that never ends."""
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    connection.sendall(b"\x16\x03\x03\x3f\x00")
    drip(connection)


@pytest.mark.parametrize("slowly", [drip, drip_record])
@pytest.mark.parametrize("secure", [False, True])
def test_a_proxy_that_drips_is_not_waited_for_beyond_the_call_s_limit(
    by, server, book, slowly, secure
):
    book["proxy.corp.example"] = ["127.0.0.1"]
    with connect_proxy(AUTHORITY.server("proxy.corp.example") if secure else None) as proxy:
        proxy.answer = slowly
        client = by(
            f"{'https' if secure else 'http'}://proxy.corp.example:{proxy.port}", timeout=0.8
        )
        began = time.monotonic()
        with pytest.raises(ProviderUnreachable):
            get(client, server)
        assert time.monotonic() - began < 2


def test_a_proxy_that_never_answers_to_tls_is_left_at_the_call_s_limit(by, server, book):
    book["proxy.corp.example"] = ["127.0.0.1"]
    with scripted(lambda _: time.sleep(5)) as silent:
        port = silent.rpartition(":")[2].strip("/")
        client = by(f"https://proxy.corp.example:{port}", timeout=0.5)
        began = time.monotonic()
        with pytest.raises(ProviderUnreachable):
            get(client, server)
        assert time.monotonic() - began < 4
