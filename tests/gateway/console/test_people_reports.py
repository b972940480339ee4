"""Who joined, whose roles changed, who left: a page at a time, and as lists to take along."""

import csv
import io
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gateway.audit.models import AuditEvent
from gateway.flows import inbox, roles
from gateway.flows.inbox import Source, telling
from gateway.flows.spreadsheets import harmless, lines
from provisioning.models import Account
from tests.gateway.console.company import NOON
from tests.gateway.ending import oidc_provider
from tests.gateway.flows.inbox.receiving import app
from tests.gateway.leaving import close
from tests.gateway.pages.signed_in import account, browser_of, linked, role, staff, start

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]
REPORTS, PEOPLE = "/console/people/reports/", "/console/people/"
MARCH = {"since": "2026-03-01", "until": "2026-03-31"}


def happened(person, event: str, *, at=NOON, **fields) -> AuditEvent:
    told = {"actor": "corp-oidc", "account": str(person.pk), "detail": {}} | fields
    return AuditEvent.objects.create(event=event, at=at, **told)


def report(client, kind: str, **terms: str):
    answer = client.get(f"{REPORTS}{kind}/", terms)
    assert answer.status_code == 200
    return answer


def text(answer) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def downloaded(answer) -> list[dict[str, str]]:
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/csv; charset=utf-8")
    whole = b"".join(answer.streaming_content).decode()
    return list(csv.DictReader(io.StringIO(whole)))


def test_who_joined_says_by_which_way_each_came() -> None:
    client = browser_of(staff())
    oidc_provider("corp-oidc")
    ways = {
        "corp-oidc": "first sign-in at Corp-Oidc",
        "scim:hr": "told of by SCIM (hr)",
        "directory:ldap": "told of by the directory ldap",
        "operator": "made by operator",
    }
    for name, actor in zip(("ada", "ben", "cleo"), ways, strict=False):
        happened(account(name), "account.created", actor=actor)
    page = text(report(client, "joined", **MARCH))
    for said in list(ways.values())[:3]:
        assert said in page
    assert "Ada Byron" in page
    assert "Ada Byron" not in text(report(client, "joined", since="2026-03-03"))
    assert "Ada Byron" not in text(report(client, "joined", until="2026-03-01"))
    assert "Ada Byron" in text(report(client, "joined", since="2026-03-02", until="2026-03-02"))


def test_whose_roles_changed_says_from_what_to_what_and_why_without_first_roles() -> None:
    ada, ben, client = account("ada"), account("ben"), browser_of(dora := staff())
    for name in ("clerk", "boss"):
        role(name)
    now = timezone.now()
    happened(ben, "account.created", at=now)
    happened(ben, "role.gained", at=now, detail={"role": "clerk", "origin": "rule x v1"})
    roles.grant_by_hand(account=str(ada.pk), role="clerk", actor=str(dora.pk), now=now)
    later = now + timedelta(seconds=1)
    detail = {"origin": "rule eng v2 (corp)", "because": ['groups: "/eng"']}
    happened(ada, "role.lost", at=later, detail={"role": "clerk", **detail})
    happened(ada, "role.gained", at=later, detail={"role": "boss", **detail})
    lines = report(client, "moved").context["lines"]
    assert [(each.username, each.loses, each.gains) for each in lines] == [
        ("ada", ("clerk",), ("boss",)),
        ("ada", (), ("clerk",)),
    ]
    assert "boss: rule eng v2 (corp)" in lines[0].why
    assert 'groups: "/eng"' in lines[0].why
    assert lines[1].how == "Dora Lind"


def test_who_left_says_whose_word_it_was_and_how_soon_each_app_confirmed_it() -> None:
    ada, ben, client = account("ada"), account("ben"), browser_of(dora := staff())
    start(ada)
    with app("wiki"), app("vault") as vault:
        vault.status = "500 Oh"
        close(ada.pk, source=Source.SCIM, by="scim:hr", cause="active=false")
        telling.tell()
    close(ben.pk, by=str(dora.pk), cause="left the company")
    page = text(report(client, "left"))
    for said in ("SCIM (scim:hr)", "active=false", "an administrator (Dora Lind)"):
        assert said in page
    assert re.search(r"Ended in 1 of 2 apps\..*wiki: confirmed after \d\.\d\d s", page)
    assert "vault: silent; told once (app.answered-500)" in page
    assert "Sessions: 1" in page
    inbox.reopen(account=str(ben.pk), source=Source.CONSOLE, by="x", cause="x", at=timezone.now())
    assert "left the company" in text(report(client, "left"))


