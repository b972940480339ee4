"""Rules tried on one person, on their page: her last sign-ins, or claims made up and pasted."""

import json
from dataclasses import replace

import pytest
from django.utils import timezone

from gateway.flows.mapping import drafting
from mapping import models as mapping_models
from mapping.models import Draft
from providers.models import Provider
from provisioning.models import Account, LastIdentity
from tests.gateway.console.mapping.drafting import address
from tests.gateway.console.mapping.test_drafts import permitted, text
from tests.gateway.console.mapping.test_preview import plain
from tests.gateway.flows.mapping.crowd import (
    by_hand,
    by_rule,
    content,
    linked,
    on_hold,
    rule,
    vouched,
)
from tests.gateway.flows.mapping.test_trying import part, token
from tests.gateway.pages.signed_in import browser_of, role, staff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]

TRY = "/console/mapping/try/"
BEFORE = content(rule("engineers", "/eng", "deployer"))
AFTER = content(
    rule("leads", "/eng/lead", "deployer"),
    rule("money", "/fin", "payer", denies=["auditor"], attributes={"unit": "{unit}"}),
    rule("guests", "/guests", "reader"),
)


@pytest.fixture
def dora() -> Account:
    dora = staff("dora")
    for name in ("deployer", "payer", "auditor", "reader"):
        role(name)
    vouched("ada", "/eng", "/fin", unit="treasury")
    by_hand("ada", "auditor")
    by_rule("bella", "deployer", "engineers")
    mapping_models.publish(BEFORE, based_on=0, by="terraform", now=timezone.now())
    return dora


@pytest.fixture
def draft(dora: Account) -> Draft:
    return drafting.begin("Leads", AFTER, actor=str(dora.pk), now=timezone.now())


def replayed(who: Account, person: str, draft: Draft | None = None):
    return browser_of(who).get(TRY, {"draft": draft.pk if draft else "", "person": person})


def pasted(who: Account, claims: str, draft: Draft | None = None, provider: str = "corp"):
    fields = {"draft": draft.pk if draft else "", "provider": provider, "claims": claims}
    return browser_of(who).post(TRY, fields)


def test_her_roles_stand_under_both_versions_with_the_reason_in_each(
    dora: Account, draft: Draft
) -> None:
    page = replayed(dora, "ada", draft)
    assert page.context["title"] == "Ada: loses auditor, deployer, gains payer"
    words = plain(page)
    assert 'deployer loses it has it rule “engineers” at corp groups: "/eng"' in words
    assert 'does not rule “leads” at corp groups: nothing at or below "/eng/lead"' in words
    assert "auditor loses it has it by hand, dora does not: it is denied rule “money”" in words
    assert "payer gains it does not has it rule “money” at corp" in words
    assert "unit – treasury" in words
    assert "money · Holds." in words
    assert "leads · Does not hold." in words
    assert "2 rules that do not hold" in words


def test_of_whom_nothing_is_kept_the_page_says_what_stays(dora: Account, draft: Draft) -> None:
    words = plain(replayed(dora, "bella"))
    assert "Of a sign-in at corp nothing is kept" in words
    assert "deployer has it rule “engineers” at corp as last decided" in words
    page = replayed(dora, "bella", draft)
    assert page.context["title"] == "Bella: loses deployer"


def test_without_a_draft_the_rules_in_force_are_tried(dora: Account) -> None:
    page = replayed(dora, "ADA")
    assert page.context["title"] == "Ada: auditor, deployer"
    assert "Version 1, in force" in plain(page)
    assert "loses it" not in plain(page)


def test_a_person_is_found_by_a_part_of_her_name_and_chosen_among_many(dora: Account) -> None:
    vouched("adam", "/eng")
    page = replayed(dora, "adam")
    assert page.context["title"] == "Adam: deployer"
    assert replayed(dora, str(Account.objects.get(username="ada").pk)).context["seen"]
    page = replayed(dora, "da")
    assert "Whom do you mean?" in plain(page)
    assert [one.username for one in page.context["found"]] == ["ada", "adam"]
    for nobody in ("nobody", "a\0da-x", "%", "x" * 500):
        assert "Nobody here is called so." in plain(replayed(dora, nobody))


def test_a_draft_that_is_not_there_is_said(dora: Account) -> None:
    for draft in ("x", str(dora.pk)):
        page = browser_of(dora).get(TRY, {"draft": draft, "person": "ada"})
        assert "There is no such draft. Choose another" in plain(page)


def test_a_closed_account_and_an_unreadable_word_are_told(dora: Account) -> None:
    Account.objects.filter(username="ada").update(is_active=False)
    LastIdentity.objects.filter(linked_identity=linked("ada")).update(sealed=b"x" * 40)
    words = plain(replayed(dora, "ada"))
    assert "This account is closed" in words
    assert "Of a sign-in at corp nothing is kept" in words


def test_what_ends_with_a_provider_that_is_switched_off_is_told(
    dora: Account, draft: Draft
) -> None:
    by_rule("ada", "deployer", "engineers")
    Provider.objects.update(enabled=False)
    page = replayed(dora, "ada", draft)
    assert page.context["title"] == "Ada: loses deployer"
    assert "corp the provider is switched off, so it ends with the next version" in plain(page)
    assert replayed(dora, "ada").context["title"] == "Ada: auditor, deployer"


