"""Microsoft Entra ID (v2.0 tokens) and AD FS.

A person is her object in her directory, `tid` and `oid`: `sub` differs from app to app. Groups are
object ids (`groups`), app roles are `roles`, directory roles stay as `wids`. An address in `email`
is whatever some directory's admin wrote there; only `xms_edov` says that its domain belongs to that
directory ("nOAuth").
Sources: learn.microsoft.com/entra/identity-platform, "ID token claims reference", "SAML token
claims reference", "Optional claims reference", "Configure group claims" (more than 200 groups, over
SAML more than 150, are replaced by a link).
"""

from providers.dialects.spelling import Spelling, says_yes
from providers.identity import ClaimSet

_XMLSOAP = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims"
_IDENTITY = "http://schemas.microsoft.com/identity/claims"
_ROLES = "http://schemas.microsoft.com/ws/2008/06/identity/claims"


def _domain_owner_verified(received: ClaimSet, _email: str) -> bool:
    return says_yes(received, "xms_edov") or received.path("xms_edov") in ("1", 1)


ENTRA = Spelling(
    groups=("groups", f"{_ROLES}/groups", "http://schemas.xmlsoap.org/claims/Group"),
    roles=("roles", f"{_ROLES}/role"),
    addresses=("email", f"{_XMLSOAP}/emailaddress"),
    usernames=("preferred_username", "upn", f"{_XMLSOAP}/upn", f"{_XMLSOAP}/name"),
    full_names=("name", f"{_IDENTITY}/displayname"),
    given_names=("given_name", f"{_XMLSOAP}/givenname"),
    family_names=("family_name", f"{_XMLSOAP}/surname"),
    subject_parts=("tid", "oid"),
    groups_elsewhere=("hasgroups", "http://schemas.microsoft.com/claims/groups.link"),
    vouches=_domain_owner_verified,
)
