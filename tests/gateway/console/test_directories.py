"""The console's pages of directories: from the form by the plan to a yes."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gateway.flows.directories import running
from provisioning.directories.models import Directory, Run
from provisioning.models import Account
from tests.fakes.http_server import WebServer, serving
from tests.fakes.okta_api import TOKEN, OktaOrganisation
from tests.gateway.flows.directories.company import corp
from tests.gateway.pages.signed_in import browser_of, staff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]
PAGE = "/console/directories/"


@pytest.fixture
def okta() -> OktaOrganisation:
    found = OktaOrganisation(page=100)
    for name in ("ada", "ben", "cleo"):
        found.add(name)
    found.group("engineering", "ada", "ben")
    return found


@pytest.fixture
def server(okta: OktaOrganisation) -> Iterator[WebServer]:
    corp()
    with serving(okta) as there:
        yield there


@pytest.fixture
def client(server: WebServer) -> Client:
    return browser_of(staff())


def filled(server: WebServer, **more: str) -> dict[str, str]:
    return {
        "name": "People of Okta",
        "slug": "people",
        "provider": "corp",
        "url": server.url,
        "subject": "id",
        "secret": TOKEN,
        "allowed_networks": "127.0.0.0/8\r\n::1/128",
        "every_minutes": "60",
        "removals_percent": "10",
        **more,
    }


def connect(client: Client, server: WebServer, **more: str) -> Any:
    return client.post(f"{PAGE}connect/okta/", filled(server, **more), follow=True)


def press(client: Client, verb: str) -> Any:
    answer = client.post(f"{PAGE}people/{verb}/")
    while running.step(now=timezone.now()):
        pass
    return client.get(answer["Location"])


def shown(answer: Any) -> str:
    assert answer.status_code == 200
    return answer.content.decode()


def test_from_the_form_by_the_plan_to_a_company_that_is_kept(
    client: Client, server: WebServer
) -> None:
    assert "Connect one below" in shown(client.get(PAGE))
    page = shown(connect(client, server))
    assert "switched off" in page
    assert TOKEN not in page
    plan = shown(press(client, "plan"))
    assert "Ada Example" in plan
    assert "comes: an account is made" in plan
    assert "engineering" in plan
    assert not Account.objects.filter(username__startswith="ada").exists()
    press(client, "sync")
    assert Account.objects.filter(username__startswith="ada").exists()
    assert "every 60 minutes" in shown(press(client, "on"))
    assert "✓ done" in shown(client.get(PAGE))


def test_removals_that_are_held_stand_first_and_go_upon_a_yes(
    client: Client, server: WebServer, okta: OktaOrganisation
) -> None:
    connect(client, server)
    press(client, "sync")
    for user in okta.users.values():
        user["status"] = "SUSPENDED"
    page = shown(press(client, "sync"))
    assert "3 people of 3 would be closed here" in page
    assert "Removals of one directory wait for your yes" in shown(client.get(PAGE))
    run = Run.objects.get(state=Run.State.HELD)
    where = f"{PAGE}people/runs/{run.pk}/"
    answer = client.post(f"{where}agree/", {"removals": "2"}, follow=True)
    assert "nothing was decided" in shown(answer)
    assert Account.objects.filter(is_active=True, identities__isnull=False).count() == 3
    client.post(f"{where}agree/", {"removals": "3"})
    while running.step(now=timezone.now()):
        pass
    assert not Account.objects.filter(is_active=True, identities__isnull=False).exists()


def test_upon_a_no_nobody_goes(client: Client, server: WebServer, okta: OktaOrganisation) -> None:
    connect(client, server)
    press(client, "sync")
    okta.users.clear()
    okta.groups.clear()
    press(client, "sync")
    run = Run.objects.get(state=Run.State.HELD)
    client.post(f"{PAGE}people/runs/{run.pk}/dismiss/")
    assert Account.objects.filter(is_active=True, identities__isnull=False).count() == 3


@pytest.mark.parametrize(
    ("field", "value", "fault"),
    [
        ("url", "ftp://x", "is no address"),
        ("slug", "Not a slug", "small letters"),
        ("provider", "nobodys", "nobodys"),
        ("secret", "", "is not set"),
        ("every_minutes", "soon", "must be between"),
        ("removals_percent", "٣", "must be between"),
        ("allowed_networks", "everywhere", "is no network"),
        ("subject", "colour", "must be one of"),
        ("slug", "a\0b", "small letters"),
        ("slug", "connect", "already"),
        ("name", "\0", "must be text"),
    ],
)
def test_what_cannot_work_is_told_at_its_field(
    client: Client, server: WebServer, field: str, value: str, fault: str
) -> None:
    answer = connect(client, server, **{field: value})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert fault in page
    assert TOKEN not in page
    assert not Directory.objects.exists()


def test_settings_are_changed_and_the_secret_stays_where_it_may(
    client: Client, server: WebServer
) -> None:
    connect(client, server)
    page = shown(client.get(f"{PAGE}people/settings/"))
    assert server.url in page
    assert TOKEN not in page
    sent = filled(server, secret="", name="All")
    assert client.post(f"{PAGE}people/settings/", sent).status_code == 302
    sent = filled(server, secret="", url="https://other.example")
    answer = client.post(f"{PAGE}people/settings/", sent)
    assert "is not set" in answer.content.decode()
    row = Directory.objects.get()
    assert (row.name, row.secret()) == ("All", TOKEN)


def test_disconnecting_asks_before_and_changes_nobody(client: Client, server: WebServer) -> None:
    connect(client, server)
    press(client, "sync")
    page = shown(client.get(f"{PAGE}people/"))
    assert "who was closed by its word stays closed" in page
    assert "Disconnected" in shown(client.post(f"{PAGE}people/disconnect/", follow=True))
    assert Account.objects.filter(is_active=True).count() == 4


@pytest.mark.parametrize(
    ("permissions", "listed", "people", "changes"),
    [
        ("view_directory", 200, 403, 403),
        ("view_directory view_account", 200, 200, 403),
        ("view_directory change_directory", 200, 403, 302),
        ("view_provider", 403, 403, 403),
    ],
)
def test_who_may_do_what(
    server: WebServer, permissions: str, listed: int, people: int, changes: int
) -> None:
    connect(browser_of(staff()), server)
    run = running.begin(Directory.objects.get(), by="x", now=timezone.now(), dry=True)
    running.step(now=timezone.now())
    Account.objects.all().delete()
    client = browser_of(staff("ada", permissions=permissions))
    assert client.get(PAGE).status_code == listed
    assert client.get(f"{PAGE}people/runs/{run.pk}/").status_code == people
    assert client.post(f"{PAGE}people/plan/").status_code == changes
    assert client.post(f"{PAGE}people/disconnect/").status_code == changes
    assert client.post(f"{PAGE}connect/okta/", {}).status_code in {403, 422}


def test_whoever_may_change_directories_and_not_see_people_decides_about_nobody(
    server: WebServer, okta: OktaOrganisation
) -> None:
    connect(browser_of(staff()), server)
    run = Run.objects.create(
        directory=Directory.objects.get(),
        state=Run.State.HELD,
        begun_at=timezone.now(),
        not_before=timezone.now(),
    )
    client = browser_of(staff("ada", permissions="view_directory change_directory"))
    where = f"{PAGE}people/runs/{run.pk}/"
    assert client.post(f"{where}agree/", {"removals": "0"}).status_code == 403
    assert client.post(f"{where}dismiss/").status_code == 403


@pytest.mark.parametrize(
    "path", ["nobodys/", "nobodys/settings/", "people/runs/99/", "connect/csv/"]
)
def test_what_is_not_there_is_not_found(client: Client, server: WebServer, path: str) -> None:
    connect(client, server)
    assert client.get(f"{PAGE}{path}").status_code == 404


def test_pages_ask_no_more_for_more_directories_or_people(
    client: Client, server: WebServer, okta: OktaOrganisation
) -> None:
    connect(client, server)
    counts = []
    for number in range(2):
        run = running.begin(Directory.objects.get(slug="people"), by="x", now=timezone.now())
        while running.step(now=timezone.now()):
            pass
        with CaptureQueriesContext(connection) as asked:
            shown(client.get(PAGE))
            shown(client.get(f"{PAGE}people/runs/{run.pk}/"))
        counts.append(len(asked))
        connect(client, server, slug=f"more-{number}")
        for name in ("dan", "eve", "fay"):
            okta.add(f"{name}{number}")
    assert counts[1] <= counts[0]
