"""A no, or an answer that is not about her, ends the session: no check is left out later.

Pomerium CVE-2021-41230, oauth2-proxy#3333.
"""

from typing import Any

import pytest

from gateway.flows.recheck import recheck
from providers.models import Provider
from provisioning.models import Account, UpstreamGrant
from tests.fakes.oidc_forgery import LEFT_OUT
from tests.fakes.oidc_provider import OidcProvider, oidc_provider
from tests.fakes.oidc_vendors import ENTRA
from tests.gateway.leaving import close
from tests.journeys.browser import Browser, oidc_row, visit
from tests.journeys.rechecking import (
    MINUTES,
    after,
    asked_again,
    ended,
    held,
    rechecked,
    somebody_signed_in,
)

__all__ = ["rechecked", "somebody_signed_in"]


@pytest.mark.parametrize(
    ("lies", "reason"),
    [
        ({"sub": "ben-0001"}, "id_token.sub"),
        ({"iss": "https://evil.example"}, "id_token.iss"),
        ({"aud": "other"}, "id_token.aud"),
        ({"azp": "other"}, "id_token.azp"),
        ({"nonce": "of-another-login"}, "id_token.nonce"),
        ({"auth_time": 1_700_000_000}, "id_token.auth_time"),
        ({"at_hash": "ZmFsc2U"}, "id_token.at_hash"),
        ({"exp": 1_700_000_000}, "id_token.exp"),
        ({"iat": LEFT_OUT}, "id_token.iat"),
        ({"session_expiry": 1_700_000_000}, "id_token.session_expiry"),
        ({"_claim_names": {"groups": "src1"}}, "claims.groups"),
    ],
)
def test_an_answer_that_does_not_fit_ends_the_session_and_says_which_check(
    idp: OidcProvider, signed_in: Browser, lies: dict[str, Any], reason: str
) -> None:
    """Pomerium CVE-2021-41230: no check of a sign-in is left out later."""
    idp.lie.refreshed |= lies
    if reason == "claims.groups":
        idp.lie.userinfo["groups"] = []
    asked_again(idp)
    assert signed_in.session is None
    assert ended() == [f"recheck: {reason}"]
    assert held(signed_in) is None
    assert set(Account.objects.get().groups.values_list("name", flat=True)) == {"deployer"}
    assert not UpstreamGrant.objects.exists()


def test_another_person_at_userinfo_ends_it(idp: OidcProvider, signed_in: Browser) -> None:
    idp.lie.userinfo["sub"] = "ben-0001"
    asked_again(idp)
    assert (signed_in.session, ended()) == (None, ["recheck: userinfo.sub"])


def test_a_token_that_somebody_else_signed_ends_it(idp: OidcProvider, signed_in: Browser) -> None:
    with oidc_provider() as other:
        other.rotate(kid=idp.key.kid)
        idp.lie.signing_key = other.key
        asked_again(idp)
    assert (signed_in.session, ended()) == (None, ["recheck: id_token.signature"])


def test_an_answer_without_an_id_token_ends_it(idp: OidcProvider, signed_in: Browser) -> None:
    idp.lie.token_answer["id_token"] = LEFT_OUT
    asked_again(idp)
    assert (signed_in.session, ended()) == (None, ["recheck: token.id_token"])


def test_a_nonce_that_is_the_sign_in_s_may_come_and_a_later_proof_of_herself_too(
    idp: OidcProvider, browser: Browser
) -> None:
    address = browser.leave("corp-oidc")
    browser.get(visit(address).location)
    now = after(idp, MINUTES)
    nonce = idp.client.asked[-1]["nonce"]
    idp.lie.refreshed |= {"nonce": nonce, "auth_time": int(now.timestamp())}
    recheck(now=now)
    assert browser.session is not None


def test_what_was_revoked_there_ends_here_and_only_for_her(
    idp: OidcProvider, signed_in: Browser
) -> None:
    ben = Browser()
    ben.sign_in(person="ben")
    idp.refresh_tokens.revoke("ada")
    assert asked_again(idp) == 2
    assert signed_in.session is None
    assert held(ben) == {"payroll"}
    assert ended() == ["recheck: invalid_grant"]


def test_a_refresh_token_that_somebody_used_before_us_ends_it(
    idp: OidcProvider, signed_in: Browser
) -> None:
    [stolen] = idp.refresh_tokens.current
    idp.refresh_tokens.rotate(stolen)
    asked_again(idp)
    assert (signed_in.session, ended()) == (None, ["recheck: invalid_grant"])


def test_a_person_who_was_removed_there_is_out_here(idp: OidcProvider, signed_in: Browser) -> None:
    del idp.people["ada"]
    asked_again(idp)
    assert signed_in.session is None


def test_a_client_that_the_provider_does_not_take_any_more_ends_it(
    idp: OidcProvider, signed_in: Browser
) -> None:
    idp.client.secret = "another"
    asked_again(idp)
    assert (signed_in.session, ended()) == (None, ["recheck: invalid_client"])


def test_a_provider_that_was_switched_off_vouches_for_nobody(
    idp: OidcProvider, signed_in: Browser
) -> None:
    Provider.objects.update(enabled=False)
    asked_again(idp)
    assert (signed_in.session, ended()) == (None, ["recheck: provider.unknown"])


def test_a_deactivated_account_stays_out_whatever_the_provider_says(
    idp: OidcProvider, signed_in: Browser
) -> None:
    account = str(Account.objects.get().pk)
    close(account)
    assert not UpstreamGrant.objects.exists()
    assert asked_again(idp) == 0
    assert signed_in.session is None


def test_an_account_that_was_closed_by_another_way_loses_its_session(
    idp: OidcProvider, signed_in: Browser
) -> None:
    Account.objects.update(is_active=False)
    asked_again(idp)
    assert (signed_in.session, ended()) == (None, ["recheck: provisioning.account-closed"])


def test_what_was_sealed_for_one_session_opens_for_no_other(
    idp: OidcProvider, signed_in: Browser
) -> None:
    Browser().sign_in(person="ben")
    ada, ben = UpstreamGrant.objects.order_by("next_check_at")
    UpstreamGrant.objects.filter(pk=ada.pk).update(sealed_renewal=ben.sealed_renewal)
    asked_again(idp)
    assert signed_in.session is None
    assert ended() == ["recheck: provider.request-unknown"]


def test_the_same_sub_of_another_object_in_the_directory_is_another_person(
    house: None, browser: Browser
) -> None:
    """At Entra she is `tid` and `oid`."""
    with oidc_provider(vendor=ENTRA) as idp:
        oidc_row(idp, dialect="entra", settings={"recheck_minutes": MINUTES})
        browser.sign_in(person="ada")
        idp.lie.refreshed["oid"] = "another-object"
        asked_again(idp)
    assert (browser.session, ended()) == (None, ["recheck: claims.subject"])
    assert Account.objects.count() == 1
