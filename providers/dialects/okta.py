"""Okta.

Groups are a claim that the admin adds, `groups` in all of Okta's examples, with the groups' names.
Source: developer.okta.com, "OpenID Connect & OAuth 2.0 API" (claims) and "Customize tokens returned
from Okta with a groups claim"; attribute names over SAML are the admin's, those of the app wizard's
examples are tried.
"""

from providers.dialects.spelling import Spelling

OKTA = Spelling(
    groups=("groups",),
    addresses=("email",),
    usernames=("preferred_username", "login", "username"),
    full_names=("name", "displayName"),
    given_names=("given_name", "firstName"),
    family_names=("family_name", "lastName"),
)
