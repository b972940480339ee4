"""Roles that the operator lets no rule give: rules in force that name one give it to nobody."""

import pytest
from django.conf import LazySettings

from gateway.flows import roles as by_hand
from gateway.flows.mapping.explain import explain
from gateway.flows.mapping.previewing import blast_radius
from gateway.flows.mapping.trying import replay, what_if
from mapping import models as mapping_models
from mapping.models import Rollout
from provisioning.models import HeldRole, LastIdentity
from tests.gateway.flows.mapping.drafters import content
from tests.gateway.flows.mapping.staff import (
    CORP,
    ENG,
    FIN,
    LATER,
    NOW,
    company,
    identity,
    in_session,
    live,
    publish,
    roles,
    session_roles,
    signs_in,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]

FORBIDDEN = "the operator's setting forbids rules to give it"
RULES = content(ENG, FIN, default_roles={CORP: "auditor"})


@pytest.fixture(autouse=True)
def _company() -> None:
    company(RULES)


def forbid(settings: LazySettings, *names: str) -> None:
    """The operator's setting, after a restart."""
    settings.RULES_NEVER_GIVE = frozenset(names)


def test_a_sign_in_gives_none_of_them_and_takes_back_what_a_rule_gave(settings) -> None:
    ada = signs_in(identity("ada", "/eng/web", "/fin/pay"))
    assert roles(ada) == {"auditor", "deployer", "payroll"}
    forbid(settings, "payroll", "auditor")
    signs_in(identity("ada", "/eng/web", "/fin/pay"), now=LATER)
    ben = signs_in(identity("ben", "/fin/pay"), now=LATER)
    assert (roles(ada), roles(ben)) == ({"deployer"}, set())


def test_whoever_has_one_loses_it_without_a_sign_in_and_what_a_hand_gave_stays(settings) -> None:
    ada = signs_in(identity("ada", "/eng/web", "/fin/pay"))
    ben = signs_in(identity("ben", "/fin/pay"))
    by_hand.grant_by_hand(account=str(ben.pk), role="payroll", actor="dora", now=NOW)
    token = in_session(ada, "deployer", "payroll")
    forbid(settings, "payroll")
    live()
    assert roles(ada) == {"auditor", "deployer"}
    assert session_roles(token) == {"auditor", "deployer"}
    assert roles(ben) == {"auditor", "payroll"}
    newest = Rollout.objects.first()
    assert newest is not None
    assert (newest.cause, newest.state, newest.by) == ("left", "done", "system")
    live()
    assert Rollout.objects.count() == 1


def test_nor_does_somebody_keep_it_whose_word_is_not_kept(settings) -> None:
    ada = signs_in(identity("ada", "/fin/pay"))
    LastIdentity.objects.all().delete()
    forbid(settings, "payroll")
    live()
    assert roles(ada) == {"auditor"}
    live()
    assert Rollout.objects.count() == 1


def test_when_the_operator_allows_it_again_it_is_given_at_the_next_sign_in(settings) -> None:
    forbid(settings, "payroll")
    ada = signs_in(identity("ada", "/fin/pay"))
    forbid(settings)
    live()
    assert roles(ada) == {"auditor"}
    signs_in(identity("ada", "/fin/pay"), now=LATER)
    assert roles(ada) == {"auditor", "payroll"}


def test_a_preview_and_a_try_say_what_is_decided(settings) -> None:
    ada = signs_in(identity("ada", "/fin/pay"))
    forbid(settings, "payroll")
    live()
    signs_in(identity("ben", "/eng/web"))
    more = {"id": "more", "when": ENG["when"], "roles": ["payroll"]}
    found = blast_radius(
        content(ENG, FIN, more, default_roles={CORP: "auditor"}), actor=None, now=LATER
    )
    assert (found.gaining, found.losing) == (0, 0)
    assert replay(str(ada.pk), RULES, now=LATER).after.roles == {"auditor"}
    tried = what_if('{"groups": ["/fin/pay"]}', RULES, provider=CORP, now=LATER)
    assert tried.settled.roles == {"auditor"}
    [miss] = [miss for miss in tried.judged.decision.near_misses if miss.role == "payroll"]
    assert (miss.rule, miss.because) == ("fin", (FORBIDDEN,))


def test_why_she_has_not_got_it_is_told_with_the_rules_that_name_it_in_vain(settings) -> None:
    ada = signs_in(identity("ada", "/fin/pay"))
    forbid(settings, "payroll")
    before = explain(str(ada.pk), "payroll", now=LATER)
    assert (before.has, before.forbidden, len(before.reasons)) == (True, True, 1)
    live()
    told = explain(str(ada.pk), "payroll", now=LATER)
    assert (told.has, told.forbidden, told.nobody_gives_it) == (False, True, False)
    assert [rule.id for rule in told.in_vain] == ["fin"]
    assert (told.coming, told.missed, told.reasons) == ((), (), ())
    assert explain(str(ada.pk), "deployer", now=LATER).forbidden is False


def test_the_rules_in_force_still_say_what_was_published(settings) -> None:
    forbid(settings, "payroll")
    assert mapping_models.active().plain() == mapping_models.at_version(1).plain()
    assert "payroll" in str(mapping_models.active().plain())
    publish(content(ENG, default_roles={CORP: "auditor"}))
    assert mapping_models.active().version == 2


def test_the_same_process_follows_the_setting(settings) -> None:
    forbid(settings, "payroll")
    ada = signs_in(identity("ada", "/fin/pay"))
    assert not HeldRole.objects.filter(account=ada, role__name="payroll").exists()
