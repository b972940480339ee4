"""Claims that stand elsewhere (OIDC Core 5.6.2): who is believed, who is called, and with what."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from joserfc.jwk import RSAKey

from providers.errors import ProviderMisconfigured, ProviderUnreachable, ResponseInvalid
from providers.oidc import elsewhere
from providers.oidc.elsewhere import MAX_SOURCES
from tests.fakes.oidc_case import NOW, OidcCase, oidc_case
from tests.fakes.oidc_forgery import LEFT_OUT
from tests.fakes.oidc_provider import oidc_provider
from tests.fakes.oidc_registry import Registry, claims_registry

SECONDS = int(NOW.timestamp())
BEARER = "for-the-registry-alone"


@pytest.fixture
def registry() -> Iterator[Registry]:
    with claims_registry() as running:
        yield running


@pytest.fixture
def case(registry: Registry) -> Iterator[OidcCase]:
    """The provider says nothing of groups; the row believes the registry."""
    with oidc_case() as made:
        made.connect(claims_providers=[registry.issuer])
        made.idp.lie.userinfo["groups"] = LEFT_OUT
        yield made


def stands_elsewhere(case: OidcCase, **sources: Mapping[str, Any]) -> None:
    names = {"groups": "src1", "department": "src1"} if "src1" in sources else {}
    names |= {f"claim_{name}": name for name in sources if name != "src1"}
    case.idp.lie.userinfo |= {"_claim_names": names, "_claim_sources": sources}


def refused(case: OidcCase) -> str:
    with pytest.raises(ResponseInvalid) as error:
        case.login("ada")
    return error.value.check


def test_aggregated_claims_of_a_listed_issuer_are_taken(case, registry):
    stands_elsewhere(case, src1={"JWT": registry.token()})
    ada = case.login("ada")
    assert ada.claims.texts("groups") == ("/registry",)
    assert ada.claims["department"] == "research"
    assert "_claim_sources" not in ada.claims


def test_distributed_claims_are_fetched_with_the_source_s_own_token(case, registry):
    endpoint = f"{registry.base}/claims"
    stands_elsewhere(case, src1={"endpoint": endpoint, "access_token": BEARER})
    assert case.login("ada").claims.texts("groups") == ("/registry",)
    assert [call["HTTP_AUTHORIZATION"] for call in registry.called] == [f"Bearer {BEARER}"]


def test_the_login_s_own_access_token_goes_to_no_source(case, registry):
    stands_elsewhere(case, src1={"endpoint": f"{registry.base}/claims"})
    case.login("ada")
    [call] = registry.called
    assert "HTTP_AUTHORIZATION" not in call
    assert not any(token in str(call) for token in case.idp.access_tokens)


def test_sources_that_are_not_listed_are_left_out_and_not_called(case, registry):
    """But groups among what was left out would take roles away: that is no sign-in."""
    with oidc_provider() as stranger:
        token = stranger.sign({"iss": stranger.issuer, "department": "evil"})
        for source in (
            {"JWT": token},
            {"JWT": "a.b.c"},
            {"JWT": 7},
            {"endpoint": f"{stranger.base}/claims", "access_token": BEARER},
            {"endpoint": "http://169.254.169.254/"},
            {"endpoint": f"{registry.base}@evil.example/claims"},
            {"endpoint": "http://["},
            {"endpoint": 7},
            {},
        ):
            case.idp.lie.userinfo["_claim_names"] = {"department": "src1"}
            case.idp.lie.userinfo["_claim_sources"] = {"src1": source}
            ada = case.login("ada")
            assert "department" not in ada.claims
            assert ada.claims["_claim_names"] == {"department": "src1"}
        assert stranger.asked == {}
    stands_elsewhere(case, src1={"JWT": token})
    assert refused(case) == "claims.groups"


def test_without_a_list_nobody_is_believed(case, registry):
    case.connect()
    stands_elsewhere(case, src1={"JWT": registry.token()})
    assert refused(case) == "claims.groups"


def test_what_the_provider_says_itself_wins(case, registry):
    case.idp.lie.claims["department"] = "finance"
    stands_elsewhere(case, src1={"JWT": registry.token()})
    assert case.login("ada").claims["department"] == "finance"


@pytest.mark.parametrize("name", ["sub", "iss", "acr", "sid", "tid", "oid", "auth_time", "amr"])
def test_no_source_says_who_she_is(case, registry, name):
    said = case.login("ada").claims.get(name)
    case.idp.lie.userinfo |= {
        "_claim_names": {name: "src1"},
        "_claim_sources": {
            "src1": {"JWT": registry.token(**({name: "evil"} if name != "iss" else {}))}
        },
    }
    ada = case.login("ada")
    assert ada.claims.get(name) == said
    assert ada.subject.value == "ada-0001"


def test_only_what_a_source_was_named_for_is_taken_from_it(case, registry):
    stands_elsewhere(case, src1={"JWT": registry.token(title="boss")})
    assert "title" not in case.login("ada").claims


def test_a_source_verifies_no_address_but_its_own(case, registry):
    case.idp.lie.userinfo |= {
        "email_verified": LEFT_OUT,
        "_claim_names": {"email_verified": "src1"},
        "_claim_sources": {"src1": {"JWT": registry.token(email_verified=True)}},
    }
    assert not case.login("ada").email_verified


@pytest.mark.parametrize(
    ("changes", "check"),
    [({"exp": SECONDS - 60}, "exp"), ({"exp": "soon"}, "exp")],
)
def test_a_token_of_a_listed_issuer_that_does_not_fit_is_refused(case, registry, changes, check):
    stands_elsewhere(case, src1={"JWT": registry.token(**changes)})
    assert refused(case) == f"claims_source.{check}"
    stands_elsewhere(case, src1={"JWT": registry.token(exp=SECONDS + 60)})
    assert case.login("ada").claims.texts("groups") == ("/registry",)


def test_a_token_that_only_says_to_be_of_a_listed_issuer_is_refused(case, registry):
    registry.lie.signing_key = RSAKey.generate_key(2048)
    stands_elsewhere(case, src1={"JWT": registry.token()})
    assert refused(case) == "claims_source.signature"


def test_the_login_provider_s_own_key_signs_for_no_source(case, registry):
    token = case.idp.sign({"iss": registry.issuer, **registry.says})
    stands_elsewhere(case, src1={"JWT": token})
    assert refused(case) == "claims_source.kid"


def test_an_endpoint_may_bring_only_its_own_issuer_s_token(case, registry):
    with oidc_provider() as second:
        case.connect(claims_providers=[registry.issuer, second.issuer])
        stands_elsewhere(case, src1={"endpoint": f"{registry.base}/claims"})
        for issuer in (second.issuer, LEFT_OUT, 7):
            registry.says = {"iss": issuer, "groups": ["x"]}
            assert refused(case) == "claims_source.iss"


@pytest.mark.parametrize(("status", "error"), [(404, ResponseInvalid), (503, ProviderUnreachable)])
def test_a_source_that_does_not_answer_takes_nothing_from_anybody(case, registry, status, error):
    registry.lie.answers["claims"] = (status, b"")
    stands_elsewhere(case, src1={"endpoint": f"{registry.base}/claims"})
    with pytest.raises(error):
        case.login("ada")


def test_a_token_that_cannot_stand_in_a_header_is_not_sent(case, registry):
    source = {"endpoint": f"{registry.base}/claims", "access_token": "a\r\nHost: evil"}
    stands_elsewhere(case, src1=source)
    assert refused(case) == "claims_source.access_token"
    assert registry.called == []


def test_a_redirect_of_a_source_does_not_carry_its_token(case, registry):
    registry.lie.redirects["claims"] = "http://127.0.0.1:9/"
    source = {"endpoint": f"{registry.base}/claims", "access_token": BEARER}
    stands_elsewhere(case, src1=source)
    assert refused(case) == "claims_source.status"


def test_more_sources_than_anybody_needs_are_refused(case, registry):
    sources = {f"src{number}": {"JWT": registry.token()} for number in range(2, MAX_SOURCES + 2)}
    stands_elsewhere(case, **sources)
    assert case.login("ada").username == "ada"
    stands_elsewhere(case, **sources, src9={"JWT": "x"})
    assert refused(case) == "claims.sources"


def test_sources_that_take_too_long_are_not_waited_for(case, registry, monkeypatch):
    monkeypatch.setattr(elsewhere, "SECONDS", -1.0)
    stands_elsewhere(case, src1={"JWT": registry.token()})
    with pytest.raises(ProviderUnreachable, match="too long"):
        case.login("ada")


@pytest.mark.parametrize("names", [7, [], "src1", {"department": ["src1"]}, {"department": None}])
@pytest.mark.parametrize("sources", [7, {}, {"src1": 7}, {"src1": {"JWT": ""}}])
def test_strange_shapes_are_no_sources(case, names, sources):
    case.idp.lie.userinfo |= {"_claim_names": names, "_claim_sources": sources}
    assert case.login("ada").username == "ada"


@pytest.mark.parametrize("issuers", ["https://a.example", ["a.example"], [7]])
def test_claims_providers_are_issuers(case, issuers):
    with pytest.raises(ProviderMisconfigured, match="claims_providers"):
        case.connect(claims_providers=issuers)
