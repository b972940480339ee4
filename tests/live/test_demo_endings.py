"""However the demo ends, and at whatever moment, no process stays and the next start works."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.demo.addresses import Addresses
from deploy.demo.ports import busy
from tests.live.demo import UP, Demo, free_addresses, start, survivors


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Addresses]:
    return tmp_path_factory.mktemp("demo"), free_addresses()


@pytest.fixture
def demo(place: tuple[Path, Addresses]) -> Iterator[Demo]:
    """Just started; whatever a test leaves is ended."""
    made = start(*place)
    yield made
    if made.process.poll() is None:
        made.send(signal.SIGINT)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("moment", ["Valkey starts", "brought up to date", "Keycloak starts"])
def test_cut_off_while_it_starts_it_leaves_nobody(demo, moment, number):
    demo.wait_for(moment)
    family = demo.family()
    code = demo.send(number)
    assert code == (-signal.SIGKILL if number == signal.SIGKILL else 0)
    assert survivors(family) == []
    assert not busy(demo.addresses.ports())


def test_after_all_that_it_comes_up_and_kill_9_leaves_nobody(demo):
    demo.wait_for(UP)
    family = demo.family()
    assert len(family) > 8
    demo.send(signal.SIGKILL)
    assert survivors(family) == []


def test_killed_a_moment_ago_it_starts_again_as_it_was(demo):
    demo.wait_for(UP)
    family = demo.family()
    demo.send(signal.SIGKILL)
    again = start(demo.folder, demo.addresses)
    again.wait_for(UP)
    again.send(signal.SIGINT)
    assert "nothing is left running" in again.said().lower()
    assert survivors(family) == []


def test_ctrl_c_stops_all_of_it(demo):
    demo.wait_for(UP)
    family = demo.family()
    assert demo.send(signal.SIGINT) == 0
    assert survivors(family) == []
    assert not busy(demo.addresses.ports())


def test_a_part_that_dies_takes_the_demo_down_with_its_last_words(demo):
    demo.wait_for(UP)
    family = demo.family()
    caddy = next(process for process in family if process.name() == "caddy")
    caddy.kill()
    assert demo.process.wait(timeout=60) == 1
    assert "Caddy ended with code -9" in demo.said()
    assert "The end of" in demo.said()
    assert survivors(family) == []
    assert not busy(demo.addresses.ports())
