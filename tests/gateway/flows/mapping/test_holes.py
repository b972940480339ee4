"""Ways around that somebody hostile, or somebody hasty, would try."""

from dataclasses import replace

import pytest
from django.contrib.auth.models import Permission

from gateway import wiring
from gateway.flows import roles as by_hand
from gateway.flows.errors import NotPermitted
from gateway.flows.mapping import deciding, drafting, drift, permits, preview_jobs, rollout
from gateway.flows.mapping.counting import count
from mapping import models as mapping_models
from mapping.errors import RuleInvalid
from mapping.models import Rollout
from provisioning import delegations
from provisioning.models import Account
from tests.gateway.flows.mapping.drafters import content, permitted, roles_of_the_company, rule
from tests.gateway.flows.mapping.staff import (
    CORP,
    ENG,
    FIN,
    LATER,
    NOW,
    identity,
    in_session,
    provider,
    publish,
    roles,
    session_roles,
    signs_in,
)
from tests.gateway.pages.signed_in import role

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]

ONE_OF = [["payroll", "deployer"]]
FLAG = {"id": "out", "when": {"claim": "contractor", "equals": True}, "denies": ["payroll"]}


@pytest.fixture(autouse=True)
def _company() -> None:
    roles_of_the_company()
    provider()


def delegate() -> str:
    """May draft for one provider alone."""
    actor = permitted("delegate")
    delegations.allow(Account.objects.get(pk=actor), provider())
    return actor


@pytest.mark.parametrize("other", [1, 1.0])
def test_true_is_not_one_where_a_change_of_somebody_elses_rule_is_judged(other) -> None:
    publish(content(ENG, FLAG), now=NOW)
    mine = FLAG | {"when": {"claim": "contractor", "equals": other}}
    with pytest.raises(NotPermitted):
        drafting.begin("x", content(ENG, mine), actor=delegate(), now=NOW)
    publish(content(ENG, mine), now=LATER)
    assert mapping_models.active().version == 2


@pytest.mark.parametrize("says", ["roles", "denies"])
@pytest.mark.parametrize("mighty", [True, False])
def test_who_drafts_for_one_provider_gives_and_denies_no_role_that_rules_the_gateway(
    says, mighty
) -> None:
    publish(content(ENG), now=NOW)
    group = role("helpdesk")
    if mighty:
        group.permissions.add(Permission.objects.get(codename="view_account"))
    added = {"id": "mine", "when": ENG["when"], says: ["helpdesk"], "provider": CORP}
    if not mighty:
        assert drafting.begin("x", content(ENG, added), actor=delegate(), now=NOW)
        return
    with pytest.raises(NotPermitted):
        drafting.begin("x", content(ENG, added), actor=delegate(), now=NOW)
    with pytest.raises(NotPermitted):
        drafting.begin(
            "x", content(ENG, default_roles={CORP: "helpdesk"}), actor=delegate(), now=NOW
        )


def test_a_preview_names_nobody_to_whoever_may_not_see_people() -> None:
    publish(content(ENG), now=NOW)
    signs_in(identity("ada", "/eng/web"))
    draft = drafting.begin("all", content(FIN), actor=permitted("dora", "draft_rules"), now=NOW)
    hers = preview_jobs.of_draft(draft, actor=permitted("dora", "draft_rules"), now=NOW).result
    assert hers is not None
    assert [person["face"]["username"] for person in hers["people"]] == ["ada"]
    who = delegate()
    assert not permits.sees_people(who)
    told = preview_jobs.of_draft(draft, actor=who, now=NOW).result
    assert told is not None
    assert told["losing"] == 1
    assert "ada" not in str(told)


def half_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rollout settles exclusive roles, and is killed then."""
    with monkeypatch.context() as patched:
        patched.setattr(deciding.Deciding, "_everybody", lambda _: False)
        rollout.run(now=LATER)


def test_exclusive_roles_that_came_and_went_leave_nobody_settled_by_what_is_over(
    monkeypatch,
) -> None:
    publish(content(ENG, FIN), now=NOW)
    rollout.run(now=NOW)
    ada = signs_in(identity("ada", "/eng/web", "/fin/pay"))
    publish(content(ENG, FIN, exclusive_roles=ONE_OF))
    half_way(monkeypatch)
    assert roles(ada) == {"payroll"}
    publish(content(ENG, FIN))
    assert rollout.run(now=LATER) is False
    assert roles(ada) == {"payroll", "deployer"}


def test_nor_whose_roles_are_by_hand(monkeypatch) -> None:
    publish(content(ENG, FIN, exclusive_roles=ONE_OF), now=NOW)
    rollout.run(now=NOW)
    eve = Account.objects.create(username="eve")
    for name in ("payroll", "deployer"):
        by_hand.grant_by_hand(account=str(eve.pk), role=name, actor="dora", now=NOW)
    publish(content(ENG, FIN))
    signs_in(identity("zoe", "/x/y"))
    half_way(monkeypatch)
    assert roles(eve) == {"payroll", "deployer"}
    publish(content(ENG, FIN, exclusive_roles=ONE_OF))
    assert rollout.run(now=LATER) is False
    assert roles(eve) == {"payroll"}


def test_a_pause_never_leaves_a_session_without_a_role_that_the_account_has(monkeypatch) -> None:
    publish(content(ENG), now=NOW)
    ada = signs_in(identity("ada", "/eng/web"))
    token = in_session(ada, "deployer")
    publish(content(FIN))
    tell = deciding.write_roles

    def paused(*args: object) -> None:
        tell(*args)
        Rollout.objects.filter(open=True).update(state=Rollout.State.PAUSED)

    monkeypatch.setattr(deciding, "write_roles", paused)
    rollout.run(now=LATER)
    assert session_roles(token) == roles(ada)


def test_a_provider_that_is_switched_off_while_a_rollout_runs_gives_nothing(monkeypatch) -> None:
    publish(content(ENG), now=NOW)
    other = provider("saml")
    ada = signs_in(identity("ada", "/fin/pay", at="saml"))
    publish(content(ENG, FIN))
    unfounded = deciding.spoken.unfounded

    def meanwhile(*args: object) -> list[int]:
        other.enabled = False
        other.save()
        return unfounded(*args)

    monkeypatch.setattr(deciding.spoken, "unfounded", meanwhile)
    rollout.run(now=LATER)
    assert roles(ada) == set()


def test_a_value_that_is_not_kept_is_in_no_reason_and_counted_by_nobody(monkeypatch) -> None:
    paid = {"claim": "salary", "at_least": 10}
    publish(content(rule("pay", roles=("payroll",)) | {"when": paid}), now=NOW)
    config = replace(wiring.config(), claims_not_kept=frozenset({"salary"}))
    monkeypatch.setattr(wiring, "config", lambda: config)
    who = identity("ada", salary=91234)
    said = drift.decided(who, mapping_models.active(), actor=CORP, now=NOW)
    assert said.grants
    assert "91234" not in str(said.grants)
    with pytest.raises(RuleInvalid, match="not kept"):
        count(paid, provider=CORP, now=NOW)
