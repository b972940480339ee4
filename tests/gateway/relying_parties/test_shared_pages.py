"""What the edge fills in is what would have been rendered, letter by letter."""

from itertools import product

import pytest

from gateway.config.environment import environment
from gateway.edge.page import mark
from gateway.relying_parties import publish
from gateway.relying_parties.pages import (
    MissingRole,
    SharedPages,
    certificate_page,
    denied_page,
    unavailable_page,
)
from gateway.tokens.keys import Typ

WORDS = ["Wiki", "<script>alert(1)</script>", "\"'&amp; %(app_name)s {{ x }}", mark(0), "日本"]
ROLES = [
    (),
    (MissingRole(label="Deployer", whom_to_ask="Dora <d@corp.example>"),),
    (MissingRole(label="A&B"), MissingRole(label=mark(1), whom_to_ask="'")),
]


@pytest.fixture
def shared():
    found = environment()
    return SharedPages(found.base_url, found.branding)


@pytest.mark.parametrize("word", WORDS)
def test_each_page_is_as_it_would_have_been_rendered(shared, word):
    config, origin = environment(), "https://wiki.corp.example:8443"
    # The second of each shape finds the text of the first.
    for name, roles, contact in product(("Another", word), ROLES, ("", "wiki & <owners>")):
        given = {"app_name": name, "origin": origin, "roles": roles, "contact": contact}
        whole = denied_page(**given, gateway_url=config.base_url, branding=config.branding)
        assert str(shared.denied(**given)) == whole
        given = {"app_name": name, "contact": contact}
        whole = certificate_page(**given, branding=config.branding)
        assert str(shared.certificate(**given)) == whole
        whole = unavailable_page(app_name=name, branding=config.branding)
        assert str(shared.unavailable(app_name=name)) == whole


def test_pages_that_differ_in_words_alone_are_rendered_once(shared):
    first, second = (
        shared.denied(app_name=name, origin=f"https://{name}.example", roles=ROLES[1], contact=name)
        for name in ("one", "two")
    )
    assert first.text is second.text


@pytest.mark.django_db
def test_a_table_that_no_edge_would_read_is_not_published(monkeypatch, redis_url):
    from gateway import wiring

    monkeypatch.setattr(Typ.ROUTES, "max_bytes", 10)
    client = publish.redis.Redis.from_url(redis_url)
    with pytest.raises(publish.RoutesTooLarge):
        publish.publish(client, wiring.key_ring(), environment())
    assert client.get("gh:routes") is None
    client.close()
