"""No administrator is left outside unawares: not by a program, a form, or two people at once."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from threading import Barrier, BrokenBarrierError

import pytest
from django.db import connection
from django.utils import timezone

from gateway.flows.configure import (
    amend_provider,
    current_provider,
    delete_provider,
    disable_provider,
    save_provider,
)
from gateway.flows.configure.editing import Asked, ProviderSaid
from gateway.flows.errors import LastWayIn
from providers.models import Provider
from provisioning.models import LinkedIdentity
from tests.gateway.api.programs import PROVIDERS, Program, corp, token_of
from tests.gateway.audit.test_together import in_threads
from tests.gateway.pages.signed_in import browser_of, local_administrator, staff

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis_url")]

BOTH = ("east", "west")
WAYS: dict[str, Callable[[str], object]] = {
    "disabling": lambda slug: disable_provider(
        slug, end_sessions=False, last_too=False, actor="dora", now=timezone.now()
    ),
    "deleting": lambda slug: delete_provider(slug, actor="dora", now=timezone.now()),
    "by a program": lambda slug: amend_provider(
        slug,
        ProviderSaid(fields={"enabled": False}, keeps_metadata=True),
        None,
        Asked(actor="token", now=timezone.now()),
    ),
    "by a form": lambda slug: save_provider(
        replace(current_provider(Provider.objects.get(slug=slug)), enabled=False),
        actor="dora",
        now=timezone.now(),
    ),
}


@pytest.fixture(autouse=True)
def dora() -> None:
    """An administrator by her word of two providers, and by nothing else."""
    now = timezone.now()
    person = local_administrator()
    for slug in BOTH:
        corp(slug=slug, settings={"issuer": f"https://{slug}.example", "client_id": "gatehouse"})
        LinkedIdentity.objects.create(
            account=person,
            issuer=f"https://{slug}.example",
            subject="dora",
            provider=slug,
            first_seen=now,
            last_seen=now,
        )


@contextmanager
def meeting(barrier: Barrier) -> Iterator[None]:
    """Waits, before the first change of a provider, for the other to have come as far: it cannot if
    it waits for a lock.
    """
    waits = [barrier]

    def before(execute, sql, params, many, context):
        if waits and sql.startswith("UPDATE") and "providers_provider" in sql:
            with suppress(BrokenBarrierError):
                waits.pop().wait(1)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(before):
        yield


@pytest.mark.parametrize("first", WAYS)
@pytest.mark.parametrize("second", WAYS)
def test_of_two_who_take_one_of_the_last_two_each_one_is_refused(first: str, second: str) -> None:
    barrier = Barrier(2)

    def take(at: int) -> str:
        try:
            with meeting(barrier):
                WAYS[(first, second)[at]](BOTH[at])
        except LastWayIn:
            return "refused"
        return "taken"

    assert sorted(in_threads(take, 2)) == ["refused", "taken"]
    assert Provider.objects.filter(enabled=True).count() == 1


@pytest.mark.parametrize("way", WAYS)
def test_the_last_way_in_is_not_taken_by_any_way(way: str) -> None:
    WAYS[way]("east")
    with pytest.raises(LastWayIn):
        WAYS[way]("west")
    assert Provider.objects.get(enabled=True).slug == "west"


def test_a_program_is_told_that_it_would_be_the_last() -> None:
    WAYS["disabling"]("east")
    asked, one = Program(token_of(staff("ben"))), f"{PROVIDERS}/west"
    whole = asked.get(one).json() | {"enabled": False}
    for method, said in (("PATCH", {"enabled": False}), ("PUT", whole), ("DELETE", None)):
        for query in ("", "?dry_run=1") if said else ("",):
            answer = asked.send(method, one + query, said, If_Match="*")
            assert (answer.status_code, answer.json()["code"]) == (409, "console.last-way-in")
    assert Provider.objects.get(slug="west").enabled


def test_the_form_of_all_settings_says_where_it_is_asked_and_changes_nothing() -> None:
    WAYS["disabling"]("east")
    client = browser_of(staff("ben"))
    address = f"/admin/providers/provider/{Provider.objects.get(slug='west').pk}/change/"
    form = client.get(address).context["adminform"].form
    said = {name: form[name].value() or "" for name in form.fields if name != "enabled"}
    lists = {"settings": '{"issuer": "https://west.example", "client_id": "gatehouse"}'}
    answer = client.post(address, said | lists | {"email_domains": ""})
    assert "No administrator could sign in any more" in answer.content.decode()
    assert Provider.objects.get(slug="west").enabled


def test_its_own_page_asks_and_then_disables_the_last_too() -> None:
    client, address = browser_of(staff("ben")), "/console/providers/west/disable/"
    before = client.get(address)
    assert "No administrator could sign in any more" not in before.content.decode()
    WAYS["disabling"]("east")
    stale = client.post(address, {"sessions": "leave", "name": "Corp"})
    assert stale.status_code == 409  # she was not told that it is the last
    page = client.get(address).content.decode()
    assert "No administrator could sign in any more" in page
    assert '<input type="hidden" name="last" value="1">' in page
    assert Provider.objects.get(slug="west").enabled
    client.post(address, {"sessions": "leave", "last": "1"})
    assert Provider.objects.get(slug="west").enabled  # the name was not typed
    client.post(address, {"sessions": "leave", "last": "1", "name": "Corp"})
    assert not Provider.objects.get(slug="west").enabled
