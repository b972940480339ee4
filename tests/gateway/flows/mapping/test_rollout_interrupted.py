"""A rollout that is killed, paused, or cut off from the session store: nobody is half changed."""

from collections.abc import Callable

import pytest

from gateway.audit.models import AuditEvent
from gateway.flows.errors import NotPermitted, RolloutOver
from gateway.flows.mapping import deciding, rollout
from gateway.sessions.session import SessionStoreUnavailable
from mapping.models import Rollout
from provisioning import last_identity
from provisioning.models import HeldRole
from tests.gateway.flows.mapping.drafters import (
    cleo,
    content,
    nobody,
    roles_of_the_company,
    told,
)
from tests.gateway.flows.mapping.staff import (
    ENG,
    FIN,
    LATER,
    NOW,
    identity,
    live,
    provider,
    publish,
    roles,
    signs_in,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]

_DECIDED = last_identity.decided


@pytest.fixture(autouse=True)
def _company() -> None:
    roles_of_the_company()
    provider()
    publish(content(ENG), now=NOW)


@pytest.mark.parametrize("batch", [1, 2, 100])
def test_a_worker_that_is_killed_anywhere_leaves_whole_batches_and_the_rest_to_the_next(
    batch, monkeypatch
) -> None:
    monkeypatch.setattr(deciding, "BATCH", batch)
    people = [signs_in(identity(f"p{n}", "/eng/web", "/fin/pay")) for n in range(5)]
    publish(content(FIN))
    for killed_after in range(6):
        monkeypatch.setattr(last_identity, "decided", _dying(killed_after))
        try:
            rollout.run(now=LATER)
        except KeyboardInterrupt:
            for person in people:  # nobody is half changed
                held = set(HeldRole.objects.filter(account=person).values_list("rule", flat=True))
                assert roles(person) in ({"deployer"}, {"payroll"})
                assert held in ({"eng"}, {"fin"})
    monkeypatch.undo()
    live()
    assert [roles(person) for person in people] == [{"payroll"}] * 5
    newest = Rollout.objects.first()
    assert newest is not None
    assert (newest.state, newest.total, newest.done, newest.changed) == ("done", 5, 5, 5)
    assert AuditEvent.objects.filter(event="role.lost", actor="operator").count() == 5


@pytest.mark.parametrize("clock", [(0.0, 0.0), (0.0, 9.0), (9.0, 9.0)])
def test_everybody_is_done_with_whether_one_takes_long_or_short(clock, monkeypatch) -> None:
    monkeypatch.setattr(deciding, "FIRST", 2)
    monkeypatch.setattr(deciding, "SOON", clock[0])
    monkeypatch.setattr(deciding, "LONG", clock[1])
    people = [signs_in(identity(f"p{n}", "/eng/web", "/fin/pay")) for n in range(9)]
    for wanted in (FIN, ENG):
        publish(content(wanted))
        Rollout.objects.update(first=[])  # losers are found
        live()
        assert [roles(person) for person in people] == [set(wanted["roles"])] * 9


def test_a_run_ends_in_time_though_nobody_of_many_changes() -> None:
    for n in range(5):
        signs_in(identity(f"p{n}", "/eng/web"))
    publish(content(ENG, FIN))
    assert rollout.run(now=LATER, seconds=-1.0) is True
    newest = Rollout.objects.first()
    assert newest is not None
    assert (newest.state, newest.done) == ("running", 0)
    live()


def _dying(after: int) -> Callable[..., int]:
    """Writes that so many batches were decided upon, and then the worker is killed."""
    done, left = _DECIDED, [after]

    def dying(*args: object, under: int) -> int:
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        return done(*args, under=under)

    return dying


def test_while_the_session_store_is_away_nobody_loses_or_gains_and_the_next_run_goes_on(
    monkeypatch,
) -> None:
    ada = signs_in(identity("ada", "/eng/web"))
    publish(content(FIN))

    def away(*_: object) -> None:
        raise SessionStoreUnavailable

    monkeypatch.setattr(deciding, "write_roles", away)
    with pytest.raises(SessionStoreUnavailable):
        rollout.run(now=LATER)
    assert roles(ada) == {"deployer"}
    monkeypatch.undo()
    live()
    assert roles(ada) == set()


def test_a_paused_rollout_stands_still_until_somebody_resumes_it() -> None:
    ada = signs_in(identity("ada", "/eng/web"))
    publish(content(FIN))
    rollout.pause(actor=cleo(), now=LATER)
    assert rollout.run(now=LATER) is False
    assert roles(ada) == {"deployer"}
    with pytest.raises(RolloutOver):
        rollout.pause(actor=cleo(), now=LATER)
    rollout.resume(actor=cleo(), now=LATER)
    live()
    assert roles(ada) == set()
    with pytest.raises(RolloutOver):
        rollout.resume(actor=cleo(), now=LATER)
    assert ("rules-rollout.paused", "cleo") in told()
    assert ("rules-rollout.resumed", "cleo") in told()


def test_whoever_may_not_publish_neither_pauses_nor_resumes() -> None:
    signs_in(identity("ada", "/eng/web"))
    publish(content(FIN))
    for turn in (rollout.pause, rollout.resume):
        with pytest.raises(NotPermitted):
            turn(actor=nobody(), now=LATER)


def test_a_pause_between_two_batches_stops_before_the_next(monkeypatch) -> None:
    ada = signs_in(identity("ada", "/eng/web"))
    publish(content(FIN))
    publisher, unfounded = cleo(), deciding.spoken.unfounded

    def paused_meanwhile(*args: object) -> list[int]:
        rollout.pause(actor=publisher, now=LATER)
        return unfounded(*args)

    Rollout.objects.filter(open=True).update(first=[])
    monkeypatch.setattr(deciding.spoken, "unfounded", paused_meanwhile)
    assert rollout.run(now=LATER) is False
    assert roles(ada) == {"deployer"}
