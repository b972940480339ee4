"""Whom a group touches is locked at once: two changes of the same people wait for each other, and
never each for the other.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from gateway.flows.scim import telling
from provisioning.models import Account
from provisioning.scim.models import ScimUser
from tests.gateway.audit.test_together import in_threads
from tests.gateway.scim.pushing import Pusher, connected, roles, rules

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis_url")]


@pytest.fixture
def okta(monkeypatch: pytest.MonkeyPatch) -> Pusher:
    monkeypatch.setattr(telling, "BATCH", 1)
    rules(("admins", "deployer"))
    return Pusher(connected())


def adding(*people: dict[str, str]) -> dict[str, object]:
    members = [{"value": one["id"]} for one in people]
    return {"op": "add", "path": "members", "value": members}


@contextmanager
def statements() -> Iterator[list[str]]:
    found: list[str] = []
    with CaptureQueriesContext(connection) as seen:
        yield found
    found += [one["sql"] for one in seen.captured_queries]


def test_all_are_locked_by_one_statement_before_anything_of_theirs_is_written(
    okta: Pusher,
) -> None:
    people = [okta.user(f"u{number}") for number in range(4)]
    admins = okta.group("admins")
    hexes = [pk.hex for pk in Account.objects.values_list("pk", flat=True)]
    for step in (
        adding(*people),
        {"op": "replace", "path": "displayName", "value": "crew"},
        {"op": "remove", "path": "members"},
    ):
        with statements() as seen:
            assert okta.patch(admins, step).status_code == 204
        plain = [sql.replace("-", "") for sql in seen]
        all_of_them = [
            at
            for at, sql in enumerate(plain)
            if sql.startswith("SELECT") and all(each in sql for each in hexes)
        ]
        written = [
            at
            for at, sql in enumerate(seen)
            if sql.startswith(("INSERT", "UPDATE", "DELETE")) and "scim_scimtoken" not in sql
        ]
        assert all_of_them[0] < min(written)
        assert "ORDER BY" in seen[all_of_them[0]]
        if connection.vendor == "postgresql":
            assert "FOR NO KEY UPDATE" in seen[all_of_them[0]]
            in_force = [at for at, sql in enumerate(seen) if "pg_advisory_xact_lock_shared" in sql]
            assert in_force[0] < all_of_them[0]


def test_who_locks_the_same_people_in_their_order_waits_and_does_not_fail(okta: Pusher) -> None:
    """The other one holds the first of them, and wants the last when the group has begun."""
    if connection.vendor != "postgresql":
        return  # SQLite has one writer: the other waits its turn
    people = {}
    while len(people) < 2 or not _crossed(people):
        people = {
            one["id"]: one
            for one in (okta.user(f"p{n}-{len(people)}x{_count()}") for n in range(2))
        }
    admins = okta.group("admins")
    first, last = sorted(
        ScimUser.objects.filter(pk__in=people).values_list("linked_identity__account", flat=True)
    )
    held, begun = threading.Event(), threading.Event()

    def other(_: int) -> None:
        with transaction.atomic():
            Account.objects.lock_all([first])
            held.set()
            begun.wait(2)
            Account.objects.lock_all([last])

    rival = threading.Thread(target=lambda: in_threads(other, 1))
    rival.start()
    assert held.wait(10)
    timer = threading.Timer(1, begun.set)
    timer.start()
    assert okta.patch(admins, adding(*people.values())).status_code == 204
    rival.join(20)
    assert not rival.is_alive()
    assert all(
        roles(row.user_name.partition("@")[0]) == ["deployer"]
        for row in ScimUser.objects.filter(pk__in=people)
    )


def _count() -> int:
    return ScimUser.objects.count()


def _crossed(people: dict[str, dict[str, str]]) -> bool:
    """The one who comes first as a user comes last as an account."""
    rows = ScimUser.objects.filter(pk__in=people).order_by("pk")
    accounts = list(rows.values_list("linked_identity__account", flat=True))
    return accounts != sorted(accounts)


def test_a_member_who_is_deleted_meanwhile_is_none(okta: Pusher) -> None:
    ada = okta.user()
    okta.send("DELETE", f"/Users/{ada['id']}")
    admins = okta.group("admins")
    assert okta.patch(admins, adding(ada)).status_code == 400


def test_a_person_is_locked_from_her_account_to_what_belongs_to_it(okta: Pusher) -> None:
    if connection.vendor != "postgresql":
        return  # SQLite has one writer: the other waits its turn
    ada = okta.user()
    okta.group("admins", ada)
    with statements() as seen:
        okta.send("DELETE", f"/Users/{ada['id']}")
    locks = [sql for sql in seen if "FOR NO KEY UPDATE" in sql or "FOR UPDATE" in sql]
    assert '"provisioning_account"' in locks[0]
    assert '"scim_scimuser"' in locks[1]
    first = next(at for at, sql in enumerate(seen) if sql.startswith("DELETE"))
    assert seen.index(locks[0]) < seen.index(locks[1]) < first
