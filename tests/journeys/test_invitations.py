"""Somebody is invited by her address, and comes in once by the provider that was named."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, Permission
from django.utils import timezone

from gateway.audit.models import AuditEvent
from gateway.flows import invitations
from gateway.flows.personal_data import erase
from provisioning.models import Account, HeldRole, Invitation, LinkedIdentity, Source
from tests.fakes.oidc_provider import OidcProvider
from tests.gateway.leaving import close
from tests.gateway.scim.pushing import Pusher, connected
from tests.journeys.browser import Browser
from tests.journeys.finding import hold, partners
from tests.journeys.inviting import ADA, faults, invited, late, may, nobody_else, post, refused
from tests.journeys.joining import NEW, OLD, here_before, says

__all__ = ["nobody_else", "partners", "post"]


def test_she_comes_where_nobody_else_may_with_her_roles_and_her_end(browser: Browser) -> None:
    Group.objects.create(name="guest")
    end = timezone.now() + timedelta(days=60)
    row = invited(roles=("guest",), ends_at=end)
    refused(Browser(), "provisioning.not-admitted", "ben")
    page = browser.get(f"/invited/{row.pk}")
    assert page.status_code == 200
    assert "Sign in with Partners as <strong>ada@corp.example</strong>" in page.content.decode()
    assert browser.sign_in(NEW).status_code == 303
    assert browser.session is not None
    assert browser.session.roles >= {"guest"}
    assert browser.session.expires_at <= end
    row.refresh_from_db()
    account = Account.objects.get(pk=browser.session.account)
    assert (account.ends_at, row.account, row.taken_at is None) == (end, account, False)
    held = HeldRole.objects.get(account=account, role__name="guest")
    assert (held.origin, held.given_by) == (HeldRole.Origin.HAND, "operator")


def test_who_invited_her_and_that_she_came_is_on_record_and_her_address_is_not(
    browser: Browser,
) -> None:
    row = invited()
    browser.sign_in(NEW)
    assert browser.session is not None
    made = AuditEvent.objects.get(event="invitation.made")
    assert (made.actor, made.detail["invitation"]) == ("operator", str(row.pk))
    taken = AuditEvent.objects.get(event="invitation.taken")
    assert taken.account == browser.session.account
    assert taken.detail["invitation"] == str(row.pk)
    linked = AuditEvent.objects.get(event="identity.linked")
    assert linked.detail["by"] == "invitation"
    assert ADA not in str(list(AuditEvent.objects.values_list("detail", flat=True)))


def test_it_counts_once(browser: Browser, partners: OidcProvider) -> None:
    invited()
    browser.sign_in(NEW)
    assert LinkedIdentity.objects.count() == 1
    partners.people["ben"] = replace(partners.people["ben"], email=ADA)
    assert Browser().sign_in(NEW, "ben").status_code == 403
    assert LinkedIdentity.objects.count() == 1
    again = Browser()
    assert again.sign_in(NEW).status_code == 303


def test_under_another_address_nobody_comes_in_by_it(browser: Browser) -> None:
    invited()
    refused(browser, "provisioning.not-admitted", "ben")


def test_an_address_that_the_provider_does_not_vouch_for_is_nobodys(
    browser: Browser, partners: OidcProvider
) -> None:
    invited()
    partners.lie.claims["email_verified"] = False
    partners.lie.userinfo["email_verified"] = False
    refused(browser, "does not vouch")


@pytest.mark.parametrize("address", ["аda@corp.example", "ada@corp.example.evil.example"])
def test_an_address_that_looks_like_hers_is_nobodys(
    browser: Browser, partners: OidcProvider, address: str
) -> None:
    invited()
    partners.people["ada"] = replace(partners.people["ada"], email=address)
    refused(browser, "provisioning.not-admitted")


def test_capital_letters_make_no_difference(browser: Browser, partners: OidcProvider) -> None:
    invited("Ada@Corp.Example")
    partners.people["ada"] = replace(partners.people["ada"], email="ADA@corp.example")
    assert browser.sign_in(NEW).status_code == 303


def test_it_counts_at_the_provider_that_was_named_alone(browser: Browser) -> None:
    invited()
    says(OLD, newcomers="refused")
    assert browser.sign_in(OLD).status_code == 403


@pytest.mark.parametrize("moment", ["expires_at", "withdrawn_at", "ends_at"])
def test_what_is_over_lets_nobody_in_and_says_so(browser: Browser, moment: str) -> None:
    row = invited()
    late(row, **{moment: timezone.now()})
    refused(browser, "provisioning.invitation-over")
    assert browser.get(f"/invited/{row.pk}").status_code == 404


def test_what_is_over_is_in_nobodys_way_who_may_come_anyhow(browser: Browser) -> None:
    late(invited(), expires_at=timezone.now())
    says(newcomers="created")
    assert browser.sign_in(NEW).status_code == 303
    assert Account.objects.get().ends_at is None


@pytest.fixture
def ben() -> Account:
    """He may invite, and give roles by hand."""
    ben = here_before("ben")
    may(ben, "add_invitation", "add_heldrole")
    return ben


def test_what_somebody_made_who_was_let_go_since_counts_no_more(
    browser: Browser, ben: Account
) -> None:
    invited(actor=str(ben.pk))
    close(str(ben.pk))
    refused(browser, "provisioning.invitation-over")


@pytest.mark.parametrize("left", ["add_invitation", "add_heldrole"])
def test_what_somebody_made_who_may_do_it_no_more_counts_no_more(
    browser: Browser, ben: Account, left: str
) -> None:
    Group.objects.create(name="guest")
    invited(actor=str(ben.pk), roles=("guest",))
    may(ben, left)
    refused(browser, "provisioning.invitation-over")


def test_whoever_may_give_no_roles_invites_without_any(browser: Browser, ben: Account) -> None:
    Group.objects.create(name="guest")
    may(ben, "add_invitation")
    assert "by hand" in faults(actor=str(ben.pk), roles=("guest",))["roles"]
    invited(actor=str(ben.pk))
    assert browser.sign_in(NEW).status_code == 303


def test_a_role_that_came_to_open_the_console_meanwhile_is_not_given(browser: Browser) -> None:
    guest, other = Group.objects.create(name="guest"), Group.objects.create(name="other")
    invited(roles=("guest", "other"))
    guest.permissions.add(Permission.objects.first())  # type: ignore[arg-type]
    assert browser.sign_in(NEW).status_code == 303
    assert [held.role for held in HeldRole.objects.filter(origin="hand")] == [other]


def test_whom_somebody_let_go_since_an_older_invitation_does_not_bring_back(
    browser: Browser,
) -> None:
    ada = here_before()
    row = invited()
    close(str(ada.pk))
    refused(browser, "provisioning.invitation-over")
    invitations.withdraw(row.pk, actor="operator", now=timezone.now())
    invited()
    assert browser.sign_in(NEW).status_code == 303


def test_who_is_erased_leaves_no_invitation(browser: Browser) -> None:
    ada = here_before()
    invited()
    erase(account=str(ada.pk), actor="operator", source=Source.COMMAND, now=timezone.now())
    assert not Invitation.objects.exists()


def test_a_domain_that_requires_another_provider_comes_first(browser: Browser) -> None:
    invited()
    hold(OLD, required=True)
    refused(browser, "other-provider-required")


def test_whom_a_directory_tells_of_takes_none_up(browser: Browser) -> None:
    """It waits for herself."""
    row = invited()
    Pusher(connected()).user()
    row.refresh_from_db()
    assert row.taken_at is None
