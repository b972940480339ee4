"""What a trace keeps of the checks that are made under it."""

from datetime import UTC, datetime

import pytest

from providers.errors import ResponseInvalid
from providers.trace import MAX_STEPS, checks, heard, kind_of, tracing, utc


@checks("token.type", "token.id_token", "token.access_token")
def judge(failing: str = "") -> str:
    if failing:
        raise ResponseInvalid(failing, "no")
    return "good"


def steps(trace):
    return [(step.name, step.verdict) for step in trace.steps]


def test_what_a_function_checks_has_passed_when_it_returns() -> None:
    with tracing() as trace:
        assert judge() == "good"
    assert steps(trace) == [
        ("token.type", "passed"),
        ("token.id_token", "passed"),
        ("token.access_token", "passed"),
    ]
    assert [step.at for step in trace.steps] == sorted(step.at for step in trace.steps)


def test_what_stands_before_the_failed_check_has_passed_and_nothing_after_it() -> None:
    with tracing() as trace, pytest.raises(ResponseInvalid):
        judge("token.id_token")
    assert steps(trace) == [("token.type", "passed")]


def test_of_a_check_from_elsewhere_nothing_is_claimed_to_have_passed() -> None:
    with tracing() as trace, pytest.raises(ResponseInvalid):
        judge("claims.size")
    assert steps(trace) == []


def test_without_a_trace_nothing_is_kept_and_each_trace_has_its_own() -> None:
    assert judge() == "good"
    with tracing() as outer:
        with tracing() as inner:
            judge()
        judge()
    assert len(outer.steps) == len(inner.steps) == 3


def test_a_trace_is_bounded_and_still_ends_with_what_failed() -> None:
    with tracing() as trace:
        for _ in range(MAX_STEPS):
            judge()
    trace.failed("id_token.aud", expected="gatehouse", received="other")
    assert len(trace.steps) == MAX_STEPS
    assert (trace.steps[-1].name, trace.steps[-1].received) == ("id_token.aud", "other")


def test_of_claims_it_keeps_names_and_types() -> None:
    with tracing() as trace:
        heard("ID token", {"sub": "ada-0001", "groups": ["a", "b"], "n": 1}, values=False)
    assert trace.claims == {"ID token": {"sub": "text", "groups": "list of 2", "n": "number"}}


def test_with_the_rows_leave_it_keeps_values_but_never_of_what_belongs_to_one_answer() -> None:
    said = {"sub": "ada-0001", "nonce": "n-1", "jti": "j-1", "sid": "s-1", "at_hash": "h"}
    with tracing() as trace:
        heard("ID token", said, values=True)
    kept = trace.claims["ID token"]
    assert kept.pop("sub") == "ada-0001"
    assert set(kept.values()) == {"text"}


def test_types_and_moments_in_words() -> None:
    kinds = [kind_of(value) for value in ("a", True, 1.5, ("a",), {"a": 1}, None)]
    assert kinds == ["text", "true or false", "number", "list of 1", "object of 1", "nothing"]
    assert utc(datetime(2026, 3, 2, 8, 41, tzinfo=UTC)) == "2026-03-02 08:41:00 UTC"


def test_checks_that_many_tokens_share_bear_the_name_of_the_one_at_hand() -> None:
    @checks(".iss", ".aud")
    def parties(_claims: object, name: str, failing: str) -> None:
        if failing:
            raise ResponseInvalid(f"{name}.{failing}", "no")

    with tracing() as trace:
        parties({}, "id_token", "")
        with pytest.raises(ResponseInvalid):
            parties({}, "logout_token", "aud")
    assert [name for name, _ in steps(trace)] == [
        "id_token.iss",
        "id_token.aud",
        "logout_token.iss",
    ]
