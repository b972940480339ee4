"""What a change would do to people whose removals are held while their provider drifts."""

from dataclasses import replace

import pytest

from gateway import wiring
from gateway.flows.errors import RoleLossTooLarge
from gateway.flows.mapping import losing, rollout
from gateway.flows.mapping.preview_words import consequences
from gateway.flows.mapping.previewing import BlastRadius, blast_radius
from gateway.flows.mapping.trying import replay
from mapping import models as mapping_models
from mapping.models import ClaimAlarm
from mapping.ruleset import RuleSet
from providers.identity import ExternalIdentity
from providers.models import Provider
from provisioning.models import Account
from tests.gateway.flows.mapping.drafters import content, rule
from tests.gateway.flows.mapping.drifting import ENG, FIN, IDS, comes, company
from tests.gateway.flows.mapping.staff import LATER, publish, roles
from tests.gateway.pages.signed_in import role

__all__ = ["company"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]
MOVED = content(ENG | {"when": {"claim": "groups", "glob": "/ops/*"}}, FIN)


def told(what: dict[str, object], actor: str | None = None) -> BlastRadius:
    return blast_radius(what, actor=actor, now=LATER)


def numbers(seen: BlastRadius) -> tuple[int, int, int, int]:
    return seen.losing, seen.gaining, seen.untouched, seen.on_hold


@pytest.fixture
def drifting(company: list[ExternalIdentity]) -> list[ExternalIdentity]:
    """Ada and Ben come with ids for names; whoever else works there came before that."""
    for who in company[:2]:
        comes(who, *IDS)
    return company


def test_who_keeps_a_role_by_a_hold_is_not_among_those_who_lose_it_and_is_counted(
    drifting: list[ExternalIdentity],
) -> None:
    others = len(drifting) - 2
    seen = told(MOVED)
    assert numbers(seen) == (others, 0, 2, 2)
    [one] = seen.roles
    assert (one.role, one.before, one.after, one.losses) == ("deployer", others + 2, 2, others)
    assert "removals held while claims drift: of 2 people" in " ".join(consequences(seen))


def test_who_would_lose_it_by_a_rule_that_goes_is_among_them_though_on_hold(
    drifting: list[ExternalIdentity],
) -> None:
    assert numbers(told(content(FIN))) == (len(drifting), 0, 0, 0)


def test_a_hold_keeps_nothing_by_a_rule_that_no_longer_reads_the_claim(
    drifting: list[ExternalIdentity],
) -> None:
    elsewhere = {"when": {"claim": "department", "equals": "law"}}
    assert numbers(told(content(ENG | elsewhere, FIN))) == (len(drifting), 0, 0, 0)


def test_without_an_alarm_or_at_a_provider_that_is_switched_off_nothing_is_kept(
    drifting: list[ExternalIdentity],
) -> None:
    ClaimAlarm.objects.update(state=ClaimAlarm.State.OVER)
    assert told(MOVED).on_hold == 0
    ClaimAlarm.objects.update(state=ClaimAlarm.State.OPEN)
    assert told(MOVED).on_hold == 2
    Provider.objects.update(enabled=False)
    assert numbers(told(MOVED)) == (len(drifting), 0, 0, 0)


def test_nobody_is_asked_about_losses_that_are_held(
    drifting: list[ExternalIdentity], monkeypatch: pytest.MonkeyPatch
) -> None:
    configured(monkeypatch, role_loss_people=len(drifting) - 2, role_loss_percent=100)
    with pytest.raises(RoleLossTooLarge) as refused:
        publish(content(FIN))
    assert refused.value.losing == len(drifting)
    publish(MOVED)


@pytest.mark.parametrize("what", [MOVED, content(FIN), content(ENG, FIN, rule("ops"))])
def test_everybody_has_after_it_what_the_preview_said(
    drifting: list[ExternalIdentity], what: dict[str, object]
) -> None:
    before = mapping_models.active()
    everybody, seen = losing.looked_at(before, RuleSet.parse(2, what), LATER)
    replayed = {str(who.pk): replay(str(who.pk), what, now=LATER) for who in staff()}
    publish(what, losing=len(seen.losing))
    assert [roles(who) for who in staff()] == [
        replayed[str(who.pk)].before.roles for who in staff()
    ]
    rollout.run(now=LATER)
    for who in staff():
        number = everybody.population.known(str(who.pk))
        assert roles(who) == {role for role, those in seen.after.items() if number in those}
        assert roles(who) == replayed[str(who.pk)].after.roles


def configured(monkeypatch: pytest.MonkeyPatch, **changed: object) -> None:
    config = replace(wiring.config(), **changed)
    monkeypatch.setattr(wiring, "config", lambda: config)


def staff() -> list[Account]:
    return list(Account.objects.filter(identities__isnull=False).order_by("username"))


def test_an_editor_who_holds_the_console_by_a_hold_alone_is_warned_when_its_rule_goes(
    company: list[ExternalIdentity],
) -> None:
    console = wiring.config().staff_role
    role(console)
    publish(content(ENG | {"roles": [console]}, FIN), losing=len(company))
    rollout.run(now=LATER)
    ada = comes(company[0], *IDS, minutes=9)
    seen = told(content(FIN), actor=str(ada.pk))
    assert (seen.editor_loses_console, seen.nobody_left_in_console) == (True, True)


def test_her_own_last_sign_in_says_what_is_held_and_tells_no_value_that_is_not_kept(
    drifting: list[ExternalIdentity], monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = Account.objects.get(username="p0")
    [word] = replay(str(ada.pk), MOVED, now=LATER).words
    assert word.on_hold == ("groups",)
    [grant] = word.after.decision.grants
    assert (grant.role, grant.because) == ("deployer", ('groups: "/eng/web"',))
    configured(monkeypatch, claims_not_kept=frozenset({"groups"}))
    assert "/eng/web" not in str(replay(str(ada.pk), MOVED, now=LATER).words[0].after.decision)
    ben = Account.objects.get(username="p5")
    assert replay(str(ben.pk), MOVED, now=LATER).words[0].on_hold == ()
