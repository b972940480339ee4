"""What the outbound client can for whoever looks at an app: plain HTTP inside, headers at will."""

from ipaddress import ip_network

import pytest

from providers.errors import ProviderUnreachable
from providers.http import HttpClient
from tests.fakes.http_server import serving

LOOPBACK = ip_network("127.0.0.0/8")


def test_http_is_for_networks_that_are_named_for_it_and_allowed():
    here, beside = ip_network("127.0.0.1/32"), ip_network("127.0.0.2/32")

    def site(_environ, start_response):
        start_response("200 OK", [])
        return [b""]

    with serving(site) as server:
        url = f"http://127.0.0.1:{server.server_port}/"
        for allowed, plain in ((LOOPBACK, beside), (beside, here)):
            with pytest.raises(ProviderUnreachable, match="http is for allowed loopback"):
                HttpClient(allowed_networks=[allowed], plain=(plain,)).look(url, limit=10)
        named = HttpClient(allowed_networks=[here], plain=(here,))
        assert named.look(url, limit=10).status == 200
        named.close()


def test_headers_go_out_as_they_are_spelled_and_as_often():
    seen = []

    def told(environ, start_response):
        seen.append({k: v for k, v in environ.items() if k.startswith("HTTP_X")})
        start_response("302 Found", [("Location", "/elsewhere")])
        return [b""]

    with serving(told) as listening:
        said = [("X_Who", "ada"), ("Host", "wiki.corp.example")]
        client = HttpClient(allowed_networks=[LOOPBACK])
        answer = client.look(f"http://127.0.0.1:{listening.server_port}/", limit=10, headers=said)
        client.close()
    assert (answer.status, seen) == (302, [{"HTTP_X_WHO": "ada"}])