def test_claims_made_up_are_judged_with_denials_attributes_and_near_misses(
    dora: Account, draft: Draft
) -> None:
    page = pasted(dora, json.dumps({"groups": ["/fin"], "unit": "law"}), draft)
    assert page.context["title"] == "Would have payer"
    words = plain(page)
    assert "payer has it rule “money” at corp" in words
    assert "reader does not rule “guests” at corp groups: nothing at or below" in words
    assert "unit law money" in words
    assert page.context["claims"] == '{\n  "groups": [\n    "/fin"\n  ],\n  "unit": "law"\n}'
    assert "Would have no role" in plain(pasted(dora, "{}"))


def test_of_a_token_the_payload_comes_back_and_never_its_signature(dora: Account) -> None:
    page = pasted(dora, token({"groups": ["/eng"]}, signature="c2VjcmV0LXNpZ25hdHVyZQ"))
    assert page.context["title"] == "Would have deployer"
    assert "c2VjcmV0LXNpZ25hdHVyZQ" not in text(page)
    assert json.loads(page.context["claims"]) == {"groups": ["/eng"]}


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ("[1]", "This is neither a JSON object nor a token."),
        ("{", "This is not a JSON object of claims."),
        ('{"a": NaN}', "This is not a JSON object of claims."),
        (f"{part({})}.a.b.c.d", "This is an encrypted token, which nobody here can read."),
        (f"{part({})}.!!!.x", "This is a token whose payload cannot be read."),
        ("", "This is neither a JSON object nor a token."),
        ("{" + " " * 100_000 + "}", "These are too many claims: write at most 100000 characters."),
    ],
)
def test_what_cannot_be_read_is_said_and_no_token_comes_back(
    dora: Account, claims: str, said: str
) -> None:
    page = pasted(dora, claims)
    assert page.status_code == 200
    assert said in plain(page)
    assert part({}) not in text(page)


@pytest.mark.parametrize("claims", ['{"groups": ["\\ud800"]}', '{"groups": ["\\u0000"]}'])
def test_halves_of_letters_break_no_page(dora: Account, claims: str) -> None:
    assert pasted(dora, claims).status_code == 200


def test_a_provider_has_to_be_chosen(dora: Account) -> None:
    for provider in ("", "nowhere", "\0"):
        page = pasted(dora, "{}", provider=provider)
        assert "Choose which provider says this of her." in plain(page)


def test_more_than_a_form_may_hold_is_no_fault_of_ours(dora: Account) -> None:
    assert pasted(dora, "{" + " " * 500_000 + "}").status_code == 400


def test_what_she_keeps_while_her_provider_drifts_is_told_with_the_claim(dora: Account) -> None:
    vouched("filip", "8f14e45f")
    by_rule("filip", "deployer", "engineers")
    assert "It began to say something else" not in plain(replayed(dora, "filip"))
    on_hold("filip")
    page = replayed(dora, "filip")
    assert page.context["title"] == "Filip: deployer"
    assert "It began to say something else at groups: roles that rules" in plain(page)


def test_what_a_provider_withholds_no_sign_in_would_take(dora: Account) -> None:
    Provider.objects.filter(slug="corp").update(dialect="entra")
    claims = json.dumps({"_claim_names": {"groups": "src1"}, "oid": "1"})
    assert "A real sign-in would be refused" in plain(pasted(dora, claims))


def test_a_draft_of_the_wrong_shape_is_said(dora: Account, draft: Draft) -> None:
    Draft.objects.filter(pk=draft.pk).update(content={"rules": 1})
    assert "rules" in plain(replayed(dora, "ada", draft))
    assert pasted(dora, "{}", draft).context["what_if_fault"]


def test_people_are_for_those_who_have_to_know(dora: Account) -> None:
    ben = permitted("ben", "view_rulesetversion")
    page = replayed(ben, "ada")
    assert "You may not see what providers said of people. Ask Dora Lind." in plain(page)
    assert "deployer" not in plain(page)
    assert 'name="person"' not in text(page)
    assert "Would have deployer" in plain(pasted(ben, '{"groups": ["/eng"]}'))
    Account.objects.filter(pk=ben.pk).delete()
    changes = permitted("ben", "draft_rules approve_rules publish_rules")
    assert "You may not see what providers said" in plain(replayed(changes, "ada"))
    Account.objects.filter(pk=changes.pk).delete()
    approver = permitted("ben", "approve_rules view_account")
    assert "deployer" in plain(replayed(approver, "ada"))
    Account.objects.filter(pk=approver.pk).delete()
    stranger = permitted("ben", "view_account")
    assert browser_of(stranger).get(TRY).status_code == 403


def test_the_other_pages_lead_here(dora: Account, draft: Draft) -> None:
    browser = browser_of(dora)
    ada = Account.objects.get(username="ada").pk
    assert f'href="{TRY}?draft={draft.pk}"' in text(browser.get(address(draft)))
    assert (
        f'href="{TRY}?draft={draft.pk}&amp;person={ada}"'
        in browser.get(address(draft, "preview/")).content.decode()
    )
    assert f'href="{TRY}"' in text(browser.get("/console/mapping/"))
    assert f'href="{address(draft)}"' in text(replayed(dora, "ada", draft))


def test_a_post_from_elsewhere_is_refused(dora: Account) -> None:
    browser = browser_of(dora, csrf=True)
    assert browser.post(TRY, {"claims": "{}", "provider": "corp"}).status_code == 403


def test_of_claims_that_are_not_to_be_kept_no_value_is_told(dora: Account, settings) -> None:
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, claims_not_kept=frozenset({"groups"}))
    page = replayed(dora, "ada")
    assert page.context["title"] == "Ada: auditor, deployer"
    assert "/fin" not in plain(page)
    assert 'groups: "/eng"' not in plain(page)
