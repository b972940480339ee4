"""Everybody who has an account is found in the console, fifty a page, by whoever may see people."""

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext

from provisioning.models import Account
from tests.gateway.pages.signed_in import account, browser_of, linked, staff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]
PEOPLE = "/console/people/"


def crowd(count: int) -> None:
    Account.objects.bulk_create(
        Account(username=f"person-{number:03}", name=f"Person {number}") for number in range(count)
    )


def usernames(answer) -> list[str]:
    return [each.row.username for each in answer.context["rows"]]


def test_the_rail_leads_to_people_who_are_found_by_the_beginning_of_a_word() -> None:
    ada, client = account("ada"), browser_of(staff())
    account("ben", is_active=False)
    ada.groups.add(Group.objects.create(name="deployer"))
    linked(ada)
    assert f'href="{PEOPLE}"' in client.get("/admin/").content.decode()
    answer = client.get(PEOPLE, {"q": "byr"})
    assert usernames(answer) == ["ada"]
    page = answer.content.decode()
    for said in (f"/admin/provisioning/account/{ada.pk}/change/", "deployer", "corp-oidc"):
        assert said in page
    assert usernames(client.get(PEOPLE, {"state": "left"})) == ["ben"]
    assert usernames(client.get(PEOPLE, {"role": "deployer"})) == ["ada"]
    assert usernames(client.get(PEOPLE, {"upstream": "s-1"})) == ["ada"]


def test_fifty_stand_on_a_page_and_the_next_begins_behind_the_last() -> None:
    client = browser_of(staff("dora"))
    crowd(120)
    seen, after = [], ""
    for _ in range(4):
        answer = client.get(f"{PEOPLE}?q=person&{after}")
        seen += usernames(answer)
        after = answer.context["after"]
        if not after:
            break
    assert seen == [f"person-{number:03}" for number in range(120)]


def test_a_page_costs_as_much_for_fifty_as_for_one_and_counts_nobody() -> None:
    client = browser_of(staff("dora"))
    asked = []
    for count in (1, 60):
        Account.objects.exclude(username="dora").delete()
        crowd(count)
        for row in Account.objects.filter(username__startswith="person"):
            linked(row, f"s-{row.pk}")
        client.get(PEOPLE)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get(PEOPLE, {"q": "person"})
        asked.append(len(queries))
        assert not any("COUNT(" in query["sql"] for query in queries)
    assert asked[0] == asked[1] <= 16


@pytest.mark.parametrize(
    ("terms", "status"),
    [
        ({"q": "a\0b\x01"}, 200),
        ({"q": "x" * 10_000, "role": "r" * 10_000, "upstream": "u" * 10_000}, 200),
        ({"state": "no-such", "provider": "no-such", "after": "\0"}, 200),
        ({"q": "00000000-0000-0000-0000-000000000000"}, 200),
        ({"q": "'; DROP TABLE provisioning_account; --"}, 200),
    ],
)
def test_whatever_is_asked_is_answered(terms: dict[str, str], status: int) -> None:
    assert browser_of(staff()).get(PEOPLE, terms).status_code == status


def test_whoever_may_not_see_people_sees_none() -> None:
    client = browser_of(staff(permissions="view_provider"))
    assert client.get(PEOPLE).status_code == 403
    assert browser_of(account("ada")).get(PEOPLE).status_code in {302, 403}


def test_whoever_may_only_look_has_nothing_to_tick() -> None:
    account("ada")
    page = browser_of(staff(permissions="view_account")).get(PEOPLE).content.decode()
    assert "_selected_action" not in page
    assert "Sign out everywhere" not in page


def test_those_that_are_ticked_are_closed_after_it_was_said_what_follows() -> None:
    ada, client = account("ada"), browser_of(staff())
    page = client.get(PEOPLE).content.decode()
    assert f'name="_selected_action" value="{ada.pk}"' in page
    asked = {"action": "deactivate", "_selected_action": [str(ada.pk)]}
    consequence = client.post("/admin/provisioning/account/", asked)
    assert "Close this account" in consequence.content.decode()
