"""Whoever ends a session can prove that every edge has forgotten it."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from gateway.sessions import cookie
from gateway.sessions.roll_call import PATIENCE, call_key
from gateway.sessions.session import SessionStoreUnavailable
from gateway.sessions.store import RedisSessionStore, connect
from tests.gateway.edge.conftest import eventually
from tests.gateway.edge.proxies import HOST
from tests.gateway.edge.test_process import world
from tests.gateway.sessions.people import RING, ada
from tests.journeys.edge import AppBrowser, edge_group

__all__ = ["world"]


@pytest.fixture
def edges(world):
    """Two edges that have signed the roll, and their process groups."""
    away = "http://127.0.0.1:9"
    with (
        edge_group(away, GATEHOUSE_REDIS_URL=world.url) as one,
        edge_group(away, GATEHOUSE_REDIS_URL=world.url) as two,
    ):
        eventually(lambda: world.store.receipt().edges == 2)
        yield one, two


def test_the_receipt_names_every_edge_and_how_soon_it_knew(world, edges):
    token = world.store.start(ada())
    browsers = [AppBrowser(port, HOST) for port, _ in edges]
    for browser in browsers:
        browser.cookies[cookie.NAME] = cookie.write(token, HOST, world.ring)
        assert browser.open("/").status == 200
    world.store.end(token.handle)
    receipt = world.store.receipt()
    assert (receipt.edges, receipt.heard) == (2, 2)
    assert timedelta(0) < receipt.within < PATIENCE
    for browser in browsers:
        assert browser.open("/").status == 302


def test_an_edge_that_hangs_is_told_apart_from_those_that_heard(world, edges):
    os.killpg(edges[1][1], signal.SIGSTOP)
    try:
        receipt = world.store.receipt()
    finally:
        os.killpg(edges[1][1], signal.SIGCONT)
    assert (receipt.edges, receipt.heard) == (2, 1)
    assert receipt.within >= PATIENCE
    eventually(lambda: world.store.receipt().heard == 2)


def test_an_edge_that_is_gone_is_missed_by_nobody(world, edges):
    os.killpg(edges[0][1], signal.SIGKILL)
    eventually(lambda: world.store.receipt().edges == 1, seconds=5)
    assert world.store.receipt().heard == 1


def test_an_answer_to_another_call_proves_nothing(world):
    """What was answered before is of no use for what ended since."""
    first = world.store.receipt()
    world.client.sadd(f"{call_key('')}:an-older-call", "edge")
    world.client.eval("redis.call('ZADD', KEYS[1], redis.call('TIME')[1], 'edge')", 1, "gh:edges")
    receipt = world.store.receipt()
    assert (first.edges, receipt.edges, receipt.heard) == (0, 1, 0)


def test_an_answer_to_a_call_that_took_its_place_counts(world):
    """Two end something at the same moment, and an edge reads the second call alone."""

    def somebody_else():
        eventually(lambda: world.client.exists("gh:call"))
        world.client.set("gh:call", "a-later-call")
        world.client.sadd(f"{call_key('')}:a-later-call", "edge")

    world.client.eval("redis.call('ZADD', KEYS[1], redis.call('TIME')[1], 'edge')", 1, "gh:edges")
    with ThreadPoolExecutor(1) as other:
        done = other.submit(somebody_else)
        receipt = world.store.receipt()
        done.result()
    assert (receipt.edges, receipt.heard) == (1, 1)


def test_without_redis_there_is_no_receipt():
    away = RedisSessionStore(connect("unix:///nowhere/valkey.sock"), lambda: RING)
    with pytest.raises(SessionStoreUnavailable):
        away.receipt()
