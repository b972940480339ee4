"""Who is primary is what more than half of the witnesses say."""

import pytest

from gateway.config.redis_address import Place, parse
from gateway.sessions.keys import record_key
from gateway.sessions.session import SessionHandle
from gateway.sessions.views import Shard, Witnesses, shard_of, slot_of

A, B, C, D = (Place(host=f"10.0.0.{number}") for number in range(1, 5))


def one(place, **rest):
    return frozenset({Shard(place=place, **rest)})


@pytest.fixture
def sentinels():
    return Witnesses(parse("redis+sentinel://10.0.0.1,10.0.0.2,10.0.0.3/main"))


def sentinel(number):
    return Place(host=f"10.0.0.{number}", port=26379)


@pytest.mark.parametrize(
    ("said", "agreed"),
    [
        ({}, None),
        ({1: one(A)}, None),
        ({1: one(A), 2: one(B)}, None),
        ({1: one(A), 2: one(A)}, one(A)),
        ({1: one(A), 2: one(B), 3: one(B)}, one(B)),
    ],
)
def test_a_sentinel_alone_decides_nothing(sentinels, said, agreed):
    assert sentinels.agreed({sentinel(n): view for n, view in said.items()}) == agreed


def test_one_replica_that_one_of_them_sees_is_one(sentinels):
    said = {sentinel(1): one(A), sentinel(2): one(A, replicas=True)}
    [shard] = sentinels.agreed(said)
    assert shard.replicas


def told(flags, **rest):
    found = {"ip": "10.0.0.1", "port": "6379", "flags": flags} | rest
    return {name.encode(): value.encode() for name, value in found.items()}


@pytest.mark.parametrize(
    ("master", "replicas", "view"),
    [
        (told("master"), [], one(A)),
        (told("master"), [told("slave"), told("s_down,slave")], one(A, replicas=True)),
        (told("master,s_down"), [], None),
        (told("master,failover_in_progress"), [], None),
        (told("master", port="port"), [], None),
        ([b"ip", b"10.0.0.1", b"port", b"6379", b"flags", b"master"], [], one(A)),
        ([b"ip"], [], None),
        (None, [], None),
        (b"OK", b"OK", None),
    ],
)
def test_a_sentinel_that_doubts_says_nothing(sentinels, master, replicas, view):
    found = sentinels.understood(sentinel(1), [master, replicas])
    assert found == view
    if view is not None:
        assert {s.replicas for s in found} == {s.replicas for s in view}


@pytest.fixture
def nodes():
    return Witnesses(parse("redis+cluster://10.0.0.1,10.0.0.2,10.0.0.4"))


def slots(*primaries):
    """What a node of a cluster answers: each primary with a third and a replica."""
    thirds = [(0, 5460), (5461, 10921), (10922, 16383)]
    return [
        [first, last, [place.host.encode(), place.port, b"id"], [b"10.0.0.9", 6379, b"id"]]
        for (first, last), place in zip(thirds, primaries, strict=True)
    ]


def test_the_primaries_of_a_cluster_decide_and_not_who_was_asked_first(nodes):
    now, before = slots(D, B, C), slots(A, B, C)
    stale = nodes.understood(A, [before])
    assert nodes.agreed({A: stale}) is None
    assert nodes.led_on({A: stale})
    assert {*nodes.whom} == {A, B, C}
    said = {A: stale, B: nodes.understood(B, [now]), C: nodes.understood(C, [now])}
    assert {shard.place for shard in nodes.agreed(said)} == {B, C, D}
    assert {*nodes.whom} == {B, C, D}


def test_replicas_of_a_cluster_have_no_vote(nodes):
    said = {Place(host=f"10.0.1.{n}"): nodes.understood(A, [slots(A, B, C)]) for n in range(5)}
    assert nodes.agreed(said) is None


def test_a_primary_that_moved_slots_is_the_same_one(nodes):
    assert Shard(place=A, slots=((0, 1),)) == Shard(place=A, slots=((0, 2),))


@pytest.mark.parametrize(
    "answer", [None, [], [[0, 1]], [[0, 1, []]], b"OK", [[0, 1, [b"a", b"b"]]]]
)
def test_what_is_no_list_of_slots_says_nothing(nodes, answer):
    assert nodes.understood(A, [answer]) is None


def test_a_node_that_knows_no_name_of_its_own_is_where_it_was_asked(nodes):
    [shard] = nodes.understood(B, [[[0, 16383, [b"", 7000, b"id"]]]])
    assert shard.place == Place(host="10.0.0.2", port=7000)
    assert not shard.replicas


def test_a_canary_lies_with_the_sessions_that_it_is_for(nodes):
    view = nodes.understood(A, [slots(A, B, C)])
    for shard in view:
        assert shard.keeps(slot_of(shard.canary_tag))
    assert Shard(place=A).canary_tag == ""
    assert Shard(place=A, slots=()).canary_tag is None


def test_every_session_lies_with_one_primary(nodes):
    view = nodes.understood(A, [slots(A, B, C)])
    for number in range(0, 4096, 64):
        slot = slot_of(record_key(SessionHandle(f"{number:03x}.{'0' * 64}")))
        assert slot == slot_of(f"{number:03x}")
        assert shard_of(view, slot).keeps(slot)
    assert shard_of(frozenset(), 0) is None
