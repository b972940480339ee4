"""`manage.py break-glass`."""

from dataclasses import replace

import pytest
from django.core.management import CommandError, call_command

from gateway.break_glass.models import BreakGlass
from provisioning.models import Account
from tests.journeys.breaking_glass import EMAIL, equipped

pytestmark = pytest.mark.usefixtures("db", "redis_url")


@pytest.fixture
def on(settings) -> None:
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, break_glass=True)


def told(capsys) -> str:
    return capsys.readouterr().out


def test_create_prints_a_link_and_list_says_how_it_stands(capsys, on):
    call_command("break-glass", "create", "Dora@corp.example")
    assert told(capsys).startswith("http://gateway.corp.localhost:8000/local/set-up/")
    call_command("break-glass", "list")
    line = told(capsys).strip().split("\t")
    assert line == [
        EMAIL,
        "break-glass.dora@corp.example",
        "link not used yet",
        "last used never",
    ]
    account = Account.objects.get()
    assert account.kind == Account.Kind.BREAK_GLASS
    assert account.is_staff
    assert not account.has_usable_password()


def test_again_it_is_the_same_account_with_another_link(on):
    call_command("break-glass", "create", EMAIL)
    before = BreakGlass.objects.get().set_up_digest
    call_command("break-glass", "create", EMAIL)
    assert BreakGlass.objects.get().set_up_digest != before


def test_close_says_how_many_sessions_ended(capsys, on):
    equipped()
    call_command("break-glass", "close", EMAIL)
    assert told(capsys) == "Closed; 0 sessions ended.\n"
    assert not Account.objects.get().is_active
    with pytest.raises(CommandError, match="No open break-glass account"):
        call_command("break-glass", "close", EMAIL)
    call_command("break-glass", "list")
    assert "\tclosed\t" in told(capsys)
    call_command("break-glass", "create", EMAIL)  # another one, with a history of its own
    assert Account.objects.filter(is_active=True).count() == 1


def test_while_it_is_off_none_is_made():
    with pytest.raises(CommandError, match="GATEHOUSE_BREAK_GLASS=1"):
        call_command("break-glass", "create", EMAIL)
    assert not Account.objects.exists()


def test_what_is_no_address_makes_none(on):
    with pytest.raises(CommandError, match="no plain e-mail address"):
        call_command("break-glass", "create", "dora@corp.example@evil.example")
