"""The rule editor: a form of one rule of a draft, without a script."""

from html import unescape

import pytest
from django.utils import timezone

from gateway.flows.mapping import delegating, drafting
from mapping.models import Draft
from providers.models import Provider
from tests.gateway.console.mapping.drafting import (
    AUDITORS,
    DEPLOYERS,
    address,
    begun,
    company,
    filled,
)
from tests.gateway.pages.signed_in import account, browser_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]


def text(answer) -> str:
    return unescape(answer.content.decode())


def rules(draft: Draft) -> dict[str, dict]:
    draft.refresh_from_db()
    return {rule["id"]: rule for rule in draft.content["rules"]}


def faults(answer) -> dict[str, list[str]]:
    form = answer.context["form"]
    return {**form.errors, **form.beside}


def somebody_saves(draft: Draft, dora, *those: dict) -> None:
    content = {"rules": list(those)}
    drafting.save(draft.pk, draft.edition, content, actor=str(dora.pk), now=timezone.now())


def test_a_rule_that_is_opened_and_kept_is_as_it_was() -> None:
    dora = company()
    draft, browser = begun(dora), browser_of(dora)
    where = address(draft, "rule/deployers/")
    assert "Rule deployers" in text(browser.get(where))
    browser.post(where, filled(browser, where, do="save"))
    assert rules(draft) == {"auditors": AUDITORS, "deployers": DEPLOYERS}
    assert draft.edition == 1, "nothing was changed, so nothing is recorded"


def test_a_rule_is_changed_and_the_draft_alone_says_so() -> None:
    dora = company()
    draft, browser = begun(dora), browser_of(dora)
    where = address(draft, "rule/deployers/")
    typed = filled(browser, where, do="save", roles="deployer, reader", until="2027-03-31")
    page = browser.post(where, typed | {"when.0.value": "/leads"}, follow=True)
    assert page.redirect_chain[-1][0] == address(draft)
    assert "Nothing in force has changed." in text(page)
    assert rules(draft)["deployers"] == {
        "id": "deployers",
        "when": {"claim": "groups", "equals": "/leads"},
        "roles": ["deployer", "reader"],
        "until": "2027-03-31",
    }


def test_a_new_rule_needs_no_short_name() -> None:
    dora = company()
    draft, browser = begun(dora), browser_of(dora)
    where = address(draft, "rule/")
    for _ in range(2):
        typed = filled(browser, where, do="save", roles="reader")
        typed |= {"when.0.claim": "groups", "when.0.value": "/all"}
        assert browser.post(where, typed).status_code == 302
    assert list(rules(draft)) == ["auditors", "deployers", "reader", "reader-2"]


def test_a_rule_may_be_called_anew_and_never_as_another_one_is() -> None:
    dora = company()
    draft, browser = begun(dora), browser_of(dora)
    where = address(draft, "rule/deployers/")
    page = browser.post(where, filled(browser, where, do="save", id="auditors"))
    assert "There is a rule of this name already" in faults(page)["id"][0]
    browser.post(where, filled(browser, where, do="save", id="engineers"))
    assert list(rules(draft)) == ["auditors", "engineers"]


def test_a_rule_is_removed() -> None:
    dora = company()
    draft, browser = begun(dora), browser_of(dora)
    where = address(draft, "rule/deployers/")
    page = browser.post(where, filled(browser, where, do="remove"), follow=True)
    assert "without the rule “deployers”" in text(page)
    assert list(rules(draft)) == ["auditors"]
    assert browser.get(where).status_code == 404


@pytest.mark.parametrize(
    ("typed", "beside"),
    [
        ({"when.0.value": ""}, "when.0"),
        ({"when.0.operator": "matches", "when.0.value": "("}, "when.0"),
        ({"when.0.claim": ""}, "when.0"),
        ({"roles": "no such role"}, "roles"),
        ({"roles": "nobody-declared-it"}, "roles"),
        ({"roles": ""}, "roles"),
        ({"until": "soon"}, "until"),
        ({"priority": "much"}, "priority"),
        ({"attributes": "Department = {department}"}, "attributes"),
        ({"id": "No Name"}, "id"),
        ({"note": "x" * 501}, "note"),
        ({"provider": "no slug"}, "provider"),
    ],
)
def test_what_is_refused_stands_beside_its_field_and_nothing_is_lost(
    typed: dict, beside: str
) -> None:
    dora = company()
    draft, browser = begun(dora), browser_of(dora)
    where = address(draft, "rule/deployers/")
    page = browser.post(where, filled(browser, where, do="save", priority="3") | typed)
    assert page.status_code == 200
    assert list(faults(page)) == [beside]
    # The fields that hold it say so, for whoever does not see the words below.
    assert 'aria-invalid="true"' in page.content.decode()
    for value in typed.values():
        assert value in text(page)
    assert rules(draft)["deployers"] == DEPLOYERS


def test_the_fault_of_an_inner_condition_stands_at_its_row() -> None:
    dora = company()
    draft, browser = begun(dora), browser_of(dora)
    where = address(draft, "rule/deployers/")
    typed = filled(browser, where, do="check") | {
        "when.1.how": "any",
        "when.1.0.operator": "equals",
        "when.1.0.claim": "email",
        "when.1.0.value": "x",
        "when.1.1.operator": "glob",
        "when.1.1.claim": "email",
        "when.1.1.value": "**",
    }
    page = browser.post(where, typed)
    assert list(faults(page)) == ["when.1.1"]
    assert 'id="fault-when.1.1"' in text(page)
    assert "whose <code>email</code> is <strong>x</strong> or whose" in text(page)