def test_a_provider_narrows_a_report_to_its_people() -> None:
    ada, ben, client = account("ada"), account("ben"), browser_of(staff())
    oidc_provider("corp-oidc")
    linked(ada)
    for person in (ada, ben):
        happened(person, "account.created", actor="operator")
    for named in ("corp-oidc", "Corp-Oidc"):
        found = report(client, "joined", provider=named, **MARCH).context["lines"]
        assert [each.username for each in found] == ["ada"]


def test_a_report_goes_on_page_after_page_and_says_each_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gateway.console.people.moves.CHUNK", 7)
    client = browser_of(staff())
    crowd = [Account(username=f"person-{number:03}") for number in range(120)]
    for number, person in enumerate(Account.objects.bulk_create(crowd)):
        at = NOON + timedelta(minutes=number // 40)
        for event in ("role.lost", "role.gained"):
            happened(person, event, at=at, detail={"role": f"r-{number}"})
    seen, after = [], ""
    for _ in range(9):
        answer = report(client, "moved", after=after, **MARCH)
        seen += [each.username for each in answer.context["lines"]]
        after = answer.context["after"]
        if not after:
            break
    assert sorted(seen) == [row.username for row in crowd]


def test_a_page_of_a_report_looks_at_so_many_rows_and_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client, ada = browser_of(staff()), account("ada")
    for number in range(30):
        happened(ada, "account.created", at=NOON + timedelta(minutes=number))
    monkeypatch.setattr("gateway.console.people.moves.CHUNK", 1)
    monkeypatch.setattr("gateway.console.people.reports.MAX_LOOKS", 3)
    with CaptureQueriesContext(connection) as queries:
        answer = report(client, "joined", provider="no-such", **MARCH)
    looks = [each for each in queries if '"audit_auditevent"."event" IN' in each["sql"]]
    assert len(looks) == 3
    assert "there is more to look through" in text(answer)
    assert answer.context["after"]


@pytest.mark.parametrize("kind", ["joined", "moved", "left"])
def test_a_report_of_many_costs_no_more_queries_than_of_one(kind: str) -> None:
    events = {"joined": "account.created", "moved": "role.gained", "left": "account.deactivated"}
    client, asked = browser_of(staff()), []
    for count in (1, 45):
        crowd = [Account(username=f"person-{count}-{number}") for number in range(count)]
        for person in Account.objects.bulk_create(crowd):
            linked(person, f"s-{person.pk}")
            happened(person, events[kind], detail={"role": "x"})
        report(client, kind, **MARCH)
        with CaptureQueriesContext(connection) as queries:
            assert len(report(client, kind, **MARCH).context["lines"]) >= count
        asked.append(len(queries))
    assert asked[1] <= asked[0] <= 20


@pytest.mark.parametrize(
    ("terms", "fault"),
    [
        ({"since": "2026-03-02", "until": "2026-03-01"}, "later than the last"),
        ({"since": "0001-01-01"}, "so far away"),
        ({"until": "9999-12-31"}, "so far away"),
        ({"since": "yesterday"}, "Enter a valid date"),
        ({"since": "\0"}, "Enter a valid date"),
    ],
)
def test_a_time_that_is_none_is_said_beside_the_field(terms: dict[str, str], fault: str) -> None:
    client = browser_of(staff())
    assert fault in text(report(client, "left", **terms))
    assert client.post(f"{REPORTS}left/export/", terms).status_code == 400
    assert not AuditEvent.objects.filter(event="people.exported").exists()


def test_there_is_no_other_report() -> None:
    client = browser_of(staff())
    assert client.get(f"{REPORTS}fired/").status_code == 404
    assert client.post(f"{REPORTS}fired/export/").status_code == 404


def test_whoever_is_found_is_taken_along_on_record_without_the_words_that_were_typed() -> None:
    ada, client = account("ada"), browser_of(dora := staff())
    Account.objects.create(username="-ben", name="=1+1")
    ada.groups.add(role("deployer"))
    linked(ada)
    answer = client.post(f"{PEOPLE}export/", {"q": "byron", "state": "active"})
    day = f"{datetime.now(UTC):%Y-%m-%d}"
    assert answer["Content-Disposition"] == f'attachment; filename="people-{day}.csv"'
    assert "no-store" in answer["Cache-Control"]  # as of every page of the console
    rows = downloaded(answer)
    assert [(row["username"], row["roles"], row["providers"]) for row in rows] == [
        ("ada", "deployer", "corp-oidc")
    ]
    event = AuditEvent.objects.get(event="people.exported")
    assert event.actor == str(dora.pk)
    assert event.detail == {"list": "people", "conditions": ["q", "state=active"]}
    everybody = downloaded(client.post(f"{PEOPLE}export/"))
    assert [row["username"] for row in everybody] == ["'-ben", "ada", "dora"]
    assert everybody[0]["name"] == "'=1+1"


def test_a_list_of_very_many_goes_on_behind_each_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.console.people.taking.CHUNK", 7)
    Account.objects.bulk_create(Account(username=f"person-{number:03}") for number in range(30))
    rows = downloaded(browser_of(staff()).post(f"{PEOPLE}export/", {"q": "person"}))
    assert [row["username"] for row in rows] == [f"person-{number:03}" for number in range(30)]


def test_each_report_is_taken_along_whole() -> None:
    ada, client = account("ada"), browser_of(staff())
    happened(ada, "account.created", actor="scim:hr")
    for number in range(60):
        at = NOON + timedelta(minutes=number + 1)
        happened(ada, "role.gained", at=at, detail={"role": "=x", "origin": "@rule"})
    happened(ada, "account.deactivated", detail={"source": "scim", "reason": "+gone", "count": 2})
    taken = {
        kind: downloaded(client.post(f"{REPORTS}{kind}/export/", MARCH))
        for kind in ("joined", "moved", "left")
    }
    assert [row["way"] for row in taken["joined"]] == ["told of by SCIM (hr)"]
    assert len(taken["moved"]) == 60
    assert taken["moved"][0]["gained"] == "'=x"
    assert [(row["cause"], row["sessions"]) for row in taken["left"]] == [("'+gone", "2")]
    said = AuditEvent.objects.filter(event="people.exported").order_by("id")
    conditions = ["since=2026-03-01", "until=2026-03-31"]
    assert [event.detail for event in said] == [
        {"list": kind, "conditions": conditions} for kind in ("joined", "moved", "left")
    ]


def test_no_value_of_a_claim_that_is_not_kept_is_taken_along(settings) -> None:
    ada, client = account("ada"), browser_of(staff())
    detail = {"role": "deployer", "origin": "rule x v1 (corp)", "because": ['zodiac: "lion"']}
    happened(ada, "role.gained", detail=detail)
    address = f"{REPORTS}moved/export/"
    assert "lion" in downloaded(client.post(address, MARCH))[0]["why"]
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, claims_not_kept=frozenset({"zodiac"}))
    assert "lion" not in downloaded(client.post(address, MARCH))[0]["why"]


