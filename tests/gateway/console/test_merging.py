"""The pages of merging: what it does in words first, then the button, and who may press it."""

from datetime import timedelta
from html import unescape
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from gateway.flows import merging, roles
from provisioning.models import Account, Merge, Source
from tests.gateway.flows.mapping.staff import CORP, LATER, identity, signs_in
from tests.gateway.flows.merging.twice import (
    PARTNERS,
    POWER,
    at_partners,
    both,
    fresh,
    gatehouse,
    known_at,
    merged,
)
from tests.gateway.leaving import close
from tests.gateway.pages.signed_in import browser_of, lives, staff, start

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]


@pytest.fixture(autouse=True)
def _gatehouse() -> None:
    gatehouse()


@pytest.fixture
def dora() -> Client:
    return browser_of(staff())


def merge_page(kept: Account, **query: str) -> str:
    from urllib.parse import urlencode

    return f"/console/people/{kept.pk}/merge/?{urlencode(query)}"


def shown(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return " ".join(unescape(answer.content.decode()).split())


def pressed(client: Client, address: str, **fields: str):
    digest = client.get(address).context["plan"].digest
    return client.post(address, {"digest": digest, **fields})


def person(account: Account) -> str:
    return f"/admin/provisioning/account/{account.pk}/change/"


def test_from_her_page_through_the_look_to_one_account_and_back(dora: Client) -> None:
    kept, gone = both()
    token = start(gone, PARTNERS)
    assert f"/console/people/{kept.pk}/merge/" in shown(dora, person(kept))
    page = shown(dora, merge_page(kept, **{"with": "ada-2"}))
    for said in (
        "partners: ada, ada@corp.example",
        "In sum ada gains: Payroll (payroll).",
        "payroll goes along, given by a rule: rule fin v1 (partners)",
        "One browser that is signed in to ada-2 is signed out.",
        "The user name ada-2 goes. Apps see ada from now on",
        "You can undo this for thirty days.",
        "Keep ada-2 instead",
    ):
        assert said in page
    assert lives(token.handle)
    answer = pressed(dora, merge_page(kept, **{"with": "ada-2"}), **{"with": "ada-2"})
    assert answer["Location"] == person(kept)
    assert known_at(PARTNERS) == kept
    assert not lives(token.handle)
    row = Merge.objects.get()
    undo = f"/console/merges/{row.pk}/undo/"
    assert "ada-2 went into this one" in shown(dora, person(kept))
    assert undo in shown(dora, person(kept))
    assert "went into ada" in shown(dora, person(gone))
    page = shown(dora, undo)
    assert "These lead to ada-2 again" in page
    assert "ada loses these roles" in page
    assert "by Dora Lind" in page
    answer = pressed(dora, undo)
    assert answer["Location"] == person(gone)
    assert known_at(PARTNERS) == gone
    assert "undone" in shown(dora, person(kept))
    assert undo not in shown(dora, person(kept))
    assert dora.get(undo).status_code == 409


def test_what_changed_meanwhile_is_shown_and_nothing_is_done(dora: Client) -> None:
    kept, gone = both()
    address = merge_page(kept, **{"with": "ada-2"})
    digest = dora.get(address).context["plan"].digest
    roles.grant_by_hand(account=str(gone.pk), role="auditor", actor="cleo", now=LATER)
    answer = dora.post(address, {"with": "ada-2", "digest": digest})
    page = answer.content.decode()
    assert "Nothing was done: something changed" in page
    assert "Auditor (auditor)" in page
    assert known_at(PARTNERS) == gone
    answer = dora.post(address, {"with": "ada-2", "digest": answer.context["plan"].digest})
    assert answer.status_code == 302
    undo = f"/console/merges/{Merge.objects.get().pk}/undo/"
    assert "something changed" in dora.post(undo, {"digest": "x"}).content.decode()
    assert "something changed" in dora.post(undo).content.decode()
    key = kept.identities.get(provider=PARTNERS).pk
    split = f"/console/identities/{key}/split/"
    assert "something changed" in dora.post(split, {"digest": "\0"}).content.decode()
    assert known_at(PARTNERS) == kept


def test_that_a_closed_account_closes_the_other_one_is_said_aloud(dora: Client) -> None:
    kept, gone = both()
    close(gone.pk, source=Source.SCIM, by="scim:okta", at=LATER)
    page = shown(dora, merge_page(kept, **{"with": "ada-2"}))
    alert = page.partition('role="alert"')[2].partition("</section>")[0]
    assert "ada-2 is closed, so ada closes too" in alert
    assert "SCIM" in alert
    page = shown(dora, merge_page(gone, **{"with": "ada"}))
    assert "ada-2 is closed and stays closed" in page


def test_power_is_not_merged_and_the_page_says_what_to_do(dora: Client) -> None:
    kept, gone = both()
    roles.grant_by_hand(account=str(gone.pk), role=POWER, actor="operator", now=LATER)
    page = shown(dora, merge_page(kept, **{"with": "ada-2"}))
    assert "One of the two has power here" in page
    assert "<button" not in page.partition("connecting-bar")[2]
    assert dora.post(merge_page(kept), {"with": "ada-2"}).status_code == 200
    assert not Merge.objects.exists()


def test_her_own_account_and_the_same_one_are_refused_in_words(dora: Client) -> None:
    kept, _gone = both()
    me = Account.objects.get(username="dora")
    assert "One of the two is your own" in shown(dora, merge_page(me, **{"with": "ada"}))
    assert "This is the same account" in shown(dora, merge_page(kept, **{"with": "ada"}))


@pytest.mark.parametrize("odd", ["nobody", "\0", "a" * 5000, "%00", "ada\n", "\u202eada"])
def test_an_odd_user_name_is_nobody_s(dora: Client, odd: str) -> None:
    kept, _gone = both()
    page = shown(dora, merge_page(kept, **{"with": odd}))
    assert ("Nobody has this user name" in page) or odd.strip() == "ada"
    assert dora.post(merge_page(kept), {"with": odd, "digest": odd}).status_code == 200


def test_an_account_of_the_same_vouched_address_is_offered(dora: Client) -> None:
    kept, _gone = both()
    at_partners(name="ben")
    page = shown(dora, merge_page(kept))
    assert "?with=ada-2" in page
    assert "?with=ben" not in page


def test_an_identity_gets_an_account_of_its_own(dora: Client) -> None:
    kept, gone = both()
    merged(kept, gone)
    key = kept.identities.get(provider=PARTNERS).pk
    address = f"/console/identities/{key}/split/"
    assert address in shown(dora, person(kept))
    page = shown(dora, address)
    assert "These lead to a new account, ada-3" in page
    assert "ada loses these roles" in page
    answer = pressed(dora, address)
    new = known_at(PARTNERS)
    assert answer["Location"] == person(new)
    assert "/split/" not in shown(dora, person(new))
    last = f"/console/identities/{key}/split/"
    assert "it stays where it is" in shown(dora, last)
    assert known_at(CORP) == fresh(kept)


def test_what_is_not_there_is_not_found(dora: Client) -> None:
    for address, status in (
        (f"/console/people/{uuid4()}/merge/", 404),
        ("/console/identities/0/split/", 404),
        (f"/console/identities/{10**40}/split/", 404),
        (f"/console/identities/{'9' * 5000}/split/", 404),
        (f"/console/merges/{uuid4()}/undo/", 409),
    ):
        assert dora.get(address).status_code == status
        assert dora.post(address, {"digest": "x"}).status_code == status


@pytest.mark.parametrize(
    "permissions", ["view_account change_account erase_account", "merge_account"]
)
def test_only_whoever_may_merge_and_see_people_does(permissions: str) -> None:
    kept, gone = both()
    row = merged(kept, gone)
    key = kept.identities.first().pk
    client = browser_of(staff(permissions=permissions))
    for address in (
        merge_page(kept),
        merge_page(kept, **{"with": "ada-2"}),
        f"/console/identities/{key}/split/",
        f"/console/merges/{row.pk}/undo/",
    ):
        assert client.get(address).status_code == 403
        assert client.post(address, {"digest": "x", "with": "ada-2"}).status_code == 403
    assert known_at(PARTNERS) == kept


def test_each_form_is_our_own() -> None:
    kept, _gone = both()
    client = browser_of(staff(), csrf=True)
    said = {"kept": str(kept.pk), "gone": str(_gone.pk), "actor": "x", "now": timezone.now()}
    digest = merging.look(**said).digest
    answer = client.post(merge_page(kept), {"with": "ada-2", "digest": digest})
    assert answer.status_code == 403
    assert not Merge.objects.exists()


def test_after_thirty_days_her_page_says_where_it_went_and_offers_nothing(dora: Client) -> None:
    kept, gone = both()
    row = merged(kept, gone)
    merging.expire(now=row.at + timedelta(days=30))
    page = shown(dora, person(gone))
    assert "went into ada" in page
    assert "for good" in page
    assert "/undo/" not in page
    assert signs_in(identity("ada", at=PARTNERS)) == kept


def test_the_console_s_reopening_says_that_it_is_no_undo(dora: Client) -> None:
    kept, gone = both()
    merged(kept, gone)
    fields = {"action": "reactivate", "_selected_action": [str(gone.pk)], "confirmed": "1"}
    answer = dora.post("/admin/provisioning/account/", fields, follow=True)
    assert "Undo that on its page" in answer.content.decode()
    assert not fresh(gone).is_active
