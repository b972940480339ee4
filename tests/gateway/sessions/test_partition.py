"""A primary that is cut off together with an edge and a gateway goes on as if nothing were; neither
lets anybody in whose session was ended on the other side, and nothing is promised there.
"""

import itertools
import json
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

from gateway.sessions.keys import index_key
from tests.gateway.sessions.people import RING_CONTENT
from tests.networks import network
from tests.topologies import Cluster, Sentinels, until


@pytest.fixture(params=[Sentinels, Cluster])
def parted(request, tmp_path):
    """The Redises on three machines, the first primary on the first of them."""
    with network(3) as lan:
        found = request.param(tmp_path, lan=lan)
        try:
            yield found, lan
        finally:
            found.stop()


@contextmanager
def hand(machine, url, tmp_path):
    ring = tmp_path / "ring.json"
    ring.write_text(json.dumps(RING_CONTENT))
    command = [sys.executable, "-m", "tests.gateway.sessions.hand", url, str(ring)]
    process = subprocess.Popen(
        ["ip", "netns", "exec", machine, *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def tell(**command):
        process.stdin.write(json.dumps(command) + "\n")
        process.stdin.flush()
        return json.loads(process.stdout.readline())

    try:
        yield tell
    finally:
        process.kill()
        process.communicate()


def knows(tell, handle):
    return tell(do="load", handle=handle) == {"edge": True, "gateway": True}


def test_whoever_is_cut_off_says_yes_to_nobody_who_was_ended(parted, tmp_path, capsys):
    redises, lan = parted
    here, there, _ = lan.machines
    primary, people = redises.servers[0], (f"person-{number}" for number in itertools.count())
    account = next(who for who in people if redises.primary_of(index_key(who)) is primary)
    with hand(here, redises.url, tmp_path) as cut_off, hand(there, redises.url, tmp_path) as rest:
        until(lambda: "handle" in cut_off(do="start", account=account))
        handle = cut_off(do="start", account=account)["handle"]
        until(lambda: knows(cut_off, handle) and knows(rest, handle))
        time.sleep(2.5)  # both are proven, and the near-cache answers by itself
        lan.cut_off(here)
        began = time.monotonic()
        heard = []
        until(lambda: heard.append(cut_off(do="load", handle=handle)) or ended(rest, handle))
        recovery = time.monotonic() - began
        heard.clear()
        while time.monotonic() - began < recovery + 8.0:
            heard.append(cut_off(do="load", handle=handle))
            assert "away" in cut_off(do="start", account=account)
            assert "away" in cut_off(do="end", handle=handle)
        assert [each for each in heard if each["edge"] or each["gateway"]] == []
        lan.heal(here)
        until(lambda: cut_off(do="load", handle=handle) == {"edge": False, "gateway": False})
        again = rest(do="start", account=account)["handle"]
        until(lambda: knows(cut_off, again))
    with capsys.disabled():
        sys.stdout.write(f"\n  {type(redises).__name__}, cut off: ends after {recovery:.1f} s")


def ended(rest, handle):
    return rest(do="end", handle=handle) == {"ended": True}
