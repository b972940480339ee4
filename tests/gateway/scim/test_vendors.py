"""The messages of Okta and Microsoft Entra, in the order and the spelling in which they send them.

Okta: developer.okta.com, "SCIM 2.0 protocol reference". Entra: learn.microsoft.com, "Develop and
plan provisioning for a SCIM endpoint", with the spellings of tenants older than its 2020 flag.
"""

from typing import Any
from urllib.parse import quote

import pytest

from provisioning.models import Account
from provisioning.scim.resources import ENTERPRISE
from tests.gateway.pages.signed_in import lives, start
from tests.gateway.scim.pushing import GROUP_SCHEMA, Pusher, account, connected, roles, rules

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis_url")]
CORE = "urn:ietf:params:scim:schemas:core:2.0:User"


def found(pusher: Pusher, path: str, query: str, rest: str = "") -> list[dict[str, Any]]:
    answer = pusher.get(f"/{path}?filter={quote(query)}{rest}")
    assert answer.status_code == 200, answer.content
    told = answer.json()
    assert told["totalResults"] == len(told.get("Resources", []))
    people: list[dict[str, Any]] = told["Resources"]
    return people


def test_okta_hires_changes_and_lets_somebody_go() -> None:
    rules(("Deployers", "deployer"))
    okta = Pusher(connected(external_id_is_subject=True))
    assert okta.get("/Users?startIndex=1&count=2").json()["totalResults"] == 0
    assert found(okta, "Users", 'userName eq "ada@corp.example"', "&startIndex=1&count=100") == []
    told = {
        "schemas": [CORE],
        "userName": "ada@corp.example",
        "name": {"givenName": "Ada", "familyName": "Byron"},
        "emails": [{"primary": True, "value": "ada@corp.example", "type": "work"}],
        "displayName": "Ada Byron",
        "locale": "en-US",
        "externalId": "00ujl29u0le5T6Aj10h7",
        "groups": [],
        "password": "1mz050nq",
        "active": True,
    }
    ada = okta.made("/Users", told)
    assert okta.get(f"/Users/{ada['id']}").json() == ada
    group = okta.made(
        "/Groups", {"schemas": [GROUP_SCHEMA], "displayName": "Deployers", "members": []}
    )
    assert group["displayName"] == "Deployers"
    add = {
        "op": "add",
        "path": "members",
        "value": [{"value": ada["id"], "display": "ada@corp.example"}],
    }
    assert okta.patch(group, add).status_code == 204
    assert roles() == ["deployer"]
    told |= {"id": ada["id"], "meta": ada["meta"], "displayName": "Ada King"}
    put = okta.send("PUT", f"/Users/{ada['id']}", told)
    assert (put.status_code, put.json()["displayName"]) == (200, "Ada King")
    assert account().name == "Ada King"
    rename = {"op": "replace", "value": {"id": group["id"], "displayName": "Former deployers"}}
    assert okta.patch(group, rename).status_code == 204
    assert roles() == []
    session = start(account())
    off = okta.patch(ada, {"op": "replace", "value": {"active": False}})
    assert (off.status_code, off.json()["active"]) == (200, False)
    assert not lives(session.handle)
    on = okta.patch(ada, {"op": "replace", "value": {"active": True}})
    assert (on.json()["active"], account().is_active) == (True, True)
    gone = {"op": "remove", "path": f'members[value eq "{ada["id"]}"]'}
    assert okta.patch(group, gone).status_code == 204
    assert "members" not in okta.get(f"/Groups/{group['id']}").json()
    assert okta.send("DELETE", f"/Groups/{group['id']}").status_code == 204
    assert Account.objects.count() == 1


