"""Providers are enabled, disabled and deleted in the console; whom it concerns is said before."""

import re
from html import unescape

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from gateway.audit.models import AuditEvent
from gateway.flows import roles
from gateway.sessions import cookie
from providers.models import Provider
from provisioning.models import Account, HeldRole, LastIdentity, LinkedIdentity
from tests.fakes.oidc_provider import OidcProvider
from tests.gateway.pages.signed_in import cookie_of, local_administrator, staff, start
from tests.journeys.browser import Browser, oidc_row

pytestmark = pytest.mark.usefixtures("idp")

CORP = "/console/providers/corp-oidc/"


@pytest.fixture
def operator(idp: OidcProvider) -> Browser:
    """A local administrator's browser: she needs no provider."""
    found = Browser()
    dora = local_administrator()
    found.client.cookies[cookie.NAME] = cookie_of(start(dora, provider=""))
    return found


def text(answer) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


def events(name: str) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(event=name).order_by("id"))


def test_enabling_says_who_will_be_able_to_sign_in_and_then_they_can(
    operator: Browser, browser: Browser
) -> None:
    Provider.objects.update(enabled=False)
    assert browser.get("/sign-in/corp-oidc").status_code == 404
    answer = operator.get(f"{CORP}enable/")
    page = text(answer)
    assert "Everybody whom your provider lets into this app" in page
    assert "Rules for every provider: deployers, payroll, admins." in page
    seen = {"version": answer.context["version"]}
    assert operator.post(f"{CORP}enable/", seen).status_code == 302
    assert browser.sign_in(person="ada").status_code == 303
    assert [event.detail["fields"] for event in events("provider.configured")] == [["enabled"]]


def test_an_unfinished_provider_cannot_be_enabled(operator: Browser) -> None:
    Provider.objects.update(enabled=False, settings={})
    assert "not filled in yet" in text(operator.get(f"{CORP}enable/"))
    seen = {"version": operator.get(f"{CORP}enable/").context["version"]}
    operator.post(f"{CORP}enable/", seen)
    assert not Provider.objects.get().enabled


def test_disabling_says_the_figures_and_ends_the_sessions(
    operator: Browser, browser: Browser
) -> None:
    browser.sign_in(person="ada")
    elsewhere = Browser()
    elsewhere.sign_in(person="ada")
    page = text(operator.get(f"{CORP}disable/"))
    assert "1 person is known by it" in page
    assert "1 person holds a role because of it. (deployer)" in page
    assert "Disable it and end 2 sessions of 1 person" in page
    assert "Wiki" in page
    operator.post(f"{CORP}disable/", {"sessions": "end"})
    assert browser.session is None
    assert elsewhere.session is None
    assert browser.get("/sign-in/corp-oidc").status_code == 404
    assert [e.detail["count"] for e in events("sessions.ended")] == [2]
    assert HeldRole.objects.filter(role__name="deployer").exists()


def test_disabling_may_let_people_go_on(operator: Browser, browser: Browser) -> None:
    browser.sign_in(person="ada")
    operator.get(f"{CORP}disable/")
    operator.post(f"{CORP}disable/", {"sessions": "leave"})
    assert browser.session is not None
    assert not Provider.objects.get().enabled


def test_deleting_ends_sessions_takes_roles_and_keeps_accounts(
    idp: OidcProvider, operator: Browser, browser: Browser
) -> None:
    browser.sign_in(person="ada")
    ada = Account.objects.get(username="ada")
    roles.grant_by_hand(account=str(ada.pk), role="auditor", actor="dora", now=timezone.now())
    elsewhere = start(ada, provider="other")
    page = text(operator.get(f"{CORP}delete/"))
    assert "Delete it, end 1 session and take roles from 1 person" in page
    answer = operator.post(f"{CORP}delete/")
    assert answer["Location"] == "/console/providers/"
    assert not Provider.objects.exists()
    assert browser.session is None
    held = HeldRole.objects.filter(account=ada)
    assert [row.role.name for row in held] == ["auditor"]
    assert {group.name for group in ada.groups.all()} == {"auditor"}
    from gateway import wiring

    live = wiring.session_store().load(elsewhere.handle)
    assert live is not None  # of another provider: it goes on, without the role
    assert live.roles == {"auditor"}
    assert [row.account for row in LinkedIdentity.objects.all()] == [ada]
    assert not LastIdentity.objects.exists()  # no rules decide any more on what it said
    [event] = events("provider.deleted")
    assert event.detail == {"provider": "corp-oidc", "sessions": 1, "roles": 1}
    assert [e.detail["role"] for e in events("role.lost")] == ["deployer"]
    oidc_row(idp)  # connected again, it finds them
    browser.sign_in(person="ada")
    assert LinkedIdentity.objects.get().account == ada


def administrator_by_provider() -> Browser:
    """Dora's browser, signed in by the provider, whose group makes her an administrator."""
    found = Browser()
    found.sign_in(person="dora")
    staff_group = Group.objects.get(name="gatehouse-admin")
    from django.contrib.auth.models import Permission

    staff_group.permissions.set(Permission.objects.filter(content_type__app_label="providers"))
    return found


def test_the_last_administrators_provider_is_not_deleted(idp: OidcProvider) -> None:
    dora = administrator_by_provider()
    assert "no administrator could sign in any more" in text(dora.get(f"{CORP}delete/"))
    answer = dora.post(f"{CORP}delete/", {"name": "Corp"})
    assert answer.status_code == 200
    assert Provider.objects.get().enabled
    assert dora.session is not None


def test_the_flow_itself_refuses_to_take_the_last_way_in(idp: OidcProvider) -> None:
    from gateway.flows.configure import delete_provider
    from gateway.flows.errors import LastWayIn

    administrator_by_provider()
    with pytest.raises(LastWayIn):
        delete_provider("corp-oidc", actor="dora", now=timezone.now())
    assert Provider.objects.get().enabled


@pytest.mark.parametrize("verb", ["disable", "delete"])
def test_whoever_would_shut_herself_out_types_the_name(idp: OidcProvider, verb: str) -> None:
    dora = administrator_by_provider()
    Account.objects.filter(username="dora").update(username="dora-of-corp")
    local_administrator()
    assert "You yourself could not sign in any more" in text(dora.get(f"{CORP}{verb}/"))
    refused = dora.post(f"{CORP}{verb}/", {"name": "Crop", "sessions": "end"})
    assert "nothing was done" in text(refused)
    assert Provider.objects.get().enabled
    dora.post(f"{CORP}{verb}/", {"name": "Corp", "sessions": "end"})
    assert not Provider.objects.filter(enabled=True).exists()
    assert dora.session is None


@pytest.mark.parametrize("verb", ["enable", "disable", "delete", "links", "connection"])
def test_whoever_may_only_look_switches_nothing(idp: OidcProvider, verb: str) -> None:
    looks = Browser()
    ada = staff("ada", permissions="view_provider")
    looks.client.cookies[cookie.NAME] = cookie_of(start(ada, provider=""))
    assert looks.get(f"{CORP}{verb}/").status_code == 403
    looks.get(CORP)
    assert looks.post(f"{CORP}{verb}/", {"sessions": "end"}).status_code == 403
    assert Provider.objects.get().enabled
