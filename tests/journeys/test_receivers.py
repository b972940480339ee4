"""Every door at which a provider ends sessions: open to that provider's own message alone.

One row for each door. Whatever else knocks is refused, and nobody is signed out by it.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils import timezone

from gateway.audit.models import AuditEvent
from providers.models import Provider
from tests.fakes.oidc_logout import logout_token
from tests.fakes.oidc_provider import OidcProvider, oidc_provider
from tests.fakes.saml_logout import LogoutRequest, by_post, by_redirect
from tests.fakes.saml_provider import SamlProvider
from tests.fakes.saml_signing import KeyPair, key_pair
from tests.journeys.browser import HOST, Browser, oidc_row, saml_row
from tests.journeys.test_global_revocation import ada, assertion

FORM = "application/x-www-form-urlencoded"
BASE = f"http://{HOST}"


@dataclass(frozen=True, kw_only=True)
class Tenants:
    """`corp` is where everybody is signed in; `other` is another company's."""

    oidc: dict[str, OidcProvider]
    saml: dict[str, SamlProvider]


@dataclass(frozen=True, kw_only=True)
class Door:
    method: str
    path: str  # with the slug to be put in
    protocol: str
    message: Callable[[Tenants, str, str], "Message"]  # by a tenant, for an address
    refusal: int = 400

    def knock(self, slug: str, message: "Message", method: str = "") -> Any:
        client, path = Client(headers={"Host": HOST}), self.path.format(slug)
        if (method or self.method) == "POST":
            return client.post(path, message.text, message.kind, headers=message.headers)
        return client.generic(method or self.method, f"{path}?{message.text}")


@dataclass(frozen=True, kw_only=True)
class Message:
    text: str  # query or body
    kind: str = FORM
    headers: dict[str, str] = field(default_factory=dict)


def token(tenants: Tenants, by: str, _address: str) -> Message:
    return Message(text=urlencode({"logout_token": logout_token(tenants.oidc[by])}))


def frame(tenants: Tenants, by: str, _address: str) -> Message:
    return Message(text=urlencode({"iss": tenants.oidc[by].issuer, "sid": "session-of-ada"}))


def revocation(tenants: Tenants, by: str, address: str) -> Message:
    idp = tenants.oidc[by]
    bearer = {"Authorization": f"Bearer {assertion(idp, aud=address)}"}
    body = json.dumps({"sub_id": ada(idp)})
    return Message(text=body, kind="application/json", headers=bearer)


def question(tenants: Tenants, by: str, address: str) -> tuple[SamlProvider, Any]:
    provider = tenants.saml[by]
    asked = LogoutRequest(
        issuer=provider.entity_id, destination=address, issued=timezone.now(), sessions=()
    )
    return provider, asked.element()


def posted(tenants: Tenants, by: str, address: str) -> Message:
    return Message(text=urlencode(by_post(*question(tenants, by, address)).fields))


def redirected(tenants: Tenants, by: str, address: str) -> Message:
    return Message(text=by_redirect(*question(tenants, by, address)).query)


DOORS = {
    "back-channel": Door(
        method="POST", path="/oidc/{}/backchannel-logout", protocol="oidc", message=token
    ),
    "front-channel": Door(
        method="GET", path="/oidc/{}/frontchannel-logout", protocol="oidc", message=frame
    ),
    "global-token-revocation": Door(
        method="POST",
        path="/signals/{}/global-token-revocation",
        protocol="oidc",
        message=revocation,
        refusal=401,
    ),
    "slo-posted": Door(method="POST", path="/saml/{}/slo", protocol="saml", message=posted),
    "slo-redirected": Door(method="GET", path="/saml/{}/slo", protocol="saml", message=redirected),
}
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
ALLOWED = {"/saml/{}/slo": {"GET", "POST"}}


@pytest.fixture
def tenants(idp: OidcProvider, saml_idp: SamlProvider, service_keys: KeyPair) -> Iterator[Tenants]:
    foreign = SamlProvider(entity_id="https://idp.other.example", keys=key_pair("other"))
    saml_row(foreign, service_keys, slug="other-saml")
    with oidc_provider() as second:
        second.rotate(kid="other-1")
        oidc_row(second, slug="other-oidc")
        yield Tenants(
            oidc={"corp": idp, "other": second}, saml={"corp": saml_idp, "other": foreign}
        )


