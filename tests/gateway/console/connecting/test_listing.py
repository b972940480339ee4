"""The list of providers, with none of them and with ten thousand."""

import re
import time
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gateway.flows import draft
from gateway.flows.configure import make_link, revoke_link
from providers.models import Provider, SetUpLink
from tests.gateway.api.programs import corp
from tests.gateway.console.company import company, traced
from tests.gateway.pages.signed_in import browser_of, staff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]

LIST = "/console/providers/"


def many(count: int) -> None:
    Provider.objects.bulk_create(
        Provider(
            slug=f"p{number:05}",
            name=f"Company {number:05}",
            protocol="oidc",
            dialect="okta",
            enabled=number % 2 == 0,
            settings={} if number % 3 == 1 else {"issuer": "https://a.example", "client_id": "g"},
        )
        for number in range(count)
    )


def test_with_no_provider_the_page_says_the_next_step() -> None:
    page = browser_of(staff()).get(LIST).content.decode()
    assert "Nobody can sign in" in page
    assert 'href="/console/providers/connect"' in page


@pytest.mark.thorough
def test_ten_thousand_providers_are_searched_and_never_listed_whole() -> None:
    many(10_000)
    client = browser_of(staff())
    client.get(LIST)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        began = time.monotonic()
        answer = client.get(LIST)
        took = time.monotonic() - began
    assert len(answer.context["rows"]) == 50
    assert "10000 providers" in answer.content.decode()
    assert len([q for q in asked if "providers_provider" in q["sql"]]) == 2
    assert took < 2
    last = client.get(f"{LIST}?page=200")
    assert [row.slug for row, *_ in last.context["rows"]][-1] == "p09999"
    found = client.get(f"{LIST}?q=company 0777")
    assert {row.slug for row, *_ in found.context["rows"]} == {f"p0777{n}" for n in range(10)}
    unfinished = client.get(f"{LIST}?state=unfinished&q=p0000")
    assert [row.slug for row, *_ in unfinished.context["rows"]] == ["p00001", "p00007"]


@pytest.mark.parametrize(
    "query",
    [
        "page=x",
        "page=-1",
        "page=99999999999999999999",
        "state=nonsense",
        "q=%00%ff",
        "q=" + "x" * 5000,
    ],
)
def test_an_odd_query_has_a_page_too(query: str) -> None:
    many(3)
    assert browser_of(staff()).get(f"{LIST}?{query}").status_code == 200


def test_when_somebody_last_signed_in_and_when_that_failed_is_listed() -> None:
    dora = company()
    traced(outcome="succeeded", cause="", failed_check="", reference="ABCDEFGH")
    page = browser_of(dora).get(LIST).content.decode()
    assert page.count("2026-03-02 12:00 UTC") == 2


def test_whoever_may_only_look_is_offered_nothing_else() -> None:
    many(1)
    client = browser_of(staff(permissions="view_provider"))
    assert "/console/providers/connect" not in client.get(LIST).content.decode()
    assert "Change the connection" not in client.get(f"{LIST}p00000/").content.decode()
    for path in ("connect", "connect/okta-oidc", "p00000/connection/"):
        assert client.get(LIST + path).status_code == 403
        assert client.post(LIST + path, {"name": "X", "slug": "x"}).status_code == 403
    assert Provider.objects.count() == 1


def test_a_stranger_is_sent_to_the_doors() -> None:
    answer = browser_of(None).get(LIST)
    assert answer.status_code == 302
    assert "sign-in" in browser_of(None).get(answer["Location"])["Location"]


def test_a_short_name_that_is_taken_is_refused_and_the_other_row_stays() -> None:
    many(1)
    answer = browser_of(staff()).post(f"{LIST}connect/okta-oidc", {"name": "X", "slug": "p00000"})
    assert "is taken" in str(answer.context["form"].errors["slug"])
    assert Provider.objects.get().name == "Company 00000"


def test_a_provider_s_page_leads_to_a_test_and_to_the_draft_of_whoever_may_change_it() -> None:
    many(2)
    row = corp()
    tries = [f'href="{LIST}corp/{way}/"' for way in ("test", "shadow")]
    client = browser_of(staff())
    page = client.get(f"{LIST}corp/").content.decode()
    assert all(link in page for link in tries)
    assert "Draft beside the live settings" in page
    asked = {"pasted": False, "actor": "dora", "now": timezone.now()}
    draft.begin("corp", row.settings | {"max_age": 60}, "plain", **asked)
    assert "See its draft" in client.get(f"{LIST}corp/").content.decode()
    assert "/shadow/" not in client.get(f"{LIST}p00001/").content.decode()  # not filled in
    looks = browser_of(staff("ben", permissions="view_provider"))
    page = looks.get(f"{LIST}corp/").content.decode()
    assert not any(link in page for link in tries)


def test_every_set_up_link_says_how_it_stands() -> None:
    many(2)
    now = timezone.now()
    for holder, made in (("Ben", now), ("Cleo", now - timedelta(days=9)), ("Eve", now)):
        make_link("p00001", holder=holder, days=7, actor="dora", now=made)
    ended = SetUpLink.objects.get(holder="Eve")
    revoke_link("p00001", ended.pk, actor="dora", now=now)
    page = browser_of(staff()).get(f"{LIST}p00001/links/").content.decode()
    cells = re.findall(r'<td data-label="State">(.*?)(?: <form|</td>)', page)
    assert sorted(cells) == ["can be used", "ended", "too old"]
