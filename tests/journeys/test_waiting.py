"""Newcomers of a provider wait until an administrator has seen both sides and decided."""

import re
from html import unescape

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from gateway import wiring
from gateway.audit.models import AuditEvent
from gateway.flows import join_requests
from gateway.flows.errors import JoinRequestGone
from provisioning.models import Account, HeldRole, JoinRequest
from tests.fakes.oidc_provider import OidcProvider
from tests.journeys.browser import Browser
from tests.journeys.finding import ENTRY, partners
from tests.journeys.joining import NEW, OLD, code, here_before, known_at, page, says

__all__ = ["partners"]


@pytest.fixture(autouse=True)
def _waiting(partners: OidcProvider) -> None:
    says(newcomers="approval")


@pytest.fixture
def admin() -> Browser:
    dora = Browser()
    assert dora.sign_in(OLD, "dora").status_code == 303
    Account.objects.filter(is_staff=True).update(is_superuser=True)
    return dora


def waits(browser: Browser, person: str = "ada") -> str:
    """The code on her waiting page."""
    answer = browser.sign_in(NEW, person, return_to=ENTRY)
    text = answer.content.decode()
    assert answer.status_code == 403
    assert "Somebody has to let you in first" in text
    assert "Sign in again" in text
    assert browser.session is None
    return code(answer)


def decides(admin: Browser, verb: str, **fields: str) -> str:
    """Presses the button beside who waits longest; what the console says."""
    request = JoinRequest.objects.get()
    page(admin, "/console/waiting/")
    answer = admin.post(f"/console/waiting/{request.pk}/", {"verb": verb, **fields})
    assert (answer.status_code, answer["Location"]) == (303, "/console/waiting/") or (
        answer.status_code == 302
    )
    return unescape(page(admin, "/console/waiting/"))


def test_the_admin_sees_both_sides_joins_them_and_she_comes_in(
    admin: Browser, browser: Browser
) -> None:
    says(OLD, email_domains=["corp.example"])
    account = here_before()
    said = waits(browser)
    assert waits(Browser()) == said
    shown = unescape(page(admin, "/console/waiting/"))
    assert f"code {said}" in shown
    assert "Partners, as ada" in shown
    assert "ada@corp.example, the provider vouches for it" in shown
    assert "same e-mail, which a provider vouched for there" in shown
    assert "corp-oidc: ada" in shown
    told = decides(admin, "join", account=str(account.pk))
    assert "joins that account at her next sign-in" in told
    assert "Nobody waits." in told
    assert known_at(NEW) is None
    assert browser.sign_in(NEW).status_code == 303
    assert browser.session is not None
    assert browser.session.account == str(account.pk)
    assert not JoinRequest.objects.exists()


def test_a_new_account_is_made_at_her_next_sign_in(admin: Browser, browser: Browser) -> None:
    waits(browser, "ben")
    assert "No account looks like hers." in page(admin, "/console/waiting/")
    assert "gets an account at her next sign-in" in decides(admin, "create")
    assert not Account.objects.filter(username="ben").exists()
    assert browser.sign_in(NEW, "ben").status_code == 303
    assert known_at(NEW) == Account.objects.get(username="ben")


def test_who_is_declined_is_told_why_and_may_be_let_in_after_all(
    admin: Browser, browser: Browser
) -> None:
    waits(browser)
    decides(admin, "decline", reason="Ask the partners’ desk")
    answer = browser.sign_in(NEW)
    assert answer.status_code == 403
    assert "declined it: Ask the partners’ desk" in unescape(answer.content.decode())
    assert known_at(NEW) is None
    listed = unescape(page(admin, "/console/waiting/?decided=1"))
    assert "declined: Ask the partners’ desk" in listed
    decides(admin, "create")
    assert browser.sign_in(NEW).status_code == 303


def test_all_of_it_is_on_record(admin: Browser, browser: Browser) -> None:
    account = here_before()
    said = waits(browser)
    waits(browser)
    decides(admin, "decline", reason="No")
    decides(admin, "join", account=str(account.pk))
    browser.sign_in(NEW)
    dora = str(Account.objects.get(username="dora").pk)
    rows = AuditEvent.objects.filter(event__startswith="join-request.").order_by("pk")
    assert [(row.event, row.actor, row.account) for row in rows] == [
        ("join-request.made", NEW, ""),
        ("join-request.declined", dora, ""),
        ("join-request.approved", dora, str(account.pk)),
    ]
    assert {row.detail["request"] for row in rows} == {said}
    linked = AuditEvent.objects.filter(event="identity.linked").latest("pk")
    assert (linked.account, linked.detail["by"]) == (str(account.pk), "approval")


