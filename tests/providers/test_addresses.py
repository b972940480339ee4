"""Which addresses the outbound client will call, as names resolve to them."""

from ipaddress import ip_address

import pytest

from providers import network
from providers.addresses import is_public
from providers.errors import ProviderUnreachable
from providers.http import HttpClient


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",  # metadata services of clouds
        "168.63.129.16",  # the host beneath a machine at Azure
        "192.0.0.192",
        "100.64.0.1",  # shared by carriers
        "192.88.99.1",
        "0.0.0.0",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fc00::1",
        "fec0::1",
        "ff02::1",
        "::ffff:10.0.0.1",  # IPv4 inside IPv6
        "::ffff:8.8.8.8",
        "64:ff9b::a00:1",  # NAT64 of 10.0.0.1
        "2002:a00:1::",  # 6to4 of 10.0.0.1
        "2001:0:4136:e378:8000:63bf:f5ff:fffe",  # Teredo
        "2001:db8::1",
        "3fff::1",
    ],
)
def test_no_address_that_is_not_public_is_called(monkeypatch, address):
    monkeypatch.setattr(
        network, "getaddrinfo", lambda _host, port, **_: [(None, None, None, "", (address, port))]
    )
    with pytest.raises(ProviderUnreachable, match="not a public address"):
        HttpClient(timeout=10).get("https://idp.corp.example/", accept="", limit=1)


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.216.34", "192.0.1.1", "2a00:1450::1"])
def test_an_address_of_the_whole_internet_is_public(address):
    assert is_public(ip_address(address))
