"""The client is sure of hearing every end only while every canary is seen to live."""

import math

from gatehouse_client.canaries import PROOF_SECONDS, Canaries

ONE, TWO = b"one", b"two"


def watching(*names):
    canaries = Canaries()
    canaries.registered(frozenset(names))
    return canaries


def test_a_change_proves_back_to_the_reading_before():
    canaries = watching(ONE)
    canaries.read(ONE, b"1", 10.0)
    assert canaries.proven_until == -math.inf
    canaries.read(ONE, b"2", 10.5)
    assert canaries.proven_until == 10.0 + PROOF_SECONDS


def test_a_reading_without_a_change_proves_nothing_more():
    canaries = watching(ONE)
    for value, at in ((b"1", 10.0), (b"2", 10.5), (b"2", 11.0)):
        canaries.read(ONE, value, at)
    assert canaries.proven_until == 10.0 + PROOF_SECONDS


def test_the_one_that_is_least_proven_counts():
    canaries = watching(ONE, TWO)
    for at in (10.0, 10.5):
        canaries.read(ONE, b"%d" % (at * 2), at)
    assert canaries.proven_until == -math.inf
    for at in (20.0, 20.5):
        canaries.read(TWO, b"%d" % (at * 2), at)
    assert canaries.proven_until == 10.0 + PROOF_SECONDS


def test_a_process_that_is_gone_is_waited_for_no_longer():
    canaries = watching(ONE, TWO)
    for at in (10.0, 10.5):
        canaries.read(ONE, b"%d" % (at * 2), at)
    canaries.read(TWO, None, 10.5)
    assert canaries.proven_until == 10.0 + PROOF_SECONDS


def test_nobody_registered_proves_nothing():
    canaries = watching(ONE)
    for at in (10.0, 10.5):
        canaries.read(ONE, b"%d" % (at * 2), at)
    canaries.read(TWO, b"1", 11.0)  # on no register
    canaries.forget()
    assert canaries.proven_until == -math.inf
