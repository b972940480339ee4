"""Service accounts in the console: made, handed over, given a token, closed; each by who may."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from gateway.api_tokens.models import ApiToken
from gateway.flows import end_dates
from provisioning.models import Account, ServiceAccount
from tests.gateway.flows.services import service, token, wiki
from tests.gateway.pages.signed_in import account, browser_of, staff

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("redis_url"),
]
LIST = "/admin/provisioning/serviceaccount/"
SAID = {"username": "importer", "name": "Nightly import", "owner_name": "dora", "contact": "data"}


def test_one_is_made_and_handed_over():
    client = browser_of(staff())
    assert client.post(f"{LIST}add/", SAID).status_code == 302
    row = ServiceAccount.objects.get()
    assert (row.account.username, row.account.kind, row.owner.username) == (
        "importer",
        "service",
        "dora",
    )
    account("ben")
    page = client.post(f"{LIST}{row.pk}/change/", SAID | {"owner_name": "ben", "username": "x"})
    assert page.status_code == 302
    row = ServiceAccount.objects.get()
    assert (row.account.username, row.owner.username) == ("importer", "ben")
    shown = client.get(LIST).content.decode()
    assert "Ben Okafor" in shown


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"username": "IMPORTER"}, "lower case letters"),
        ({"username": "dora"}, "already"),
        ({"owner_name": "nobody"}, "name a person with an open account"),
    ],
    ids=["upper-case", "taken", "no-owner"],
)
def test_what_cannot_be_one_is_told_beside_its_field(said, told):
    page = browser_of(staff()).post(f"{LIST}add/", SAID | said)
    assert told in page.content.decode()
    assert not ServiceAccount.objects.exists()


ODD = ["a\0b", "x" * 5_000, "9" * 5_000, "²"]


def test_whatever_is_typed_has_an_answer_beside_its_field():
    client = browser_of(staff())
    for field in SAID:
        for bad in ODD:
            page = client.post(f"{LIST}add/", SAID | {field: bad})
            assert page.status_code == 200 or (field, bad) in (("name", "²"), ("contact", "²"))
            ServiceAccount.objects.all().delete()
            Account.objects.filter(kind="service").delete()


def test_whatever_is_typed_for_a_token_has_an_answer_beside_its_field():
    client = browser_of(staff())
    service()
    wiki()
    place = f"/console/service-accounts/{ServiceAccount.objects.get().pk}/token/"
    said = {"name": "night", "apps": ["wiki"], "days": "30"}
    for bad in ODD:
        for field in ("apps", "scopes", "days"):
            assert client.post(place, said | {field: bad}).status_code == 200
        for query in ("q", "id", "account"):
            assert client.get(LIST, {query: bad}).status_code in (200, 302)
    assert not ApiToken.objects.exists()
    for bad in ODD:
        client.post(place, said | {"name": bad})
    assert [row.name for row in ApiToken.objects.all()] == ["²"]


def test_a_token_is_shown_once():
    client = browser_of(staff())
    service()
    wiki()
    row = ServiceAccount.objects.get()
    place = f"/console/service-accounts/{row.pk}/token/"
    form = client.get(place).content.decode()
    assert "Wiki" in form
    page = client.post(place, {"name": "night", "apps": ["wiki"], "days": "30"})
    assert "no-store" in page["Cache-Control"]
    [text] = set(re.findall(r"ghsa_[\w-]{46}", page.content.decode()))
    assert ApiToken.objects.get().apps == ["wiki"]
    for later in (LIST, f"{LIST}{row.pk}/change/", "/admin/api_tokens/apitoken/", place):
        shown = client.get(later)
        assert shown.status_code == 200
        assert text[:14] not in shown.content.decode()
    assert "night: wiki" in client.get(f"{LIST}{row.pk}/change/").content.decode()
    again = client.post(place, {"name": "other", "days": "30"}).content.decode()
    assert "must say what the token is for" in again


def test_an_app_that_takes_no_programs_is_not_offered():
    client = browser_of(staff())
    service()
    wiki(programs=False)
    form = client.get(f"/console/service-accounts/{ServiceAccount.objects.get().pk}/token/")
    assert "Wiki" not in form.content.decode()
    assert "No app takes programs yet" in form.content.decode()


def test_closing_asks_first_and_ends_its_tokens():
    client = browser_of(staff())
    token(service())
    row = ServiceAccount.objects.get()
    chosen = {"action": "close", "_selected_action": [str(row.pk)]}
    asked = client.post(LIST, chosen).content.decode()
    assert "is refused at once" in asked
    assert "night: wiki" in asked
    assert ApiToken.objects.get().revoked_at is None
    client.post(LIST, {**chosen, "confirmed": "1"})
    assert ApiToken.objects.get().revoked_at
    assert not Account.objects.get(username="importer").is_active


@pytest.mark.parametrize(
    "permissions", ["view_serviceaccount add_apitoken", "change_serviceaccount"]
)
def test_whoever_may_not_makes_no_token_for_one(permissions):
    client = browser_of(staff(permissions=permissions))
    service()
    wiki()
    place = f"/console/service-accounts/{ServiceAccount.objects.get().pk}/token/"
    assert client.get(place).status_code == 403
    said = {"name": "night", "apps": ["wiki"], "days": "30"}
    assert client.post(place, said).status_code == 403
    assert not ApiToken.objects.exists()


def test_whoever_could_not_use_its_roles_is_shown_no_token_and_reads_why():
    client = browser_of(staff("ben", permissions="change_serviceaccount add_apitoken"))
    service()
    wiki()
    place = f"/console/service-accounts/{ServiceAccount.objects.get().pk}/token/"
    page = client.post(place, {"name": "night", "apps": ["wiki"], "days": "30"})
    assert "It has roles that you have not: importer." in page.content.decode()
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize(
    "place", ["/admin/api_tokens/apitoken/add/", "/admin/provisioning/serviceaccount/add/", LIST]
)
def test_no_token_opens_the_console(place):
    ours = service(held=())
    staff("ben").groups.first().user_set.add(Account.objects.get(pk=ours))
    bearer = {"Authorization": f"Bearer {token(ours, scopes=('providers:write',)).text}"}
    client = browser_of(None)
    assert client.get(place, headers=bearer).status_code == 302
    assert client.post(place, SAID | {"name": "x"}, headers=bearer).status_code in (302, 403)
    assert ServiceAccount.objects.count() == ApiToken.objects.count() == 1


def test_whoever_may_only_look_changes_nothing():
    client = browser_of(staff(permissions="view_serviceaccount"))
    token(service())
    row = ServiceAccount.objects.get()
    assert client.get(f"{LIST}{row.pk}/change/").status_code == 200
    assert client.post(f"{LIST}add/", SAID | {"username": "other"}).status_code == 403
    client.post(f"{LIST}{row.pk}/change/", SAID | {"contact": "mine"})
    chosen = {"action": "close", "_selected_action": [str(row.pk)], "confirmed": "1"}
    client.post(LIST, chosen)
    row.refresh_from_db()
    assert (row.contact, row.account.is_active) == ("data", True)


def test_the_first_page_tells_whose_end_is_near_and_what_nobody_answers_for():
    dora = staff()
    client, now = browser_of(dora), timezone.now()
    ada, ben, cleo = account("ada"), account("ben"), account("cleo")
    for person, days in ((ada, 2), (ben, 10), (cleo, 20)):
        ends_at = now + timedelta(days=days)
        end_dates.move(account=str(person.pk), ends_at=ends_at, actor="dora", now=now)
    token(service(owner="cleo"))
    Account.objects.filter(pk=cleo.pk).update(is_active=False)
    page = client.get("/admin/").content.decode()
    assert page.index("Ada Byron ends") < page.index("Ben Okafor ends")
    assert "Cleo Hart ends" not in page
    assert "Nobody answers for Nightly import" in page
    assert "in 2 days" in page
    other = browser_of(_seeing_nothing())
    assert "Ada Byron ends" not in other.get("/admin/").content.decode()


def _seeing_nothing():
    return Account.objects.create(username="eve", name="Eve", is_staff=True)


def test_a_list_of_many_asks_as_often_as_a_list_of_few(django_assert_max_num_queries):
    client = browser_of(staff())
    service("program-0")
    client.get(LIST)
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as few:
        client.get(LIST)
    for number in range(1, 6):
        token(service(f"program-{number}"), name=f"n{number}")
    with django_assert_max_num_queries(len(few)):
        client.get(LIST)
