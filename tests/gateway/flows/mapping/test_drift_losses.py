"""Taking a provider's word as right asks as publishing does before very many people lose a role."""

from dataclasses import replace

import pytest

from gateway import wiring
from gateway.flows import roles as by_hand
from gateway.flows.errors import ConsoleLost, DriftOver, RoleLossTooLarge
from gateway.flows.mapping import drift_decisions, rollout
from gateway.flows.mapping.consequences import NOTHING_CONFIRMED, Confirmed
from providers.identity import ExternalIdentity
from provisioning.models import Account
from tests.gateway.flows.mapping.drafters import permitted
from tests.gateway.flows.mapping.drifting import (
    ENG,
    GROUPS,
    IDS,
    admin,
    alarms,
    comes,
    company,
    content,
    seen,
)
from tests.gateway.flows.mapping.staff import (
    CORP,
    LATER,
    identity,
    provider,
    publish,
    roles,
    signs_in,
)

__all__ = ["company"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]


@pytest.fixture(autouse=True)
def _limits(monkeypatch: pytest.MonkeyPatch) -> None:
    config = replace(wiring.config(), role_loss_people=2, role_loss_percent=100)
    monkeypatch.setattr(wiring, "config", lambda: config)


def accept(confirmed: Confirmed = NOTHING_CONFIRMED, *, actor: str = "") -> None:
    drift_decisions.accept(CORP, seen(), actor=actor or admin(), now=LATER, confirmed=confirmed)


def test_more_people_than_the_operator_allows_lose_a_role_only_if_their_number_is_agreed_to(
    company: list[ExternalIdentity],
) -> None:
    those = [comes(who, *IDS) for who in company[:3]]
    for confirmed in (NOTHING_CONFIRMED, Confirmed(losing=2), Confirmed(losing=10)):
        with pytest.raises(RoleLossTooLarge) as caught:
            accept(confirmed)
        assert (caught.value.losing, alarms()) == (3, [("ids", "open")])
    accept(Confirmed(losing=3))
    rollout.run(now=LATER)
    assert [roles(each) for each in those] == [set(), set(), set()]
    assert alarms() == [("ids", "accepted")]


def test_as_many_as_are_allowed_lose_it_unasked(company: list[ExternalIdentity]) -> None:
    comes(company[0], *IDS)
    comes(company[1], *IDS)
    accept()
    assert alarms() == [("ids", "accepted")]


def test_who_keeps_the_role_from_elsewhere_or_comes_from_elsewhere_is_not_counted(
    company: list[ExternalIdentity],
) -> None:
    provider("saml")
    for name in ("xi", "yan", "zoe"):
        signs_in(identity(name, *GROUPS, at="saml"))
    publish(content(ENG | {"provider": CORP}), losing=3)  # and not made live yet
    those = [comes(who, *IDS) for who in company[:3]]
    by_hand.grant_by_hand(account=str(those[0].pk), role="deployer", actor="dora", now=LATER)
    accept()
    assert alarms() == [("ids", "accepted")]


def test_the_way_into_the_console_is_not_shut_unasked(
    company: list[ExternalIdentity], monkeypatch: pytest.MonkeyPatch
) -> None:
    config = replace(wiring.config(), staff_role="deployer")
    monkeypatch.setattr(wiring, "config", lambda: config)
    mine = comes(company[0], *IDS)
    me = permitted(mine.username, "publish_rules")
    with pytest.raises(ConsoleLost) as caught:
        accept(actor=me)
    assert not caught.value.everybody
    Account.objects.exclude(pk=mine.pk).update(is_active=False)
    with pytest.raises(ConsoleLost) as caught:
        accept(actor=me)
    assert caught.value.everybody
    accept(Confirmed(name=mine.username), actor=me)


def test_whoever_saw_other_alarms_is_told_so_before_anything_is_asked(
    company: list[ExternalIdentity],
) -> None:
    for who in company[:3]:
        comes(who, *IDS)
    was_seen = seen()
    comes(company[3], ",".join(GROUPS))
    with pytest.raises(DriftOver):
        drift_decisions.accept(CORP, was_seen, actor=admin(), now=LATER)
