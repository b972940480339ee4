"""Publishing stops and asks before very many people lose a role, or the console is shut."""

from dataclasses import replace

import pytest
from django.contrib.auth.models import Group

from gateway import wiring
from gateway.flows.errors import ConsoleLost, PreviewTooLong, RoleLossTooLarge
from gateway.flows.mapping import drafting, losing, publishing
from gateway.flows.mapping.consequences import Confirmed
from mapping import models as mapping_models
from mapping.errors import RuleInvalid
from mapping.models import Rollout
from provisioning.models import Account
from tests.gateway.flows.mapping.drafters import (
    LATER,
    NOW,
    content,
    everything,
    roles_of_the_company,
    rule,
)
from tests.gateway.flows.mapping.staff import identity, linked, provider, publish, signs_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]

STAFF = "gatehouse-admin"
ENG = rule("eng")
IT = rule("it", roles=(STAFF,))


@pytest.fixture(autouse=True)
def _company(monkeypatch: pytest.MonkeyPatch) -> None:
    roles_of_the_company()
    Group.objects.get_or_create(name=STAFF)
    config = replace(wiring.config(), staff_role=STAFF)
    monkeypatch.setattr(wiring, "config", lambda: config)
    provider()
    publish(content(ENG, IT), now=NOW)


def limits(monkeypatch: pytest.MonkeyPatch, people: int, percent: int) -> None:
    config = replace(wiring.config(), role_loss_people=people, role_loss_percent=percent)
    monkeypatch.setattr(wiring, "config", lambda: config)


def engineers(count: int) -> list[Account]:
    return [signs_in(identity(f"p{n}", "/eng/web")) for n in range(count)]


def published(wanted: dict[str, object], confirmed: Confirmed, *, actor: str = "operator") -> int:
    """By which version the rules are in force then."""
    in_force = mapping_models.active().version
    publishing.publish_rules(wanted, based_on=in_force, actor=actor, now=LATER, confirmed=confirmed)
    return mapping_models.active().version


def test_more_people_than_the_operator_allows_lose_a_role_only_if_their_number_is_agreed_to(
    monkeypatch,
) -> None:
    limits(monkeypatch, people=3, percent=100)
    engineers(4)
    with pytest.raises(RoleLossTooLarge) as caught:
        published(content(IT), Confirmed())
    assert (caught.value.losing, caught.value.accounts) == (4, 4)
    with pytest.raises(RoleLossTooLarge):
        published(content(IT), Confirmed(losing=5))
    assert mapping_models.active().version == 1
    assert published(content(IT), Confirmed(losing=4)) == 2


def test_so_do_a_larger_part_of_all_unless_they_are_a_handful(monkeypatch) -> None:
    limits(monkeypatch, people=100, percent=10)
    engineers(9)
    assert published(content(IT), Confirmed()) == 2
    engineers(12)
    publish(content(ENG, IT))
    with pytest.raises(RoleLossTooLarge):
        published(content(IT), Confirmed())


def test_gains_are_never_asked_about(monkeypatch) -> None:
    limits(monkeypatch, people=1, percent=1)
    engineers(12)
    assert published(content(ENG, IT, rule("all", roles=("auditor",))), Confirmed()) == 2


def test_those_who_lose_stand_first_in_what_is_made_live() -> None:
    signs_in(identity("zoe", "/it/admins"))
    losers = engineers(3)
    published(content(IT), Confirmed())
    rollout = Rollout.objects.get(open=True)
    assert rollout.first == [linked(account).pk for account in losers]


def admin(name: str = "dora") -> Account:
    person = signs_in(identity(name, "/it/admins"))
    everything(name)
    return person


def test_whoever_would_shut_the_console_to_themselves_agrees_with_their_username() -> None:
    dora, other = admin(), admin("ada")
    provider("elsewhere")
    signs_in(identity("zoe", "/it/admins", at="elsewhere"))
    draft = drafting.begin(
        "March", content=content(ENG, IT | {"provider": "elsewhere"}), actor=str(dora.pk), now=NOW
    )
    for name in ("", "ada", "DORA"):
        with pytest.raises(ConsoleLost) as caught:
            publishing.publish_draft(
                draft.pk, 1, "", actor=str(dora.pk), now=LATER, confirmed=Confirmed(name=name)
            )
        assert not caught.value.everybody
    publishing.publish_draft(
        draft.pk, 1, "", actor=str(dora.pk), now=LATER, confirmed=Confirmed(name="dora")
    )
    assert mapping_models.active().version == 2
    assert other.pk


