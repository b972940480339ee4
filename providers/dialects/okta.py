"""Okta.

Groups are a claim that the admin adds, `groups` in all of Okta's examples, with the groups' names.
Source: developer.okta.com, "OpenID Connect & OAuth 2.0 API" (claims) and "Customize tokens returned
from Okta with a groups claim"; attribute names over SAML are the admin's, those of the app wizard's
examples are tried.
"""

from providers.dialects.spelling import Spelling

OKTA = Spelling(
    groups=("groups",),
    email=("email",),
    username=("preferred_username", "login", "username"),
    full_name=("name", "displayName"),
    given_name=("given_name", "firstName"),
    family_name=("family_name", "lastName"),
)
