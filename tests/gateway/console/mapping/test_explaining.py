"""Why somebody has a role, or why not, as a page; and the ways there from her own."""

from html import unescape

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from mapping import models as mapping_models
from provisioning.models import AccountAttribute, HeldRole
from tests.gateway.flows.mapping.crowd import (
    NOW,
    by_hand,
    by_rule,
    content,
    linked,
    person,
    rule,
    vouched,
)
from tests.gateway.flows.mapping.test_explain import count, deny
from tests.gateway.pages.signed_in import browser_of, staff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]

WHY = "/console/mapping/explain/"
ENGINEERS = rule("engineers", "/eng", "deployer")
LEADS = rule("leads", "/lead", "owner", "deployer")


@pytest.fixture
def desk() -> Client:
    mapping_models.publish(
        content(ENGINEERS, LEADS, exclusive_roles=[["owner", "reader"]]),
        based_on=0,
        by="dora",
        now=NOW,
    )
    return browser_of(staff())


def shown(desk: Client, **asked: object) -> str:
    answer = desk.get(WHY, asked)
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def of(desk: Client, name: str) -> str:
    answer = desk.get(f"/admin/provisioning/account/{person(name).pk}/change/")
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def test_before_anything_is_asked_the_page_says_what_to_do(desk: Client) -> None:
    assert "Choose a person and a role" in shown(desk)
    ada = person("ada")
    assert "Which role of Ada is it about?" in shown(desk, account=ada.pk)


def test_why_she_has_it_is_said_with_the_rule_as_a_sentence_and_what_it_found(desk: Client) -> None:
    by_rule("ada", "deployer", "engineers")
    HeldRole.objects.update(because=['groups: "/eng/ui"'])
    count("ada", "deployer")
    page = shown(desk, account=person("ada").pk, role="deployer")
    assert "Why Ada has deployer" in page
    assert "<strong>Ada</strong> has <strong>deployer</strong>." in page
    assert "People in <strong>/eng</strong>" in page
    assert "engineers, version 1, according to corp" in page
    assert '<code>groups: "/eng/ui"</code>' in page


def test_who_gave_it_by_hand_is_named(desk: Client) -> None:
    by_hand("ada", "reader")
    dora = person("dora")
    HeldRole.objects.update(given_by=str(dora.pk))
    count("ada", "reader")
    page = shown(desk, q="ada", role="reader")
    assert "<strong>Dora Lind</strong> gave it by hand" in page
    assert "Dora Lind" in of(desk, "ada")


def test_why_not_is_said_with_what_she_lacks(desk: Client) -> None:
    vouched("ada", "/sales")
    page = shown(desk, account=person("ada").pk, role="owner")
    assert "Why Ada does not have owner" in page
    assert 'groups: nothing at or below "/lead"' in page
    assert '<code>"/sales"</code>' in page


def test_what_masks_it_is_said(desk: Client) -> None:
    by_hand("ada", "reader")
    deny("ada", "reader", "leads", 'groups: "/lead"')
    page = shown(desk, account=person("ada").pk, role="reader")
    assert "was given <strong>reader</strong>, and it does not count" in page
    assert "A rule denies it" in page
    by_hand("ben", "reader")
    by_hand("ben", "owner")
    page = shown(desk, account=person("ben").pk, role="reader")
    assert "<strong>owner</strong>, which stands above it" in page


def test_a_person_is_found_by_words_of_hers(desk: Client) -> None:
    vouched("ada", "/eng")
    vouched("adam", "/eng")
    vouched("ben", "/eng")
    page = shown(desk, q="AD", role="deployer")
    assert "Whom do you mean?" in page
    assert f"?account={person('adam').pk}&role=deployer" in page
    assert f"account={person('ben').pk}" not in page
    assert "Why Ada does not have deployer" in shown(desk, q="ada", role="deployer")
    assert "has “nobody” in it" in shown(desk, q="nobody", role="deployer")


@pytest.mark.parametrize("account", ["x", "00000000-0000-0000-0000-000000000000", "\0"])
def test_an_id_that_is_nobodys_is_no_page(desk: Client, account: str) -> None:
    expected = 200 if account == "\0" else 404
    assert desk.get(WHY, {"account": account, "role": "deployer"}).status_code == expected


def test_texts_of_people_and_addresses_run_nothing(desk: Client) -> None:
    vouched("ada", "<script>alert(1)</script>")
    person("ada")
    answer = desk.get(WHY, {"account": person("ada").pk, "role": "deployer"})
    assert "<script>alert" not in answer.content.decode()
    answer = desk.get(WHY, {"q": "ada", "role": "<script>alert(1)</script>"})
    assert "<script>alert" not in answer.content.decode()


@pytest.mark.parametrize(
    ("permissions", "status"),
    [
        ("view_rulesetversion", 403),
        ("view_account", 403),
        ("draft_rules approve_rules publish_rules", 403),
        ("approve_rules view_account", 200),
        ("view_rulesetversion view_account", 200),
    ],
)
def test_it_takes_the_right_to_read_rules_and_to_see_people(permissions: str, status: int) -> None:
    ada = person("ada")
    browser = browser_of(staff(permissions=permissions))
    assert browser.get(WHY, {"account": ada.pk, "role": "deployer"}).status_code == status


def test_her_page_leads_to_the_reason_of_each_role_and_to_those_she_lacks(desk: Client) -> None:
    by_hand("ada", "reader")
    Group.objects.create(name="king")
    page = of(desk, "ada")
    assert f"{WHY}?account={person('ada').pk}&role=reader" in page
    assert "<option>king</option>" in page
    looker = browser_of(staff("ben", permissions="view_account view_heldrole"))
    page = of(looker, "ada")
    assert "reader" in page
    assert WHY not in page


def test_her_page_says_which_roles_do_not_count_and_what_describes_her(desk: Client) -> None:
    by_hand("ada", "reader")
    by_hand("ada", "owner")
    by_hand("ada", "deployer")
    deny("ada", "deployer", "leavers", 'groups: "/gone"')
    AccountAttribute.objects.create(
        account=person("ada"),
        name="department",
        value="Physics",
        linked_identity=linked("ada"),
        rule="engineers",
        ruleset_version=1,
    )
    page = of(desk, "ada")
    assert "no: the rule leavers denies it" in page
    assert "no: owner stands above it" in page
    assert 'groups: "/gone"' in page
    assert "Physics" in page
