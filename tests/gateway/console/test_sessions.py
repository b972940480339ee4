"""Sessions in the console: searched by the address of the page, ended only after they were seen."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gateway import wiring
from gateway.audit.models import AuditEvent
from gateway.console import sessions
from gateway.flows import sign_ins
from gateway.relying_parties.models import RelyingParty
from gateway.sessions.session import SessionStoreUnavailable
from gateway.sessions.store import RedisSessionStore
from gateway.sign_ins.models import SignIn
from providers.models import Provider
from tests.gateway.pages.signed_in import account, browser_of, lives, role, staff, start

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]

LIST, END = "/console/sessions/", "/console/sessions/end/"
BOTH = "view_session end_session view_account"


def text(answer) -> str:
    body = re.sub(r"(?s)<(script|style).*?</\1>|<[^>]+>", " ", answer.content.decode())
    return " ".join(unescape(body).split())


@pytest.fixture
def desk() -> Client:
    return browser_of(staff(permissions=BOTH))


def names(answer) -> set[str]:
    rows = answer.context["rows"]
    return {each.row.account.username for each in rows}


def test_all_live_sessions_stand_there_with_their_person_place_and_apps(desk: Client) -> None:
    ada = account("ada")
    Provider.objects.create(slug="corp-oidc", name="Corp", protocol="oidc", dialect="plain")
    wiki = RelyingParty.objects.create(slug="wiki", name="The wiki")
    sign_ins.entered(start(ada).handle, wiki, timezone.now())
    page = text(desk.get(LIST))
    assert "2 live sessions" in page
    for said in (
        "Ada Byron ada",
        "Corp",
        "192.0.2.7",
        "The wiki",
        "in the last 5 minutes",
        "this one",
    ):
        assert said in page


def test_the_address_of_the_page_says_what_is_searched_for(desk: Client) -> None:
    ada, ben = account("ada"), account("ben")
    start(ada, provider="")
    start(ben)
    ben.groups.add(role("deployer"))
    SignIn.objects.filter(account=ben).update(address="2001:db8::7")
    assert names(desk.get(LIST)) == {"ada", "ben", "dora"}
    assert names(desk.get(f"{LIST}?person=byron")) == {"ada"}
    assert names(desk.get(f"{LIST}?provider=-")) == {"ada"}
    assert names(desk.get(f"{LIST}?role=deployer")) == names(
        desk.get(f"{LIST}?address=2001:db8::7")
    )
    assert names(desk.get(f"{LIST}?role=deployer")) == {"ben"}
    assert names(desk.get(f"{LIST}?app=wiki")) == set()
    assert 'value="byron"' in desk.get(f"{LIST}?person=byron").content.decode()


@pytest.mark.parametrize(
    "query",
    ["person=%00", "address=x", "after=x", "after=" + "9" * 5000, "only=x", "role=" + "x" * 999],
)
def test_an_odd_address_is_no_fault(desk: Client, query: str) -> None:
    assert desk.get(f"{LIST}?{query}").status_code == 200
    assert desk.get(f"{END}?{query}").status_code == 200


def test_what_redis_says_is_over_is_marked_before_the_index_knows(desk: Client) -> None:
    token = start(account("ada"))
    wiring.session_store().end(token.handle)
    page = text(desk.get(f"{LIST}?person=ada"))
    assert " over" in page
    assert "End…" not in page


def test_what_ended_is_found_with_why_the_last_end_first(desk: Client) -> None:
    now = timezone.now()
    for name, minutes, why in (("ada", 5, "unused"), ("ben", 1, "sign-out")):
        start(account(name))
        rows = SignIn.objects.filter(account__username=name)
        rows.update(ended_at=now - timedelta(minutes=minutes), end_reason=why)
    page = text(desk.get(f"{LIST}?state=ended"))
    assert "2 ended sessions" in page
    assert page.index("sign-out") < page.index("unused")
    assert names(desk.get(LIST)) == {"dora"}


@pytest.mark.parametrize("state", ["", "ended"])
def test_pages_follow_each_other_and_no_row_is_shown_twice_or_left_out(
    desk: Client, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    monkeypatch.setattr(sessions, "PER_PAGE", 2)
    ada, now = account("ada"), timezone.now()
    for _ in range(5):
        start(ada)
    if state:  # two of them at the same moment
        for number, row in enumerate(SignIn.objects.filter(account=ada)):
            row.ended_at = now - timedelta(minutes=number // 2)
            row.save()
    seen, address = [], f"{LIST}?person=ada&state={state}"
    while address:
        answer = desk.get(address)
        seen += [each.row.pk for each in answer.context["rows"]]
        after = answer.context["after"]
        address = f"{LIST}?person=ada&state={state}&after={after}" if after else ""
    assert len(seen) == len(set(seen)) == 5


def test_a_page_asks_the_same_few_questions_however_many_there_are(desk: Client) -> None:
    people = [account(name) for name in ("ada", "ben", "cleo")]
    start(people[0])

    def asked() -> int:
        with CaptureQueriesContext(connection) as captured:
            desk.get(LIST)
        return len(captured)

    few = asked()
    for person in people * 4:
        start(person)
    assert asked() == few


def test_before_anything_ends_it_is_said_how_many_of_whom_and_which_apps(desk: Client) -> None:
    ada, ben = account("ada"), account("ben")
    wiki = RelyingParty.objects.create(slug="wiki", name="The wiki")
    tokens = [start(ada), start(ada), start(ben), start(ben, provider="other")]
    sign_ins.entered(tokens[0].handle, wiki, timezone.now())
    page = text(desk.get(f"{END}?provider=corp-oidc"))
    assert "This ends 3 sessions of 2 people , here and in every app at once." in page
    assert "The wiki" in page
    assert "End 3 sessions of 2 people" in page
    assert "That is everybody" not in page
    assert "That is everybody" in text(desk.get(END))
    refused = desk.post(END, {"provider": "corp-oidc", "reason": "  "})
    assert "Write a reason." in text(refused)
    assert all(lives(token.handle) for token in tokens)
    assert not AuditEvent.objects.exists()


def test_all_that_was_found_ends_and_whoever_did_it_stays(desk: Client) -> None:
    tokens = [start(account("ada")), start(account("ben"))]
    answer = desk.post(END, {"provider": "corp-oidc", "reason": "Breach at Corp"})
    assert (answer.status_code, answer["Location"]) == (303, f"{LIST}?provider=corp-oidc")
    assert not any(lives(token.handle) for token in tokens)
    page = text(desk.get(LIST))
    assert "2 sessions of 2 people: ended, here and in every app." in page
    assert names(desk.get(LIST)) == {"dora"}
    assert "No edge is running that could remember them." in page
    ended = AuditEvent.objects.filter(event="sessions.ended")
    assert {event.detail["reason"] for event in ended} == {"Breach at Corp"}
    receipt = AuditEvent.objects.get(event="sessions.forgotten")
    assert (receipt.actor, receipt.detail["edges"]) == (ended[0].actor, 0)
    end = wiring.session_store().why_ended(tokens[0].handle)
    assert (end.why, end.words) == ("administrator", "Breach at Corp")


def test_one_session_that_was_pointed_at_ends_alone(desk: Client) -> None:
    ada = account("ada")
    one, other = start(ada), start(ada)
    pk = SignIn.objects.get(handle=one.handle).pk
    assert "1 session of 1 person" in text(desk.get(f"{END}?only={pk}"))
    desk.post(END, {"only": pk, "reason": "lost"})
    assert [lives(token.handle) for token in (one, other)] == [False, True]
    desk.post(END, {"only": "x", "reason": "lost"})
    desk.post(END, {"only": pk, "reason": "lost"})
    assert lives(other.handle)


def test_ones_own_session_of_this_browser_is_no_ones_to_end_there(desk: Client) -> None:
    pk = SignIn.objects.get().pk
    assert "There is nothing to end" in text(desk.get(f"{END}?only={pk}"))
    desk.post(END, {"only": pk, "reason": "lost"})
    assert desk.get(LIST).status_code == 200


def test_very_many_end_a_few_seconds_worth_at_a_time_and_the_page_says_how_far_it_is(
    desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "SECONDS", -1.0)
    monkeypatch.setattr("gateway.flows.inbox.found.AT_ONCE", 1)
    for name in ("ada", "ben", "cleo"):
        start(account(name))
    fields = {"provider": "corp-oidc", "reason": "Breach"}
    page = desk.post(END, fields)
    assert "1 session of 1 person: ended" in text(page)
    assert "2 are left" in text(page)
    for wanted in ('name="done" value="1"', 'name="provider" value="corp-oidc"', "data-leaves"):
        assert wanted in page.content.decode()
    page = desk.post(END, {**fields, "done": "1", "people": "1"})
    assert "2 sessions of 2 people: ended" in text(page)
    assert "One is left" in text(page)
    assert desk.post(END, {**fields, "done": "2", "people": "2"}).status_code == 303
    assert "3 sessions of 3 people: ended" in text(desk.get(LIST))


def test_where_redis_does_not_answer_it_is_said_and_the_form_stands_there_again(
    desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise SessionStoreUnavailable("switched off by the test")

    token = start(account("ada"))
    with monkeypatch.context() as patched:
        patched.setattr(RedisSessionStore, "end_all", away)
        answer = desk.post(END, {"person": "ada", "reason": "Breach"})
    assert answer.status_code == 503
    assert "0 sessions of 0 people had ended; do it again" in text(answer)
    assert 'value="Breach"' in answer.content.decode()
    assert lives(token.handle)


@pytest.mark.parametrize(
    ("permissions", "status"),
    [("", (403, 403)), ("end_session", (403, 403)), ("view_session", (200, 403))],
)
def test_whoever_may_not_look_or_end_does_neither(
    permissions: str, status: tuple[int, int]
) -> None:
    client, token = browser_of(staff(permissions=permissions)), start(account("ada"))
    assert (client.get(LIST).status_code, client.get(END).status_code) == status
    assert client.post(END, {"reason": "x"}).status_code == 403
    assert lives(token.handle)
    assert ("End all" in text(client.get(LIST))) is False


def test_strangers_and_people_without_the_console_are_sent_away() -> None:
    for client in (browser_of(None), browser_of(account("ada"))):
        for address in (LIST, END):
            assert client.get(address)["Location"].startswith("/admin/login/")


def test_ending_without_the_forms_token_is_refused() -> None:
    client, token = browser_of(staff(permissions=BOTH), csrf=True), start(account("ada"))
    assert client.post(END, {"reason": "x"}).status_code == 403
    assert lives(token.handle)


def test_no_page_shows_a_whole_handle(desk: Client) -> None:
    token = start(account("ada"))
    pk = SignIn.objects.get(handle=token.handle).pk
    for address in (LIST, f"{END}?only={pk}"):
        assert token.handle[4:] not in desk.get(address).content.decode()


def test_a_hostile_reason_or_name_stays_text(desk: Client) -> None:
    ada = account("ada")
    start(ada)
    SignIn.objects.filter(account=ada).update(end_reason="<script>x", client="<img src=x>")
    type(ada).objects.filter(pk=ada.pk).update(name="<script>alert(1)</script>")
    page = desk.get(f"{LIST}?person=<script>alert(1)").content.decode()
    page += desk.post(END, {"person": "ada", "reason": ""}).content.decode()
    assert "<script>alert" not in page
    assert "<img src=x" not in page


def test_where_else_a_session_was_used_stands_beside_it(desk: Client) -> None:
    token = start(account("ada"), client="Firefox on Windows")
    also = [{"client": "Chrome on Linux", "country": "", "at": "2026-03-02T14:02:00+00:00"}]
    SignIn.objects.filter(handle=token.handle).update(also=also)
    page = text(desk.get(LIST))
    assert page.count("Also used from") == 1
    assert "Also used from Chrome on Linux since 2026-03-02 14:02 UTC" in page
