"""Google Workspace and Cloud Identity.

Tokens carry no groups; over SAML the admin may add them. Google vouches for an address only where
it runs the mailbox or the domain: at gmail.com, or where `hd` names a Workspace domain. Any other
verified address was hers when the account was made and may be somebody else's now. There is no end
session endpoint.
Sources: developers.google.com/identity/openid-connect/reference; "Verify the Google ID token on
your server side".
"""

from providers.dialects.spelling import Spelling, says_verified
from providers.identity import ClaimSet


def _authoritative(received: ClaimSet, email: str) -> bool:
    runs_it = email.lower().endswith("@gmail.com") or bool(received.texts("hd"))
    return runs_it and says_verified(received, email)


GOOGLE = Spelling(
    groups=("groups",),
    addresses=("email",),
    usernames=("preferred_username", "username"),
    full_names=("name",),
    given_names=("given_name", "firstName"),
    family_names=("family_name", "lastName"),
    vouches=_authoritative,
)
