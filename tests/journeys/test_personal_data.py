"""All that is kept of somebody is handed out; and erased, nothing of her is left anywhere."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.utils import timezone

from gateway import wiring
from gateway.audit.links import verify_database
from gateway.audit.models import AuditEvent
from gateway.flows import audit, describing, personal_data, roles
from gateway.flows.errors import ChangeStale, LastWayIn
from gateway.traces.models import LoginTrace
from provisioning.models import Account, HeldRole, LinkedIdentity, Source
from provisioning.profile import Attribute
from tests.gateway.leaving import close, reopen
from tests.gateway.pages.signed_in import staff
from tests.journeys.browser import Browser

pytestmark = pytest.mark.usefixtures("idp")


@pytest.fixture
def ada(browser: Browser) -> Account:
    """With something of hers in every table that a sign-in, an administrator and she write to."""
    browser.sign_in(person="ada")
    browser.sign_in(person="ada")
    account, now = Account.objects.get(), timezone.now()
    roles.grant_by_hand(account=str(account.pk), role="auditor", actor="dora", now=now)
    describing.set_by_hand(
        account=str(account.pk), values={Attribute.TITLE: "Countess"}, actor="dora", now=now
    )
    return account


def erase(account: Account) -> bool:
    return personal_data.erase(
        account=str(account.pk), actor="dora", source=Source.CONSOLE, now=timezone.now()
    )


def everything() -> str:
    """All rows of all tables, as text."""
    rows = (row for model in apps.get_models() for row in model._base_manager.values())
    return "\n".join(str(row) for row in rows)


def test_an_erased_person_is_signed_out_and_nothing_of_her_is_left(
    ada: Account, browser: Browser
) -> None:
    hers = ("'ada'", "Ada Byron", "ada@corp.example", "ada-0001", "Countess")
    assert all(each in everything() for each in hers)
    assert browser.session is not None
    assert erase(ada)
    assert browser.session is None
    left = everything()
    assert [each for each in hers if each in left] == []
    ada.refresh_from_db()
    assert (ada.username, ada.is_active) == (f"erased-{ada.pk.hex[:12]}", False)
    assert not HeldRole.objects.exists()
    assert not LinkedIdentity.objects.exists()
    assert not LoginTrace.objects.filter(account=str(ada.pk)).exists()


def test_the_record_of_an_erased_person_still_verifies_and_says_who_erased_her(
    ada: Account,
) -> None:
    audit.seal_waiting(now=timezone.now())
    erase(ada)
    audit.seal_waiting(now=timezone.now())
    verified = verify_database()
    assert (verified.broken, verified.unsealed) == (None, 0)
    event = AuditEvent.objects.get(event="person.erased")
    assert (event.account, event.actor) == (str(ada.pk), "dora")


def test_an_erased_person_who_comes_back_is_somebody_new(ada: Account, browser: Browser) -> None:
    erase(ada)
    browser.sign_in(person="ada")
    assert browser.session is not None
    assert browser.session.account != str(ada.pk)


def test_erasing_twice_changes_nothing_more(ada: Account) -> None:
    assert erase(ada)
    assert not erase(ada)
    assert AuditEvent.objects.filter(event="person.erased").count() == 1


def test_the_last_administrator_is_never_erased(ada: Account) -> None:
    dora = staff("dora")
    with pytest.raises(LastWayIn):
        erase(dora)
    ben = staff("ben")
    assert erase(dora)
    ben.refresh_from_db()
    assert ben.is_staff


@pytest.mark.django_db(transaction=True)
def test_whoever_is_opened_again_half_way_is_not_erased(
    ada: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    wakes = wiring.wake

    def opened_meanwhile(task: str) -> None:
        monkeypatch.undo()  # once, between the two steps
        wakes(task)
        reopen(ada.pk)

    monkeypatch.setattr(wiring, "wake", opened_meanwhile)
    with pytest.raises(ChangeStale):
        erase(ada)
    ada.refresh_from_db()
    assert (ada.username, ada.is_active) == ("ada", True)


def test_all_that_is_kept_of_her_is_in_the_export_and_no_secret_is(ada: Account) -> None:
    now = timezone.now()
    document = json.loads(personal_data.export(account=str(ada.pk), actor="dora", now=now))
    assert document["account"]["email"] == "ada@corp.example"
    [identity] = document["identities"]
    assert identity["subject"] == "ada-0001"
    assert identity["last_said"]["groups"] == ["/engineering/platform"]
    said = {(each["name"], each["value"], each["source"]) for each in document["attributes"]}
    assert {("name", "Ada Byron", "provider"), ("title", "Countess", "hand")} <= said
    assert {each["role"] for each in document["roles"]} == {"deployer", "auditor"}
    assert len(document["sessions"]) == 2
    assert document["history"][0]["changes"] == {"title": ["", "Countess"]}
    assert "login.succeeded" in {each["event"] for each in document["record"]}
    assert AuditEvent.objects.get(event="person.exported").account == str(ada.pk)


def test_closed_accounts_are_erased_after_a_time_if_the_operator_says_so(
    ada: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = timezone.now()
    close(ada.pk)
    later = closed + timedelta(days=31)
    assert personal_data.erase_closed(now=later) == 0
    config = replace(wiring.config(), closed_accounts_kept=timedelta(days=30))
    monkeypatch.setattr(wiring, "config", lambda: config)
    assert personal_data.erase_closed(now=closed + timedelta(days=29)) == 0
    assert personal_data.erase_closed(now=later) == 1
    assert personal_data.erase_closed(now=later) == 0
    ada.refresh_from_db()
    assert ada.username.startswith("erased-")


def test_the_command_says_what_goes_before_it_goes(ada: Account, capsys) -> None:
    call_command("people", "erase", "ada")
    assert "1 identities, 2 roles" in capsys.readouterr().out
    with pytest.raises(CommandError):
        call_command("people", "erase", "ada", confirm="ben")
    ada.refresh_from_db()
    assert ada.is_active
    call_command("people", "erase", "ada", confirm="ada")
    assert "Erased." in capsys.readouterr().out


def test_the_command_exports_by_username_or_id(ada: Account, capsys) -> None:
    for name in ("ada", str(ada.pk)):
        call_command("people", "export", name)
        assert json.loads(capsys.readouterr().out)["account"]["username"] == "ada"
    with pytest.raises(CommandError):
        call_command("people", "export", "nobody")
