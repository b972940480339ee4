"""Each app hears who has to go, at least once and by one id; none of them holds up another."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from itertools import pairwise

import jwt
import pytest
from django.utils import timezone

from gateway import wiring
from gateway.config.keyring import KeyUse
from gateway.departures.models import Departure, Notice
from gateway.flows import inbox, sign_ins
from gateway.flows.inbox import Act, telling
from gateway.flows.inbox.apps import event_token
from gateway.relying_parties.models import RelyingParty
from gateway.sessions.session import SessionStoreUnavailable
from gateway.tasks.departures import purge, tell
from gateway.tokens.keys import Typ, public_jwks, sign
from tests.gateway.flows.inbox.receiving import LOOPBACK, App, app
from tests.gateway.flows.refusing import silent_redis
from tests.gateway.leaving import close, news
from tests.gateway.pages.signed_in import account, lives, start

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]


@pytest.fixture
def wiki() -> Iterator[App]:
    with app("wiki") as made:
        yield made


class Clock:
    def __init__(self) -> None:
        self.now = timezone.now()

    def __call__(self) -> datetime:
        return self.now

    def later(self, **by: float) -> int:
        self.now += timedelta(**by)
        return telling.tell(clock=self)


def test_an_app_hears_whose_account_was_closed_and_the_receipt_says_when(wiki: App) -> None:
    ada = account("ada")
    start(ada)
    close(ada.pk)
    tell()
    [ended] = wiki.heard()
    notice = Notice.objects.get()
    assert (ended.account, ended.closed, ended.id) == (str(ada.pk), True, str(notice.jti))
    assert ended.at <= timezone.now()
    assert wiki.types == ["application/secevent+jwt"]
    assert notice.confirmed_at is not None
    assert notice.confirmed_at - notice.departure.at < timedelta(seconds=5)
    assert Departure.objects.get().edges == 0  # none is running here


def test_what_is_sent_is_a_security_event_token_that_another_library_believes(wiki: App) -> None:
    close(account("ada").pk, cause="said in confidence")
    tell()
    [body] = wiki.posted
    header = jwt.get_unverified_header(body)
    assert header["typ"] == "secevent+jwt"
    keys = {key["kid"]: key for key in public_jwks(wiring.key_ring())["keys"]}  # type: ignore[attr-defined]
    assert keys[header["kid"]]["purpose"] == "event"
    key = jwt.PyJWK(keys[header["kid"]])
    claims = jwt.decode(body, key, algorithms=["ES256"], audience=wiki.row.origins[0])
    assert set(claims) == {"iss", "aud", "iat", "jti", "sub_id", "events"}
    assert "confidence" not in str(claims)


def test_of_ended_sessions_only_apps_hear_that_she_entered(wiki: App) -> None:
    with app("vault") as vault:
        ada = account("ada")
        session = start(ada)
        sign_ins.entered(session.handle, wiki.row, timezone.now())
        inbox.take(news(ada.pk, Act.END_SESSIONS))
        tell()
        assert [(each.account, each.closed) for each in wiki.heard()] == [(str(ada.pk), False)]
        assert vault.posted == []


def test_of_one_session_only_apps_hear_that_it_was_taken_to(wiki: App) -> None:
    ada = account("ada")
    been, other = start(ada), start(ada)
    sign_ins.entered(been.handle, wiki.row, timezone.now())
    live = dict(wiring.session_store().of_account(str(ada.pk)))
    for token, heard in ((other, 0), (been, 1)):
        told = ((token.handle, live[token.handle]),)
        inbox.take(news(ada.pk, Act.END_SESSIONS, sessions=told))
        tell()
        assert len(wiki.posted) == heard


def test_an_app_that_is_off_or_names_no_address_is_not_told() -> None:
    with app("wiki") as off, app("vault") as silent:
        RelyingParty.objects.filter(slug="wiki").update(enabled=False)
        RelyingParty.objects.filter(slug="vault").update(endings_url="")
        close(account("ada").pk)
        assert telling.tell() == 0
        assert off.posted == silent.posted == []
    assert not Notice.objects.exists()


def test_what_rolls_back_is_told_to_nobody(wiki: App) -> None:
    ada = account("ada")
    with silent_redis(), pytest.raises(SessionStoreUnavailable):
        close(ada.pk)
    tell()
    assert wiki.posted == []


def test_the_same_is_told_again_by_the_same_id_ever_later_for_a_day(wiki: App) -> None:
    wiki.status = "503 Service Unavailable"
    close(account("ada").pk)
    clock, tries = Clock(), []
    while not Notice.objects.get().given_up_at:
        clock.now = max(clock.now, Notice.objects.get().next_attempt_at)
        telling.tell(clock=clock)
        tries.append(clock.now)
    waits = [(b - a).total_seconds() for a, b in pairwise(tries)]
    assert waits[:4] == [2, 4, 8, 16]
    assert max(waits) == 900
    assert timedelta(hours=23) < tries[-1] - tries[0] <= timedelta(hours=24)
    assert len({each.id for each in map(wiki.read_any_time, wiki.posted)}) == 1
    assert Notice.objects.get().last_error == "app.answered-503"
    assert clock.later(days=1) == 0
    assert len(wiki.posted) == len(tries)


def test_what_was_given_up_is_sent_again_when_an_administrator_says_so(wiki: App) -> None:
    wiki.status = "500 Oh"
    close(account("ada").pk)
    Notice.objects.update(created_at=timezone.now() - timedelta(days=2))
    tell()
    assert Notice.objects.get().given_up_at is not None
    wiki.status = "204 No Content"
    assert telling.send_again(Notice.objects.all(), actor="dora", now=timezone.now()) == 1
    tell()
    first, second = wiki.heard()
    assert first == second
    assert Notice.objects.get().confirmed_at is not None
    assert telling.send_again(Notice.objects.all(), actor="dora", now=timezone.now()) == 0


def test_a_dead_app_holds_up_neither_an_end_nor_another_app(wiki: App) -> None:
    with ExitStack() as stack:
        silent = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        RelyingParty.objects.create(
            slug="dead", name="Dead", endings_url=url, endings_networks=LOOPBACK
        )
        people = [account(name) for name in ("ada", "ben", "cleo")]
        sessions = [start(person) for person in people]
        begun = time.monotonic()
        for person in people:
            close(person.pk)
        assert time.monotonic() - begun < 2
        assert not any(lives(session.handle) for session in sessions)
        tell()
        assert len(wiki.posted) == 3
        dead = Notice.objects.filter(relying_party="dead")
        assert sum(dead.values_list("attempts", flat=True)) == 1  # and not three, one by one


def test_two_workers_never_tell_the_same_at_once(wiki: App) -> None:
    close(account("ada").pk)
    now = timezone.now()
    assert telling._claim([], now) is not None
    assert telling.tell() == 0
    assert wiki.posted == []
    clock = Clock()
    assert clock.later(minutes=2) == 1


def test_an_address_inside_is_called_only_if_the_row_allows_its_network(wiki: App) -> None:
    RelyingParty.objects.update(endings_networks=[])
    close(account("ada").pk)
    tell()
    assert wiki.posted == []
    assert Notice.objects.get().last_error == "app.unreachable"


def test_an_app_believes_nothing_that_was_not_said_to_it_just_now(wiki: App) -> None:
    close(account("ada").pk)
    now, notice = timezone.now(), Notice.objects.get()
    good = event_token(notice, wiki.row, now).encode()
    assert wiki.refuses(good) == ""
    assert "another app" in wiki.refuses(good, audience="https://vault.corp.example")
    assert "another gateway" in wiki.refuses(good, issuer="https://evil.example")
    assert "too long" in wiki.refuses(good, now=now + timedelta(minutes=6))
    assert "future" in wiki.refuses(good, now=now - timedelta(minutes=1))
    assertion = sign(wiring.key_ring(), Typ.ASSERTION, b"{}").encode()
    assert "another purpose" in wiki.refuses(assertion)
    assert "cannot be read" in wiki.refuses(sign(wiring.key_ring(), Typ.EVENT, b"{}").encode())
    head, body, tail = good.split(b".")
    assert wiki.refuses(b".".join((head, body, tail[::-1])))


def test_without_a_key_to_sign_with_it_waits(wiki: App, monkeypatch: pytest.MonkeyPatch) -> None:
    close(account("ada").pk)
    ring = wiring.key_ring()
    bare = type(ring)(
        symmetric=ring.symmetric,
        signing={use: keys for use, keys in ring.signing.items() if use is not KeyUse.EVENT},
    )
    monkeypatch.setattr(wiring, "key_ring", lambda: bare)
    tell()
    assert Notice.objects.get().last_error == "config.key-ring-invalid"
    monkeypatch.undo()
    assert Clock().later(minutes=1) == 1


def test_receipts_are_kept_for_three_months_and_what_was_given_up_longer(wiki: App) -> None:
    now = timezone.now()
    for name in ("ada", "ben"):
        close(account(name).pk)
    tell()
    Departure.objects.update(at=now - timedelta(days=91))
    Notice.objects.filter(departure__account__username="ben").update(confirmed_at=None)
    purge()
    assert Departure.objects.get().account.username == "ben"


def test_what_an_app_never_heard_goes_with_the_others_once_the_app_is_gone(wiki: App) -> None:
    wiki.status = "500 Oh"
    close(account("ada").pk)
    tell()
    now = timezone.now()
    Departure.objects.update(at=now - timedelta(days=91))
    Notice.objects.update(given_up_at=now)
    RelyingParty.objects.update(enabled=False)
    purge()
    assert Departure.objects.exists()
    RelyingParty.objects.all().delete()
    purge()
    assert not Departure.objects.exists()