@pytest.fixture
def everybody(tenants: Tenants) -> list[Browser]:
    over_oidc, over_saml, elsewhere = Browser(), Browser(), Browser()
    over_oidc.sign_in()
    over_saml.saml_sign_in()
    elsewhere.sign_in("other-oidc")
    return [over_oidc, over_saml, elsewhere]


def nobody_left(everybody: list[Browser]) -> None:
    assert [browser.session for browser in everybody].count(None) == 0
    assert not AuditEvent.objects.filter(event="session.ended").exists()


doors = pytest.mark.parametrize("door", DOORS.values(), ids=DOORS.keys())


@doors
def test_its_own_provider_is_heard(tenants: Tenants, everybody: list[Browser], door: Door) -> None:
    """So that what is refused below is not refused for another reason."""
    slug = f"corp-{door.protocol}"
    answer = door.knock(slug, door.message(tenants, "corp", BASE + door.path.format(slug)))
    assert answer.status_code in (200, 204, 302)
    ended = [browser.session is None for browser in everybody]
    assert ended == [door.protocol == "oidc", door.protocol == "saml", False]


@doors
def test_a_provider_that_is_switched_off_is_not_heard(
    tenants: Tenants, everybody: list[Browser], door: Door
) -> None:
    slug = f"corp-{door.protocol}"
    Provider.objects.filter(slug=slug).update(enabled=False)
    answer = door.knock(slug, door.message(tenants, "corp", BASE + door.path.format(slug)))
    assert answer.status_code == 404
    nobody_left(everybody)


@doors
@pytest.mark.parametrize("slug", ["nobody", "corp-oidc", "corp-saml"])
def test_there_is_no_door_for_a_provider_that_is_none_or_speaks_otherwise(
    tenants: Tenants, everybody: list[Browser], door: Door, slug: str
) -> None:
    if slug.endswith(door.protocol):
        slug = "nobody-either"
    answer = door.knock(slug, door.message(tenants, "corp", BASE + door.path.format(slug)))
    assert answer.status_code == 404
    nobody_left(everybody)


@doors
def test_another_method_is_refused(tenants: Tenants, everybody: list[Browser], door: Door) -> None:
    slug = f"corp-{door.protocol}"
    message = door.message(tenants, "corp", BASE + door.path.format(slug))
    for method in sorted(set(METHODS) - ALLOWED.get(door.path, {door.method})):
        assert door.knock(slug, message, method).status_code == 405, method
    nobody_left(everybody)


@doors
def test_a_foreign_providers_message_is_refused(
    tenants: Tenants, everybody: list[Browser], door: Door
) -> None:
    """Well made and signed, about ada, and addressed to this door: by somebody else."""
    slug = f"corp-{door.protocol}"
    answer = door.knock(slug, door.message(tenants, "other", BASE + door.path.format(slug)))
    assert answer.status_code == door.refusal
    nobody_left(everybody)


@doors
def test_its_own_message_at_another_tenants_door_is_refused(
    tenants: Tenants, everybody: list[Browser], door: Door
) -> None:
    slug = f"other-{door.protocol}"
    answer = door.knock(slug, door.message(tenants, "corp", BASE + door.path.format(slug)))
    assert answer.status_code == door.refusal
    nobody_left(everybody)


@doors
def test_another_tenants_own_message_at_its_own_door_ends_nobodys_session_of_this_one(
    tenants: Tenants, everybody: list[Browser], door: Door
) -> None:
    """Both call somebody by the same name: the NameID of one never touches the other."""
    slug = f"other-{door.protocol}"
    answer = door.knock(slug, door.message(tenants, "other", BASE + door.path.format(slug)))
    assert answer.status_code in (200, 204, 302)
    over_oidc, over_saml, _ = everybody
    assert over_oidc.session is not None
    assert over_saml.session is not None
