"""Finding providers over the API, ten thousand of them too."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from providers.models import Provider
from tests.gateway.api.programs import PROVIDERS, Program, corp, faults, program

pytestmark = pytest.mark.usefixtures("db", "redis_url")


def rows(count: int, **fields: Any) -> None:
    made = {"protocol": "oidc", "dialect": "plain", "settings": {}}
    Provider.objects.bulk_create(
        Provider(slug=f"corp-{n:05}", name=f"Corporation {n}", **{**made, **fields})
        for n in range(count)
    )


def slugs(asked: Program, query: str) -> list[str]:
    answer = asked.get(f"{PROVIDERS}?{query}")
    assert answer.status_code == 200, answer.content
    return [row["slug"] for row in answer.json()["results"]]


def test_a_page_after_the_other_has_each_once() -> None:
    rows(7)
    asked, cursor, found = program(), "", []
    for _ in range(3):
        page = asked.get(f"{PROVIDERS}?limit=3{cursor}").json()
        found += [row["slug"] for row in page["results"]]
        cursor = f"&cursor={page['next_cursor']}"
    assert page["next_cursor"] is None
    assert found == [f"corp-{n:05}" for n in range(7)]


def test_they_are_found_by_name_slug_protocol_and_whether_they_are_on() -> None:
    corp(slug="acme", name="Acme Ltd")
    corp(slug="beta", name="Beta at acme", enabled=False)
    corp(slug="gamma", name="Gamma", protocol="saml", dialect="okta")
    asked = program()
    assert slugs(asked, "search=ACME") == ["acme", "beta"]
    assert slugs(asked, "search=acme&enabled=true") == ["acme"]
    assert slugs(asked, "enabled=false") == ["beta"]
    assert slugs(asked, "protocol=saml") == ["gamma"]
    assert slugs(asked, "search=nobody") == []


@pytest.mark.thorough
def test_ten_thousand_cost_as_many_queries_as_one() -> None:
    rows(1)
    asked = program()
    slugs(asked, "")  # stamps the token
    with CaptureQueriesContext(connection) as few:
        slugs(asked, "search=corp")
    Provider.objects.all().delete()
    rows(10_000)
    with CaptureQueriesContext(connection) as many:
        assert len(slugs(asked, "search=corp&limit=200&cursor=corp-05000")) == 200
    assert len(many) == len(few) <= 4


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=x", "limit"),
        ("limit=1&limit=2", "limit"),
        ("cursor=%00", "cursor"),
        ("cursor=", "cursor"),
        ("search=%00", "search"),
        ("enabled=perhaps", "enabled"),
        ("protocol=ldap", "protocol"),
        ("nonsense=1", "nonsense"),
        ("token=ghat_x", "token"),
    ],
)
def test_a_question_that_cannot_be_read_is_refused_by_its_field(query: str, field: str) -> None:
    assert list(faults(program().get(f"{PROVIDERS}?{query}"))) == [field]
