"""An employee sees by what she signs in, and takes one of them off: what rested on it ends."""

from html import unescape

import pytest

from gateway.audit.models import AuditEvent
from provisioning.models import Account, LastIdentity, LinkedIdentity, Unlinked, UpstreamGrant
from tests.fakes.oidc_provider import OidcProvider
from tests.journeys.browser import Browser, oidc_row
from tests.journeys.finding import partners
from tests.journeys.joining import NEW, OLD, asked, here_before, known_at, page, proves, says

__all__ = ["partners"]


@pytest.fixture
def both(partners: OidcProvider) -> Account:
    """Her account, which two providers know."""
    says(link_policy="proof")
    account = here_before()
    other = Browser()
    asked(other)
    proves(other)
    assert other.post("/join/confirm").status_code == 303
    return account


def linked(slug: str) -> LinkedIdentity:
    return LinkedIdentity.objects.get(provider=slug)


def signed_in(slug: str) -> Browser:
    browser = Browser()
    assert browser.sign_in(slug).status_code == 303
    return browser


def test_she_sees_the_consequence_first_and_then_it_is_gone(both: Account) -> None:
    by_old, by_new = signed_in(OLD), signed_in(NEW)
    hers = unescape(page(by_old, "/"))
    where = f"/identities/{linked(NEW).pk}/unlink"
    assert where in hers
    told = unescape(page(by_old, where))
    assert "Whoever signs in at Partners as <strong>ada</strong> will not come into" in told
    assert "You lose no role." in told  # the other one gives it as well
    assert "browsers that signed in by it are signed out" in told
    answer = by_old.post(where)
    assert (answer.status_code, answer["Location"]) == (303, "/")
    assert "It was taken off your account." in page(by_old, "/")
    assert known_at(NEW) is None
    assert by_new.session is None
    assert by_old.session is not None


def test_roles_grants_and_what_was_kept_of_it_end_with_it(both: Account) -> None:
    LinkedIdentity.objects.get(provider=OLD).held_roles.all().delete()
    browser = signed_in(OLD)
    LinkedIdentity.objects.get(provider=OLD).held_roles.all().delete()
    gone = linked(NEW)
    told = unescape(page(browser, f"/identities/{gone.pk}/unlink"))
    assert "You lose: Deployer." in told
    browser.post(f"/identities/{gone.pk}/unlink")
    both.refresh_from_db()
    assert not both.held_roles.exists()
    assert not both.groups.exists()
    assert not LastIdentity.objects.filter(linked_identity=gone.pk).exists()
    assert not UpstreamGrant.objects.filter(linked_identity=gone.pk).exists()
    assert browser.session is not None
    assert browser.session.roles == frozenset()
    events = set(AuditEvent.objects.filter(account=str(both.pk)).values_list("event", flat=True))
    assert {"identity.unlinked", "role.lost", "session.ended"} <= events


def test_sessions_end_that_began_at_another_provider_of_the_same_issuer(
    both: Account, partners: OidcProvider
) -> None:
    """Of an identity is known by which provider it came last, not by which her sessions began."""
    oidc_row(partners, slug="partners-too", name="Partners, too")
    hers, by_new, by_too = signed_in(OLD), signed_in(NEW), signed_in("partners-too")
    gone = linked("partners-too")
    assert gone.account == both
    told = unescape(page(hers, f"/identities/{gone.pk}/unlink"))
    assert "browsers that signed in by it are signed out" in told
    hers.post(f"/identities/{gone.pk}/unlink")
    assert (by_new.session, by_too.session) == (None, None)
    assert hers.session is not None


def test_the_last_way_in_stays(both: Account) -> None:
    browser = signed_in(OLD)
    browser.get("/")
    assert browser.post(f"/identities/{linked(NEW).pk}/unlink").status_code == 303
    assert "/unlink" not in page(browser, "/")
    left = f"/identities/{linked(OLD).pk}/unlink"
    assert browser.get(left).status_code == 409
    assert browser.post(left).status_code == 409
    assert known_at(OLD) == both


def test_an_identity_that_opens_nothing_is_no_other_way_in(both: Account) -> None:
    """Its provider is switched off; or it is what SCIM tells of, and nobody signs in by that."""
    browser = signed_in(OLD)
    browser.get("/")
    says(enabled=False)
    assert browser.post(f"/identities/{linked(OLD).pk}/unlink").status_code == 409
    says(enabled=True)
    LinkedIdentity.objects.filter(provider=NEW).update(issuer="urn:gatehouse:scim:partners")
    assert browser.post(f"/identities/{linked(OLD).pk}/unlink").status_code == 409
    assert browser.post(f"/identities/{linked(NEW).pk}/unlink").status_code == 404
    assert both.identities.count() == 2


def test_nobody_takes_off_what_is_somebody_else_s(both: Account) -> None:
    ben = Browser()
    ben.sign_in(OLD, "ben")
    ben.get("/")
    where = f"/identities/{linked(NEW).pk}/unlink"
    assert ben.get(where).status_code == 404
    assert ben.post(where).status_code == 404
    assert Browser().get(where)["Location"] == "/"
    assert known_at(NEW) == both


def test_it_takes_our_own_form(both: Account) -> None:
    browser = signed_in(OLD)
    browser.get("/")
    assert browser.client.post(f"/identities/{linked(NEW).pk}/unlink").status_code == 403
    assert known_at(NEW) == both


def test_a_proof_from_before_does_not_bring_it_back(both: Account) -> None:
    """In another window she had begun to join it once more."""
    hers = signed_in(OLD)
    hers.get("/")
    hers.post(f"/identities/{linked(NEW).pk}/unlink")
    second = Browser()
    asked(second)
    proves(second)
    Unlinked.objects.update(at=Unlinked.objects.get().at)
    third = Browser()
    asked(third)
    proves(third)
    assert second.post("/join/confirm").status_code == 303
    hers.post(f"/identities/{linked(NEW).pk}/unlink")
    assert third.post("/join/confirm").status_code == 403
    assert known_at(NEW) is None


def test_it_is_not_joined_again_by_its_address(both: Account) -> None:
    for slug in (OLD, NEW):
        says(slug, link_policy="verified-email", email_domains=["corp.example"])
    browser = signed_in(OLD)
    browser.get("/")
    browser.post(f"/identities/{linked(NEW).pk}/unlink")
    again = signed_in(NEW)
    assert again.session is not None
    assert again.session.account != str(both.pk)


def test_an_address_that_nobody_vouches_for_any_more_says_so(
    both: Account, idp: OidcProvider
) -> None:
    says(OLD, email_domains=["other.example"])
    says(NEW, email_domains=["corp.example"])
    LinkedIdentity.objects.filter(provider=OLD).update(verified_address="")
    signed_in(NEW)
    both.refresh_from_db()
    assert both.email_verified
    browser = Browser()
    idp.lie.claims["email_verified"] = idp.lie.userinfo["email_verified"] = False
    browser.sign_in(OLD)
    browser.get("/")
    browser.post(f"/identities/{linked(NEW).pk}/unlink")
    both.refresh_from_db()
    assert not both.email_verified
