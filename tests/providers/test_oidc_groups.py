"""Groups as each vendor tells them: in its tokens' own forms, or by an interface of its own."""

import json
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest

from providers.connector import RedirectBinding
from providers.dialects import DIALECTS
from providers.dialects.entra import ENTRA, Graph
from providers.dialects.google import GOOGLE, CloudIdentity
from providers.errors import ProviderUnreachable, ResponseInvalid
from providers.oidc import directory
from tests.fakes.oidc_case import OidcCase, oidc_case
from tests.fakes.oidc_directories import ENTRA_OVERAGE, GOOGLE_WORKSPACE
from tests.fakes.oidc_forgery import LEFT_OUT
from tests.fakes.oidc_vendors import identifier

GROUPS = tuple(f"/team-{number}" for number in range(5))


@pytest.fixture
def entra() -> Iterator[OidcCase]:
    """Ada is in more groups than a token holds; the row asks Microsoft Graph."""
    with oidc_case(vendor=ENTRA_OVERAGE) as case:
        graph = Graph(base=case.idp.base)
        case.connect(groups_overage=True, dialect=replace(ENTRA, directory=graph))
        case.idp.people["ada"] = replace(case.idp.people["ada"], groups=GROUPS)
        yield case


@pytest.fixture
def google() -> Iterator[OidcCase]:
    with oidc_case(vendor=GOOGLE_WORKSPACE) as case:
        dialect = replace(GOOGLE, directory=CloudIdentity(base=case.idp.base))
        case.connect(workspace_groups=True, dialect=dialect)
        case.idp.people["ada"] = replace(case.idp.people["ada"], groups=GROUPS)
        yield case


def refused(case: OidcCase) -> str:
    with pytest.raises(ResponseInvalid) as error:
        case.login("ada")
    return f"{error.value.check}: {error.value.problem}"


def scope(case: OidcCase) -> list[str]:
    binding = case.connector.begin(case.request(), case.now)
    assert isinstance(binding, RedirectBinding)
    return parse_qs(urlsplit(binding.url).query)["scope"][0].split()


def test_the_vendors_own_addresses_are_constants():
    assert ENTRA.directory == Graph(base="https://graph.microsoft.com")
    assert GOOGLE.directory == CloudIdentity(base="https://cloudidentity.googleapis.com")


def test_entra_s_groups_beyond_a_token_are_asked_of_graph_page_by_page(entra):
    ada = entra.login("ada")
    assert ada.claims.texts("groups") == tuple(identifier(group) for group in GROUPS)
    assert entra.idp.asked["directory"] == 3
    assert "https://graph.microsoft.com/User.Read" in scope(entra)


def test_without_the_setting_the_sign_in_is_refused_and_says_what_to_do(entra):
    entra.connect()
    assert "groups_overage" in refused(entra)
    assert scope(entra) == ["openid", "profile", "email"]
    assert "directory" not in entra.idp.asked


def test_graph_is_not_asked_where_the_token_holds_all_groups(entra):
    entra.idp.lie.claims |= {"_claim_names": LEFT_OUT, "groups": ["a"]}
    assert entra.login("ada").claims.texts("groups") == ("a",)
    entra.idp.lie.claims["groups"] = LEFT_OUT
    assert entra.login("ada").claims["groups"] == ()
    assert "directory" not in entra.idp.asked


@pytest.mark.parametrize(
    "following",
    [
        "https://evil.example/v1.0/me",
        "http://127.0.0.1:1/next",
        "//evil.example/",
        "http://[",
        "file:///etc/passwd",
    ],
)
def test_the_token_goes_to_no_other_place_than_the_directory_s_own(entra, following):
    entra.idp.lie.directory["@odata.nextLink"] = following
    assert refused(entra).startswith("claims.groups: the next page")
    assert entra.idp.asked["directory"] == 1


def test_pages_without_end_are_not_followed_without_end(entra):
    entra.idp.lie.directory["@odata.nextLink"] = (
        f"{entra.idp.base}/v1.0/me/transitiveMemberOf/microsoft.graph.group?$select=id"
    )
    assert refused(entra) == "claims.groups: more than 100 pages of groups"


def test_so_many_groups_are_too_many(entra, monkeypatch):
    monkeypatch.setattr(directory, "MAX_GROUPS", 5_000)  # more would not come on one page
    rows = [{"id": f"{number:036}"} for number in range(directory.MAX_GROUPS + 1)]
    entra.idp.lie.directory = {"value": rows, "@odata.nextLink": LEFT_OUT}
    assert refused(entra) == "claims.groups: more than 5000 groups"
    entra.idp.lie.directory["value"] = rows[1:]
    assert len(entra.login("ada").claims.texts("groups")) == directory.MAX_GROUPS


def test_pages_that_take_too_long_are_not_waited_for(entra, monkeypatch):
    monkeypatch.setattr(directory, "SECONDS", 0.01)
    entra.idp.lie.slow["directory"] = 0.02
    with pytest.raises(ProviderUnreachable, match="too long"):
        entra.login("ada")


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_directory_that_refuses_is_a_refusal_that_names_the_remedy(entra, status):
    entra.idp.lie.answers["directory"] = (status, b'{"error": {"code": "x"}}')
    assert "is its scope granted" in refused(entra)


