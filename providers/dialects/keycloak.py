"""Keycloak.

Groups come by a group membership mapper, named `groups` in its example; with "full path" on they
look like `/engineering/platform`. Realm roles come as `realm_access.roles`; client roles stay where
they are, at `resource_access.CLIENT.roles`, because one client's admin may name them at will.
Source: Server Administration Guide, "OIDC token and SAML assertion mappings". Over SAML the default
`role_list` scope names realm roles `Role`, and the X.500 mappers name attributes by object id.
A form that was sent already, or is too old, is answered by `temporarily_unavailable` or
`AuthnFailed` with one description, which asks to begin again (Securing Applications and Services
Guide, "Keycloak specific errors").
A refresh token comes with every sign-in and ends with its session; `offline_access` would give one
that outlives it, and signing out there (Server Administration Guide, "Offline access").
"""

from types import MappingProxyType

from providers.dialects.spelling import Spelling

KEYCLOAK = Spelling(
    groups=("groups", "memberOf", "member"),
    roles=("realm_access.roles", "Role"),
    addresses=("email", "urn:oid:1.2.840.113549.1.9.1"),
    usernames=("preferred_username", "username"),
    full_names=("name",),
    given_names=("given_name", "givenName", "firstName", "urn:oid:2.5.4.42"),
    family_names=("family_name", "surname", "lastName", "urn:oid:2.5.4.4"),
    offline=MappingProxyType({}),
    lapses=frozenset({"authentication_expired"}),
)
