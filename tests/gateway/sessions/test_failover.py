"""A primary dies, or stops and goes on, while people sign in, are checked and are signed out: no
session that was promised is lost, and none is let in of which it was said that it is over.
"""

import sys
import time

import pytest

from gateway.sessions.keys import index_key
from gateway.sessions.session import SessionStoreUnavailable
from tests.gateway.sessions.company import Company
from tests.gateway.sessions.people import ada
from tests.topologies import Cluster, Sentinels, until


@pytest.fixture(params=[Sentinels, Cluster])
def redises(request, tmp_path):
    found = request.param(tmp_path)
    yield found
    found.stop()


@pytest.fixture
def primary(redises):
    """The one that will fail."""
    return redises.primary_of(index_key("ada"))


@pytest.fixture
def company(redises, primary):
    """Of people whose sessions lie there."""
    people = [f"person-{number}" for number in range(60)]
    found = Company(
        redises.url, [each for each in people if redises.primary_of(index_key(each)) is primary]
    )
    yield found
    found.close()


def work_is_done_again(company, since):
    return all(moments and moments[-1] > since for moments in company.times.values())


def through(company, fault, mend, capsys, name):
    """Work goes on through a fault, and until a while after it."""
    with company:
        until(lambda: work_is_done_again(company, 0.0))
        time.sleep(1.0)
        since = time.monotonic()
        fault()
        time.sleep(3.0)
        until(lambda: work_is_done_again(company, since + 3.0))
        mend()
        # For so long sentinels let an old primary believe that it is one.
        time.sleep(9.0)
    assert company.failures == []
    assert company.wrong == []
    assert company.missed == []
    until(lambda: _answered(company))
    assert company.lost() == []
    assert company.alive_again() == []
    with capsys.disabled():
        told = f"{name}: away for {company.recovery(since)} s, {len(company.promised)} signed in"
        sys.stdout.write(f"\n  {told}")


def _answered(company):
    try:
        return company.gateways[0].load(company.gateways[0].start(ada()).handle)
    except SessionStoreUnavailable:
        return False


def test_a_primary_that_dies_takes_nobody_with_it(redises, primary, company, capsys):
    through(company, primary.kill, primary.restart, capsys, f"{type(redises).__name__}, killed")


def test_a_primary_that_stopped_and_goes_on_lets_nobody_in(redises, primary, company, capsys):
    through(company, primary.freeze, primary.thaw, capsys, f"{type(redises).__name__}, stopped")
