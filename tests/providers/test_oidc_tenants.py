"""Entra, where one issuer serves many tenants: each token is held to its own, and to the list."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from providers.connector import AuthenticationResponse, LogoutNotice
from providers.errors import ProviderMisconfigured, ProviderUnreachable, ResponseInvalid
from providers.models import Provider
from providers.registry import validate
from tests.fakes.oidc_case import CLIENT_SECRET, NOW, OidcCase, oidc_case
from tests.fakes.oidc_directories import ENTRA_ORGANIZATIONS
from tests.fakes.oidc_forgery import LEFT_OUT
from tests.fakes.oidc_logout import logout_token
from tests.fakes.oidc_vendors import TENANT

OTHER = "9f1c3c8e-0000-4000-8000-000000000001"
STRANGER = "9f1c3c8e-0000-4000-8000-000000000002"
SHARED = "https://login.microsoftonline.com/organizations/v2.0"


@pytest.fixture
def case() -> Iterator[OidcCase]:
    with oidc_case(vendor=ENTRA_ORGANIZATIONS) as made:
        made.connect(tenants=[TENANT, OTHER])
        yield made


def of(case: OidcCase, tenant: str) -> str:
    return f"{case.idp.base}/{tenant}/v2.0"


def refused(case: OidcCase) -> str:
    with pytest.raises(ResponseInvalid) as error:
        case.login("ada")
    return error.value.check


def test_a_person_is_her_object_in_her_own_tenant(case):
    ada = case.login("ada")
    assert ada.subject.issuer == of(case, TENANT)
    assert ada.subject.value.startswith(f"{TENANT}.")
    case.idp.lie.claims |= {"tid": OTHER, "iss": of(case, OTHER)}
    assert case.login("ada").subject.issuer == of(case, OTHER)


@pytest.mark.parametrize(
    ("tid", "iss", "check"),
    [
        (STRANGER, STRANGER, "id_token.tid"),
        (STRANGER, TENANT, "id_token.tid"),
        (LEFT_OUT, TENANT, "id_token.tid"),
        ([TENANT], TENANT, "id_token.tid"),
        (OTHER, TENANT, "id_token.iss"),
        (TENANT, OTHER, "id_token.iss"),
        (TENANT, "organizations", "id_token.iss"),
        (TENANT, "{tenantid}", "id_token.iss"),
        (TENANT.upper(), TENANT.upper(), "id_token.tid"),
    ],
)
def test_a_token_of_another_tenant_than_it_says_or_than_is_listed_is_refused(case, tid, iss, check):
    """nOAuth: whoever runs any tenant can write any address into its tokens."""
    case.idp.lie.claims |= {"tid": tid, "iss": of(case, iss)}
    assert refused(case) == check


def test_the_discovery_document_must_name_the_template(case):
    case.idp.lie.discovery["issuer"] = of(case, TENANT)
    with pytest.raises(ProviderUnreachable, match="names another issuer"):
        case.login("ada")


@pytest.mark.parametrize(
    ("issuer", "taken"),
    [(TENANT, True), ("{tenantid}", True), (OTHER, False), ("organizations", False)],
)
def test_a_key_that_names_an_issuer_signs_for_it_alone(case, issuer, taken):
    for key in case.idp.published:
        key["issuer"] = of(case, issuer)
    if taken:
        assert case.login("ada").name == "Ada Byron"
    else:
        assert refused(case) == "id_token.key_issuer"


def test_an_answer_that_names_its_issuer_names_a_listed_one_that_signed_too(case):
    case.idp.lie.redirect["iss"] = of(case, TENANT)
    assert case.login("ada").name == "Ada Byron"
    case.idp.lie.redirect["iss"] = of(case, OTHER)
    assert refused(case) == "response.iss"
    asked = case.idp.asked["token"]
    for issuer in (of(case, STRANGER), case.idp.issuer):
        case.idp.lie.redirect["iss"] = issuer
        assert refused(case) == "response.iss"
    assert case.idp.asked["token"] == asked


def test_whoever_is_asked_about_again_is_still_of_the_tenant_that_she_came_from(case):
    case.connect(tenants=[TENANT, OTHER], recheck_minutes=5)
    ada = case.login("ada")
    kept: list[str] = [str(ada.renewal)]
    assert case.connector.refresh(kept[-1], kept.append, case.now).subject == ada.subject
    case.idp.lie.refreshed |= {"tid": OTHER, "iss": of(case, OTHER)}
    with pytest.raises(ResponseInvalid, match=r"id_token\.iss"):
        case.connector.refresh(kept[-1], kept.append, case.now)


def test_a_tenant_that_was_struck_off_the_list_vouches_for_nobody_any_more(case):
    case.connect(tenants=[TENANT], recheck_minutes=5)
    renewal = str(case.login("ada").renewal)
    case.connect(tenants=[OTHER], recheck_minutes=5)
    with pytest.raises(ResponseInvalid, match=r"id_token\.tid"):
        case.connector.refresh(renewal, lambda _: None, case.now)


def test_one_tenant_by_its_own_issuer_is_the_same_person(case):
    shared = case.login("ada").subject
    own = replace(ENTRA_ORGANIZATIONS, issuer_path=f"/{TENANT}/v2.0", published_issuer_path=None)
    case.idp.vendor = own
    case.connect(slug="own")
    assert case.login("ada", provider="own").subject == shared


@pytest.mark.parametrize(
    "settings",
    [
        {"issuer": SHARED},
        {"issuer": SHARED.replace("organizations", "common")},
        {"issuer": SHARED, "tenants": []},
        {"issuer": SHARED, "tenants": ["any"]},
        {"issuer": SHARED, "tenants": ["*"]},
        {"issuer": SHARED, "tenants": [TENANT.upper()]},
        {"issuer": SHARED.replace("organizations", TENANT), "tenants": [TENANT]},
    ],
)
def test_a_shared_issuer_needs_its_list_and_no_other_takes_one(case, settings):
    with pytest.raises(ProviderMisconfigured) as error:
        case.connect(**settings)
    assert error.value.field == "tenants"


ONLY_ONE = [
    ("plain", {"issuer": SHARED, "tenants": [TENANT]}, "tenants"),
    ("google", {"issuer": "https://id.example", "groups_overage": True}, "groups_overage"),
    ("entra", {"issuer": "https://id.example", "workspace_groups": True}, "workspace_groups"),
]


@pytest.mark.parametrize(("dialect", "settings", "field"), ONLY_ONE)
def test_what_is_one_vendor_s_is_refused_at_another(
    dialect: str, settings: dict[str, Any], field: str
) -> None:
    row = Provider(slug="x", protocol="oidc", dialect=dialect)
    row.settings = settings | {"client_id": "gatehouse"}
    row.seal_secret("client_secret", CLIENT_SECRET)
    with pytest.raises(ProviderMisconfigured) as error:
        validate(row)
    assert error.value.field == field


@pytest.mark.parametrize(
    ("tid", "iss", "check"),
    [
        (TENANT, TENANT, ""),
        (OTHER, OTHER, ""),
        (OTHER, TENANT, "logout_token.iss"),
        (TENANT, "organizations", "logout_token.iss"),
        (STRANGER, STRANGER, "logout_token.tid"),
        (LEFT_OUT, TENANT, "logout_token.tid"),
    ],
)
def test_a_logout_token_is_held_to_the_issuer_of_its_own_tenant(case, tid, iss, check):
    told = logout_token(case.idp, at=NOW.timestamp(), tid=tid, iss=of(case, iss))
    if not check:
        assert case.connector.logout_told(told, case.now).names == ("sid session-of-ada",)
        return
    with pytest.raises(ResponseInvalid) as error:
        case.connector.logout_told(told, case.now)
    assert error.value.check == check


def test_a_frame_for_signing_out_names_a_listed_tenant_s_issuer(case):
    def told(issuer: str) -> LogoutNotice:
        fields = {"iss": issuer, "sid": "session-of-ada"}
        return case.connector.logout_framed(AuthenticationResponse(fields=fields, method="GET"))

    assert case.connector.origin == case.idp.base
    assert told(of(case, TENANT)).names == ("sid session-of-ada",)
    for issuer in (of(case, STRANGER), case.idp.issuer, of(case, "{tenantid}")):
        with pytest.raises(ResponseInvalid, match=r"frontchannel\.iss"):
            told(issuer)


@pytest.mark.parametrize(
    ("iss", "check"), [(TENANT, ""), (OTHER, "userinfo.iss"), ("organizations", "userinfo.iss")]
)
def test_signed_userinfo_is_of_the_id_token_s_own_tenant(case, iss, check):
    case.connect(tenants=[TENANT, OTHER], userinfo="signed")
    case.idp.userinfo_form = "signed"
    case.idp.lie.userinfo["iss"] = of(case, iss)
    if check:
        assert refused(case) == check
    else:
        assert case.login("ada").name == "Ada Byron"
