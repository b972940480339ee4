"""The figures of `bench.people`, taken where Django is set up."""

import json
import random
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlencode

from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test import Client
from django.utils import timezone

from bench.company import NOW, STAFF, copy
from bench.signed_in import person
from bench.world import HOST
from gateway import wiring
from gateway.audit.models import AuditEvent
from gateway.sessions import cookie
from provisioning.models import Account

ROUNDS, VISITS, EVENTS = 12, 60, 5_000
MONTH = {"since": f"{NOW - timedelta(days=30):%Y-%m-%d}", "until": f"{NOW:%Y-%m-%d}"}
DESK, CHANGE_LIST = "/console/people/", "/admin/provisioning/account/"


def run() -> None:
    dice = random.Random(3)
    _others()
    client = _administrator()
    searches = {name: _timed(client, DESK, dice, terms) for name, terms in _SEARCHES.items()}
    for name, took in searches.items():
        print(f"{name:24}{sorted(took)[len(took) // 2]:>10.1f} ms", file=sys.stderr)
    listed = [
        _once(client, CHANGE_LIST, {"q": terms(dice)["q"]})
        for _ in range(ROUNDS)
        for terms in _SEARCHES.values()
        if "q" in terms(dice)
    ]
    ada = _long_life()
    visits = [_once(client, f"{CHANGE_LIST}{ada}/change/", {}) for _ in range(VISITS)]
    _moves()
    reports = [
        _once(client, f"{DESK}reports/{kind}/", {**MONTH, **narrowed})
        for _ in range(ROUNDS)
        for kind in ("joined", "moved", "left")
        for narrowed in ({}, {"provider": "corp-emea"})
    ]
    whole = [each for took in searches.values() for each in took]
    told = {
        **_shares("search", whole),
        "slowest_ms": max(sorted(took)[len(took) // 2] for took in searches.values()),
        **_shares("change_list", listed),
        **_shares("person", visits),
        **_shares("report", reports),
    }
    print(json.dumps(told))


def _number(dice: random.Random) -> str:
    return f"{dice.randrange(100_000):06}"


# What is typed; the last page's username where it is the next page.
_SEARCHES: dict[str, Callable[[random.Random], dict[str, str]]] = {
    "username": lambda dice: {"q": f"person-{_number(dice)}"},
    "part of an address": lambda dice: {"q": f"{_number(dice)}@corp"},
    "a word of few": lambda dice: {"q": _number(dice)[:5]},
    "a word of all": lambda _: {"q": "person"},
    "one letter of all": lambda _: {"q": "p"},
    "a figure of all": lambda _: {"q": "0"},
    "two words": lambda dice: {"q": f"pers {_number(dice)[:3]}"},
    "a word of nobody": lambda _: {"q": "zaphod"},
    "everybody": lambda _: {},
    "everybody, late page": lambda dice: {"after": f"person-{_number(dice)}"},
    "a word of all, late page": lambda dice: {"q": "person", "after": f"person-{_number(dice)}"},
    "provider": lambda _: {"provider": "corp-emea"},
    "role": lambda dice: {"role": f"role-{dice.randrange(200):03}"},
    "role and word": lambda dice: {"role": "employee", "q": _number(dice)[:3]},
    "role that nobody has": lambda _: {"role": "no-such-role"},
    "closed": lambda _: {"state": "left"},
    "closed with a role": lambda _: {"state": "left", "role": "employee"},
    "ends soon": lambda _: {"state": "ends-soon"},
    "break-glass": lambda _: {"state": "break-glass"},
    "programs": lambda _: {"state": "service"},
    "id upstream": lambda dice: {"upstream": f"s-{_number(dice)}"},
}


def _timed(
    client: Client,
    address: str,
    dice: random.Random,
    terms: Callable[[random.Random], dict[str, str]],
) -> list[float]:
    return [_once(client, address, terms(dice)) for _ in range(ROUNDS)]


def _once(client: Client, address: str, terms: dict[str, str]) -> float:
    begun = time.perf_counter()
    answer = client.get(f"{address}?{urlencode(terms)}")
    took = (time.perf_counter() - begun) * 1_000
    assert answer.status_code == 200, (address, terms, answer.status_code)
    return took


def _shares(key: str, took: list[float]) -> dict[str, float]:
    took = sorted(took)
    last = took[min(int(len(took) * 0.99), len(took) - 1)]
    return {f"{key}_p50_ms": took[len(took) // 2], f"{key}_p99_ms": last}


def _others() -> None:
    """Whoever left, ends soon, or is no person."""
    everybody = Account.objects.order_by("username").values_list("pk", flat=True)
    left, soon = list(everybody[::40]), list(everybody[7::500])
    Account.objects.filter(pk__in=left).update(is_active=False, deactivated_at=NOW)
    Account.objects.filter(pk__in=soon).update(ends_at=timezone.now() + timedelta(days=5))
    Account.objects.bulk_create(
        Account(username=f"{kind}-{number}", password="!", kind=kind)
        for kind in (Account.Kind.SERVICE, Account.Kind.BREAK_GLASS)
        for number in range(40)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _administrator() -> Client:
    """Her browser, signed in."""
    staff = Group.objects.get(name=STAFF)
    staff.permissions.set(Permission.objects.all())
    dora = Account.objects.create(username="dora", name="Dora Lind", is_staff=True)
    dora.groups.add(staff)
    session = replace(person(0, timezone.now()), account=str(dora.pk), username="dora")
    token = wiring.session_store().start(session)
    client = Client(headers={"Host": HOST})
    client.cookies[cookie.NAME] = cookie.write(token, HOST, wiring.key_ring())
    return client


def _long_life() -> str:
    """Somebody of whom very much is on record; her id."""
    account = str(Account.objects.filter(is_active=True, kind="person").order_by("pk")[0].pk)
    AuditEvent.objects.bulk_create(
        AuditEvent(
            at=NOW - timedelta(hours=number),
            event="login.succeeded" if number % 5 else "role.gained",
            actor="corp-emea",
            account=account,
            detail={"provider": "corp-emea"} if number % 5 else {"role": "employee"},
        )
        for number in range(EVENTS)
    )
    return account


def _moves() -> None:
    """Everybody came, every second one's roles changed, every twentieth left, within a month."""
    people = Account.objects.filter(kind="person").order_by("pk").values_list("pk", flat=True)
    rows = [
        AuditEvent(
            at=NOW - timedelta(seconds=20 * number),
            event=event,
            actor="corp-emea",
            account=str(pk),
            detail=detail,
        )
        for number, pk in enumerate(people)
        for every, event, detail in _MOVES
        if number % every == 0
    ]
    copy(rows)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


_MOVES: tuple[tuple[int, str, dict[str, object]], ...] = (
    (1, "account.created", {}),
    (2, "role.gained", {"role": "role-001", "origin": "rule rule-0001 v1 (corp-emea)"}),
    (20, "account.deactivated", {"source": "scim", "reason": "active=false", "count": 1}),
)
