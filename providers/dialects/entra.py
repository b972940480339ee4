"""Microsoft Entra ID (v2.0 tokens) and AD FS.

A person is her object in her directory, `tid` and `oid`: `sub` differs from app to app. Groups are
object ids (`groups`), app roles are `roles`, directory roles stay as `wids`. An address in `email`
is whatever some directory's admin wrote there; only `xms_edov` says that its domain belongs to that
directory ("nOAuth").
Sources: learn.microsoft.com/entra/identity-platform, "ID token claims reference", "SAML token
claims reference", "Optional claims reference", "Configure group claims" (more than 200 groups, over
SAML more than 150, are replaced by a link); learn.microsoft.com/graph/api,
"List a user's memberships (direct and transitive)", "Paging Microsoft Graph data in your app".
"""

from collections.abc import Mapping
from dataclasses import dataclass

from providers.dialects.spelling import Spelling, says_yes
from providers.errors import ResponseInvalid
from providers.identity import ClaimSet

_XMLSOAP = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims"
_IDENTITY = "http://schemas.microsoft.com/identity/claims"
_ROLES = "http://schemas.microsoft.com/ws/2008/06/identity/claims"


def _domain_owner_verified(received: ClaimSet, _email: str) -> bool:
    return says_yes(received, "xms_edov") or received.path("xms_edov") in ("1", 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """Microsoft Graph, asked about whoever signed in: ids of all her groups, nested ones too.

    Implements `providers.connector.GroupDirectory`. `User.Read` is enough for ids.
    """

    base: str = "https://graph.microsoft.com"
    scope: str = "https://graph.microsoft.com/User.Read"

    def needed(self, claims: Mapping[str, object], *, withheld: bool) -> bool:  # noqa: ARG002
        return withheld

    def first_page(self, claims: Mapping[str, object]) -> str:  # noqa: ARG002 -- `me` is she
        memberships = "me/transitiveMemberOf/microsoft.graph.group"
        return f"{self.base}/v1.0/{memberships}?$select=id&$top=999"

    def read(self, page: Mapping[str, object], url: str) -> tuple[list[str], str | None]:  # noqa: ARG002
        listed, following = page.get("value"), page.get("@odata.nextLink")
        if not isinstance(listed, list):
            raise ResponseInvalid("claims.groups", "a page of Microsoft Graph without its list")
        ids = [row.get("id") for row in listed if isinstance(row, Mapping)]
        groups = [each for each in ids if isinstance(each, str)]
        return groups, following if isinstance(following, str) else None


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
    directory=Graph(),
)
