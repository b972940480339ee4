"""Why somebody has a role, and why somebody has not."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gateway.flows.mapping.explain import MAX_MISSED, MAX_VALUES, Explanation, explain
from mapping import models as mapping_models
from mapping.models import ClaimAlarm, ClaimSighting
from providers.models import Provider
from provisioning.errors import AccountUnknown
from provisioning.models import Account, DeniedRole, HeldRole, LastIdentity
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

pytestmark = pytest.mark.django_db


def publish(*rules: dict[str, object], **more: object) -> None:
    version = mapping_models.active().version
    mapping_models.publish(content(*rules, **more), based_on=version, by="dora", now=NOW)


def why(name: str, role: str = "deployer") -> Explanation:
    return explain(str(person(name).pk), role, now=NOW)


def count(name: str, *roles: str) -> None:
    """As provisioning writes what counts."""
    for each in roles:
        person(name).groups.add(Group.objects.get_or_create(name=each)[0])


def deny(name: str, role: str, by: str, *because: str) -> None:
    DeniedRole.objects.create(
        account=person(name),
        role=Group.objects.get_or_create(name=role)[0],
        linked_identity=linked(name),
        rule=by,
        ruleset_version=1,
        because=list(because),
        since=NOW,
    )


def test_each_thing_that_gives_the_role_is_a_reason():
    publish(rule("engineers", "/eng", "deployer"), default_roles={"corp": "deployer"})
    by_rule("ada", "deployer", "engineers")
    by_rule("ada", "deployer", "default")
    by_rule("ada", "deployer", "gone")
    by_hand("ada", "deployer")
    by_hand("ada", "auditor")
    HeldRole.objects.filter(rule="engineers").update(because=['groups: "/eng"'])
    count("ada", "deployer")
    found = why("ada")
    assert (found.has, found.version, found.masks) == (True, 1, ())
    by_id = {(one.origin, one.rule_id): one for one in found.reasons}
    assert by_id.keys() == {
        ("rule", "engineers"),
        ("default", "default"),
        ("rule", "gone"),
        ("hand", ""),
    }
    engineers = by_id["rule", "engineers"]
    assert (engineers.version, engineers.provider) == (1, "corp")
    assert engineers.because == ('groups: "/eng"',)
    assert engineers.rule is not None
    assert by_id["rule", "gone"].rule is None
    assert by_id["hand", ""].given_by == "dora"


def test_what_masks_a_role_is_said_with_its_reason():
    publish(
        rule("engineers", "/eng", "deployer"),
        rule("leavers", "/gone", denies=["deployer"]) | {"roles": ["leaver"]},
        exclusive_roles=[["owner", "deployer"]],
    )
    by_rule("ada", "deployer", "engineers")
    deny("ada", "deployer", "leavers", 'groups: "/gone"')
    found = why("ada")
    (mask,) = found.masks
    assert (found.has, mask.why, mask.by, mask.provider) == (False, "denied", "leavers", "corp")
    assert mask.because == ('groups: "/gone"',)
    assert mask.rule is not None
    by_hand("ben", "deployer")
    by_hand("ben", "owner")
    count("ben", "owner")
    (outranked,) = why("ben").masks
    assert (outranked.why, outranked.by) == ("outranked", "owner")


def test_of_a_closed_account_nothing_counts():
    publish(rule("engineers", "/eng", "deployer"))
    by_hand("ada", "deployer")
    count("ada", "deployer")
    Account.objects.update(is_active=False)
    found = why("ada")
    assert (found.has, [mask.why for mask in found.masks]) == (False, ["closed"])


def test_what_she_does_not_have_is_told_by_what_was_in_the_way():
    publish(
        rule("engineers", "/eng", "deployer"),
        rule("leads", "/lead", "deployer", "auditor"),
        rule("lawyers", "/law", "auditor"),
        {"id": "seniors", "when": {"claim": "level", "at_least": 4}, "roles": ["deployer"]},
    )
    vouched("ada", "/sales", "/night")
    found = why("ada")
    assert (found.has, found.reasons, found.nobody_gives_it) == (False, (), False)
    assert {miss.rule.id for miss in found.missed} == {"engineers", "leads", "seniors"}
    engineers = next(miss for miss in found.missed if miss.rule.id == "engineers")
    assert engineers.because == ('groups: nothing at or below "/eng"',)
    assert (engineers.provider, engineers.seen_at, engineers.unsure) == ("corp", NOW, False)
    (claim,) = engineers.claims
    assert (claim.path, claim.values, claim.more) == ("groups", ('"/night"', '"/sales"'), 0)
    seniors = next(miss for miss in found.missed if miss.rule.id == "seniors")
    assert (seniors.unsure, seniors.because) == (True, ("level is missing",))


def test_a_rule_that_holds_and_has_not_given_it_yet_is_coming():
    publish(rule("engineers", "/eng", "deployer"), default_roles={"corp": "deployer"})
    vouched("ada", "/eng")
    found = why("ada")
    assert [one.id for one in found.coming] == ["engineers"]
    assert found.coming_by_default == ("corp",)
    by_rule("ada", "deployer", "engineers")
    by_rule("ada", "deployer", "default")
    found = why("ada")
    assert (found.coming, found.coming_by_default) == ((), ())


def test_rules_for_others_and_rules_that_ended_are_named():
    publish(
        rule("elsewhere", "/eng", "deployer", provider="other"),
        rule("ended", "/eng", "deployer", until="2026-01-31"),
        default_roles={"third": "deployer"},
    )
    vouched("ada", "/eng")
    found = why("ada")
    assert [one.id for one in found.elsewhere] == ["elsewhere"]
    assert [one.id for one in found.ended] == ["ended"]
    assert found.default_elsewhere == ("third",)
    assert (found.missed, found.nobody_gives_it) == ((), False)


def test_what_nobody_gives_is_said_to_be_so():
    publish(rule("engineers", "/eng", "deployer"))
    vouched("ada", "/eng")
    assert why("ada", "king").nobody_gives_it
    assert not why("ada").nobody_gives_it


def test_providers_that_say_nothing_are_named():
    publish(rule("engineers", "/eng", "deployer"))
    ada, _ = vouched("ada", "/sales")
    for provider in ("unkept", "off"):
        link = linked(f"ada-{provider}", provider)
        link.account = ada
        link.save()
    Provider.objects.filter(slug="off").update(enabled=False)
    found = why("ada")
    assert (found.not_kept, found.switched_off) == (("unkept",), ("off",))
    LastIdentity.objects.update(sealed=b"x" * 40)
    assert why("ada").not_kept == ("corp", "unkept")


def test_a_claim_that_drifts_is_named_as_what_she_had_by_it_stays():
    publish(rule("engineers", "/eng", "deployer"))
    _, identity = vouched("ada", "/eng")
    sign = {"provider": identity.provider, "kind": "ids", "path": "groups"}
    ClaimAlarm.objects.create(**sign, opened_at=NOW)
    assert why("ada").on_hold == ()
    ClaimSighting.objects.create(**sign, identity=linked("ada").pk, had=8, seen_at=NOW)
    assert why("ada").on_hold == ("groups",)


def test_a_provider_that_is_switched_off_is_not_asked():
    publish(rule("engineers", "/eng", "deployer"), rule("leads", "/lead", "deployer"))
    vouched("ada", "/eng")
    Provider.objects.update(enabled=False)
    found = why("ada")
    assert (found.coming, found.missed, found.switched_off) == ((), (), ("corp",))


def test_of_claims_that_are_not_kept_no_value_is_told(settings):
    publish(
        {
            "id": "bred",
            "roles": ["deployer"],
            "when": {
                "all": [
                    {"claim": "person.salary", "at_least": 9_000},
                    {"not": {"claim": "health", "equals": "well"}},
                ]
            },
        }
    )
    vouched("ada", "/eng", person={"salary": 1_234}, health="well")
    by_rule("ada", "deployer", "bred")
    HeldRole.objects.update(because=["person.salary: 91234", 'unwanted: health: "well"'])
    deny("ada", "deployer", "bred", 'health: "well"')
    assert "1234" in repr(why("ada"))
    assert '"well"' in repr(why("ada"))
    settings.ENVIRONMENT = replace(
        settings.ENVIRONMENT, claims_not_kept=frozenset({"person", "health"})
    )
    found = why("ada")
    (miss,) = found.missed
    assert [(claim.path, claim.kept_back) for claim in miss.claims] == [
        ("health", True),
        ("person.salary", True),
    ]
    told = repr(replace(found, missed=(replace(miss, rule=None),), reasons=(), masks=()))
    told += repr([one.because for one in (*found.reasons, *found.masks)])
    assert "1234" not in told
    assert "well" not in told
    assert "health: a value that is kept back" in found.masks[0].because


def test_of_many_values_and_many_rules_some_are_shown_and_the_rest_counted():
    publish(*(rule(f"r{at:03}", f"/g{at}", "deployer") for at in range(MAX_MISSED + 7)))
    vouched("ada", *(f"/other{at}" for at in range(MAX_VALUES + 3)))
    found = why("ada")
    assert (len(found.missed), found.more_missed) == (MAX_MISSED, 7)
    (claim,) = found.missed[0].claims
    assert (len(claim.values), claim.more) == (MAX_VALUES, 3)


def test_the_number_of_queries_grows_with_nothing():
    def queries(name: str) -> int:
        mapping_models.active()  # read once by the process, whoever asks
        with CaptureQueriesContext(
            connection,
        ) as seen:
            why(name)
        return len(seen)

    publish(rule("engineers", "/eng", "deployer"))
    vouched("ada", "/sales")
    few = queries("ada")
    publish(
        *(rule(f"r{at:03}", f"/g{at}", "deployer", provider="corp") for at in range(200)),
        *(rule(f"o{at:03}", f"/g{at}", "deployer", provider=f"p{at}") for at in range(200)),
    )
    for at in range(10):
        link = linked(f"ada-{at}", f"p{at}")
        link.account = person("ada")
        link.save()
        by_rule("ada", f"role-{at}", f"r{at:03}")
        deny("ada", f"role-{at}", f"r{at:03}")
    assert queries("ada") == few


@pytest.mark.parametrize("account", ["nobody", "00000000-0000-0000-0000-000000000000"])
def test_nobody_is_explained_who_is_not_there(account):
    with pytest.raises(AccountUnknown):
        explain(account, "deployer", now=NOW)


def test_a_rule_counts_until_its_end_and_not_after():
    publish(rule("ending", "/eng", "deployer", until="2026-03-02"))
    ada, _ = vouched("ada", "/eng")
    assert [one.id for one in why("ada").coming] == ["ending"]
    after = explain(str(ada.pk), "deployer", now=NOW + timedelta(days=1))
    assert ([one.id for one in after.ended], after.coming) == (["ending"], ())
