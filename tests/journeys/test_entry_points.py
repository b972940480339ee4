"""Every address that names a provider: open to that provider's own message alone.

The table (`entries`) is held against the front door: an address that is not in it fails here. The
doors at which a provider ends sessions have a table of their own, in `test_receivers`.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, resolve

from gateway import wiring
from gateway.scim.urls import urlpatterns as scim
from gateway.web.errors import ERRORS
from providers.models import Provider
from tests.fakes.oidc_provider import OidcProvider, oidc_provider
from tests.fakes.saml_provider import SamlProvider
from tests.fakes.saml_signing import KeyPair, key_pair
from tests.gateway.scim.pushing import connected, token_of
from tests.journeys.browser import HOST, Browser, oidc_row, saml_row
from tests.journeys.entries import ENTRIES, Entry, Fields, Tenants
from tests.journeys.test_receivers import DOORS

# What a refusal may leave behind: that it happened.
ON_RECORD = {"audit.AuditEvent", "traces.LoginTrace"}
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

entries = pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES.keys())
spoken_to = {name: entry for name, entry in ENTRIES.items() if entry.arrives is not None}
doors = pytest.mark.parametrize("entry", spoken_to.values(), ids=spoken_to.keys())


def named_by_provider(patterns: list[Any], before: str = "") -> Iterator[str]:
    """The routes of all addresses below the front door that hold a provider's slug."""
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from named_by_provider(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern) and "<slug:" in route:
            yield route


# Where staff and their programs work: whoever else comes is refused, whatever he brings.
ROOMS = ("admin/", "api/", "console/")
_AWAY = ("/sign-in", "/admin/login/")  # to prove who he is
ROUTES = set(named_by_provider(get_resolver().url_patterns))
OF_STAFF = {route for route in ROUTES if route.startswith(ROOMS)}


# Below a connection, whose token opens every one of them and no other's.
OF_CONNECTIONS = {str(view.pattern) for view in scim}


def test_every_address_that_names_a_provider_stands_in_a_table() -> None:
    in_tables = [*(entry.path for entry in ENTRIES.values()), *(d.path for d in DOORS.values())]
    named = {resolve(path.format("corp")).route for path in in_tables}
    assert named == {r for r in ROUTES if "<slug:slug>" in r} - OF_STAFF
    assert named | OF_CONNECTIONS == ROUTES - OF_STAFF


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("redis_url")
@pytest.mark.parametrize("route", sorted(OF_CONNECTIONS))
def test_a_connections_address_opens_to_its_own_token_alone(route: str) -> None:
    own, foreign = token_of(connected()), token_of(connected("entra"))
    path = "/" + re.sub("<str:.*>", "any", route.replace("<slug:connection>", "okta"))
    client = Client(headers={"Host": HOST})
    before = everything()
    for method in METHODS:
        for token in ("", "nonsense", foreign):
            answer = client.generic(method, path, headers={"Authorization": f"Bearer {token}"})
            assert answer.status_code == 401, (method, answer.content)
    assert everything() == before
    answer = client.get(path, headers={"Authorization": f"Bearer {own}"})
    assert answer.status_code != 401  # so that it was not refused for another reason


@pytest.fixture
def tenants(idp: OidcProvider, saml_idp: SamlProvider, service_keys: KeyPair) -> Iterator[Tenants]:
    foreign = SamlProvider(
        entity_id="https://idp.other.example",
        keys=key_pair("other"),
        encrypt_to=service_keys.certificate,
    )
    saml_row(foreign, service_keys, slug="other-saml")
    with oidc_provider() as second:
        second.rotate(kid="rsa-1")  # a key of the same name, and another
        oidc_row(second, slug="other-oidc")
        yield Tenants(
            oidc={"corp": idp, "other": second},
            saml={"corp": saml_idp, "other": foreign},
            service_keys=service_keys,
        )


def everything() -> tuple[object, ...]:
    """All rows but those of what happened, and all sessions."""
    rows = {
        model._meta.label: list(model._default_manager.order_by("pk").values())
        for model in apps.get_models()
        if model._meta.label not in ON_RECORD
    }
    return rows, sorted(wiring.redis_client().keys("gh:{*}:s:*"))


@pytest.fixture
def refused(caplog: pytest.LogCaptureFixture) -> Callable[..., None]:
    """Holds an answer to what a refusal is."""

    def holds(answer: Any, browser: Browser, before: object, status: int | None = None) -> None:
        assert 400 <= answer.status_code < 500, answer.content.decode()
        assert status in (None, answer.status_code)
        told = caplog.records[-1].getMessage().split(" ")
        assert told[1].rstrip(":") in set(ERRORS) - {"internal"}, told
        assert told[0] in answer.content.decode(), "the person has no reference"
        assert browser.session is None
        assert everything() == before

    return holds


def met(entry: Entry, tenants: Tenants, browser: Browser) -> Fields:
    return {} if entry.arrives is None else entry.arrives(tenants, browser)


@entries
def test_its_own_provider_comes_in(tenants: Tenants, browser: Browser, entry: Entry) -> None:
    """So that what is refused below is not refused for another reason."""
    fields = met(entry, tenants, browser)
    answer = entry.knock(browser, f"corp-{entry.protocol}", fields)
    assert answer.status_code in (200, 302, 303), answer.content.decode()


