"""Proof that whoever answers from memory has heard of what was ended: a receipt.

Every edge signs a roll on each primary, twice a second, and reads a call there. Whoever wants proof
writes a new call after the ends: Redis announces the two to each edge in that order, on one
connection, so an edge that answers the call has forgotten what was ended before it. An edge that
does not answer can be sure of nothing from `canaries.PROOF_SECONDS` on, and asks Redis itself.
"""

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from gateway.sessions.servers import Servers
from gateway.sessions.views import Command

# Who has not signed for so long is gone.
LAPSE_SECONDS = 3
CALL_MILLISECONDS = 10_000
# As long as whoever ended something waits for its receipt.
PATIENCE = timedelta(seconds=1)
_FIRST_LOOK_SECONDS, _LATER_LOOKS_SECONDS = 0.001, 0.02

# KEYS roll. ARGV id. By the clock of Redis, which all share.
_SIGN = """
redis.call('ZADD', KEYS[1], redis.call('TIME')[1], ARGV[1])
redis.call('PEXPIRE', KEYS[1], 60000)
return 1
"""

# KEYS roll, call. ARGV id of the call, lapse in seconds, its life in ms. Who is there to answer it.
_CALL = """
local gone = redis.call('TIME')[1] - ARGV[2]
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(' .. gone)
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[3])
return redis.call('ZRANGE', KEYS[1], 0, -1)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """How many edges were there, and how many of them had forgotten what was ended, how soon."""

    edges: int
    heard: int
    within: timedelta

    @property
    def milliseconds(self) -> int:
        """As it is told and put on record."""
        return round(self.within / timedelta(milliseconds=1))


def roll_key(tag: str) -> str:
    return f"gh:{{{tag}}}:edges" if tag else "gh:edges"


def call_key(tag: str) -> str:
    return f"gh:{{{tag}}}:call" if tag else "gh:call"


def signing(tag: str, edge: str) -> Command:
    return ("EVAL", _SIGN, 1, roll_key(tag), edge)


def answering(tag: str, call: str, edge: str) -> tuple[Command, Command]:
    key = _answers_key(tag, call)
    return ("SADD", key, edge), ("PEXPIRE", key, CALL_MILLISECONDS)


def _answers_key(tag: str, call: str) -> str:
    return f"{call_key(tag)}:{call}"


def _calling(tag: str, call: str) -> Command:
    keys = roll_key(tag), call_key(tag)
    return ("EVAL", _CALL, 2, *keys, call, LAPSE_SECONDS, CALL_MILLISECONDS)


def call_the_roll(servers: Servers) -> Receipt:
    """Waits until every edge has answered, or for `PATIENCE`. Raises RedisError."""
    call, began = secrets.token_hex(8), time.monotonic()
    tags = [tag for tag in (shard.canary_tag for shard in servers.view()) if tag is not None]
    there = _said(
        tags,
        servers.ask([_calling(tag, call) for tag in tags]),
    )
    pause, calls = _FIRST_LOOK_SECONDS, {tag: {call} for tag in tags}
    while True:
        silent = _silent(there, _answered(servers, calls))
        passed = timedelta(seconds=time.monotonic() - began)
        if not silent or passed >= PATIENCE:
            everybody = set[object]().union(*there.values())
            heard = len(everybody) - len(silent)
            return Receipt(edges=len(everybody), heard=heard, within=passed)
        time.sleep(pause)
        pause = min(2 * pause, _LATER_LOOKS_SECONDS)


_Said = Mapping[str, set[object]]


def _answered(servers: Servers, calls: Mapping[str, set[str]]) -> _Said:
    """Who has answered this call or one that took its place: that was announced later still, and
    an edge reads no call but the last.
    """
    tags = list(calls)
    latest = servers.ask([("GET", call_key(tag)) for tag in tags])
    for tag, found in zip(tags, latest, strict=True):
        if isinstance(found, bytes):
            calls[tag].add(found.decode())
    asked = [(tag, call) for tag in tags for call in sorted(calls[tag])]
    answers = servers.ask([("SMEMBERS", _answers_key(tag, call)) for tag, call in asked])
    found_by = {tag: set[object]() for tag in tags}
    for (tag, _), names in zip(asked, answers, strict=True):
        found_by[tag] |= set(names) if isinstance(names, list | set) else set()
    return found_by


def _said(tags: list[str], answers: list[object]) -> _Said:
    return {
        tag: set(found) if isinstance(found, list | set) else set()
        for tag, found in zip(tags, answers, strict=True)
    }


def _silent(there: _Said, answered: _Said) -> set[object]:
    """Who has not answered on some primary on whose roll it is."""
    return set[object]().union(*(there[tag] - answered[tag] for tag in there))
