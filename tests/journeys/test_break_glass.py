"""For the day on which no provider can be reached: a password and a second factor, always both."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from gateway import wiring
from gateway.audit.models import AuditEvent
from gateway.flows import break_glass
from providers.errors import RequestUnknown
from provisioning.models import Account
from tests.journeys.breaking_glass import (
    EMAIL,
    PASSWORD,
    asked,
    equipped,
    give_password,
    sign_in,
)
from tests.journeys.browser import Browser

pytestmark = pytest.mark.usefixtures("db", "redis_url")


@pytest.fixture(autouse=True)
def _on(settings) -> None:
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, break_glass=True)


@pytest.mark.parametrize("passkey", [False, True], ids=["app", "passkey"])
def test_she_sets_both_up_and_opens_the_console_for_an_hour(
    browser: Browser, *, passkey: bool
) -> None:
    holder = equipped(passkey=passkey)
    answer = sign_in(browser, holder)
    assert (answer.status_code, answer["Location"]) == (303, "/admin/")
    assert browser.get("/admin/").status_code == 200
    session = browser.session
    assert session is not None
    assert session.provider == ""
    assert session.acr == "urn:gatehouse:acr:two-factors"
    assert session.amr == ("pwd", "mfa", "pop" if passkey else "otp")
    assert session.expires_at - session.started_at == timedelta(hours=1)
    assert not session.remembered


def test_who_signs_in_comes_back_to_where_she_wanted_to(browser: Browser) -> None:
    holder = equipped()
    browser.get("/local/?return_to=/console/sessions/")
    fields = {"email": EMAIL, "password": PASSWORD, "return_to": "/console/sessions/"}
    browser.post("/local/", fields)
    browser.get("/local/second")
    answer = browser.post("/local/second", {"code": holder.code(1)})
    assert answer["Location"] == "/console/sessions/"
    assert Browser().get("/local/").status_code == 200
    other = Browser()
    other.get("/local/")
    assert other.post("/local/", fields | {"return_to": "//evil.example"}).status_code == 400


def test_a_recovery_code_stands_in_for_the_second_factor_once(browser: Browser) -> None:
    holder = equipped()
    give_password(browser)
    browser.get("/local/second")
    assert browser.post("/local/second", {"code": holder.codes[3]}).status_code == 303
    other = Browser()
    give_password(other)
    other.get("/local/second")
    assert other.post("/local/second", {"code": holder.codes[3]}).status_code == 403
    assert other.session is None


def test_the_password_alone_is_nobody(browser: Browser) -> None:
    equipped()
    assert give_password(browser).status_code == 303
    assert browser.session is None
    assert browser.get("/admin/").status_code == 302
    assert browser.post("/local/second", {}).status_code == 403
    assert browser.session is None


def test_the_second_factor_alone_is_nobody(browser: Browser) -> None:
    holder = equipped()
    browser.get("/local/")
    answer = browser.post("/local/second", {"code": holder.code(1)})
    assert (answer.status_code, answer["Location"]) == (302, "/local/?again")
    assert browser.session is None


def answer_with(code: str) -> int:
    """Somebody in another browser who knows the password."""
    browser = Browser()
    give_password(browser)
    browser.get("/local/second")
    status: int = browser.post("/local/second", {"code": code}).status_code
    return status


def test_a_code_of_the_app_works_once_whoever_has_seen_it() -> None:
    holder = equipped()
    code = holder.code(1)
    assert answer_with(code) == 303
    assert answer_with(code) == 403


def test_no_code_works_again_when_redis_has_forgotten_everything() -> None:
    holder = equipped()
    codes = [holder.code(), holder.code(1)]
    assert answer_with(codes[0]) == 403  # it set the app up
    assert answer_with(codes[1]) == 303
    wiring.redis_client().flushall()
    assert [answer_with(code) for code in codes] == [403, 403]


def test_a_code_of_an_hour_ago_opens_nothing(browser: Browser) -> None:
    holder = equipped()
    give_password(browser)
    browser.get("/local/second")
    assert browser.post("/local/second", {"code": holder.code(-120)}).status_code == 403


def test_what_a_browser_has_proven_is_used_once(browser: Browser) -> None:
    holder = equipped()
    give_password(browser)
    browser.get("/local/second")
    proven = browser.cookies["__Host-gatehouse-local"].value
    assert browser.post("/local/second", {"code": holder.code(1)}).status_code == 303
    browser.cookies["__Host-gatehouse-local"] = proven
    answer = browser.post("/local/second", {"code": holder.codes[0]})
    assert (answer.status_code, answer["Location"]) == (302, "/local/?again")


def test_a_password_waits_five_minutes_for_the_second_factor(browser: Browser) -> None:
    equipped()
    give_password(browser)
    proven = browser.cookies["__Host-gatehouse-local"].value
    now = timezone.now()
    break_glass.challenge(proven, now=now + timedelta(minutes=4))
    with pytest.raises(RequestUnknown):
        break_glass.challenge(proven, now=now + timedelta(minutes=6))


def test_what_was_proven_for_the_old_password_counts_no_more(browser: Browser) -> None:
    holder = equipped()
    give_password(browser)
    browser.get("/local/second")
    account = Account.objects.get()
    account.set_password("another one that is long")
    account.save()
    assert browser.post("/local/second", {"code": holder.code(1)}).status_code == 302
    assert browser.session is None


def test_nobody_learns_which_addresses_there_are(browser: Browser) -> None:
    equipped()
    wrong = give_password(browser, "a lighthouse keeps 4 geese")
    unknown = give_password(Browser(), email="nobody@corp.example")
    assert wrong.status_code == unknown.status_code == 403
    told = [answer.content.decode().replace(EMAIL, "") for answer in (wrong, unknown)]
    bare = [text.replace("nobody@corp.example", "") for text in told]
    assert _without_tokens(bare[0]) == _without_tokens(bare[1])
    rows = AuditEvent.objects.filter(event="break-glass.refused")
    assert {row.detail["step"] for row in rows} == {"password"}


def _without_tokens(page: str) -> str:
    return re.sub(r'csrfmiddlewaretoken" value="[^"]+"', "", page)


def test_an_answer_for_another_challenge_or_another_origin_opens_nothing(browser: Browser) -> None:
    holder = equipped(passkey=True)
    assert holder.passkey is not None
    give_password(browser)
    earlier = asked(browser.get("/local/second"))
    now = asked(browser.get("/local/second"))
    stale = holder.passkey.get(earlier)
    assert browser.post("/local/second", {"passkey": stale}).status_code == 403
    page = browser.get("/local/second")
    holder.passkey.origin = "https://gateway.evil.example"
    phished = holder.passkey.get(asked(page))
    assert browser.post("/local/second", {"passkey": phished}).status_code == 403
    assert now != earlier
    assert browser.session is None


def test_a_copied_authenticator_is_found_by_its_counter(browser: Browser) -> None:
    holder = equipped(passkey=True)
    assert holder.passkey is not None
    holder.passkey.counter = 7
    assert sign_in(browser, holder).status_code == 303
    assert sign_in(Browser(), holder).status_code == 403
    holder.passkey.counter = 8
    assert sign_in(Browser(), holder).status_code == 303


HOLLOW = '{"id": "AA", "rawId": "AA", "response": {}}'


@pytest.mark.parametrize(
    "answer",
    ["", "{", "[]", '{"id": 7}', HOLLOW, "9" * 30_000],
    ids=["empty", "cut", "list", "number", "hollow", "long"],
)
def test_what_is_no_answer_of_a_passkey_is_refused(browser: Browser, answer: str) -> None:
    equipped(passkey=True)
    give_password(browser)
    browser.get("/local/second")
    assert browser.post("/local/second", {"passkey": answer}).status_code == 403


def test_passwords_are_tried_ten_times_a_minute_from_one_address(browser: Browser) -> None:
    equipped()
    browser.get("/local/")
    answers = [
        browser.post("/local/", {"email": f"p{n}@corp.example", "password": "x"}).status_code
        for n in range(11)
    ]
    assert answers == [403] * 10 + [429]


@pytest.mark.parametrize("path", ["/local/", "/local/second"], ids=["password", "second"])
def test_an_address_that_cannot_be_read_is_refused(browser: Browser, path: str) -> None:
    equipped()
    give_password(browser)
    fields = {"email": EMAIL, "password": PASSWORD, "code": "000000"}
    answer = browser.post(path, fields, headers={"X-Forwarded-For": "unknown"})
    assert answer.status_code == 400
