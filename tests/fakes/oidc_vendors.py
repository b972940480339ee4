"""The shapes in which vendors answer, each after the page of their documentation that is named.

A shape is what differs: where the endpoints are, what discovery adds, which claims stand in the ID
token and which in userinfo, and how signing out is spelled and answered.
"""

from collections.abc import Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from tests.fakes.oidc_adfs import ADFS
from tests.fakes.oidc_people import Person
from tests.fakes.oidc_vendor import Vendor, back_with_state

TENANT = "8eaef023-2b34-4da1-9baa-8bc8c9d6a490"


def identifier(text: str) -> str:
    return str(uuid5(NAMESPACE_URL, text))


def _names(person: Person) -> dict[str, Any]:
    return {
        "name": person.name,
        "given_name": person.given_name,
        "family_name": person.family_name,
    }


PLAIN = Vendor(
    documentation=("https://openid.net/specs/openid-connect-core-1_0.html",),
    dialect="plain",
    paths={
        "authorize": "/authorize",
        "token": "/token",
        "keys": "/jwks",
        "userinfo": "/userinfo",
        "logout": "/logout",
        "par": "/par",
    },
    names_issuer=True,
    id_token=lambda person: {"sub": person.subject, "sid": f"session-of-{person.username}"},
    userinfo=lambda person: {
        "sub": person.subject,
        **_names(person),
        "preferred_username": person.username,
        "email": person.email,
        "email_verified": True,
        "groups": list(person.groups),
    },
    after_logout=back_with_state,
)

KEYCLOAK = Vendor(
    documentation=(
        "https://www.keycloak.org/securing-apps/oidc-layers",
        "https://www.keycloak.org/docs/latest/server_admin/#_protocol-mappers",
    ),
    dialect="keycloak",
    issuer_path="/realms/corp",
    paths={
        "authorize": "/realms/corp/protocol/openid-connect/auth",
        "token": "/realms/corp/protocol/openid-connect/token",
        "keys": "/realms/corp/protocol/openid-connect/certs",
        "userinfo": "/realms/corp/protocol/openid-connect/userinfo",
        "logout": "/realms/corp/protocol/openid-connect/logout",
    },
    names_issuer=True,
    redirect_extras={"session_state": identifier("session")},
    id_token=lambda person: {
        "sub": identifier(person.username),
        "jti": identifier("token"),
        "typ": "ID",
        "azp": "gatehouse",
        "sid": identifier("session"),
        "email_verified": True,
        **_names(person),
        "preferred_username": person.username,
        "email": person.email,
        "groups": list(person.groups),
        "realm_access": {"roles": ["offline_access", "default-roles-corp"]},
    },
    # Its refresh tokens live with its session; realm and client roles stand in access tokens alone
    # unless a mapper says otherwise ("roles" client scope).
    refreshes=lambda _request: True,
    access_token=lambda person: {
        "sub": identifier(person.username),
        "aud": "account",
        "typ": "Bearer",
        "azp": "gatehouse",
        "sid": identifier("session"),
        "acr": "9",
        "scope": "openid profile email",
        "realm_access": {"roles": ["employee", *person.groups]},
        "resource_access": {"wiki": {"roles": ["editor"]}},
        "preferred_username": "of-the-access-token",
    },
    userinfo=lambda person: {
        "sub": identifier(person.username),
        "email_verified": True,
        **_names(person),
        "preferred_username": person.username,
        "email": person.email,
        "groups": list(person.groups),
    },
    after_logout=back_with_state,
)

OKTA = Vendor(
    documentation=(
        "https://developer.okta.com/docs/api/openapi/okta-oauth/guides/overview/",
        "https://developer.okta.com/docs/guides/customize-tokens-groups-claim/main/",
        "https://developer.okta.com/docs/guides/oin-oidc-overview/",
    ),
    dialect="okta",
    issuer_path="/oauth2/default",
    paths={
        "authorize": "/oauth2/default/v1/authorize",
        "token": "/oauth2/default/v1/token",
        "keys": "/oauth2/default/v1/keys",
        "userinfo": "/oauth2/default/v1/userinfo",
        "logout": "/oauth2/default/v1/logout",
    },
    id_token=lambda person: {
        "sub": f"00u{person.username}",
        "ver": 1,
        "jti": "ID.radCQMOQUmyvcTBmmIL0J6BaS60apUEiC7",
        "amr": ["pwd"],
        "idp": "00o1",
        "name": person.name,
        "email": person.email,
        "preferred_username": person.email,
    },
    userinfo=lambda person: {
        "sub": f"00u{person.username}",
        **_names(person),
        "locale": "en-US",
        "email": person.email,
        "preferred_username": person.email,
        "zoneinfo": "Europe/London",
        "updated_at": 1_700_000_000,
        "email_verified": True,
        "groups": ["Everyone", *person.groups],
    },
    after_logout=back_with_state,
)


