"""A provider is asked about somebody again while she is signed in, and what it says holds here."""

from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.utils import timezone

from gateway import wiring
from gateway.audit.models import AuditEvent
from gateway.flows import deliver, ending, keys, roles, upstream_logout
from gateway.flows.ending import Order
from providers.models import Provider
from provisioning import upstream
from provisioning.last_identity import opened
from provisioning.models import Account, HeldRole, LastIdentity, UpstreamGrant
from tests.fakes.oidc_forgery import LEFT_OUT
from tests.fakes.oidc_logout import logout_token
from tests.fakes.oidc_provider import OidcProvider, oidc_provider
from tests.journeys.browser import Browser, oidc_row
from tests.journeys.rechecking import (
    MINUTES,
    after,
    asked_again,
    ended,
    held,
    move,
    rechecked,
    somebody_signed_in,
)

__all__ = ["rechecked", "somebody_signed_in"]


def test_nobody_is_asked_about_before_her_time(idp: OidcProvider, signed_in: Browser) -> None:
    move(idp)
    assert asked_again(idp, MINUTES - 1) == 0
    assert held(signed_in) == {"deployer"}


def test_without_the_setting_nothing_is_asked_for_and_nothing_is_kept(
    house: None, browser: Browser
) -> None:
    with oidc_provider() as idp:
        oidc_row(idp)
        assert "offline_access" not in browser.leave("corp-oidc")
        browser.sign_in()
        assert asked_again(idp, 600) == 0
    assert not UpstreamGrant.objects.exists()


def test_what_is_kept_of_her_is_what_her_provider_said_last(
    idp: OidcProvider, signed_in: Browser
) -> None:
    assert last_groups() == ("/engineering/platform",)
    move(idp, "/sales")
    assert asked_again(idp) == 1
    assert last_groups() == ("/sales",)


def last_groups() -> tuple[str, ...]:
    return opened(LastIdentity.objects.get()).claims.texts("groups")


def test_a_role_that_she_lost_at_the_provider_leaves_all_her_live_sessions(
    idp: OidcProvider, signed_in: Browser
) -> None:
    elsewhere = Browser()
    elsewhere.sign_in(person="ada")
    move(idp)
    assert asked_again(idp) == 2
    assert (held(signed_in), held(elsewhere)) == (frozenset(), frozenset())
    assert not HeldRole.objects.exists()
    lost = AuditEvent.objects.get(event="role.lost")
    assert (lost.actor, lost.detail["role"]) == ("corp-oidc", "deployer")


def test_a_role_that_she_gained_reaches_her_live_session_after_the_commit(
    idp: OidcProvider, signed_in: Browser
) -> None:
    move(idp, "/engineering/platform", "/finance/payroll")
    asked_again(idp)
    assert held(signed_in) == {"deployer"}
    deliver.deliver(now=timezone.now())
    assert held(signed_in) == {"deployer", "payroll"}


def test_what_a_hand_gave_and_when_she_signed_in_stay_as_they_were(
    idp: OidcProvider, signed_in: Browser
) -> None:
    account = Account.objects.get()
    roles.grant_by_hand(account=str(account.pk), role="auditor", actor="dora", now=timezone.now())
    idp.people["ada"] = replace(idp.people["ada"], family_name="Lovelace", groups=())
    asked_again(idp)
    now = Account.objects.get()
    assert (now.name, now.last_login) == ("Ada Lovelace", account.last_login)
    assert set(now.groups.values_list("name", flat=True)) == {"auditor"}
    assert AuditEvent.objects.filter(event="login.succeeded").count() == 1


def test_she_is_asked_about_over_and_over_with_the_newest_token(
    idp: OidcProvider, signed_in: Browser
) -> None:
    for times in range(1, 5):
        assert asked_again(idp, MINUTES * times) == 1
    assert signed_in.session is not None
    assert idp.asked["token"] == 5


def test_rules_that_changed_meanwhile_are_the_ones_that_count(
    idp: OidcProvider, signed_in: Browser
) -> None:
    from mapping import models as mapping_models

    Group.objects.create(name="engineer")
    rules = [
        {"id": "e", "roles": ["engineer"], "when": {"claim": "groups", "glob": "/engineering/*"}}
    ]
    mapping_models.publish({"rules": rules}, based_on=1, by="operator", now=timezone.now())
    asked_again(idp)
    assert held(signed_in) == frozenset()
    deliver.deliver(now=timezone.now())
    assert held(signed_in) == {"engineer"}