@pytest.mark.parametrize("address", [f"{PEOPLE}export/", f"{REPORTS}left/export/"])
def test_lists_are_for_whoever_may_export_and_by_a_button_alone(address: str) -> None:
    client = browser_of(staff(permissions="view_account"))
    assert client.post(address).status_code == 403
    assert "Download" not in text(client.get(PEOPLE))
    assert "Download" not in text(report(client, "left"))
    client = browser_of(staff("ada", permissions="export_account"))
    assert client.post(address).status_code == 403
    client = browser_of(staff("ben"), csrf=True)
    assert client.get(address).status_code == 405
    assert client.post(address).status_code == 403
    assert not AuditEvent.objects.filter(event="people.exported").exists()


def test_whoever_may_not_see_people_reads_no_report() -> None:
    client = browser_of(staff(permissions="view_provider"))
    assert client.get(f"{REPORTS}joined/").status_code == 403


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_no_cell_is_a_formula(begin: str) -> None:
    assert harmless(f"{begin}cmd|' /C calc'!A0") == f"'{begin}cmd|' /C calc'!A0"
    line = list(lines(("x",), [(f'{begin}"a",b',)]))[1]
    assert line == f'"\'{begin}""a"",b"\r\n'


def test_what_is_no_formula_stays_as_it_is() -> None:
    assert [harmless(text) for text in ("Ada", "", "a=b", " =1")] == ["Ada", "", "a=b", " =1"]
