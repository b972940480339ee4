"""A whole working life with a real Keycloak: hired, signed in, moved, known by a second provider,
and gone by each way on which such news comes; then every app refuses.

Shared signals come of a Keycloak of their own (`test_keycloak_signals`); Keycloak sends nobody's
Universal Logout.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from gateway.departures.models import Act, Departure
from gateway.flows import end_dates
from providers.models import Provider
from provisioning.models import Account, LinkedIdentity, Source
from tests.gateway.leaving import close, reopen
from tests.gateway.pages.signed_in import staff
from tests.gateway.scim.pushing import Pusher
from tests.gateway.scim.pushing import connected as connected_by_scim
from tests.journeys.apps import PAYROLL, WIKI, enter
from tests.journeys.edge import AppBrowser
from tests.live import keycloak_directory
from tests.live.keycloak import GATEWAY
from tests.live.keycloak_realm import KeycloakRealm
from tests.live.person import Person, asks_who_she_is
from tests.live.rechecking import asked_again, set_row
from tests.live.way_back import WayBack

pytestmark = pytest.mark.django_db(transaction=True)


class Company:
    """Fay's employer: its personnel office pushes by SCIM, its Keycloak is read as a directory."""

    def __init__(self, realm: KeycloakRealm, back: WayBack) -> None:
        self.realm, self.back = realm, back
        keycloak_directory.reader(realm, "view-users")
        now = timezone.now()
        self.directory = keycloak_directory.read_by("corp-oidc", realm, now=now)
        self.office = Pusher(
            connected_by_scim("office", provider="corp-oidc", external_id_is_subject=True)
        )
        self.subject = realm.add_person(
            "fay", email="fay@corp.example", groups=("/engineering/platform",)
        )
        self.pushed: dict[str, Any] = {}

    def hires(self) -> None:
        self.pushed = self.office.user("fay", externalId=self.subject)

    def says_active(self, *, active: bool) -> None:
        step = {"op": "replace", "path": "active", "value": active}
        assert self.office.patch(self.pushed, step).status_code == 200

    def strikes(self) -> None:
        assert self.office.send("DELETE", f"/Users/{self.pushed['id']}").status_code == 204

    def switches(self, *, on: bool) -> None:
        """At Keycloak, which nobody hears before the directory is read."""
        self.realm.admin.update_user(self.subject, {"enabled": on})
        keycloak_directory.synced(self.directory, now=timezone.now())

    def signs_out(self) -> None:
        """As an administrator does it, of whom Keycloak tells the gateway over both protocols."""
        self.realm.sign_out_everywhere("fay")


@pytest.fixture
def company(connected: None, keycloak: KeycloakRealm, transactional_db: None) -> Iterator[Company]:
    keycloak.set_client(
        "gatehouse",
        attributes={
            "backchannel.logout.url": f"{GATEWAY}/oidc/corp-oidc/backchannel-logout",
            "backchannel.logout.session.required": "true",
        },
    )
    set_row(recheck_minutes=5)
    Provider.objects.filter(slug="corp-saml").update(link_policy="proof")
    staff("cleo")  # somebody has to be left who can administer
    with keycloak.way_back.opened() as back:
        yield Company(keycloak, back)


class AtWork:
    """Fay, signed in and within both apps."""

    def __init__(self, person: Person, edge: int) -> None:
        self.person = person
        self.apps = [AppBrowser(edge, WIKI), AppBrowser(edge, PAYROLL)]
        assert person.sign_in("oidc", "fay").status_code == 303
        for app in self.apps:
            enter(person.browser, app)
            assert app.open("/").status == 200

    def is_out(self) -> bool:
        return [app.open("/").status for app in self.apps] == [302, 302]


def fay() -> Account:
    return Account.objects.get(username="fay@corp.example")


def by_command(verb: str) -> None:
    call_command("accounts", verb, "fay@corp.example", reason="the last day", stdout=StringIO())


def ends(company: Company, *, over: bool) -> None:
    now = timezone.now()
    at = now - timedelta(seconds=1) if over else None
    end_dates.move(account=str(fay().pk), ends_at=at, actor="cleo", now=now)


def told(company: Company, person: Person) -> None:
    company.back.calls.clear()
    company.signs_out()
    company.back.wait_for(1)


