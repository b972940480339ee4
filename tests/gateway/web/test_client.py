"""The address that limits count by is vouched for by our own proxies."""

import pytest
from django.core.exceptions import BadRequest
from django.test import RequestFactory

from gateway.web.client import client_address


def address(peer: str, forwarded: str | None = None) -> str:
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    return client_address(RequestFactory().get("/", REMOTE_ADDR=peer, headers=headers))


def test_a_stranger_is_who_he_is_whatever_he_forwards() -> None:
    assert address("203.0.113.9", "198.51.100.1") == "203.0.113.9"


def test_a_trusted_proxy_is_believed() -> None:
    assert address("127.0.0.1", "198.51.100.1") == "198.51.100.1"


def test_what_the_person_wrote_in_front_is_not_believed() -> None:
    assert address("127.0.0.1", "10.9.9.9, 198.51.100.1, 127.0.0.1") == "198.51.100.1"


@pytest.mark.parametrize("forwarded", ["unknown", "1.2.3.4:80", "'; drop", "1.2.3.4,,", "::g"])
def test_an_address_that_cannot_be_read_is_refused(forwarded: str) -> None:
    with pytest.raises(BadRequest):
        address("127.0.0.1", forwarded)
