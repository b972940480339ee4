"""Payroll, on Django REST framework, believes the same signature and asks for its role."""

import pytest

from tests.examples.conftest import REFUSED, App
from tests.examples.test_wiki import PLAIN_HEADERS


@pytest.fixture(scope="module")
def payroll(serve) -> App:
    return serve(
        "payroll.other.localhost",
        "PAYROLL_ORIGIN",
        "wsgi",
        "examples.payroll.wsgi:application",
    )


def _bens(payroll: App, **claims) -> str:
    ben = {"name": "Ben Okafor", "roles": ["payroll"]} | claims
    return payroll.signer.assertion(payroll.origin, **ben)


def test_whoever_holds_the_role_sees_the_payslips(payroll):
    answer = payroll.get("/", _bens(payroll))
    assert answer.status_code == 200
    assert "Good to see you, Ben Okafor" in answer.text
    assert "1 042 770.00" in answer.text


def test_a_program_gets_json(payroll):
    answer = payroll.get("/", _bens(payroll), Accept="application/json")
    assert answer.json()["payslips"][0]["people"] == 214


def test_known_without_the_role_is_told_which_one_and_whom_to_ask(payroll):
    answer = payroll.get("/", _bens(payroll, name="Ada Byron", roles=["deployer"]))
    assert answer.status_code == 403
    assert "You need the role payroll" in answer.text
    assert "ben@corp.example" in answer.text
    assert "1 042 770.00" not in answer.text
    assert "/.gatehouse/sign-out" in answer.text


def test_known_without_the_role_is_sent_nowhere(payroll):
    assert "location" not in payroll.get("/", _bens(payroll, roles=[])).headers


def test_plain_identity_headers_are_not_believed(payroll):
    answer = payroll.get("/", **(PLAIN_HEADERS | {"X-Gatehouse-Roles": "payroll"}))
    assert answer.status_code == 401
    assert "location" not in answer.headers


def test_a_bearer_token_of_some_other_kind_is_not_read(payroll):
    answer = payroll.get("/", Authorization=f"Bearer {_bens(payroll)}")
    assert answer.status_code == 401


@pytest.mark.parametrize("case", REFUSED)
def test_an_assertion_is_refused_that_is(payroll, case):
    answer = payroll.get("/", REFUSED[case](payroll.origin, payroll.signer))
    assert answer.status_code == 401
    assert "1 042 770.00" not in answer.text


def test_a_name_cannot_bring_markup(payroll):
    answer = payroll.get("/", _bens(payroll, name="<script>x</script>"))
    assert answer.status_code == 200
    assert "<script>" not in answer.text


def test_the_page_may_load_nothing_but_its_own_style(payroll):
    answer = payroll.get("/", _bens(payroll))
    assert "default-src 'none'; style-src 'self'" in answer.headers["content-security-policy"]
    assert payroll.get("/style.css").status_code == 200
