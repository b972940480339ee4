"""Nobody's word takes the last person who can administer unawares: it is held, and shown."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from gateway.audit.models import AuditEvent
from gateway.break_glass.models import BreakGlass
from gateway.departures.models import Departure
from gateway.flows import inbox
from gateway.flows.errors import LastWayIn
from gateway.flows.inbox import Source
from provisioning.models import Account, Closure
from tests.gateway.audit.test_together import in_threads
from tests.gateway.leaving import close, reopen
from tests.gateway.pages.signed_in import account, browser_of, lives, staff, start

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis_url")]
PEOPLE = "/admin/provisioning/account/"
TOLD = {"source": Source.SCIM, "by": "scim:okta", "cause": "active=false"}


def events() -> list[str]:
    return list(AuditEvent.objects.order_by("pk").values_list("event", flat=True))


def glass(settings, **fields: object) -> Account:
    """A break-glass account that can be used."""
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, break_glass=True)
    now, person = timezone.now(), account("cleo", kind=Account.Kind.BREAK_GLASS, is_staff=True)
    said = {"made_by": "operator", "made_at": now, "set_up_until": now, "set_up_at": now} | fields
    BreakGlass.objects.create(account=person, **said)
    return person


@pytest.mark.parametrize(
    "source",
    [
        Source.SCIM,
        Source.DIRECTORY,
        Source.SHARED_SIGNALS,
        Source.GLOBAL_TOKEN_REVOCATION,
        Source.REFRESH_REFUSED,
    ],
)
def test_a_word_from_afar_is_held_and_nothing_is_done(source: Source) -> None:
    dora = staff()
    session = start(dora)
    for _ in range(2):
        outcome = close(dora.pk, source=source, by="corp", id="news-1")
        assert (outcome.held, outcome.closed, outcome.sessions) == (True, False, 0)
    dora.refresh_from_db()
    assert dora.is_active
    assert dora.is_staff
    assert lives(session.handle)
    [closure] = Closure.objects.all()
    assert (closure.held, closure.source, closure.by) == (True, source, "corp")
    assert events() == ["account-closure.held"]
    assert not Departure.objects.exists()


def ended(person: Account) -> None:
    Account.objects.filter(pk=person.pk).update(ends_at=timezone.now() - timedelta(minutes=1))


def closed(person: Account) -> None:
    Account.objects.filter(pk=person.pk).update(is_active=False)


def program(person: Account) -> None:
    Account.objects.filter(pk=person.pk).update(kind=Account.Kind.SERVICE)


@pytest.mark.parametrize("change", [ended, closed, program])
def test_whoever_cannot_administer_is_no_other_one(change: Callable[[Account], None]) -> None:
    dora = staff()
    ben = account("ben", is_staff=True)
    change(ben)
    assert close(dora.pk, **TOLD).held


def test_the_same_word_is_taken_once_somebody_else_can_administer() -> None:
    dora = staff()
    session = start(dora)
    assert close(dora.pk, id="news-1", **TOLD).held
    account("ben", is_staff=True)
    assert close(dora.pk, id="news-1", **TOLD).closed
    assert not lives(session.handle)
    assert not Closure.objects.get().held
    assert events() == ["account-closure.held", "account.deactivated"]


def test_what_was_held_is_taken_back_by_whoever_said_it() -> None:
    dora = staff()
    close(dora.pk, **TOLD)
    lifted = {"source": Source.SCIM, "by": "scim:okta", "cause": "active=true"}
    assert not inbox.lift(account=str(dora.pk), at=timezone.now(), **lifted)
    assert not Closure.objects.exists()
    assert events()[-1] == "account-closure.lifted"


def test_once_she_is_closed_what_was_held_stands_as_well() -> None:
    dora = staff()
    close(dora.pk, **TOLD)
    account("ben", is_staff=True)
    close(dora.pk)
    back = {"source": Source.CONSOLE, "by": "dora", "cause": "back"}
    assert not inbox.lift(account=str(dora.pk), at=timezone.now(), **back)
    dora.refresh_from_db()
    assert not dora.is_active
    assert reopen(dora.pk)


def test_an_operator_closes_whomever_she_names() -> None:
    assert close(staff().pk, source=Source.COMMAND, by="operator").closed


@pytest.mark.parametrize("unfit", [{"set_up_at": None}, "closed", "off"])
def test_an_administrators_click_takes_another_way_in(settings, unfit: object) -> None:
    dora = staff()
    with pytest.raises(LastWayIn):
        close(dora.pk)
    person = glass(settings, **(unfit if isinstance(unfit, dict) else {}))
    if unfit == "closed":
        closed(person)
    if unfit == "off":
        settings.ENVIRONMENT = replace(settings.ENVIRONMENT, break_glass=False)
    with pytest.raises(LastWayIn):
        close(dora.pk)
    assert not Closure.objects.exists()


def test_the_console_says_why_it_closes_nobody_and_what_to_do(settings) -> None:
    dora = staff()
    client = browser_of(dora)
    asked = {"action": "deactivate", "_selected_action": [str(dora.pk)], "confirmed": "1"}
    page = client.post(PEOPLE, asked, follow=True).content.decode()
    assert "Dora Lind was not closed: nobody else could administer." in page
    assert Account.objects.get(pk=dora.pk).is_active
    glass(settings)
    client.post(PEOPLE, asked)
    assert not Account.objects.get(pk=dora.pk).is_active


def test_the_first_page_shows_what_is_held_and_what_to_do() -> None:
    dora = staff()
    close(dora.pk, **TOLD)
    page = browser_of(dora).get("/admin/").content.decode()
    assert "Dora Lind was to be closed, and was not" in page
    assert "Said by SCIM: active=false." in page
    assert "set up a break-glass account; then close this account" in page
    assert f"{PEOPLE}{dora.pk}/change/" in page
    Account.objects.filter(pk=dora.pk).update(is_staff=True)
    blind = account("ben", is_staff=True)
    assert "was to be closed" not in browser_of(blind).get("/admin/").content.decode()


def test_two_sides_that_close_one_each_at_one_moment_leave_one() -> None:
    if connection.vendor != "postgresql":
        return  # SQLite has one writer: the other waits its turn
    both = [staff().pk, account("ben", is_staff=True).pk]
    for _ in range(5):
        in_threads(lambda number: close(both[number], **TOLD), 2)
        assert Account.objects.filter(is_active=True, is_staff=True).count() == 1
        assert Closure.objects.filter(held=True).count() == 1
        for pk in both:
            inbox.reopen(
                account=str(pk), source=Source.COMMAND, by="o", cause="", at=timezone.now()
            )
        Account.objects.update(is_staff=True)
