"""`manage.py accounts`: whoever is let go is out, and whoever is back comes in."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from gateway.audit.models import AuditEvent
from gateway.flows.inbox import Source
from provisioning.models import Account, Closure
from tests.gateway.flows.refusing import silent_redis
from tests.gateway.leaving import close
from tests.gateway.pages.signed_in import account, lives, start

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]


def accounts(*arguments: str) -> str:
    out = StringIO()
    call_command("accounts", *arguments, stdout=out)
    return out.getvalue()


def test_closing_ends_everything_and_is_on_record_with_the_reason() -> None:
    ada = account("ada")
    session = start(ada)
    assert accounts("close", "ada", "--reason", "let go") == (
        "ada is closed.\nSessions that ended: 1.\n"
    )
    assert not lives(session.handle)
    row = AuditEvent.objects.get()
    assert (row.event, row.actor) == ("account.deactivated", "operator")
    assert (row.detail["source"], row.detail["reason"]) == ("command", "let go")
    assert "closed already" in accounts("close", "ada", "--reason", "let go")
    assert AuditEvent.objects.count() == 1


def test_ending_leaves_the_account_open() -> None:
    ada = account("ada")
    session = start(ada)
    accounts("end", str(ada.pk), "--reason", "lost", "--words", "Call 4711")
    assert not lives(session.handle)
    assert Account.objects.get().is_active


def test_reopening_takes_back_what_anybody_said() -> None:
    ada = account("ada")
    for source in (Source.SCIM, Source.CONSOLE):
        close(ada.pk, source=source)
    assert "ada is open" in accounts("reopen", "ADA@corp.example", "--reason", "back")
    assert "was open already" in accounts("reopen", "ada", "--reason", "back")
    assert not Closure.objects.exists()


def test_showing_says_who_closed_it_and_what_ended() -> None:
    ada = account("ada")
    assert accounts("show", "ada") == f"ada\topen\t0 sessions\t{ada.pk}\n"
    start(ada)
    close(ada.pk, source=Source.SCIM, by="scim:corp", cause="active=false")
    said = accounts("show", "ada")
    assert "ada\tclosed\t0 sessions" in said
    assert "closed by scim (scim:corp) since" in said
    assert "1 sessions ended" in said


def test_nobody_is_taken_for_somebody_else() -> None:
    account("ada")
    for nobody in ("zoe", "", "ada@other.example"):
        with pytest.raises(CommandError, match="Nobody is called"):
            accounts("close", nobody, "--reason", "x")
    Account.objects.create(username="ada-2", email="ada@corp.example")
    with pytest.raises(CommandError, match="ada, ada-2"):
        accounts("close", "ada@corp.example", "--reason", "x")
    assert not Closure.objects.exists()


def test_while_redis_is_silent_it_says_that_nothing_happened() -> None:
    account("ada")
    with silent_redis(), pytest.raises(CommandError, match="Nothing has happened"):
        accounts("close", "ada", "--reason", "x")
    assert Account.objects.get().is_active
