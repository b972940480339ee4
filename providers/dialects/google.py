"""Google Workspace and Cloud Identity.

Tokens carry no groups; over SAML the admin may add them. Google vouches for an address only where
it runs the mailbox or the domain: at gmail.com, or where `hd` names a Workspace domain. Any other
verified address was hers when the account was made and may be somebody else's now. There is no end
session endpoint.
Sources: developers.google.com/identity/openid-connect/reference; "Verify the Google ID token on
your server side"; developers.google.com/identity/protocols/oauth2/web-server (`access_type`: a
refresh token comes with a consent only); cloud.google.com/identity/docs/reference/rest,
"groups.memberships.searchTransitiveGroups".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import urlencode, urlsplit

from providers.dialects.spelling import Spelling, says_verified
from providers.identity import ClaimSet


def _authoritative(received: ClaimSet, email: str) -> bool:
    runs_it = email.lower().endswith("@gmail.com") or bool(received.texts("hd"))
    return runs_it and says_verified(received, email)


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudIdentity:
    """The Cloud Identity API, asked for all groups of a Workspace person, by the groups' addresses.

    Implements `providers.connector.GroupDirectory`. Whoever has no `hd` belongs to no Workspace and
    so to none of its groups.
    """

    base: str = "https://cloudidentity.googleapis.com"
    scope: str = "https://www.googleapis.com/auth/cloud-identity.groups.readonly"

    def needed(self, claims: Mapping[str, object], *, withheld: bool) -> bool:  # noqa: ARG002
        return bool(claims.get("hd")) and claims.get("email_verified") is True

    def first_page(self, claims: Mapping[str, object]) -> str:
        # The address is a plain one (`addresses.well_formed`): of what CEL would read otherwise
        # there is only the apostrophe in it.
        member = str(claims["email"]).replace("'", "\\'")
        label = "cloudidentity.googleapis.com/groups.discussion_forum"
        query = f"member_key_id == '{member}' && '{label}' in labels"
        return f"{self._memberships}?{urlencode({'query': query, 'pageSize': '1000'})}"

    def read(self, page: Mapping[str, object], url: str) -> tuple[list[str], str | None]:
        listed, token = page.get("memberships"), page.get("nextPageToken")
        rows = listed if isinstance(listed, list) else []
        keys = [row.get("groupKey") for row in rows if isinstance(row, Mapping)]
        names = [key.get("id") for key in keys if isinstance(key, Mapping)]
        groups = [name for name in names if isinstance(name, str)]
        if not isinstance(token, str) or not token:
            return groups, None
        query = urlsplit(url).query.partition("&pageToken=")[0]
        return groups, f"{self._memberships}?{query}&{urlencode({'pageToken': token})}"

    @property
    def _memberships(self) -> str:
        return f"{self.base}/v1/groups/-/memberships:searchTransitiveGroups"


GOOGLE = Spelling(
    groups=("groups",),
    addresses=("email",),
    usernames=("preferred_username", "username"),
    full_names=("name",),
    given_names=("given_name", "firstName"),
    family_names=("family_name", "lastName"),
    vouches=_authoritative,
    offline=MappingProxyType({"access_type": "offline", "prompt": "consent"}),
    directory=CloudIdentity(),
)
