"""What was kept of somebody under a key that is away: she is decided upon when it is back."""

import pytest
from django.conf import LazySettings

from gateway.flows.mapping import deciding, rollout
from mapping.models import Rollout
from provisioning.models import LastIdentity
from tests.gateway.flows.mapping.drafters import content
from tests.gateway.flows.mapping.staff import (
    ENG,
    FIN,
    LATER,
    NOW,
    company,
    identity,
    live,
    provider,
    publish,
    roles,
    signs_in,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]


@pytest.fixture(autouse=True)
def _company() -> None:
    company(content(ENG))


def key_away(settings: LazySettings) -> None:
    settings.IDENTITY_KEYS = lambda: (("new", b"k" * 32),)


def key_back(settings: LazySettings, old: tuple[tuple[str, bytes], ...]) -> None:
    settings.IDENTITY_KEYS = lambda: (("new", b"k" * 32), *old)


def versions() -> list[int]:
    return list(LastIdentity.objects.order_by("pk").values_list("decided_version", flat=True))


def test_she_is_left_undecided_counted_and_decided_upon_when_the_key_is_back(settings) -> None:
    ada = signs_in(identity("ada", "/fin/pay"))
    old = settings.IDENTITY_KEYS()
    key_away(settings)
    ben = signs_in(identity("ben", "/fin/pay"))
    publish(content(ENG, FIN))
    live()
    assert (roles(ada), roles(ben)) == (set(), {"payroll"})
    assert versions() == [1, 2]
    done = Rollout.objects.get()
    assert (done.state, done.total, done.done) == ("done", 1, 1)
    assert rollout.unreadable(now=LATER) == 1
    live()  # and does not begin again and again meanwhile
    assert Rollout.objects.count() == 1
    key_back(settings, old)
    live()
    assert (roles(ada), versions(), rollout.unreadable(now=LATER)) == ({"payroll"}, [2, 2], 0)
    again = Rollout.objects.get(cause="left")
    assert (again.state, again.total, again.done) == ("done", 1, 1)


def test_meanwhile_she_loses_what_no_rule_gives_any_more_and_keeps_the_rest(settings) -> None:
    publish(content(ENG, FIN), now=NOW)
    ada = signs_in(identity("ada", "/eng/web", "/fin/pay"))
    key_away(settings)
    publish(content(FIN))
    live()
    assert (roles(ada), versions()) == ({"payroll"}, [2])
    live()
    assert Rollout.objects.filter(version=3).count() == 1


def test_of_a_provider_that_is_switched_off_nothing_need_be_read(settings) -> None:
    ada = signs_in(identity("ada", "/eng/web"))
    row = provider()
    row.enabled = False
    row.save()
    key_away(settings)
    publish(content(ENG, FIN))
    live()
    assert (roles(ada), versions(), rollout.unreadable(now=LATER)) == (set(), [2], 0)


def test_whoever_signs_in_meanwhile_is_decided_upon(settings) -> None:
    signs_in(identity("ada", "/fin/pay"))
    key_away(settings)
    publish(content(ENG, FIN))
    live()
    ada = signs_in(identity("ada", "/fin/pay"), now=LATER)
    assert (roles(ada), versions(), rollout.unreadable(now=LATER)) == ({"payroll"}, [2], 0)


def test_what_its_own_key_does_not_open_is_lost_and_keeps_nobody_waiting() -> None:
    ada = signs_in(identity("ada", "/eng/web"))
    LastIdentity.objects.update(sealed=b"x" * 60)
    publish(content(ENG, FIN))
    live()
    assert (roles(ada), versions(), rollout.unreadable(now=LATER)) == ({"deployer"}, [2], 0)
    assert not deciding.still_to_do(deciding.mapping_models.active(), LATER).exists()