def test_nobody_is_joined_to_an_account_with_power(admin: Browser, browser: Browser) -> None:
    """Whoever is called like an administrator waits for one who is tired."""
    says(OLD, email_domains=["corp.example"])
    dora = Account.objects.get(username="dora")
    waits(browser, "dora")
    shown = unescape(page(admin, "/console/waiting/"))
    assert "It has power here: only she herself joins it" in shown
    assert f'value="{dora.pk}"' not in shown
    for fields in ({"account": str(dora.pk)}, {"username": "dora"}):
        assert "Nothing was done" in decides(admin, "join", **fields)
    assert JoinRequest.objects.get().state == "waiting"
    waits(browser, "dora")


def test_nobody_is_joined_to_an_account_whose_power_is_masked(
    admin: Browser, browser: Browser
) -> None:
    """A rule denies it the role for the moment; tomorrow it may not."""
    says(OLD, email_domains=["corp.example"])
    account = here_before()
    HeldRole.objects.create(
        account=account,
        role=Group.objects.get_or_create(name=wiring.config().staff_role)[0],
        origin=HeldRole.Origin.HAND,
        given_by="operator",
        since=timezone.now(),
    )
    waits(browser)
    shown = unescape(page(admin, "/console/waiting/"))
    assert "It has power here: only she herself joins it" in shown
    assert "Nothing was done" in decides(admin, "join", account=str(account.pk))
    assert JoinRequest.objects.get().state == "waiting"


@pytest.mark.parametrize("username", ["nobody", "", "\x00", "ada' or 1=1"])
def test_an_account_that_there_is_not_is_not_joined(
    admin: Browser, browser: Browser, username: str
) -> None:
    waits(browser)
    assert "Nothing was done" in decides(admin, "join", username=username)
    assert JoinRequest.objects.get().state == "waiting"


def test_what_she_does_not_decide_nobody_decides(browser: Browser) -> None:
    """Neither she who waits nor staff who may only look."""
    here_before()
    waits(browser)
    request = JoinRequest.objects.get()
    hers = Browser()
    hers.sign_in(OLD)
    hers.get("/")
    to_sign_in = hers.get("/console/waiting/")["Location"]
    assert to_sign_in.startswith("/admin/login/")
    refused = hers.post(f"/console/waiting/{request.pk}/", {"verb": "create"})
    assert refused["Location"].startswith("/admin/login/")
    staff = Browser()
    staff.sign_in(OLD, "dora")
    staff.get("/")
    assert staff.get("/console/waiting/").status_code == 403
    assert staff.post(f"/console/waiting/{request.pk}/", {"verb": "create"}).status_code == 403
    assert JoinRequest.objects.get().state == "waiting"


def test_a_request_that_is_gone_decides_nothing(browser: Browser) -> None:
    waits(browser)
    request = str(JoinRequest.objects.get().pk)
    JoinRequest.objects.all().delete()
    now = timezone.now()
    with pytest.raises(JoinRequestGone):
        join_requests.approve(request, account="", actor="dora", now=now)
    with pytest.raises(JoinRequestGone):
        join_requests.decline(request, reason="", actor="dora", now=now)


def test_the_queue_says_the_next_step_when_it_is_empty(admin: Browser) -> None:
    assert "Nobody waits." in page(admin, "/console/waiting/")
    says(newcomers="created")
    assert "no provider makes newcomers wait" in page(admin, "/console/waiting/")


@pytest.mark.parametrize("sought", ["code", "ADA", "ada@corp.example", NEW, "nobody", "\x00"])
def test_who_waits_is_found_by_code_name_address_and_provider(
    admin: Browser, browser: Browser, sought: str
) -> None:
    said = waits(browser)
    query = said if sought == "code" else sought
    shown = admin.get("/console/waiting/", data={"q": query}).content.decode()
    assert bool(re.search(f"code {said}", shown)) is (sought not in ("nobody", "\x00"))


def test_the_queue_asks_the_database_the_same_however_many_wait(
    admin: Browser, browser: Browser, django_assert_max_num_queries
) -> None:
    here_before()
    now = timezone.now()
    JoinRequest.objects.bulk_create(
        JoinRequest(
            provider=NEW,
            issuer="https://partners.example",
            subject=f"s{n}",
            username="ada",
            verified_address="ada@corp.example",
            reference="ABCDEFGH",
            asked_at=now,
            last_asked_at=now,
        )
        for n in range(20)
    )
    with django_assert_max_num_queries(20):
        page(admin, "/console/waiting/")
