"""`manage.py sessions`."""

import csv
import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from gateway.audit.models import AuditEvent
from gateway.flows.inbox import found
from gateway.sign_ins.models import SignIn
from provisioning.models import Account
from tests.gateway.flows.refusing import silent_redis
from tests.gateway.pages.signed_in import account, lives, start

pytestmark = pytest.mark.usefixtures("db", "redis_url")


def run(*words: str) -> str:
    out = StringIO()
    call_command("sessions", *words, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_those_who_are_found_are_listed_and_whoever_is_over_is_not() -> None:
    hers, gone = start(account("ada")), start(account("cleo"))
    start(account("ben"), provider="")
    from gateway import wiring

    wiring.session_store().end(gone.handle)
    [line] = run("list", "--provider", "corp-oidc").splitlines()
    assert line.split("\t")[:4] == [hers.handle[:12], "ada", "Ada Byron", "corp-oidc"]
    assert hers.handle not in line
    assert [each.split("\t")[1] for each in run("list").splitlines()] == ["ben", "ada"]
    assert run("list", "--address", "203.0.113.9") == ""


def test_an_export_says_where_else_a_session_was_used() -> None:
    token = start(account("ada"), client="Firefox on Windows")
    also = [
        {"client": "Chrome on Linux", "country": "FR", "at": "2026-03-02T14:02:00+00:00"},
        {"client": "curl", "country": "", "at": "2026-03-02T15:02:00+00:00"},
    ]
    SignIn.objects.filter(handle=token.handle).update(also=also)
    [line] = run("export").splitlines()
    assert json.loads(line)["also"] == "Chrome on Linux, FR; curl"


def test_the_end_is_first_said_and_then_done() -> None:
    tokens = [start(account("ada")), start(account("ben"))]
    words = ("end", "--person", "ada", "--reason", "Stolen laptop")
    assert run(*words) == "This would end 1 sessions of 1 people. Add --yes to do it.\n"
    assert all(lives(token.handle) for token in tokens)
    assert run(*words, "--yes") == (
        "Ended 1 sessions of 1 people.\nNo edge is running that could remember them.\n"
    )
    assert [lives(token.handle) for token in tokens] == [False, True]
    event = AuditEvent.objects.get(event="sessions.ended")
    assert (event.actor, event.detail["reason"]) == ("operator", "Stolen laptop")


def test_those_begun_before_a_moment_end() -> None:
    token = start(account("ada"))
    reason = ("--reason", "x", "--yes")
    assert run("end", "--before", "2026-03-02T08:00Z", *reason).startswith("Ended 0")
    later = f"{timezone.now():%Y-%m-%dT%H:%M:%S.%fZ}"
    assert run("end", "--before", later, *reason).startswith("Ended 1")
    assert not lives(token.handle)


@pytest.mark.parametrize(
    "words",
    [
        ("--before", "yesterday", "--reason", "x"),
        ("--before", "2026-03-02T08:00", "--reason", "x"),
        ("--before", "2026-13-02T08:00Z", "--reason", "x"),
        ("--reason", " "),
        ("--reason", "x" * 201),
        (),
    ],
)
def test_what_cannot_be_done_is_told_and_nobody_is_ended(words: tuple[str, ...]) -> None:
    token = start(account("ada"))
    with pytest.raises(CommandError):
        run("end", *words, "--yes")
    assert lives(token.handle)


def test_a_silent_redis_is_told_and_what_had_ended_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(found, "AT_ONCE", 1)
    start(account("ada"))
    with silent_redis():
        with pytest.raises(CommandError, match="0 sessions of 0 people had ended"):
            run("end", "--reason", "x", "--yes")
        with pytest.raises(CommandError, match="Redis does not answer"):
            run("list")
    assert SignIn.objects.get().ended_at is None


def test_sessions_are_taken_along_as_json_or_as_csv_that_no_spreadsheet_calculates() -> None:
    ada = account("ada")
    start(ada, provider="")
    Account.objects.filter(pk=ada.pk).update(name="=HYPERLINK(1)")
    row = json.loads(run("export"))
    assert (row["person"], row["name"], row["provider"]) == ("ada", "=HYPERLINK(1)", "-")
    [row] = csv.DictReader(StringIO(run("export", "--csv")))
    assert (row["person"], row["name"], row["provider"]) == ("ada", "'=HYPERLINK(1)", "-")


def test_the_help_teaches(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        call_command("sessions", "--help")
    assert "--reason" in capsys.readouterr().out
