"""What an admin may say about a proxy."""

import pytest

from providers.errors import ProviderMisconfigured
from providers.proxy import check_credentials, proxy_at, with_credentials


@pytest.mark.parametrize(
    ("url", "host", "port", "tls"),
    [
        ("http://proxy.corp.example:8080", "proxy.corp.example", 8080, False),
        ("http://proxy.corp.example/", "proxy.corp.example", 3128, False),
        ("https://[2001:db8::1]:8443", "2001:db8::1", 8443, True),
        ("https://proxy.corp.example", "proxy.corp.example", 443, True),
    ],
)
def test_a_proxy_has_an_address_and_a_port(url, host, port, tls):
    found = proxy_at("proxy", url)
    assert found is not None
    assert (found.host, found.port, found.tls) == (host, port, tls)
    assert proxy_at("proxy", None) is None


@pytest.mark.parametrize(
    "url",
    [
        "",
        "proxy.corp.example:8080",
        "socks5://proxy.corp.example",
        "HTTP://proxy.corp.example:0",
        "http://proxy.corp.example/path",
        "http://proxy.corp.example?x",
        "http://proxy.corp.example#x",
        "http://proxy corp",
        "http://proxy\\corp",
        "http://[::1",
        "http://proxy:99999",
        7,
        ["http://proxy"],
    ],
)
def test_an_address_of_no_proxy_is_refused(url):
    with pytest.raises(ProviderMisconfigured, match="must be http://host:port"):
        proxy_at("proxy", url)


def test_a_password_in_the_proxy_s_address_is_refused_and_not_repeated():
    with pytest.raises(ProviderMisconfigured, match="secret proxy_credentials") as caught:
        proxy_at("proxy", "http://gate:s3cret@proxy.corp.example")
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "gate", ":secret", "gate:a\r\nX: y", "g:" + "x" * 1024])
def test_credentials_are_a_name_and_a_password_on_one_line(text):
    with pytest.raises(ProviderMisconfigured, match="must be name:password"):
        check_credentials(text)
    assert check_credentials("gate:a:b") == "gate:a:b"


def test_credentials_are_not_shown():
    assert "s3cret" not in repr(with_credentials(proxy_at("proxy", "http://p"), "gate:s3cret"))
