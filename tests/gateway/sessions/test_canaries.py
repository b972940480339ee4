"""A reader is sure of what it keeps while every process that can end sessions is heard from."""

import math

import pytest

from gateway.sessions.canaries import PROOF_SECONDS, Canaries


@pytest.fixture
def canaries():
    found = Canaries()
    found.registered({b"one"})
    return found


def test_nobody_registered_is_not_proven():
    canaries = Canaries()
    assert canaries.proven_until == -math.inf
    canaries.registered(set())
    assert canaries.proven_until == -math.inf


def test_a_first_reading_proves_nothing(canaries):
    canaries.read(b"one", b"7", 10.0)
    assert canaries.proven_until == -math.inf


def test_a_change_proves_up_to_when_the_older_value_was_asked_for(canaries):
    canaries.read(b"one", b"7", 10.0)
    canaries.read(b"one", b"8", 10.6)
    assert canaries.proven_until == 10.0 + PROOF_SECONDS
    canaries.read(b"one", b"9", 11.1)
    assert canaries.proven_until == 10.6 + PROOF_SECONDS


def test_the_same_value_again_proves_nothing(canaries):
    canaries.read(b"one", b"7", 10.0)
    canaries.read(b"one", b"8", 10.5)
    for moment in (11.0, 11.5, 12.0):
        canaries.read(b"one", b"8", moment)
    assert canaries.proven_until == 10.0 + PROOF_SECONDS


def test_the_slowest_of_all_decides(canaries):
    canaries.registered({b"one", b"two"})
    for moment in (10.0, 10.5, 11.0):
        canaries.read(b"one", b"%f" % moment, moment)
    assert canaries.proven_until == -math.inf
    canaries.read(b"two", b"1", 10.2)
    canaries.read(b"two", b"2", 11.2)
    assert canaries.proven_until == 10.2 + PROOF_SECONDS


def test_a_newcomer_is_doubted_until_it_is_heard(canaries):
    canaries.read(b"one", b"7", 10.0)
    canaries.read(b"one", b"8", 10.5)
    canaries.registered({b"one", b"two"})
    assert canaries.proven_until == -math.inf


def test_a_process_that_is_gone_no_longer_counts(canaries):
    canaries.registered({b"one", b"two"})
    for name in (b"one", b"two"):
        canaries.read(name, b"7", 10.0)
        canaries.read(name, b"8", 10.5)
    canaries.read(b"one", b"9", 20.0)
    assert canaries.proven_until == 10.0 + PROOF_SECONDS
    canaries.read(b"two", None, 20.1)  # its canary lapsed
    assert canaries.proven_until == 10.5 + PROOF_SECONDS
    canaries.registered({b"one"})
    assert canaries.proven_until == 10.5 + PROOF_SECONDS


def test_a_process_that_comes_back_is_doubted_until_it_is_heard(canaries):
    canaries.read(b"one", b"7", 10.0)
    canaries.read(b"one", b"8", 10.5)
    canaries.read(b"one", None, 20.0)
    assert canaries.proven_until == -math.inf
    canaries.read(b"one", b"1", 21.0)
    assert canaries.proven_until < 21.0
    canaries.read(b"one", b"2", 21.5)
    assert canaries.proven_until == 21.0 + PROOF_SECONDS


def test_a_canary_that_nobody_registered_is_not_listened_to(canaries):
    canaries.read(b"two", b"1", 10.0)
    canaries.read(b"two", b"2", 10.5)
    assert canaries.proven_until == -math.inf


def test_with_the_connection_every_proof_is_gone(canaries):
    canaries.read(b"one", b"7", 10.0)
    canaries.read(b"one", b"8", 10.5)
    canaries.forget()
    canaries.registered({b"one"})
    canaries.read(b"one", b"9", 10.6)
    assert canaries.proven_until == -math.inf
