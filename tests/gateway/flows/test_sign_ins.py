"""The index of sessions follows what Redis says, is searched, and forgets after a month."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gateway import wiring
from gateway.flows import sign_ins
from gateway.relying_parties.models import RelyingParty
from gateway.sessions.session import SessionStoreUnavailable
from gateway.sign_ins.models import Entered, SignIn
from gateway.sign_ins.search import LOCAL, Search
from tests.gateway.flows.refusing import silent_redis
from tests.gateway.pages.signed_in import ADDRESS, account, role, start

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]


def found(**said: object) -> set[str]:
    return {row.account.username for row in Search(**said).live()}


def test_a_session_that_nobody_used_any_more_is_marked_with_the_moment_it_was_over() -> None:
    token = start(account("ada"))
    wiring.redis_client().flushall()
    later = timezone.now() + timedelta(minutes=61)
    assert sign_ins.look(now=timezone.now()) == 0
    assert sign_ins.look(now=later) == 1
    row = SignIn.objects.get(handle=token.handle)
    assert (row.ended_at, row.end_reason) == (row.known_until, "unused")


def test_a_session_that_reached_its_absolute_end_is_over_and_not_unused() -> None:
    now = timezone.now()
    start(account("ada"), expires_at=now + timedelta(minutes=30))
    wiring.redis_client().flushall()
    sign_ins.look(now=now + timedelta(minutes=31))
    assert SignIn.objects.get().end_reason == "over"


def test_a_session_in_use_is_asked_about_when_it_could_first_have_been_over() -> None:
    start(account("ada"))
    later = timezone.now() + timedelta(minutes=61)
    assert sign_ins.look(now=later) == 0
    row = SignIn.objects.get()
    assert row.ended_at is None
    assert row.known_until > later + timedelta(minutes=55)


def test_while_redis_is_silent_nothing_is_said_of_anybody() -> None:
    start(account("ada"))
    with silent_redis(), pytest.raises(SessionStoreUnavailable):
        sign_ins.look(now=timezone.now() + timedelta(days=1))
    assert SignIn.objects.get().ended_at is None


def test_rows_go_a_month_after_the_end() -> None:
    now = timezone.now()
    for name, days in (("ada", 31), ("ben", 29)):
        start(account(name))
        SignIn.objects.filter(account__username=name).update(ended_at=now - timedelta(days=days))
    start(account("cleo"))
    assert sign_ins.purge(now=now) == 1
    assert {row.account.username for row in SignIn.objects.all()} == {"ben", "cleo"}


def test_people_are_found_by_name_provider_app_role_and_address() -> None:
    ada, ben = account("ada"), account("ben")
    hers = start(ada)
    start(ben, provider="")
    SignIn.objects.filter(account=ben).update(address="2001:db8::7")
    ada.groups.add(role("deployer"))
    wiki = RelyingParty.objects.create(slug="wiki", name="Wiki")
    for _ in range(2):
        sign_ins.entered(hers.handle, wiki, timezone.now())
    assert Entered.objects.count() == 1
    assert found() == {"ada", "ben"}
    assert found(person="BYRON") == found(person=str(ada.pk)) == {"ada"}
    assert found(provider="corp-oidc") == {"ada"}
    assert found(provider=LOCAL) == {"ben"}
    assert found(app="wiki") == found(role="deployer") == found(address=ADDRESS) == {"ada"}
    assert found(address="2001:DB8:0::7") == {"ben"}
    assert found(address="nowhere") == found(person="nobody") == set()
    assert found(person="ada", provider=LOCAL) == set()


def test_an_app_that_a_session_of_no_row_enters_is_no_fault() -> None:
    wiki = RelyingParty.objects.create(slug="wiki", name="Wiki")
    sign_ins.entered("abc." + "0" * 64, wiki, timezone.now())
    assert not Entered.objects.exists()


@pytest.mark.parametrize(
    "search",
    [Search(), Search(provider="corp-oidc"), Search(address=ADDRESS), Search(person="ada")],
    ids=["all", "provider", "address", "person"],
)
def test_a_page_of_what_is_found_walks_an_index_and_sorts_nothing(search: Search) -> None:
    person = account("ada")
    start(person)
    page = search.live()[:50]
    with CaptureQueriesContext(connection) as captured:
        list(page)
    assert len(captured) == 1
    plan = page.explain()
    if connection.vendor == "sqlite":
        assert "USING INDEX sign_in_" in plan
        assert "TEMP B-TREE" not in plan or search.person