@entries
def test_a_provider_that_is_switched_off_does_not(
    tenants: Tenants, browser: Browser, entry: Entry, refused: Callable[..., None]
) -> None:
    fields, slug = met(entry, tenants, browser), f"corp-{entry.protocol}"
    Provider.objects.filter(slug=slug).update(enabled=False)
    before = everything()
    answer = entry.knock(browser, slug, fields)
    if entry.also_while_off:
        assert answer.status_code == 200
    else:
        refused(answer, browser, before)


@entries
def test_nobody_comes_in_by_the_name_of_no_provider(
    tenants: Tenants, browser: Browser, entry: Entry, refused: Callable[..., None]
) -> None:
    fields, before = met(entry, tenants, browser), everything()
    refused(entry.knock(browser, "nobody", fields), browser, before)


@pytest.mark.parametrize("name", sorted(set(ENTRIES) - {"start", "start-saml"}))
def test_nobody_comes_in_by_a_provider_of_the_other_protocol(
    tenants: Tenants, browser: Browser, name: str, refused: Callable[..., None]
) -> None:
    entry = ENTRIES[name]
    slug = {"oidc": "corp-saml", "saml": "corp-oidc"}[entry.protocol]
    fields, before = met(entry, tenants, browser), everything()
    refused(entry.knock(browser, slug, fields), browser, before)


@entries
def test_another_method_brings_nobody_in(tenants: Tenants, browser: Browser, entry: Entry) -> None:
    slug = f"corp-{entry.protocol}"
    fields, before = met(entry, tenants, browser), everything()
    browser.client.handler.enforce_csrf_checks = False  # which would refuse most of them before
    for method in sorted(set(METHODS) - {entry.method, *entry.methods}):
        assert entry.knock(browser, slug, fields, method).status_code == 405, method
        assert everything() == before
    assert browser.session is None


def test_a_method_that_was_not_agreed_on_brings_nobody_in(
    tenants: Tenants, browser: Browser, refused: Callable[..., None]
) -> None:
    """The callback is for answers by GET and by POST; which of them, the row says."""
    entry = ENTRIES["oidc-callback"]
    fields, before = met(entry, tenants, browser), everything()
    refused(entry.knock(browser, "corp-oidc", fields, "POST"), browser, before, 403)
    fields = met(entry, tenants, browser)
    for method in ("HEAD", "OPTIONS"):
        entry.knock(browser, "corp-oidc", fields, method)
        assert browser.session is None
        assert everything() == before


@doors
def test_what_is_said_to_one_tenant_is_not_heard_at_another(
    tenants: Tenants, browser: Browser, entry: Entry, refused: Callable[..., None]
) -> None:
    fields = met(entry, tenants, browser)
    before = everything()
    refused(entry.knock(browser, f"other-{entry.protocol}", fields), browser, before, 400)


@doors
def test_what_a_foreign_provider_says_is_not_heard(
    tenants: Tenants, browser: Browser, entry: Entry, refused: Callable[..., None]
) -> None:
    """Well made, signed with a key of its own, and addressed to this door."""
    assert entry.foreign is not None
    for number, _ in enumerate(entry.foreign(tenants, Browser())):
        browser = Browser()
        fields = entry.foreign(tenants, browser)[number]
        before = everything()
        refused(entry.knock(browser, f"corp-{entry.protocol}", fields), browser, before)


@pytest.mark.parametrize("name", ["oidc-callback", "saml-acs"])
def test_what_was_said_to_one_browser_is_not_heard_from_another(
    tenants: Tenants, browser: Browser, name: str, refused: Callable[..., None]
) -> None:
    fields, stranger = met(ENTRIES[name], tenants, browser), Browser()
    stranger.leave(f"corp-{ENTRIES[name].protocol}")
    before = everything()
    answer = ENTRIES[name].knock(stranger, f"corp-{ENTRIES[name].protocol}", fields)
    refused(answer, stranger, before, 400)


@doors
def test_nothing_is_heard_twice(
    tenants: Tenants, browser: Browser, entry: Entry, refused: Callable[..., None]
) -> None:
    fields, slug = met(entry, tenants, browser), f"corp-{entry.protocol}"
    kept = dict(browser.cookies)
    entry.knock(browser, slug, fields)
    again = Browser()
    again.cookies.update(
        {name: morsel for name, morsel in kept.items() if name != "__Host-gatehouse"}
    )
    before = everything()
    refused(entry.knock(again, slug, fields), again, before, 400)


def test_no_message_at_all_is_refused_everywhere(refused: Callable[..., None], house: None) -> None:
    for entry in spoken_to.values():
        browser, before = Browser(), everything()
        refused(entry.knock(browser, f"corp-{entry.protocol}", {}), browser, before)


@pytest.mark.parametrize("who", ["nobody", "ada"])
def test_rooms_of_staff_open_for_nobody_else(tenants: Tenants, browser: Browser, who: str) -> None:
    """Not for whoever that very provider vouches for either; forms and JSON alike."""
    if who == "ada":
        browser.sign_in()
    browser.client.handler.enforce_csrf_checks = False
    before = everything()
    for route in sorted(OF_STAFF):
        path = "/" + re.sub("<slug:[^>]*>", "corp-oidc", route)
        path = re.sub("<[^>]*>", "1", path)
        for method in METHODS:
            for kind in ("application/json", "application/x-www-form-urlencoded"):
                answer = browser.client.generic(method, path, b"{}", content_type=kind)
                away = answer.status_code in (302, 303) and answer["Location"].startswith(_AWAY)
                assert away or 400 <= answer.status_code < 500, (method, path)
    assert everything() == before