@pytest.mark.parametrize("answer", [(500, b""), (429, b"{}"), (200, b"<html>")])
def test_a_directory_that_is_away_takes_no_groups_from_anybody(entra, answer):
    entra.idp.lie.answers["directory"] = answer
    with pytest.raises(ProviderUnreachable):
        entra.login("ada")


@pytest.mark.parametrize("value", [LEFT_OUT, None, {"id": "a"}, "a"])
def test_a_page_without_its_list_is_no_empty_list(entra, value):
    entra.idp.lie.directory["value"] = value
    assert refused(entra).startswith("claims.groups")


def test_strange_rows_of_a_page_are_passed_over(entra):
    rows = [{"id": "a"}, {"id": 7}, {}, None, "x", {"id": ["b"]}]
    entra.idp.lie.directory = {"value": rows, "@odata.nextLink": 7}
    assert entra.login("ada").claims.texts("groups") == ("a",)


def test_an_answer_without_an_access_token_cannot_ask(entra):
    entra.connect(
        groups_overage=True,
        userinfo="off",
        dialect=replace(ENTRA, directory=Graph(base=entra.idp.base)),
    )
    entra.idp.lie.claims["at_hash"] = LEFT_OUT
    entra.idp.lie.token_answer["access_token"] = LEFT_OUT
    assert refused(entra).startswith("claims.groups: no access token")


def test_google_s_groups_are_their_addresses(google):
    ada = google.login("ada")
    assert ada.claims.texts("groups") == tuple(f"team-{n}@corp.example" for n in range(5))
    assert "https://www.googleapis.com/auth/cloud-identity.groups.readonly" in scope(google)


def test_a_google_person_without_groups_has_none(google):
    assert google.login("cleo").claims["groups"] == ()


def test_an_apostrophe_in_an_address_asks_about_nobody_else(google):
    google.idp.people["ada"] = replace(google.idp.people["ada"], email="o'hara@corp.example")
    assert len(google.login("ada").claims.texts("groups")) == 5


@pytest.mark.parametrize(
    "lie",
    [
        {"hd": LEFT_OUT},
        {"hd": LEFT_OUT, "email": "ada@gmail.com"},
        {"email_verified": False},
        {"email": LEFT_OUT},
    ],
)
def test_who_is_in_no_workspace_is_in_none_of_its_groups(google, lie):
    google.idp.lie.claims |= lie
    google.idp.lie.userinfo |= lie
    assert google.login("ada").claims["groups"] == ()
    assert "directory" not in google.idp.asked


def test_google_is_asked_for_a_refresh_token_in_its_own_words(google):
    google.connect(recheck_minutes=60)
    binding = google.connector.begin(google.request(), google.now)
    fields = parse_qs(urlsplit(binding.url).query)
    assert (fields["access_type"], fields["prompt"]) == (["offline"], ["consent"])
    assert "offline_access" not in fields["scope"][0]
    assert google.login("ada").renewal


# The forms in which vendors' own pages show groups; rules are written over these.
FORMS = [
    # developer.okta.com, "Customize tokens returned from Okta with a groups claim": names
    ("okta", {"groups": ["Everyone", "IT"]}, ("Everyone", "IT"), None),
    # auth0.com/docs, "Create custom claims"; "Work with tokens and Organizations"
    (
        "auth0",
        {
            "https://corp.example/groups": ["it"],
            "org_id": "org_9ybsU1dN2dKfDkBi",
            "org_name": "corp",
        },
        ("it",),
        {"org_id": "org_9ybsU1dN2dKfDkBi", "org_name": "corp"},
    ),
    # keycloak.org, Server Administration Guide: full paths, realm roles, client roles
    (
        "keycloak",
        {
            "groups": ["/engineering/platform"],
            "realm_access": {"roles": ["employee"]},
            "resource_access": {"wiki": {"roles": ["editor"]}},
        },
        ("/engineering/platform",),
        {"roles": ("employee",), "resource_access.wiki.roles": ("editor",)},
    ),
    # learn.microsoft.com, "ID token claims reference": object ids, app roles, directory roles
    (
        "entra",
        {"groups": ["0760b6cf"], "roles": ["Deployment.Write"], "wids": ["b79fbf4d"]},
        ("0760b6cf",),
        {"roles": ("Deployment.Write",), "wids": ("b79fbf4d",)},
    ),
]


@pytest.mark.parametrize(("dialect", "raw", "groups", "rest"), FORMS)
def test_groups_roles_and_organizations_in_each_vendor_s_form(dialect, raw, groups, rest):
    claims = DIALECTS[dialect].claims(json.loads(json.dumps(raw)))
    assert claims.texts("groups") == groups
    assert {name: claims.path(name) for name in rest or {}} == (rest or {})
