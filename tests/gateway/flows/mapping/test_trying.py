"""Rules tried on one person: her own last sign-ins, or what somebody pastes."""

import base64
import json
import logging

import pytest

from gateway.flows.errors import ClaimsUnreadable
from gateway.flows.mapping import trying
from gateway.flows.mapping.trying import replay, what_if
from mapping import models as mapping_models
from mapping.errors import RuleInvalid
from providers.errors import ProviderUnknown
from providers.models import Provider
from provisioning.errors import AccountUnknown
from provisioning.models import LastIdentity
from tests.gateway.flows.mapping.crowd import (
    NOW,
    by_hand,
    by_rule,
    content,
    denied,
    linked,
    person,
    rule,
    vouched,
)

pytestmark = pytest.mark.django_db
BEFORE = content(rule("engineers", "/eng", "deployer"))
AFTER = content(
    rule("leads", "/eng/lead", "deployer"),
    rule("money", "/fin", "payer", denies=["auditor"]),
    rule("elsewhere", "/fin", "clerk", provider="other"),
)


@pytest.fixture(autouse=True)
def _rules() -> None:
    mapping_models.publish(BEFORE, based_on=0, by="dora", now=NOW)


@pytest.fixture
def corp() -> str:
    Provider.objects.create(slug="corp", name="Corp", protocol="oidc", dialect="keycloak")
    return "corp"


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def token(claims: object, signature: str = "c2lnbmF0dXJl") -> str:
    return f"{part({'alg': 'ES256'})}.{part(claims)}.{signature}"


def test_a_replay_goes_through_every_rule_of_both_versions():
    ada, identity = vouched("ada", "/eng", "/fin")
    by_hand("ada", "auditor")
    seen = replay(str(ada.pk), AFTER, now=NOW)
    (word,) = seen.words
    assert word.identity.claims == identity.claims
    assert [(step.rule.id, step.finding.held) for step in word.before.steps] == [
        ("engineers", True)
    ]
    assert [(step.rule.id, step.finding.held) for step in word.after.steps] == [
        ("leads", False),
        ("money", True),
    ]
    assert word.after.steps[1].finding.because == ('groups: "/fin"',)
    assert seen.before.roles == {"deployer", "auditor"}
    assert seen.after.roles == {"payer"}
    assert [(masked.role, masked.why) for masked in seen.after.masked] == [("auditor", "denied")]


def test_all_her_providers_count_together_and_what_is_not_kept_counts_as_it_stands():
    ada, _ = vouched("ada", "/fin")
    link = linked("ada-elsewhere", "elsewhere")
    link.account = ada
    link.save()
    by_rule("ben", "deployer", "engineers")
    ben = person("ben")
    seen = replay(str(ben.pk), AFTER, now=NOW)
    assert (seen.words, seen.not_kept) == ((), ("corp",))
    assert (seen.before.roles, seen.after.roles) == ({"deployer"}, set())
    assert replay(str(ada.pk), AFTER, now=NOW).not_kept == ("elsewhere",)


def test_what_nobody_is_asked_about_is_told_with_where_it_comes_from():
    by_rule("ada", "deployer", "engineers")
    by_hand("ada", "auditor")
    denied("ada", "auditor", "money")
    seen = replay(str(person("ada").pk), AFTER, now=NOW)
    told = [
        (one.role, one.denies, one.given_by, one.rule, one.before, one.after)
        for one in seen.unasked
    ]
    assert told == [
        ("auditor", False, "dora", "", True, True),
        ("deployer", False, "", "engineers", True, False),
        ("auditor", True, "", "money", False, True),
    ]
    assert (seen.before.roles, seen.after.roles) == ({"auditor", "deployer"}, frozenset())


def test_what_a_kept_identity_no_longer_gives_does_not_stay_for_being_held():
    ada, _ = vouched("ada", "/law")
    by_rule("ada", "deployer", "engineers")
    assert replay(str(ada.pk), BEFORE, now=NOW).before.roles == set()