def refused_to_renew(company: Company, person: Person) -> None:
    company.realm.set_client("gatehouse", attributes={"backchannel.logout.url": ""})
    company.signs_out()
    assert asked_again() == 1


def nothing(company: Company) -> None: ...


# How she goes, by whose word, and what brings her back where her account was closed.
Way = tuple[Source, Callable[[Company, Person], object], Callable[[Company], object]]
WAYS: list[Way] = [
    (Source.BACK_CHANNEL_LOGOUT, told, nothing),
    (
        Source.PERSON,
        lambda _, person: person.browser.post("/sessions/not-me"),
        nothing,
    ),
    (Source.COMMAND, lambda *_: by_command("end"), nothing),
    (Source.COMMAND, lambda *_: by_command("close"), lambda _: by_command("reopen")),
    (Source.CONSOLE, lambda *_: close(fay().pk, by="cleo"), lambda _: reopen(fay().pk, by="cleo")),
    (
        Source.SCIM,
        lambda company, _: company.says_active(active=False),
        lambda company: company.says_active(active=True),
    ),
    (Source.SCIM, lambda company, _: company.strikes(), Company.hires),
    (
        Source.DIRECTORY,
        lambda company, _: company.switches(on=False),
        lambda company: company.switches(on=True),
    ),
    (
        Source.END_DATE,
        lambda company, _: ends(company, over=True),
        lambda company: ends(company, over=False),
    ),
    (Source.REFRESH_REFUSED, refused_to_renew, nothing),
]


def test_from_hired_to_gone_by_each_way(
    company: Company, person: Person, elsewhere: Person, edge: int
) -> None:
    company.hires()
    hers = fay()
    signs_in_and_moves(company, person, edge)
    joins(elsewhere)
    assert LinkedIdentity.objects.get(provider="corp-saml").account == hers
    for way in WAYS:
        goes_and_comes_back(company, way, edge)
    assert fay() == hers
    assert fay().is_active


def signs_in_and_moves(company: Company, person: Person, edge: int) -> None:
    """She finds the account that was made for her, and her roles follow her to another team."""
    assert person.sign_in("oidc", "fay").status_code == 303
    assert person.browser.session is not None
    assert person.browser.session.account == str(fay().pk)
    wiki, payroll = AppBrowser(edge, WIKI), AppBrowser(edge, PAYROLL)
    enter(person.browser, wiki)
    enter(person.browser, payroll)
    assert (wiki.open("/").status, payroll.open("/").status) == (200, 403)
    company.realm.set_groups("fay", "/finance/payroll")
    assert asked_again() == 1
    assert (wiki.open("/").status, payroll.open("/").status) == (200, 200)


def goes_and_comes_back(company: Company, way: Way, edge: int) -> None:
    source, goes, comes_back = way
    at_work = AtWork(Person(company.realm), edge)
    goes(company, at_work.person)
    assert at_work.is_out(), source
    assert at_work.person.browser.session is None, source
    departure = Departure.objects.filter(account=fay()).first()
    assert departure is not None
    assert departure.source == source
    if departure.act == Act.CLOSE:
        for protocol in ("oidc", "saml"):
            assert not gets_in(at_work.person, protocol), (source, protocol)
    comes_back(company)
    at_work.person.at_keycloak.close()


def gets_in(person: Person, protocol: str) -> bool:
    page = person.prove(person.leave(protocol), "fay")
    if asks_who_she_is(page):  # Keycloak itself lets her in no more
        return False
    return bool(person.come_back(protocol, page).status_code == 303)


def joins(person: Person) -> None:
    """By SAML, and a proof by OIDC that the account is hers."""
    asked = person.sign_in("saml", "fay")
    assert (asked.status_code, asked["Location"]) == (303, "/join")
    assert person.browser.get("/join").status_code == 200
    left = person.browser.post("/join/prove", {"provider": "corp-oidc"})
    there = person.at_keycloak
    page = there.onward(there.open(left["Location"]))
    back = person.come_back("oidc", person.prove(page, "fay"))
    assert (back.status_code, back["Location"]) == (303, "/join")
    assert person.browser.get("/join").status_code == 200
    assert person.browser.post("/join/confirm").status_code == 303
