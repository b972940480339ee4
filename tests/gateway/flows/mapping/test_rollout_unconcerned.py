"""Of whom no changed rule says anything, that is only told to be of the new version: if all else
was as it is now when she was last decided upon. Otherwise she is asked about in full.
"""

from datetime import timedelta

import pytest
from django.conf import settings

from gateway.flows.mapping import rollout
from mapping.ruleset import RuleSet
from providers.models import Provider
from provisioning import last_identity
from provisioning.models import HeldRole, LastIdentity
from tests.gateway.flows.mapping.drafters import content, rule
from tests.gateway.flows.mapping.staff import (
    CORP,
    ENG,
    FIN,
    LATER,
    NOW,
    company,
    identity,
    live,
    publish,
    roles,
    signs_in,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]

AUDIT = rule("audit", roles=("auditor",))


@pytest.fixture(autouse=True)
def _company() -> None:
    company(content(ENG))


def _kept() -> LastIdentity:
    return LastIdentity.objects.get()


def test_she_is_not_decided_upon_and_what_she_has_names_the_new_version(monkeypatch) -> None:
    ada = signs_in(identity("ada", "/eng/web"))
    asked = []
    decide = RuleSet.decide
    monkeypatch.setattr(
        RuleSet, "decide", lambda *given, **more: asked.append(1) or decide(*given, **more)
    )
    publish(content(ENG, FIN))
    live()
    assert asked == []
    assert HeldRole.objects.get(account=ada).ruleset_version == 2
    assert (_kept().decided_version, _kept().decided_at) == (2, LATER)
    publish(content(FIN))
    live()
    assert (asked != [], roles(ada)) == (True, set())


def test_who_was_decided_upon_by_yet_older_rules_is_asked_about() -> None:
    ada = signs_in(identity("ada", "/eng/web", "/fin/pay"))
    publish(content(ENG, FIN), now=LATER)
    live()
    HeldRole.objects.filter(rule="fin").delete()
    LastIdentity.objects.update(decided_version=1)  # as from a backup
    publish(content(ENG, FIN, AUDIT), now=LATER)
    live()
    assert roles(ada) == {"deployer", "payroll"}


def test_who_was_decided_upon_while_her_provider_was_off_is_asked_about_when_it_is_on() -> None:
    ada = signs_in(identity("ada", "/eng/web"))
    Provider.objects.update(enabled=False)
    publish(content(ENG, FIN))
    live()
    assert roles(ada) == set()
    Provider.objects.update(enabled=True)
    publish(content(ENG, FIN, AUDIT))
    live()
    assert roles(ada) == {"deployer"}


def test_so_she_is_if_she_had_nothing_then() -> None:
    """Nothing changed when it was off, so she was only told to be of the version."""
    LastIdentity.objects.all().delete()
    ada = signs_in(identity("ada", "/fin/pay"))
    Provider.objects.update(enabled=False)
    publish(content(ENG, FIN))
    live()
    Provider.objects.update(enabled=True)
    publish(content(ENG, FIN, AUDIT))
    live()
    assert roles(ada) == {"payroll"}


def test_whose_provider_is_off_by_now_loses_whatever_the_change_is_about() -> None:
    ada = signs_in(identity("ada", "/eng/web"))
    publish(content(ENG, FIN))
    Provider.objects.filter(slug=CORP).update(enabled=False)
    live()
    assert roles(ada) == set()


def test_a_rule_that_ended_meanwhile_has_ended_for_her_though_it_did_not_change() -> None:
    ending = ENG | {"until": "2026-03-31"}
    publish(content(ending), now=NOW)
    ada = signs_in(identity("ada", "/eng/web"))
    live()
    assert roles(ada) == {"deployer"}
    april = NOW + timedelta(days=40)
    publish(content(ending, FIN), now=april)
    assert rollout.run(now=april) is False
    assert roles(ada) == set()


def test_who_was_decided_upon_under_other_settings_is_asked_about(monkeypatch) -> None:
    ada = signs_in(identity("ada", "/eng/web"))
    HeldRole.objects.all().delete()  # as if a setting had withheld it
    monkeypatch.setattr(settings, "RULES_NEVER_GIVE", frozenset({"somebody"}))
    publish(content(ENG, FIN))
    live()
    assert roles(ada) == {"deployer"}


def test_whose_claims_cannot_be_read_keeps_what_stands_and_is_asked_about_once_they_can() -> None:
    ada = signs_in(identity("ada", "/eng/web", "/fin/pay"))
    sealed = bytes(_kept().sealed)
    LastIdentity.objects.update(sealed=b"no more to be opened")
    publish(content(ENG, FIN))
    live()
    assert roles(ada) == {"deployer"}
    LastIdentity.objects.update(sealed=sealed)
    publish(content(ENG, FIN, AUDIT))
    live()
    assert roles(ada) == {"deployer", "payroll"}


def test_zero_stands_for_no_circumstances() -> None:
    assert last_identity.circumstances() > 0