def test_the_fault_of_an_expression_is_named_by_line_and_column() -> None:
    dora = company()
    draft, browser = begun(dora), browser_of(dora)
    where = address(draft, "rule/deployers/")
    wrong = "claims.level > 3 &&\nclaims.kind ==="
    typed = filled(browser, where, do="check") | {
        "when.0.operator": "cel",
        "when.0.value": wrong.replace("\n", "\r\n"),
    }
    page = browser.post(where, typed)
    assert faults(page)["when.0"][0].startswith("Line 2, column ")
    assert f"\n{wrong}</textarea>" in text(page), "what was typed is still there"


def test_a_button_of_the_condition_changes_the_form_and_not_the_draft() -> None:
    dora = company()
    draft, browser = begun(dora), browser_of(dora)
    where = address(draft, "rule/deployers/")
    page = browser.post(where, filled(browser, where, do="add:when", note="typed"))
    assert 'name="when.1.claim"' in text(page)
    assert "typed" in text(page)
    row = text(page).partition('name="when.1.claim"')[2].partition(">")[0]
    assert "data-focus" in row, "the keyboard goes on where the button led"
    assert faults(page) == {}, "nobody is told of faults while still writing"
    assert rules(draft)["deployers"] == DEPLOYERS


def test_who_saves_second_keeps_both_where_they_changed_different_rules() -> None:
    dora = company()
    draft, browser = begun(dora), browser_of(dora)
    where = address(draft, "rule/deployers/")
    typed = filled(browser, where, do="save", note="hers")
    theirs = AUDITORS | {"note": "theirs"}
    somebody_saves(draft, dora, theirs, DEPLOYERS)
    assert browser.post(where, typed).status_code == 302
    assert rules(draft) == {"auditors": theirs, "deployers": DEPLOYERS | {"note": "hers"}}


def test_of_the_same_rule_both_are_shown_and_nothing_is_overwritten_unseen() -> None:
    dora = company()
    draft, browser = begun(dora), browser_of(dora)
    where = address(draft, "rule/deployers/")
    typed = filled(browser, where, do="save", note="hers")
    theirs = DEPLOYERS | {"when": {"claim": "groups", "equals": "/heads"}}
    somebody_saves(draft, dora, AUDITORS, theirs)
    page = browser.post(where, typed)
    assert page.status_code == 409
    assert "Dora Lind changed this rule while you wrote." in text(page)
    assert "<strong>/heads</strong>" in text(page)
    assert rules(draft)["deployers"] == theirs
    again = typed | {"edition": str(page.context["edition"])}
    assert browser.post(where, again).status_code == 302
    assert rules(draft)["deployers"] == DEPLOYERS | {"note": "hers"}


def test_a_rule_that_somebody_removed_meanwhile_is_told_as_gone() -> None:
    dora = company()
    draft, browser = begun(dora), browser_of(dora)
    where = address(draft, "rule/deployers/")
    typed = filled(browser, where, do="save", note="hers")
    somebody_saves(draft, dora, AUDITORS)
    assert "In the draft it is removed." in text(browser.post(where, typed))
    assert list(rules(draft)) == ["auditors"]


@pytest.mark.parametrize("edition", ["", "0", "99", "x", "9" * 40])
def test_a_form_of_no_edition_saves_nothing(edition: str) -> None:
    dora = company()
    draft, browser = begun(dora), browser_of(dora)
    where = address(draft, "rule/deployers/")
    page = browser.post(where, filled(browser, where, do="save", note="x") | {"edition": edition})
    assert page.status_code == 200
    assert "somebody changed this draft meanwhile" in text(page)
    assert rules(draft)["deployers"] == DEPLOYERS


def test_the_sentence_is_told_while_it_is_typed() -> None:
    dora = company()
    draft, browser = begun(dora), browser_of(dora)
    typed = filled(browser, address(draft, "rule/deployers/")) | {"when.0.value": "/le<ads"}
    page = browser.post(address(draft, "count/"), typed)
    assert "<strong>/le&lt;ads</strong>" in page.content.decode()
    assert browser.get(address(draft, "count/")).status_code == 405


def test_roles_are_picked_from_those_that_are_declared() -> None:
    dora = company()
    page = browser_of(dora).get(address(begun(dora), "rule/"))
    listed = text(page).partition('<datalist id="roles-known">')[2].partition("</datalist>")[0]
    assert '<option value="auditor">' in listed
    assert 'list="roles-known"' in text(page)


def test_whoever_may_not_draft_cannot_even_look_at_the_form() -> None:
    dora = company()
    draft = begun(dora)
    ben = account("ben", is_staff=True)
    assert browser_of(ben).get(address(draft, "rule/deployers/")).status_code == 403


def test_whoever_drafts_for_one_provider_begins_there_and_is_told_her_bounds() -> None:
    dora = company()
    Provider.objects.create(slug="okta", name="Okta EMEA", protocol="oidc", dialect="okta")
    draft, ben = begun(dora), account("ben", is_staff=True)
    delegating.allow(account=str(ben.pk), provider="okta", actor=str(dora.pk), now=timezone.now())
    browser, where = browser_of(ben), address(draft, "rule/")
    typed = filled(browser, where, do="save", roles="reader")
    typed |= {"when.0.claim": "groups", "when.0.value": "/all"}
    assert typed["provider"] == "okta"
    page = browser.post(where, typed | {"provider": ""})
    assert "You may change the rules and the default role of Okta EMEA alone. Ask Dora" in text(
        page
    )
    assert list(rules(draft)) == ["auditors", "deployers"]
    assert browser.post(where, typed).status_code == 302
    assert rules(draft)["reader"]["provider"] == "okta"
