"""A sign-in that is too weak, too old or too long unused never opens what demands more."""

from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.edge.check import Verdict, check
from gateway.edge.demand import NOTHING, Demand
from tests.gateway.edge.conftest import ADMIN, ALL, ASSETS
from tests.gateway.sessions.people import ada

SESSION = ada(acr="gold", amr=("pwd", "otp"))
NOW = SESSION.authenticated_at
MINUTE = timedelta(minutes=1)
HEX = "ab" * 32

WORDS = ("gold", "silver", "Gold", "gold ", "", "pwd", "otp", "mfa")
SPANS = st.sampled_from([None, *(minutes * MINUTE for minutes in range(1, 21))])
SOME = st.sampled_from([(), *((word,) for word in WORDS), *permutations(WORDS, 2)])
DEMANDS = st.builds(Demand, acr=SOME, amr=SOME, max_age=SPANS, idle_for=SPANS)
SESSIONS = st.builds(
    lambda acr, amr, told: replace(SESSION, acr=acr, amr=amr, auth_time_told=told),
    st.sampled_from([None, *WORDS]),
    SOME,
    st.booleans(),
)


def verdict(demand, session=SESSION, after=timedelta(0), **seen):
    return check(replace(ALL, demand=demand), session, NOW + after, **seen)


@given(DEMANDS, SESSIONS, st.integers(0, 30), st.booleans())
def test_whoever_is_let_in_has_all_that_is_demanded(demand, session, minutes, in_use):
    given = verdict(demand, session, minutes * MINUTE, in_use=in_use)
    assert given in {Verdict.ALLOW, Verdict.STEP_UP}
    age = minutes * MINUTE if session.auth_time_told else timedelta.max
    enough = (
        (not demand.acr or session.acr in demand.acr)
        and set(demand.amr) <= set(session.amr)
        and (demand.max_age is None or age < demand.max_age)
        and (demand.idle_for is None or in_use or age < demand.idle_for)
    )
    assert (given is Verdict.ALLOW) is enough


@given(DEMANDS, SESSIONS, st.integers(0, 30), st.booleans())
def test_a_sign_in_that_meets_what_was_asked_for_is_let_in(demand, session, minutes, in_use):
    """What the edge asks the gateway for is what it looks at afterwards: nobody goes in circles."""
    asked = demand.asked(in_use=in_use)
    met = asked.met_by(session, NOW + minutes * MINUTE)
    allowed = verdict(demand, session, minutes * MINUTE, in_use=in_use) is Verdict.ALLOW
    assert met is allowed
    assert asked.lacking(session, NOW + minutes * MINUTE).anything is not met


@pytest.mark.parametrize("said", [None, "", "1", "Gold", "gold ", "silver gold"])
def test_what_the_provider_did_not_say_in_these_words_is_not_said(said):
    demand = Demand(acr=("gold", "silver"))
    assert verdict(demand, replace(SESSION, acr=said)) is Verdict.STEP_UP
    assert verdict(demand, replace(SESSION, acr="silver")) is Verdict.ALLOW


def test_all_means_are_demanded_and_others_do_no_harm():
    demand = Demand(amr=("pwd", "otp"))
    assert verdict(demand) is Verdict.ALLOW
    assert verdict(demand, replace(SESSION, amr=("otp", "hwk", "pwd"))) is Verdict.ALLOW
    for lacking in ((), ("pwd",), ("otp",), ("PWD", "otp")):
        assert verdict(demand, replace(SESSION, amr=lacking)) is Verdict.STEP_UP


def test_an_age_ends_at_its_second():
    demand = Demand(max_age=MINUTE)
    assert verdict(demand, after=timedelta(seconds=59)) is Verdict.ALLOW
    assert verdict(demand, after=MINUTE) is Verdict.STEP_UP


def test_where_nobody_said_when_she_was_seen_no_age_is_young_enough():
    untold = replace(SESSION, auth_time_told=False)
    assert verdict(Demand(max_age=MINUTE), untold) is Verdict.STEP_UP
    assert verdict(Demand(idle_for=MINUTE), untold) is Verdict.STEP_UP
    assert verdict(Demand(acr=("gold",)), untold) is Verdict.ALLOW


def test_who_is_in_use_needs_no_new_sign_in_until_the_other_demands_do():
    demand = Demand(idle_for=MINUTE, max_age=5 * MINUTE)
    assert verdict(demand, after=2 * MINUTE, in_use=True) is Verdict.ALLOW
    assert verdict(demand, after=2 * MINUTE, in_use=False) is Verdict.STEP_UP
    assert verdict(demand, after=MINUTE / 2, in_use=False) is Verdict.ALLOW
    assert verdict(demand, after=5 * MINUTE, in_use=True) is Verdict.STEP_UP


def test_who_lacks_the_role_is_not_sent_to_sign_in_once_more():
    strict = replace(ADMIN, demand=Demand(acr=("platinum",)))
    assert check(strict, SESSION, NOW) is Verdict.DENY


def test_what_everybody_may_see_demands_nothing():
    demanding = replace(ASSETS, demand=Demand(acr=("platinum",)), client_certificates={HEX})
    assert check(demanding, None, NOW) is Verdict.PUBLIC


def test_only_a_listed_certificate_opens_and_by_itself_it_opens_nothing():
    route = replace(ALL, client_certificates=frozenset({HEX, "cd" * 32}))
    for shown in ("", "ef" * 32, HEX[:-2], HEX.upper()):
        for session in (None, SESSION):
            assert check(route, session, NOW, certificate=shown) is Verdict.NO_CERTIFICATE
    assert check(route, SESSION, NOW, certificate=HEX) is Verdict.ALLOW
    assert check(route, None, NOW, certificate=HEX) is Verdict.LOGIN


@given(DEMANDS)
def test_a_demand_is_read_as_it_was_written(demand):
    asked = replace(demand.asked(in_use=True), acr=("urn:a", "2"), amr=("mfa",))
    assert Demand.read(asked.fields) == asked
    assert Demand.read(NOTHING.fields) == NOTHING


@pytest.mark.parametrize(
    "fields",
    [
        {"acr_values": 'a"b'},
        {"acr_values": "a\\b"},
        {"acr_values": "é"},
        {"acr_values": "a" * 201},
        {"acr_values": " ".join("abcdefghijk")},
        {"amr_values": "\x00"},
        {"max_age": "0"},
        {"max_age": "-1"},
        {"max_age": "1.5"},
        {"max_age": "1" * 10},
        {"max_age": "\u0661"},
    ],
)
def test_what_no_demand_of_ours_says_is_not_read(fields):
    with pytest.raises(ValueError, match=r"acr or amr|max_age"):
        Demand.read(fields)
