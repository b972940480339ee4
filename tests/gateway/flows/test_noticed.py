"""What edges noticed is put on record and beside the session, once, and is not lost on the way."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError
from django.utils import timezone

from gateway import wiring
from gateway.audit.models import AuditEvent
from gateway.celery import app
from gateway.flows import noticed as flow
from gateway.sessions import noticed
from gateway.sessions.noticed import MOST, STREAM, Notice
from gateway.sessions.session import SessionHandle, SessionStoreUnavailable
from gateway.sessions.store import connect
from gateway.sign_ins.models import SignIn
from gateway.tasks.noticed import take
from tests.gateway.flows.refusing import silent_redis
from tests.gateway.pages.signed_in import account, start

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]


@pytest.fixture
def handle() -> SessionHandle:
    return start(account("ada"), client="Firefox on Windows", country="DE").handle


def notice(handle: SessionHandle, client: str = "Chrome on Linux", country: str = "") -> None:
    """As an edge writes it."""
    written = noticed.adding(Notice(session=handle, client=client, country=country))
    wiring.redis_client().execute_command("XADD", STREAM, *written)


def waiting() -> int:
    return wiring.redis_client().xlen(STREAM)


def on_record() -> list[dict[str, str]]:
    events = AuditEvent.objects.filter(event="session-client.changed").order_by("id")
    return [event.detail for event in events]


def test_the_worker_knows_the_task_and_the_clock_calls_it_every_ten_seconds() -> None:
    app.loader.import_default_modules()
    assert "noticed.take" in app.tasks
    assert app.conf.beat_schedule["noticed.take"]["schedule"] == 10.0


def test_a_notice_stands_beside_the_session_and_on_record(handle: SessionHandle) -> None:
    before = timezone.now().replace(microsecond=0)
    notice(handle)
    take()
    row = SignIn.objects.get()
    [also] = row.also
    assert (also["client"], also["country"]) == ("Chrome on Linux", "")
    assert before <= datetime.fromisoformat(also["at"]) <= timezone.now()
    event = AuditEvent.objects.get(event="session-client.changed")
    assert (event.account, event.actor) == (str(row.account_id), "gatehouse")
    assert event.detail == {
        "provider": "corp-oidc",
        "was": "Firefox on Windows",
        "is": "Chrome on Linux",
    }
    assert waiting() == 0


@pytest.mark.parametrize(
    ("client", "country", "was", "now"),
    [
        ("", "FR", "DE", "FR"),
        ("Chrome on Linux", "FR", "Firefox on Windows, DE", "Chrome on Linux, FR"),
    ],
)
def test_the_record_says_what_changed_and_leaves_out_what_did_not(
    handle: SessionHandle, client: str, country: str, was: str, now: str
) -> None:
    notice(handle, client, country)
    take()
    assert on_record() == [{"provider": "corp-oidc", "was": was, "is": now}]


def test_what_is_read_twice_counts_once(handle: SessionHandle) -> None:
    notice(handle)
    notice(handle)
    assert flow.take(now=timezone.now()) == 1
    notice(handle)
    assert flow.take(now=timezone.now()) == 0
    assert len(on_record()) == len(SignIn.objects.get().also) == 1


def test_a_session_takes_ten_notices_and_no_more(handle: SessionHandle) -> None:
    for letter in "ABCDEFGHIJKLMNO":
        notice(handle, "", f"A{letter}")
    assert flow.take(now=timezone.now()) == MOST
    assert [each["country"] for each in SignIn.objects.get().also][::9] == ["AA", "AJ"]
    assert len(on_record()) == MOST
    assert waiting() == 0


def test_more_than_one_batch_is_taken_in_one_turn(
    handle: SessionHandle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow, "BATCH", 2)
    for letter in "ABCDE":
        notice(handle, "", f"A{letter}")
    assert flow.take(now=timezone.now()) == 5
    assert waiting() == 0


def test_what_could_not_be_written_down_waits(
    handle: SessionHandle, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_event: object, **_fields: object) -> None:
        raise DatabaseError

    notice(handle)
    with monkeypatch.context() as away:
        away.setattr(flow, "record", fails)
        with pytest.raises(DatabaseError):
            flow.take(now=timezone.now())
    assert SignIn.objects.get().also == []
    assert flow.take(now=timezone.now()) == 1
    assert len(on_record()) == 1


def test_of_a_session_that_nobody_knows_and_of_what_no_edge_wrote_nothing_is_kept() -> None:
    notice(SessionHandle("123." + "a" * 64))
    wiring.redis_client().xadd(STREAM, {"session": "x", "client": "<script>"})
    assert flow.take(now=timezone.now()) == 0
    assert waiting() == 0
    assert on_record() == []


@pytest.mark.parametrize(
    ("moment", "kept"),
    [(timedelta(days=-400), "began"), (timedelta(days=400), "now")],
)
def test_the_clock_of_redis_moves_nothing_before_the_session_nor_into_the_future(
    handle: SessionHandle, moment: timedelta, kept: str
) -> None:
    now = timezone.now() + timedelta(minutes=1)
    entry = int((now + moment).timestamp() * 1000)
    fields = {"session": handle, "client": "Chrome on Linux", "country": ""}
    wiring.redis_client().xadd(STREAM, fields, id=f"{entry}-0")
    flow.take(now=now)
    row = SignIn.objects.get()
    expected = {"began": row.started_at, "now": now}[kept].astimezone(UTC)
    assert row.also[0]["at"] == expected.isoformat(timespec="seconds")


def test_while_redis_is_silent_the_caller_is_told(handle: SessionHandle) -> None:
    notice(handle)
    with silent_redis(), pytest.raises(SessionStoreUnavailable):
        flow.take(now=timezone.now())
    assert on_record() == []


@pytest.mark.thorough
@pytest.mark.parametrize("url", ["sentinel_url", "cluster_url"])
def test_where_redis_stands_on_several_machines_too(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, handle: SessionHandle, url: str
) -> None:
    client = connect(request.getfixturevalue(url))
    monkeypatch.setattr(wiring, "redis_client", lambda: client)
    notice(handle)
    assert flow.take(now=timezone.now()) == 1
    assert waiting() == 0
    client.close()