def test_shutting_it_to_everybody_is_asked_about_as_such() -> None:
    dora = admin()
    draft = drafting.begin("March", content=content(ENG), actor=str(dora.pk), now=NOW)
    with pytest.raises(ConsoleLost) as caught:
        publishing.publish_draft(draft.pk, 1, "", actor=str(dora.pk), now=LATER)
    assert caught.value.everybody


def test_an_operators_file_shuts_it_to_everybody_only_if_that_is_said() -> None:
    admin()
    with pytest.raises(ConsoleLost):
        published(content(ENG), Confirmed())
    assert mapping_models.active().version == 1
    assert published(content(ENG), Confirmed(name="operator")) == 2


def test_where_nobody_could_open_it_before_there_is_nothing_to_ask() -> None:
    engineers(1)
    assert published(content(ENG), Confirmed()) == 2


def test_going_back_is_weighed_like_going_on(monkeypatch) -> None:
    limits(monkeypatch, people=1, percent=100)
    dora = everything("dora")
    published(content(ENG, IT, rule("pay", roles=("payroll",))), Confirmed())
    engineers(1)
    for name in ("a", "b"):
        signs_in(identity(name, "/pay/roll"))
    with pytest.raises(RoleLossTooLarge):
        publishing.roll_back(1, "", based_on=2, actor=dora, now=LATER)
    publishing.roll_back(1, "", based_on=2, actor=dora, now=LATER, confirmed=Confirmed(losing=2))
    assert mapping_models.active().version == 3


def test_rules_that_are_too_slow_to_ask_are_no_reason_to_be_left_with_them(monkeypatch) -> None:
    """What people hold is compared instead, and the same is asked about."""
    limits(monkeypatch, people=1, percent=100)
    dora = everything("dora")
    published(content(ENG, IT, rule("pay", roles=("payroll",))), Confirmed())
    engineers(1)
    losers = [signs_in(identity(name, "/pay/roll")) for name in ("a", "b")]
    monkeypatch.setattr(losing, "SECONDS_FOR_BOTH", -1.0)
    with pytest.raises(RoleLossTooLarge) as caught:
        publishing.roll_back(1, "", based_on=2, actor=dora, now=LATER)
    assert (caught.value.losing, caught.value.accounts) == (2, 4)
    publishing.roll_back(1, "", based_on=2, actor=dora, now=LATER, confirmed=Confirmed(losing=2))
    assert Rollout.objects.get(open=True).first == [linked(account).pk for account in losers]


def test_so_the_way_into_the_console_is_watched(monkeypatch) -> None:
    dora = admin()
    monkeypatch.setattr(losing, "SECONDS_FOR_BOTH", -1.0)
    draft = drafting.begin("March", content=content(ENG), actor=str(dora.pk), now=NOW)
    with pytest.raises(ConsoleLost) as caught:
        publishing.publish_draft(draft.pk, 1, "", actor=str(dora.pk), now=LATER)
    assert caught.value.everybody


def test_new_rules_that_are_too_slow_are_not_published(monkeypatch) -> None:
    monkeypatch.setattr(losing, "SECONDS_FOR_BOTH", -1.0)
    monkeypatch.setattr(losing, "SECONDS", -1.0)
    engineers(1)
    with pytest.raises(PreviewTooLong):
        published(content(IT), Confirmed())


@pytest.mark.parametrize("path", ["groups", "address.street", "address.street.number"])
def test_rules_over_claims_that_are_not_kept_are_not_published(path, monkeypatch) -> None:
    config = replace(
        wiring.config(), claims_not_kept=frozenset({"groups", "address.street", "birthdate"})
    )
    monkeypatch.setattr(wiring, "config", lambda: config)
    asking = ENG | {"when": {"claim": path, "present": True}}
    with pytest.raises(RuleInvalid, match="not kept"):
        published(content(asking), Confirmed())
    telling = {
        "id": "t",
        "when": {"claim": "email", "present": True},
        "attributes": {"born": "{birthdate}"},
    }
    with pytest.raises(RuleInvalid, match="not kept"):
        published(content(telling), Confirmed())