def _auth0_claims(person: Person) -> dict[str, Any]:
    return {
        "sub": f"auth0|{person.username}",
        "nickname": person.username,
        **_names(person),
        "picture": "https://cdn.corp.example/ada.png",
        "updated_at": "2026-11-23T08:00:00.000Z",
        "email": person.email,
        "email_verified": True,
        "https://corp.example/groups": list(person.groups),
        "https://corp.example/roles": ["employee"],
    }


AUTH0 = Vendor(
    documentation=(
        "https://auth0.com/docs/secure/tokens/id-tokens/id-token-structure",
        "https://auth0.com/docs/secure/tokens/json-web-tokens/create-custom-claims",
        "https://auth0.com/docs/api/authentication/logout/oidc-logout",
    ),
    dialect="auth0",
    issuer_path="/",
    paths={
        "authorize": "/authorize",
        "token": "/oauth/token",
        "keys": "/.well-known/jwks.json",
        "userinfo": "/userinfo",
        "logout": "/oidc/logout",
    },
    id_token=lambda person: {**_auth0_claims(person), "sid": "4hbBdmZ0QxZfc9R3"},
    userinfo=_auth0_claims,
    after_logout=back_with_state,
)


def _auth0_return(fields: Mapping[str, str]) -> str:
    if fields.get("client_id") != "gatehouse":
        raise ValueError("the list of allowed addresses is the application's")
    return fields["returnTo"]


AUTH0_WITHOUT_OIDC_LOGOUT = Vendor(
    documentation=(
        "https://auth0.com/docs/api/authentication/logout/auth-0-logout",
        "https://auth0.com/docs/authenticate/login/logout/redirect-users-after-logout",
    ),
    dialect="auth0",
    issuer_path="/",
    paths={**AUTH0.paths, "logout": "/v2/logout"},
    publishes_logout=False,
    id_token=AUTH0.id_token,
    userinfo=AUTH0.userinfo,
    after_logout=_auth0_return,
)

ENTRA = Vendor(
    documentation=(
        "https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc",
        "https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference",
        "https://learn.microsoft.com/entra/identity-platform/userinfo",
    ),
    dialect="entra",
    issuer_path=f"/{TENANT}/v2.0",
    paths={
        "authorize": f"/{TENANT}/oauth2/v2.0/authorize",
        "token": f"/{TENANT}/oauth2/v2.0/token",
        "keys": f"/{TENANT}/discovery/v2.0/keys",
        "userinfo": "/oidc/userinfo",
        "logout": f"/{TENANT}/oauth2/v2.0/logout",
    },
    extras={"tenant_region_scope": "EU", "http_logout_supported": True},
    redirect_extras={"session_state": identifier("session")},
    id_token=lambda person: {
        "sub": f"pairwise-of-{person.username}",
        "nbf": 1_700_000_000,
        "aio": "AWQAm/8UAAAA",
        "email": person.email,
        "groups": [identifier(group) for group in person.groups],
        "name": person.name,
        "oid": identifier(person.username),
        "preferred_username": person.email,
        "rh": "0.AX0AI-",
        "roles": ["Deployment.Write"],
        "tid": TENANT,
        "uti": "7CDzQTr6",
        "ver": "2.0",
        "wids": ["b79fbf4d-3ef9-4689-8143-76b194e85509"],
    },
    userinfo=lambda person: {
        "sub": f"pairwise-of-{person.username}",
        **_names(person),
        "picture": "https://graph.corp.example/photo",
        "email": person.email,
    },
    after_logout=back_with_state,
)

GOOGLE = Vendor(
    documentation=(
        "https://developers.google.com/identity/openid-connect/openid-connect",
        "https://developers.google.com/identity/openid-connect/reference",
    ),
    dialect="google",
    paths={
        "authorize": "/o/oauth2/v2/auth",
        "token": "/token",
        "keys": "/oauth2/v3/certs",
        "userinfo": "/v1/userinfo",
    },
    publishes_logout=False,
    refreshes=lambda request: request.get("access_type") == "offline",
    extras={"revocation_endpoint": "https://oauth2.corp.example/revoke"},
    id_token=lambda person: {
        "sub": "1103" + str(sum(person.username.encode())),
        "azp": "gatehouse",
        "email": person.email,
        "email_verified": True,
        "hd": "corp.example",
        **_names(person),
        "picture": "https://lh3.corp.example/a",
    },
    userinfo=lambda person: {
        "sub": "1103" + str(sum(person.username.encode())),
        "email": person.email,
        "email_verified": True,
        "hd": "corp.example",
        **_names(person),
        "picture": "https://lh3.corp.example/a",
    },
    after_logout=back_with_state,
)

VENDORS = {
    "plain": PLAIN,
    "keycloak": KEYCLOAK,
    "okta": OKTA,
    "auth0": AUTH0,
    "auth0-v2-logout": AUTH0_WITHOUT_OIDC_LOGOUT,
    "entra": ENTRA,
    "google": GOOGLE,
    "adfs": ADFS,
}