def test_an_identity_that_cannot_be_read_is_not_kept():
    ada, _ = vouched("ada", "/eng")
    LastIdentity.objects.update(sealed=b"x" * 40)
    assert replay(str(ada.pk), AFTER, now=NOW).not_kept == ("corp",)


def test_a_provider_that_is_switched_off_vouches_for_nobody():
    ada, _ = vouched("ada", "/eng")
    by_rule("ada", "deployer", "engineers")
    Provider.objects.update(enabled=False)
    seen = replay(str(ada.pk), BEFORE, now=NOW)
    assert (seen.words, seen.not_kept, seen.after.roles) == ((), (), set())
    assert seen.before.roles == {"deployer"}  # it ends with the next version
    denied("ada", "deployer", "money")
    assert replay(str(ada.pk), BEFORE, now=NOW).before.roles == set()


def test_whose_account_is_closed_has_nothing():
    ada, _ = vouched("ada", "/eng")
    ada.is_active = False
    ada.save()
    assert replay(str(ada.pk), BEFORE, now=NOW).after.roles == set()


@pytest.mark.parametrize("account", ["nobody", "00000000-0000-0000-0000-000000000000"])
def test_nobody_can_be_replayed_who_is_not_there(account):
    with pytest.raises(AccountUnknown):
        replay(account, AFTER, now=NOW)


@pytest.mark.parametrize("paste", [json.dumps, token, lambda claims: f"\n {token(claims)} "])
def test_claims_made_up_are_read_as_the_provider_spells_them(corp, paste):
    claims = {"sub": "x", "groups": ["/fin"], "preferred_username": "ada"}
    tried = what_if(paste(claims), AFTER, provider=corp, now=NOW)
    assert tried.identity.username == "ada"
    assert [grant.role for grant in tried.judged.decision.grants] == ["payer"]
    assert tried.settled.roles == {"payer"}
    assert [step.rule.id for step in tried.judged.steps] == ["leads", "money"]


def test_the_signature_of_a_token_is_not_looked_at(corp):
    odd = token({"sub": "x", "groups": ["/fin"]}, signature="not base64 at all!")
    assert what_if(odd, AFTER, provider=corp, now=NOW).settled.roles == {"payer"}


@pytest.mark.parametrize(
    "pasted",
    [
        "",
        "ada",
        "a.b",
        "a.!.c",
        f"a.{part(['secret-claim'])}.c",
        f"a.{part('secret-claim')}.c",
        "a.b.c.d.e",
        '{"secret-claim": NaN}',
        '{"secret-claim": 1, "secret-claim": 2}',
        '{"secret-claim": "\ud800"}',
        "[" * 100_000,
        '{"a":' * 50_000,
        json.dumps({"secret-claim": list(range(25_000))}),
    ],
    ids=lambda pasted: pasted[:20],
)
def test_what_is_no_claims_is_refused_and_never_repeated(corp, pasted, caplog):
    caplog.set_level(logging.DEBUG)
    with pytest.raises(ClaimsUnreadable) as caught:
        what_if(pasted, AFTER, provider=corp, now=NOW)
    assert "secret-claim" not in str(caught.value)
    assert "secret-claim" not in caplog.text


def test_what_is_too_long_is_not_even_read(corp, monkeypatch):
    monkeypatch.setattr(trying, "MAX_PASTED", 30)
    assert what_if('{"sub": "x"}', AFTER, provider=corp, now=NOW).settled.roles == set()
    with pytest.raises(ClaimsUnreadable, match="characters"):
        what_if('{"sub": "xxxxxxxxxxxxxxxxxxxxxxxxx"}', AFTER, provider=corp, now=NOW)


def test_rules_and_provider_must_be_there(corp):
    with pytest.raises(ProviderUnknown):
        what_if("{}", AFTER, provider="nowhere", now=NOW)
    with pytest.raises(RuleInvalid):
        what_if("{}", {"rules": [{}]}, provider=corp, now=NOW)
