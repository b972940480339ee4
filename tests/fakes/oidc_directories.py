"""Vendors whose tokens do not hold all groups, and their own interfaces that do; and Entra where
one issuer serves many tenants. Each after the pages of documentation that are named.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from tests.fakes.oidc_people import Person
from tests.fakes.oidc_vendors import ENTRA, GOOGLE, TENANT, identifier

PAGE = 2  # groups on a page; the real ones have hundreds
GRAPH = "/v1.0/me/transitiveMemberOf/microsoft.graph.group"
SEARCH = "/v1/groups/-/memberships:searchTransitiveGroups"


def _graph(person: Person, fields: Mapping[str, str], base: str) -> dict[str, Any]:
    if fields["$select"] != "id":
        raise ValueError("more than ids were asked for")
    start = int(fields.get("$skiptoken", "0"))
    ids = [identifier(group) for group in person.groups]
    page: dict[str, Any] = {
        "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#groups(id)",
        "value": [{"id": each} for each in ids[start : start + PAGE]],
    }
    if start + PAGE < len(ids):
        following = urlencode({"$select": "id", "$top": "999", "$skiptoken": start + PAGE})
        page["@odata.nextLink"] = f"{base}{GRAPH}?{following}"
    return page


def _search(person: Person, fields: Mapping[str, str], _base: str) -> dict[str, Any]:
    member = person.email.replace("'", "\\'")
    label = "cloudidentity.googleapis.com/groups.discussion_forum"
    if fields["query"] != f"member_key_id == '{member}' && '{label}' in labels":
        return {}
    start = int(fields.get("pageToken", "p0")[1:])
    page: dict[str, Any] = {
        "memberships": [
            {
                "displayName": group,
                "group": f"groups/{number}",
                "groupKey": {"id": f"{group.strip('/').replace('/', '-')}@corp.example"},
                "labels": {label: ""},
                "relationType": "DIRECT",
                "roles": [{"name": "MEMBER"}],
            }
            for number, group in enumerate(person.groups[start : start + PAGE])
        ]
    }
    if start + PAGE < len(person.groups):
        page["nextPageToken"] = f"p{start + PAGE}"
    return page if page["memberships"] else {}


def _without_groups(person: Person) -> dict[str, Any]:
    kept = {name: value for name, value in ENTRA.id_token(person).items() if name != "groups"}
    address = f"https://graph.windows.net/{TENANT}/users/{kept['oid']}/getMemberObjects"
    return {
        **kept,
        "_claim_names": {"groups": "src1"},
        "_claim_sources": {"src1": {"endpoint": address}},
    }


# More than 200 groups: a link in their place.
ENTRA_OVERAGE = replace(
    ENTRA,
    documentation=(
        "https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference",
        "https://learn.microsoft.com/graph/api/user-list-transitivememberof",
        "https://learn.microsoft.com/graph/paging",
    ),
    paths={**ENTRA.paths, "directory": GRAPH},
    id_token=_without_groups,
    directory=_graph,
)

GOOGLE_WORKSPACE = replace(
    GOOGLE,
    documentation=(
        "https://cloud.google.com/identity/docs/reference/rest/v1/groups.memberships/searchTransitiveGroups",
    ),
    paths={**GOOGLE.paths, "directory": SEARCH},
    directory=_search,
)

ENTRA_ORGANIZATIONS = replace(
    ENTRA,
    documentation=(
        "https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc",
        "https://learn.microsoft.com/entra/identity-platform/access-tokens#validate-the-issuer",
    ),
    issuer_path="/organizations/v2.0",
    published_issuer_path="/{tenantid}/v2.0",
    token_issuer_path=f"/{TENANT}/v2.0",
    paths={
        "authorize": "/organizations/oauth2/v2.0/authorize",
        "token": "/organizations/oauth2/v2.0/token",
        "keys": "/organizations/discovery/v2.0/keys",
        "userinfo": "/oidc/userinfo",
        "logout": "/organizations/oauth2/v2.0/logout",
    },
)
