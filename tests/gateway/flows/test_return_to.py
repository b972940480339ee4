"""Where a person may be sent: our own paths and the exact origins of enabled apps."""

import pytest

from gateway.flows.errors import ReturnRefused
from gateway.flows.return_to import checked
from gateway.relying_parties.models import RelyingParty

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _apps() -> None:
    RelyingParty.objects.create(slug="wiki", name="Wiki", origins=["https://wiki.corp.example"])
    RelyingParty.objects.create(
        slug="old", name="Old", origins=["https://old.corp.example"], enabled=False
    )


@pytest.mark.parametrize(
    "address",
    ["/", "/admin/", "/entry?id=abc&origin=https%3A%2F%2Fwiki", "https://wiki.corp.example/a?b=c"],
)
def test_our_paths_and_known_apps_are_allowed(address: str) -> None:
    assert checked(address) == address


def test_nothing_wanted_means_my_own_page() -> None:
    assert checked("") == "/"


@pytest.mark.parametrize(
    "address",
    [
        "//evil.example/",
        "/\\evil.example/",
        "\\\\evil.example",
        "/\t/evil.example",
        "/ /evil.example",
        "https://wiki.corp.example.evil.example/",
        "https://wiki.corp.example@evil.example/",
        "https://user@wiki.corp.example/",
        "https://evil.example/?https://wiki.corp.example/",
        "https://wiki.corp.example:8443/",
        "http://wiki.corp.example/",
        "https://wiki.corp.example%2eevil.example/",
        "https:wiki.corp.example/",
        "javascript:alert(1)",
        "data:text/html,x",
        "http://[",
        "https://[::1",
        "https://wiki.corp.example\u2100",
        "wiki.corp.example",
        "https://old.corp.example/",
        "/" + "a" * 3000,
        "/\x00",
        "/\u202egro.live",
    ],
)
def test_everything_else_is_refused(address: str) -> None:
    with pytest.raises(ReturnRefused):
        checked(address)
