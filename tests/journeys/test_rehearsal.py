"""Trying a provider out before it is enabled: all is judged, and nothing is changed."""

import json
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import redis
from django.apps import apps
from django.utils import timezone

from gateway import wiring
from gateway.flows.rehearse import Rehearsal, rehearse
from gateway.sessions.keys import handle_of
from providers.connector import AuthenticationRequest, AuthenticationResponse, RedirectBinding
from providers.models import Provider
from provisioning.changes import AccountCreated, IdentityLinked, RoleGained
from tests.fakes.oidc_provider import OidcProvider
from tests.journeys.browser import Browser, visit


def rows() -> dict[str, list[object]]:
    return {
        model._meta.label: list(model._base_manager.order_by("pk").values())
        for model in apps.get_models()
    }


def tried(person: str = "ada") -> Rehearsal:
    """An admin sets out to a provider that is switched off, and comes back."""
    Provider.objects.update(enabled=False)
    provider, now = Provider.objects.get(slug="corp-oidc"), timezone.now()
    request = _request(now)
    binding = wiring.connector_for(provider).begin(request, now)
    assert isinstance(binding, RedirectBinding)
    query = urlsplit(visit(f"{binding.url}&person={person}").location).query
    response = AuthenticationResponse(method="GET", fields=dict(parse_qsl(query)), query=query)
    return rehearse(provider, request, response, now=now)


def _request(now: datetime) -> AuthenticationRequest:
    return AuthenticationRequest(
        id="s" * 43,
        provider="corp-oidc",
        callback_url="http://gateway.corp.localhost:8000/oidc/corp-oidc/callback",
        return_to="/",
        nonce="n" * 43,
        code_verifier="v" * 64,
        force_authentication=False,
        expires_at=now + timedelta(minutes=10),
    )


def test_it_shows_the_checks_the_claims_the_account_and_the_roles_that_would_follow(
    idp: OidcProvider,
) -> None:
    found = tried()
    assert found.failed_check == ""
    assert ("id_token.aud", "passed") in [(s["name"], s["verdict"]) for s in found.steps]
    assert found.claims["userinfo"]["email"] == "ada@corp.example"
    assert found.account is not None
    assert found.account.roles == {"deployer"}
    kinds = {type(change): change for change in found.account.changes}
    assert kinds[AccountCreated].username == "ada"
    assert kinds[IdentityLinked].by == "created"
    assert "/engineering/platform" in kinds[RoleGained].because[0]


def test_of_somebody_who_is_known_it_shows_only_what_would_be_otherwise(
    idp: OidcProvider, browser: Browser
) -> None:
    browser.sign_in(person="ada")
    found = tried()
    assert found.account is not None
    assert (found.account.username, found.account.changes) == ("ada", ())


def test_it_changes_no_row_and_starts_no_session(idp: OidcProvider, redis_url: str) -> None:
    Provider.objects.update(enabled=False)
    before = rows()
    assert tried().account is not None
    assert rows() == before
    with redis.Redis.from_url(redis_url) as client:
        written = client.keys("*")
    assert [key for key in written if handle_of(key) is not None] == []


def test_a_check_that_fails_is_shown_with_what_was_expected_and_what_came(
    idp: OidcProvider,
) -> None:
    idp.lie.claims["aud"] = "payroll"
    found = tried()
    assert (found.failed_check, found.account) == ("id_token.aud", None)
    assert (found.steps[-1]["expected"], found.steps[-1]["received"]) == ("gatehouse", "payroll")


def test_secrets_are_hidden_from_the_admin_as_well(idp: OidcProvider) -> None:
    idp.lie.claims["legacy"] = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl"
    found = tried()
    shown = json.dumps([found.steps, found.claims])
    hidden = ["eyJ", "n" * 43, "s" * 43, "v" * 64, *idp.access_tokens]
    assert [secret for secret in hidden if secret in shown] == []


def test_a_providers_no_is_shown_too(idp: OidcProvider) -> None:
    assert tried("nobody").failed_check == "provider.refused.access_denied"
