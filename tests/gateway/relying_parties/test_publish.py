"""Which app an address belongs to, and the signed routes that the edge reads."""

from datetime import timedelta

import pytest
import redis

from gateway import wiring
from gateway.edge.demand import NOTHING, Demand
from gateway.edge.routes import parse
from gateway.flows import configure
from gateway.flows.configuration import WantedRole
from gateway.relying_parties.definition import Access, Definition
from gateway.relying_parties.demands import demanded
from gateway.relying_parties.models import RoutesVersion
from gateway.relying_parties.publish import ROUTES_KEY, matching_origin, publish
from gateway.tokens.keys import Typ, sign, verify
from tests.gateway.apply.conftest import NOW

pytestmark = pytest.mark.django_db


def wiki(**changes):
    wanted = {
        "slug": "wiki",
        "name": "Wiki",
        "origins": ("https://wiki.corp.example", "http://wiki.corp.localhost:8000"),
        "access": (Access(path="/"), Access(path="/deploy", roles=("deployer",))),
        "shares": ("name", "roles"),
        "contact": "wiki-owners@corp.example",
    }
    return Definition(**(wanted | changes))


@pytest.fixture(autouse=True)
def _apps():
    role = WantedRole(name="deployer", label="Deployer", whom_to_ask="platform@corp.example")
    configure.save_role(role, actor="operator", now=NOW)
    configure.save_relying_party(wiki(), actor="operator", now=NOW)


@pytest.fixture
def client(redis_url):
    with redis.Redis.from_url(redis_url) as found:
        yield found


def published(client):
    return parse(verify(wiring.key_ring(), Typ.ROUTES, client.get(ROUTES_KEY)))


def publish_now(client):
    return publish(client, wiring.key_ring(), wiring.config())


@pytest.mark.parametrize(
    "origin",
    [
        "https://wiki.corp.example",
        "https://WIKI.corp.example:443/",
        "http://wiki.corp.localhost:8000",
    ],
)
def test_an_app_is_found_at_its_own_address(origin):
    assert matching_origin(origin).slug == "wiki"


@pytest.mark.parametrize(
    "origin",
    [
        "http://wiki.corp.example",
        "https://wiki.corp.example:8443",
        "https://wiki.corp.example.evil.example",
        "https://evil.wiki.corp.example",
        "https://evilwiki.corp.example",
        "https://wiki.corp.example@evil.example",
        "https://evil.example\\@wiki.corp.example",
        "https://evil.example//wiki.corp.example",
        "https://wiki.corp.example/../",
        "https://wiki.corp.example.",
        "//wiki.corp.example",
        "http://wiki.corp.localhost:80000",
        "http://wiki.corp.localhost",
        "null",
        "",
    ],
)
def test_an_address_that_only_looks_alike_is_nobodys(origin):
    assert matching_origin(origin) is None


def test_an_app_that_is_switched_off_is_at_no_address(client):
    configure.save_relying_party(wiki(enabled=False), actor="operator", now=NOW)
    assert matching_origin("https://wiki.corp.example") is None
    publish_now(client)
    assert published(client).app_at("wiki.corp.example") is None


def test_the_edge_reads_who_may_go_where(client):
    publish_now(client)
    table = published(client)
    app = table.app_at("wiki.corp.localhost:8000")
    assert (app.slug, app.name, app.shares) == ("wiki", "Wiki", frozenset({"name", "roles"}))
    assert table.find("wiki.corp.example", "/deploy/now").any_of_roles == frozenset({"deployer"})
    assert table.find("wiki.corp.example", "/pages").any_of_roles == frozenset()


def test_the_page_of_a_refusal_names_the_role_and_whom_to_ask(client):
    publish_now(client)
    page = published(client).find("wiki.corp.example", "/deploy").denied_page
    assert "Deployer" in page
    assert "platform@corp.example" in page


def test_the_edge_reads_how_somebody_must_have_signed_in(client):
    access = (
        Access(path="/"),
        Access(path="/assets", public=True),
        Access(path="/keys", acr=("gold", "2"), amr=("mfa",), max_age_minutes=5),
        Access(path="/archive", max_age_minutes=500),
        Access(path="/devices", client_certificates=("AB" * 32,)),
    )
    wanted = wiki(access=access, session_lifetime_minutes=480, session_idle_minutes=30)
    configure.save_relying_party(wanted, actor="operator", now=NOW)
    publish_now(client)
    table = published(client)

    def at(path):
        return table.find("wiki.corp.example", path)

    half, hours = timedelta(minutes=30), timedelta(hours=8)
    assert at("/").demand == Demand(max_age=hours, idle_for=half)
    assert at("/assets").demand == NOTHING
    assert at("/keys").demand == Demand(
        acr=("gold", "2"), amr=("mfa",), max_age=timedelta(minutes=5), idle_for=half
    )
    assert at("/archive").demand == Demand(max_age=hours, idle_for=half)
    assert at("/devices").client_certificates == frozenset({"ab" * 32})
    assert "wiki-owners@corp.example" in at("/devices").certificate_page
    assert at("/keys").certificate_page == ""


def test_an_app_demands_what_some_path_of_it_asks_for_and_nothing_else():
    access = (Access(path="/"), Access(path="/keys", acr=("gold",), max_age_minutes=5))
    wanted = wiki(access=access, session_idle_minutes=30)
    configure.save_relying_party(wanted, actor="operator", now=NOW)
    row = matching_origin("https://wiki.corp.example")
    for asked in (
        NOTHING,
        Demand(acr=("gold",), max_age=timedelta(minutes=5)),
        Demand(max_age=timedelta(minutes=30)),
    ):
        assert demanded(row, asked)
    for asked in (
        Demand(acr=("gold",)),
        Demand(acr=("silver",), max_age=timedelta(minutes=5)),
        Demand(max_age=timedelta(minutes=5)),
        Demand(amr=("mfa",)),
    ):
        assert not demanded(row, asked)


def test_versions_grow_with_each_publication(client):
    first = publish_now(client)
    assert publish_now(client) == first + 1
    assert published(client).version == first + 1


def test_a_counter_from_a_backup_still_outgrows_what_the_edge_has_seen(client):
    publish_now(client)
    publish_now(client)
    RoutesVersion.objects.update(version=0)
    assert publish_now(client) == 3


def test_a_flushed_redis_does_not_set_the_versions_back(client):
    publish_now(client)
    version = publish_now(client)
    client.flushall()
    assert publish_now(client) == version + 1


@pytest.mark.parametrize("stranger", [b"nonsense", b"x.y.z", b""])
def test_what_a_stranger_wrote_into_redis_is_replaced(client, stranger):
    client.set(ROUTES_KEY, stranger)
    publish_now(client)
    assert published(client).app_at("wiki.corp.example")


def test_a_stranger_without_our_key_cannot_push_the_version_up(client):
    publish_now(client)
    forged = sign(
        wiring.key_ring(), Typ.AUDIT_HEAD, b'{"format":1,"version":9,"apps":[],"routes":[]}'
    )
    client.set(ROUTES_KEY, forged)
    assert publish_now(client) == 2