def test_entra_hires_changes_and_lets_somebody_go() -> None:
    rules(("Deployers", "deployer"))
    entra = Pusher(connected("entra"))
    nobody = 'userName eq "5dc1b8ef-3b2b-4f0c-9e2e-5fe0d3a94c13"'
    assert found(entra, "Users", nobody) == []
    assert found(entra, "Users", 'externalId eq "ada"') == []
    ada = entra.made(
        "/Users",
        {
            "schemas": [CORE, ENTERPRISE],
            "externalId": "ada",
            "userName": "ada@corp.example",
            "active": True,
            "emails": [{"primary": True, "type": "work", "value": "ada@corp.example"}],
            "meta": {"resourceType": "User"},
            "name": {"formatted": "Ada Byron", "familyName": "Byron", "givenName": "Ada"},
            "roles": [],
            ENTERPRISE: {"department": "Crew"},
        },
    )
    assert found(entra, "Users", 'externalId eq "ada"') == [ada]
    changed = entra.patch(
        ada,
        {"op": "Replace", "path": 'emails[type eq "work"].value', "value": "king@corp.example"},
        {"op": "Add", "path": 'phoneNumbers[type eq "mobile"].value', "value": "+1 555 0100"},
        {"op": "Add", "path": 'addresses[type eq "work"].formatted', "value": "Main Street 1"},
        {"op": "Replace", "path": "name.familyName", "value": "King"},
        {"op": "Add", "path": 'roles[primary eq "True"].value', "value": "captain"},
        {"op": "Add", "path": f"{ENTERPRISE}:manager", "value": "26118915"},
        {"op": "Replace", "path": f"{ENTERPRISE}:department", "value": "Bridge"},
        {"op": "Replace", "path": "displayName", "value": [{"$ref": None, "value": "Ada King"}]},
        {"op": "Add", "path": "nobodyKnowsThis", "value": "x"},
    ).json()
    assert changed["emails"] == [{"primary": True, "type": "work", "value": "king@corp.example"}]
    assert changed["phoneNumbers"] == [{"type": "mobile", "value": "+1 555 0100"}]
    assert changed["addresses"] == [{"type": "work", "formatted": "Main Street 1"}]
    assert changed["name"]["familyName"] == "King"
    assert changed["roles"] == [{"primary": True, "value": "captain"}]
    assert changed[ENTERPRISE] == {"department": "Bridge", "manager": {"value": "26118915"}}
    assert changed["displayName"] == "Ada King"
    flat = {
        "op": "replace",
        "value": {
            "name.givenName": "Augusta",
            f"{ENTERPRISE}:costCenter": "7",
            f"{ENTERPRISE}:manager": "",
            "title": "Countess",
        },
    }
    changed = entra.patch(ada, flat).json()
    assert (changed["name"]["givenName"], changed["title"]) == ("Augusta", "Countess")
    assert changed[ENTERPRISE] == {"department": "Bridge", "costCenter": "7"}
    of_groups(entra, ada)
    session = start(account())
    off = entra.patch(ada, {"op": "Replace", "path": "active", "value": "False"})
    assert (off.status_code, off.json()["active"]) == (200, False)
    assert not lives(session.handle)
    assert entra.patch(ada, {"op": "Add", "path": "active", "value": "True"}).json()["active"]
    old = {"op": "Replace", "path": "active", "value": [{"$ref": None, "value": "False"}]}
    assert entra.patch(ada, old).json()["active"] is False
    assert not account().is_active
    assert entra.send("DELETE", f"/Users/{ada['id']}").status_code == 204


def of_groups(entra: Pusher, ada: dict[str, Any]) -> None:
    query, rest = 'displayName eq "Deployers"', "&excludedAttributes=members"
    assert found(entra, "Groups", query, rest) == []
    group = entra.made(
        "/Groups",
        {
            "schemas": [
                GROUP_SCHEMA,
                "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group",
            ],
            "externalId": "8aa1a0c0-c4c3-4bc0-b4a5-2ef676900159",
            "displayName": "Deployers",
            "meta": {"resourceType": "Group"},
        },
    )
    assert [one["id"] for one in found(entra, "Groups", query, rest)] == [group["id"]]
    member = {"op": "Add", "path": "members", "value": [{"$ref": None, "value": ada["id"]}]}
    assert entra.patch(group, member).status_code == 204
    assert roles() == ["deployer"]
    asked = f'id eq "{group["id"]}" and members eq "{ada["id"]}"'
    assert len(found(entra, "Groups", asked, rest)) == 1
    gone = {"op": "Remove", "path": "members", "value": [{"$ref": None, "value": ada["id"]}]}
    assert entra.patch(group, gone).status_code == 204
    assert roles() == []
    assert found(entra, "Groups", asked, rest) == []