def test_a_row_that_does_not_want_it_any_more_lets_the_session_be(
    idp: OidcProvider, signed_in: Browser
) -> None:
    row = Provider.objects.get()
    del row.settings["recheck_minutes"]
    row.save()
    asked_again(idp)
    assert signed_in.session is not None
    assert not UpstreamGrant.objects.exists()


@pytest.mark.parametrize("way", ["sign-out", "ended-by-admin", "ended-by-provider", "gone"])
def test_what_was_kept_goes_with_the_session(
    idp: OidcProvider, signed_in: Browser, way: str
) -> None:
    if way == "sign-out":
        signed_in.get("/")
        signed_in.post("/sign-out")
    elif way == "ended-by-admin":
        account = str(Account.objects.get().pk)
        ending.of_account(account, Order(by="dora", reason="lost", at=timezone.now()))
    elif way == "ended-by-provider":
        told = upstream_logout.told
        assert told("corp-oidc", logout_token(idp), reference="abc", now=timezone.now()) == 1
    else:
        assert signed_in.token is not None
        wiring.session_store().end(signed_in.token.handle)
        asked = idp.asked["token"]
        assert asked_again(idp) == 1
        assert idp.asked["token"] == asked
    assert not UpstreamGrant.objects.exists()


def test_being_asked_about_does_not_keep_an_idle_session_alive(
    idp: OidcProvider, signed_in: Browser
) -> None:
    assert signed_in.token is not None
    client = wiring.redis_client()
    [key] = client.scan_iter("gh:*:s:*")
    client.pexpire(key, 60_000)
    asked_again(idp)
    assert client.pttl(key) <= 60_000


def test_a_sign_in_that_brings_no_refresh_token_is_refused_where_the_row_needs_one(
    idp: OidcProvider, browser: Browser
) -> None:
    idp.lie.token_answer["refresh_token"] = LEFT_OUT
    assert browser.sign_in().status_code == 403
    failed = AuditEvent.objects.get(event="login.failed")
    assert "token.refresh_token" in failed.detail["problem"]


def test_no_session_outlives_the_one_at_the_provider(idp: OidcProvider, browser: Browser) -> None:
    ends = int(timezone.now().timestamp()) + 900
    idp.lie.claims["session_expiry"] = ends
    browser.sign_in()
    assert browser.session is not None
    assert browser.session.expires_at.timestamp() == ends


def test_a_session_that_is_over_there_does_not_begin_here(
    idp: OidcProvider, browser: Browser
) -> None:
    idp.lie.claims["session_expiry"] = int(timezone.now().timestamp()) - 1
    assert browser.sign_in().status_code == 403
    assert browser.session is None


def test_a_limit_that_the_provider_names_later_is_when_it_is_asked_next(
    idp: OidcProvider, signed_in: Browser
) -> None:
    ends = int(after(idp, MINUTES + 3).timestamp())
    idp.lie.refreshed["session_expiry"] = ends
    asked_again(idp)
    assert UpstreamGrant.objects.get().next_check_at.timestamp() == ends
    asked_again(idp, MINUTES + 4)
    assert (signed_in.session, ended()) == (None, ["recheck: id_token.session_expiry"])


def test_nothing_of_it_lies_in_the_clear(idp: OidcProvider, signed_in: Browser) -> None:
    asked_again(idp)
    [token] = idp.refresh_tokens.current
    tables = connection.introspection.table_names()
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f'SELECT * FROM "{table}"')
            assert token not in str(cursor.fetchall())
    client = wiring.redis_client()
    for key in client.scan_iter():
        assert token.encode() not in (client.dump(key) or b"")


def test_its_key_can_be_turned_over(idp: OidcProvider, signed_in: Browser, settings: Any) -> None:
    old = settings.PROVIDER_SECRET_KEYS()
    newest = ("fresh", bytes(range(32)))
    settings.PROVIDER_SECRET_KEYS = lambda: (newest, *old)
    assert upstream.sealed_under(old[0][0])
    assert keys.rotate_secrets(now=timezone.now()) == 2  # the client secret, and this one
    assert not upstream.sealed_under(old[0][0])
    settings.PROVIDER_SECRET_KEYS = lambda: (newest,)
    asked_again(idp)
    assert signed_in.session is not None
