"""How the API reads: size first, JSON to the letter; and how it refuses: one shape for all."""

import json
from typing import Any

import pytest
from django.test import Client

from gateway.flows import limits
from gateway.flows.limits import Limit
from gateway.web.problems import CONTENT_TYPE
from tests.gateway.api.programs import CORP, PROVIDERS, Program, corp, faults, program
from tests.gateway.flows.refusing import silent_redis
from tests.gateway.pages.signed_in import HOST

pytestmark = pytest.mark.usefixtures("db", "redis_url")


def post(body: bytes, kind: str = "application/json", asked: Program | None = None) -> Any:
    return (asked or program()).client.post(PROVIDERS, body, content_type=kind)


WHOLE = json.dumps(CORP).encode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"a"',
        b"\xff",
        WHOLE.replace(b'"slug"', b'"slug": "first", "slug"'),
        WHOLE.replace(b'"settings": {', b'"settings": {"max_age": NaN, '),
        WHOLE.replace(b'"settings": {', b'"settings": {"max_age": 1e999, '),
        WHOLE.replace(b"battery", b"\\u0000"),
        WHOLE.replace(b"battery", b"\\ud800"),
        b'{"\\ud800": 1}',
        b"{" * 100_000,
        b'{"a":' + b"[" * 100_000,
        b'{"slug": ' + b"9" * 5_000 + b"}",
        b'{"slug": "a"} {}',
        '{"slug": "a"}'.encode("utf-16"),
    ],
)
def test_what_is_not_one_object_of_whole_text_is_refused(body: bytes) -> None:
    answer = post(body)
    assert answer.status_code == 400
    if body:
        assert list(faults(answer)) == [""]


@pytest.mark.parametrize(
    "kind", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "\xe9"]
)
def test_what_does_not_say_that_it_is_json_is_refused(kind: str) -> None:
    answer = post(b"a=1", kind)
    assert (answer.status_code, answer.json()["code"]) == (415, "request.no-json")


def test_json_may_name_its_letters() -> None:
    assert post(b"{}", "Application/JSON; charset=utf-8").status_code == 400


def test_size_comes_before_everything_else() -> None:
    for asked in (Program(), program()):
        answer = post(b"{" + b" " * 400_000, asked=asked)
        assert (answer.status_code, answer.json()["code"]) == (413, "request.too-large")


def test_a_body_that_is_longer_than_it_says_is_not_read_on() -> None:
    answer = program().client.post(
        PROVIDERS, b"{}" + b"a" * 100, content_type="application/json", CONTENT_LENGTH="2"
    )
    assert answer.json()["code"] == "request.fields-invalid"


def test_every_refusal_has_the_one_shape_also_where_no_endpoint_is() -> None:
    corp()
    asked = program()
    found = [
        asked.get("/api/"),
        asked.get("/api/v1/nowhere"),
        asked.get(f"{PROVIDERS}/"),
        asked.get(f"{PROVIDERS}/nobody"),
        asked.get(f"{PROVIDERS}/a%00b"),
        asked.get(f"{PROVIDERS}?limit=x"),
        asked.send("DELETE", PROVIDERS),
        asked.send("OPTIONS", PROVIDERS),
        asked.send("TRACE", PROVIDERS),
        asked.send("POST", "/api/v1/me"),
        asked.send("POST", PROVIDERS, {}),
        asked.send("PATCH", f"{PROVIDERS}/corp", {}),
        Program().get("/api/v1/me"),
        Client(headers={"Host": "elsewhere.example"}).get("/api/v1/me"),
    ]
    for answer in found:
        assert 400 <= answer.status_code < 500
        assert answer["Content-Type"] == CONTENT_TYPE
        assert answer["Cache-Control"] == "no-store"
        assert answer.json().keys() == {"code", "detail", "remedy", "fields", "reference"}
        assert len(answer.json()["reference"]) == 8


def test_a_method_that_is_not_offered_is_told_those_that_are() -> None:
    answer = program().send("DELETE", PROVIDERS)
    assert (answer.status_code, answer.json()["code"]) == (405, "request.method-unknown")
    assert set(answer["Allow"].split(", ")) == {"GET", "HEAD", "POST"}


def test_a_head_is_a_get_without_its_content() -> None:
    corp()
    answer = program().client.head(f"{PROVIDERS}/corp")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer["ETag"]
    assert Program().client.head(f"{PROVIDERS}/corp").status_code == 401


@pytest.mark.parametrize("accepted", ["text/html", "image/*", "nonsense", ""])
def test_the_answer_is_json_whatever_is_asked_for(accepted: str) -> None:
    asked = program()
    asked.client.defaults["HTTP_ACCEPT"] = accepted
    for path in (PROVIDERS, f"{PROVIDERS}?format=api"):
        assert asked.get(path)["Content-Type"] in {"application/json", CONTENT_TYPE}


def test_an_address_that_asks_too_often_has_to_wait_with_a_token_or_without() -> None:
    asked, client = program(), Client(headers={"Host": HOST})
    for _ in range(Limit.API.value[1]):
        limits.spend(Limit.API, "127.0.0.1")
    for answer in (asked.get(PROVIDERS), client.get("/api/v1/schema"), Program().get(PROVIDERS)):
        assert (answer.status_code, answer.json()["code"]) == (429, "limit.too-many-tries")
        assert answer["Retry-After"] == "60"
    asked.client.defaults["HTTP_X_FORWARDED_FOR"] = "198.51.100.9"
    assert asked.get(PROVIDERS).status_code == 200


def test_a_silent_redis_is_told_as_such_and_lets_nobody_in() -> None:
    asked = program()
    with silent_redis():
        answer = asked.send("POST", PROVIDERS, CORP)
    assert (answer.status_code, answer.json()["code"]) == (
        503,
        "provider.shared-cache-unavailable",
    )
    assert answer["Retry-After"] == "60"


def test_however_much_is_wrong_the_answer_is_small_and_the_log_has_whole_lines(
    caplog: pytest.LogCaptureFixture,
) -> None:
    answer = program().send("POST", PROVIDERS, {f"a\nb{n}": 1 for n in range(20_000)})
    assert answer.status_code == 400
    assert len(answer.json()["fields"]) == 100
    assert "a\nb" not in caplog.text
