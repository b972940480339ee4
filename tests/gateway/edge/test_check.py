"""The edge's decision, case by case."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.edge.check import Verdict, check
from tests.gateway.edge.conftest import ADMIN, ALL, ASSETS
from tests.gateway.sessions.people import ada

SESSION = ada()
NOW = SESSION.authenticated_at


@pytest.mark.parametrize(
    ("route", "session", "verdict"),
    [
        (None, SESSION, Verdict.UNKNOWN_APP),
        (None, None, Verdict.UNKNOWN_APP),
        (ALL, None, Verdict.LOGIN),
        (ALL, SESSION, Verdict.ALLOW),
        (ALL, ada(roles=frozenset()), Verdict.ALLOW),
        (ADMIN, None, Verdict.LOGIN),
        (ADMIN, SESSION, Verdict.DENY),
        (ADMIN, ada(roles=frozenset()), Verdict.DENY),
        (ADMIN, ada(roles=frozenset({"deployer", "gatehouse-admin"})), Verdict.ALLOW),
        (ASSETS, None, Verdict.PUBLIC),
        (ASSETS, SESSION, Verdict.PUBLIC),
    ],
)
def test_who_may_go_where(route, session, verdict):
    assert check(route, session, NOW) is verdict


def test_any_one_of_the_roles_is_enough():
    route = replace(ADMIN, any_of_roles=frozenset({"payroll", "deployer"}))
    assert check(route, SESSION, NOW) is Verdict.ALLOW


def test_at_its_absolute_end_a_session_is_over():
    assert check(ALL, SESSION, SESSION.expires_at - timedelta(seconds=1)) is Verdict.ALLOW
    assert check(ALL, SESSION, SESSION.expires_at) is Verdict.LOGIN
    assert check(ADMIN, SESSION, SESSION.expires_at) is Verdict.LOGIN
