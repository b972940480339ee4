"""What may stand in a trace, whatever a provider says."""

import json

from gateway.tokens.credentials import WITHHELD
from gateway.traces import contents
from providers.trace import Step

TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl"


def step(**facts: str) -> dict[str, object]:
    return contents.steps([Step(name="id_token.aud", verdict="failed", at=1.5, **facts)])[0]


def test_a_fact_that_looks_like_a_credential_is_withheld() -> None:
    assert step(expected="gatehouse", received=TOKEN) == {
        "name": "id_token.aud",
        "verdict": "failed",
        "at": 1.5,
        "expected": "gatehouse",
        "received": WITHHELD,
    }


def test_a_fact_is_cut_and_no_letter_of_it_breaks_a_database() -> None:
    kept = str(step(received="x\0\ud800" + "y" * 1000)["received"])
    assert len(kept) == contents.MAX_FACT
    assert "\0" not in kept
    kept.encode()


def test_claims_that_look_like_credentials_are_withheld_however_deep() -> None:
    said = {"a": TOKEN, "b": [TOKEN], "c": {"d": {TOKEN: 1, "e": ["fine", TOKEN]}}}
    kept = json.dumps(contents.claims({"ID token": said}))
    assert "eyJ" not in kept
    assert "fine" in kept


def test_too_much_is_told_by_types_and_far_too_much_by_nothing() -> None:
    large = {f"claim-{number}": "x" * 150 for number in range(100)}
    kept = contents.claims({"ID token": large})
    assert kept["ID token"]["claim-0"] == "text"
    endless = {"y" * 190 + str(number): "x" for number in range(300)}
    kept = contents.claims({"ID token": endless, "userinfo": endless})
    assert kept == {"ID token": {}, "userinfo": {}}


def test_as_much_as_a_row_holds_is_shown_and_types_are_of_all_that_was_sent() -> None:
    one = {"groups": ["g" * 100] * 20}
    assert contents.claims({"ID token": one}) == {"ID token": one}
    many = {f"claim-{number}": ["g" * 100] * 40 for number in range(5)}
    kept = contents.claims({"ID token": many})
    assert kept == {"ID token": dict.fromkeys(many, "list of 40")}


def test_a_token_is_seen_wherever_it_stands_in_a_text() -> None:
    for around in ("{}", "a {} b", "x-{}", "eyJ-{}", "eyJ.{}", "eyJhbGciOiJ {}", "{}.x", ".{}"):
        assert contents.text(around.format(TOKEN), 400) == WITHHELD
    secret = "aB3-" * 11
    for around in ("{}", "a {} b", "xxx{}", "{}.x", "a.b.{}"):
        assert contents.text(around.format(secret), 400) == WITHHELD
    for harmless in ("x" * 400, "eyJ" * 100, "eyJ.", "ada@corp.example", "aB3-" * 9):
        assert contents.text(harmless, 400) == harmless


def test_a_whole_row_is_at_most_sixteen_kilobytes() -> None:
    facts = [Step(name="call", verdict="passed", at=1.0, received="z" * 400) for _ in range(8)]
    said = {"values": ["v" * 200] * 30, "more": {str(n): "w" * 200 for n in range(20)}}
    kept = {"steps": contents.steps(facts), "claims": contents.claims({"a": said, "b": said})}
    assert len(json.dumps(kept)) < 16 * 1024
