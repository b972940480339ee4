"""Okta and Auth0 by their APIs: pages, limits, news, and credentials that go to one host alone."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from gateway.flows.directories import configure, running
from gateway.flows.directories.configure import WantedDirectory
from providers.models import Provider
from provisioning.directories.models import Directory, Run
from provisioning.models import Account, Closure
from tests.fakes import auth0_api, okta_api
from tests.fakes.auth0_api import Auth0Tenant
from tests.fakes.http_server import WebServer, serving
from tests.fakes.okta_api import OktaOrganisation
from tests.gateway.flows.directories.company import NOW, corp, ended, person, roles, synced

pytestmark = [pytest.mark.django_db, pytest.mark.database, pytest.mark.usefixtures("redis_url")]
LOOPBACK = ["127.0.0.0/8", "::1/128"]


@pytest.fixture(autouse=True)
def provider() -> Provider:
    return corp()


def connect(kind: str, server: WebServer, secret: str, **settings: object) -> Directory:
    given = {"url": server.url, "allowed_networks": LOOPBACK, **settings}
    row = configure.save(
        WantedDirectory(
            slug="people",
            name="People",
            provider="corp",
            kind=kind,
            settings=given,
            secret=secret,
            removals_percent=50,
        ),
        actor="dora",
        now=NOW,
    )
    configure.switch(row, on=True, actor="dora", now=NOW)
    return row


# Okta


@pytest.fixture
def okta() -> OktaOrganisation:
    found = OktaOrganisation()
    for name in ("ada", "ben", "cleo", "dan", "eve", "fay", "gil"):
        found.add(name)
    found.group("engineering", "ada", "ben", "cleo", "dan")
    found.group("payroll", "gil")
    for name in ("a", "b", "c"):
        found.group(name)
    return found


@pytest.fixture
def server(okta: OktaOrganisation) -> Iterator[WebServer]:
    with serving(okta) as running_there:
        yield running_there


@pytest.fixture
def directory(server: WebServer) -> Directory:
    return connect("okta", server, okta_api.TOKEN)


def test_okta_is_read_page_after_page(directory: Directory) -> None:
    run = synced(directory)
    assert (run.state, run.people) == (Run.State.DONE, 7)
    assert [roles(f"00u{name}") for name in ("dan", "eve", "gil")] == [
        {"deployer"},
        set(),
        {"payroll"},
    ]


@pytest.mark.parametrize("refuse_by", ["X-Rate-Limit-Reset", "Retry-After"])
def test_okta_is_left_alone_for_as_long_as_it_says_and_read_on_from_there(
    directory: Directory, okta: OktaOrganisation, refuse_by: str
) -> None:
    okta.refuse_after, okta.refuse_by = 5, refuse_by
    run = running.begin(directory, by="dora", now=NOW)
    running.step(now=NOW, only=run.pk)
    run.refresh_from_db()
    assert run.state == Run.State.READING
    waited = run.not_before - NOW
    assert timedelta(seconds=20) < waited < timedelta(seconds=45)
    count = len(okta.calls)
    assert not running.step(now=NOW + timedelta(seconds=15), only=run.pk)
    assert len(okta.calls) == count
    assert ended(run, NOW + timedelta(seconds=60)).state == Run.State.DONE
    # Two pages, each read once: nothing was begun anew.
    assert okta.calls.count("/api/v1/groups/00gengineering/users") == 2
    assert Account.objects.count() == 7


@pytest.mark.parametrize("status", ["SUSPENDED", "DEPROVISIONED", "STAGED"])
def test_who_is_not_in_any_more_at_okta_is_closed(
    directory: Directory, okta: OktaOrganisation, status: str
) -> None:
    synced(directory)
    okta.users["00uada"]["status"] = status
    synced(directory, after=60)
    assert not person("00uada").is_active


def test_who_changed_is_read_alone_and_a_changed_group_has_everybody_read(
    directory: Directory, okta: OktaOrganisation
) -> None:
    synced(directory)
    later = datetime.now(UTC) + timedelta(hours=1)
    okta.add("ada", status="SUSPENDED", updated=later)
    run = synced(directory, after=60, everybody=False)
    assert (run.people, person("00uada").is_active) == (1, False)
    okta.group("payroll", "gil", "eve", moved=later)
    run = synced(directory, after=120, everybody=False)
    assert (run.news_from, run.people) == ("", 7)
    assert roles("00ueve") == {"payroll"}


@pytest.mark.parametrize("subject", ["x" * 501, "a\nb", "a\u200bb"], ids=["long", "line", "width"])
def test_who_is_named_by_what_no_row_can_hold_is_left_out_and_counted(
    directory: Directory, okta: OktaOrganisation, subject: str
) -> None:
    okta.users["00uodd"] = {**okta.users["00uada"], "id": subject}
    okta.users["00uben"]["profile"] |= {"firstName": "B\u200ben", "email": "b\u200b@corp.example"}
    run = synced(directory)
    assert (run.state, run.people, run.left_out, run.problem) == (Run.State.DONE, 7, 1, "")
    assert roles("00uada") == {"deployer"}
    assert person("00uben").name == "Ben Example"
    assert person("00uben").email == ""


def test_the_last_administrator_is_not_closed_until_there_is_another(
    directory: Directory, okta: OktaOrganisation
) -> None:
    synced(directory)
    ada = person("00uada")
    Account.objects.filter(pk=ada.pk).update(is_staff=True)
    okta.users["00uada"]["status"] = "DEPROVISIONED"
    run = synced(directory, after=60)
    assert person("00uada").is_active
    assert run.differences.get().problem == "account.last-administrator"
    Account.objects.filter(pk=person("00uben").pk).update(is_staff=True)
    synced(directory, after=120)
    assert not person("00uada").is_active


def test_a_word_that_was_held_is_taken_back_when_she_is_there_again(
    directory: Directory, okta: OktaOrganisation
) -> None:
    synced(directory)
    Account.objects.filter(pk=person("00uada").pk).update(is_staff=True)
    okta.users["00uada"]["status"] = "DEPROVISIONED"
    synced(directory, after=60)
    assert Closure.objects.get().held
    okta.users["00uada"]["status"] = "ACTIVE"
    synced(directory, after=120)
    assert not Closure.objects.exists()


def test_somebody_new_comes_with_her_groups(directory: Directory, okta: OktaOrganisation) -> None:
    synced(directory)
    okta.add("new", updated=datetime.now(UTC) + timedelta(hours=1))
    okta.group("payroll", "gil", "new")
    synced(directory, after=60, everybody=False)
    assert roles("00unew") == {"payroll"}


def test_subjects_are_logins_where_the_provider_says_them(server: WebServer) -> None:
    row = connect("okta", server, okta_api.TOKEN, subject="login")
    synced(row)
    assert person("ada@corp.example").username == "ada@corp.example"


def test_the_token_goes_nowhere_else(directory: Directory, okta: OktaOrganisation) -> None:
    stolen: list[str] = []

    def thief(environ, start):
        stolen.append(environ.get("HTTP_AUTHORIZATION", ""))
        start("200 OK", [("Content-Type", "application/json")])
        return [b"[]"]

    with serving(thief) as elsewhere:
        okta.next_host = elsewhere.url
        run = synced(directory)
    assert (run.state, stolen) == (Run.State.FAILED, [])


def test_a_token_that_was_revoked_has_failed_and_is_not_shown(
    directory: Directory, server: WebServer
) -> None:
    directory.refresh_from_db()
    directory.seal_secret("00-revoked")
    directory.save()
    run = synced(directory)
    assert run.state == Run.State.FAILED
    assert "00-revoked" not in run.problem


@pytest.mark.parametrize(
    "answer",
    [b"{}", b"[1]", b"[{}]", b"[" * 100_000, b'[{"id": "00g1"}]', b"\xff", b'{"a":1}],[', b""],
    ids=lambda answer: str(answer[:8]),
)
def test_what_is_no_list_of_groups_has_failed(answer: bytes) -> None:
    def nonsense(environ, start):
        start("200 OK", [("Content-Type", "application/json")])
        return [answer]

    with serving(nonsense) as server:
        run = synced(connect("okta", server, okta_api.TOKEN))
    assert run.state == Run.State.FAILED
    assert not Account.objects.exists()


# Auth0


@pytest.fixture
def tenant() -> Auth0Tenant:
    found = Auth0Tenant(roles={"engineering": (), "payroll": ()})
    found.add("ada")
    found.add("ben", at=1, blocked=True)
    found.add("cleo", at=2)
    found.roles["engineering"] = ("auth0|ada",)
    return found


def auth0(server: WebServer) -> Directory:
    return connect("auth0", server, auth0_api.SECRET, client_id=auth0_api.CLIENT)


def test_auth0s_roles_are_groups_and_who_is_blocked_has_no_account(tenant: Auth0Tenant) -> None:
    with serving(tenant) as server:
        run = synced(auth0(server))
    assert (run.state, run.people) == (Run.State.DONE, 3)
    assert roles("auth0|ada") == {"deployer"}
    assert Account.objects.count() == 2


def test_more_users_than_one_search_gives_are_read_all(tenant: Auth0Tenant) -> None:
    for number in range(1_150):
        tenant.add(f"p{number}", at=number // 3 + 3)
    tenant.roles["engineering"] = tuple(tenant.users)[:250]
    with serving(tenant) as server:
        run = synced(auth0(server), dry=True)
    assert run.state == Run.State.PLANNED
    assert run.differences.count() == 1_152


def test_a_token_of_auth0_that_ran_out_is_replaced(tenant: Auth0Tenant) -> None:
    tenant.expire_after = 2
    with serving(tenant) as server:
        assert synced(auth0(server)).state == Run.State.DONE
    assert tenant.tokens == 3


def test_auth0_is_left_alone_for_as_long_as_it_says(tenant: Auth0Tenant) -> None:
    tenant.refuse_after = 2
    with serving(tenant) as server:
        row = auth0(server)
        run = running.begin(row, by="dora", now=NOW)
        running.step(now=NOW, only=run.pk)
        run.refresh_from_db()
        assert run.not_before - NOW > timedelta(seconds=10)
        assert ended(run, NOW + timedelta(seconds=60)).state == Run.State.DONE


def test_who_is_blocked_or_deleted_at_auth0_is_closed(tenant: Auth0Tenant) -> None:
    with serving(tenant) as server:
        row = auth0(server)
        synced(row)
        tenant.users["auth0|ada"]["blocked"] = True
        synced(row, after=60)
        del tenant.users["auth0|cleo"]
        synced(row, after=120)
    assert not Account.objects.filter(is_active=True).exists()
