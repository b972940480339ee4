"""The plans basic, form post basic and config of the OpenID Foundation's suite, module by module.

Each test bears its module's name; what the comprehensive plan has besides stands at the end.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from joserfc.jwk import ECKey, OctKey, RSAKey

from gateway.traces.models import LoginTrace
from providers.models import Provider
from provisioning.models import Account
from tests.conformance.relying_party import RelyingParty, house, party
from tests.fakes.oidc_case import FOREIGN_KEY
from tests.fakes.oidc_forgery import LEFT_OUT
from tests.fakes.oidc_provider import CLIENT_ID, CLIENT_SECRET, oidc_provider
from tests.fakes.oidc_registry import claims_registry
from tests.journeys.browser import Browser, oidc_row, visit

__all__ = ["house", "party"]


@pytest.fixture(params=["query", "form_post"])
def basic(request: pytest.FixtureRequest, house: None) -> Iterator[RelyingParty]:
    """Both basic plans have the same modules."""
    with oidc_provider() as idp:
        oidc_row(idp, settings={"response_mode": request.param})
        by_form = request.param == "form_post"
        yield RelyingParty(idp=idp, browser=Browser(), by_form=by_form)


def settings(**more: Any) -> None:
    row = Provider.objects.get()
    row.settings |= more
    row.save()


def rsa(kid: str | None) -> dict[str, Any]:
    members = {"use": "sig"} if kid is None else {"use": "sig", "kid": kid}
    return dict(RSAKey.generate_key(2048, members).as_dict(private=False))


# oidcc-client-basic-certification-test-plan, oidcc-client-formpost-basic-certification-test-plan


def test_oidcc_client_test(basic: RelyingParty) -> None:
    asked = basic.asked_for()
    assert asked["response_type"] == "code"
    assert asked["code_challenge_method"] == "S256"
    assert asked.get("response_mode", "query") == ("form_post" if basic.by_form else "query")
    assert 22 <= len(asked["nonce"]) <= 43
    basic.accepts()


def test_oidcc_client_test_invalid_iss(basic: RelyingParty) -> None:
    basic.idp.lie.claims["iss"] = f"{basic.idp.issuer}1"
    basic.refuses("id_token.iss")


def test_oidcc_client_test_missing_sub(basic: RelyingParty) -> None:
    basic.idp.lie.claims["sub"] = LEFT_OUT
    basic.refuses("id_token.sub")


def test_oidcc_client_test_invalid_aud(basic: RelyingParty) -> None:
    basic.idp.lie.claims["aud"] = f"{CLIENT_ID}1"
    basic.refuses("id_token.aud")


def test_oidcc_client_test_missing_iat(basic: RelyingParty) -> None:
    basic.idp.lie.claims["iat"] = LEFT_OUT
    basic.refuses("id_token.iat")


@pytest.mark.parametrize("named", [True, False], ids=["key-with-kid", "key-without"])
def test_oidcc_client_test_kid_absent_single_jwks(basic: RelyingParty, *, named: bool) -> None:
    [key] = [each for each in basic.idp.published if each["kty"] == "RSA"]
    basic.idp.published = [key if named else {n: v for n, v in key.items() if n != "kid"}]
    basic.idp.lie.header["kid"] = LEFT_OUT
    basic.accepts()


@pytest.mark.parametrize("named", [True, False], ids=["keys-with-kid", "keys-without"])
def test_oidcc_client_test_kid_absent_multiple_jwks(basic: RelyingParty, *, named: bool) -> None:
    """The suite lets a client try all of them; we do not guess which one is meant."""
    keys = [*basic.idp.published, rsa("another")]
    basic.idp.published = [
        key if named else {n: v for n, v in key.items() if n != "kid"} for key in keys
    ]
    basic.idp.lie.header["kid"] = LEFT_OUT
    basic.refuses("id_token.kid")


def test_oidcc_client_test_idtoken_sig_rs256(basic: RelyingParty) -> None:
    assert basic.idp.algorithm == "RS256"
    basic.accepts()


def test_oidcc_client_test_idtoken_sig_none(basic: RelyingParty) -> None:
    """Also of the plan config. The suite lets a client refuse it, which we do without a choice."""
    basic.idp.algorithm = "none"
    basic.refuses("id_token.alg")


def test_oidcc_client_test_invalid_sig_rs256(basic: RelyingParty) -> None:
    basic.idp.lie.signing_key = FOREIGN_KEY
    basic.refuses("id_token.signature")


def test_oidcc_client_test_userinfo_invalid_sub(basic: RelyingParty) -> None:
    basic.idp.lie.userinfo["sub"] = "somebody-else"
    basic.refuses("userinfo.sub")


def test_oidcc_client_test_nonce_invalid(basic: RelyingParty) -> None:
    basic.idp.lie.claims["nonce"] = "of-another-login"
    basic.refuses("id_token.nonce")


def test_oidcc_client_test_scope_userinfo_claims(basic: RelyingParty) -> None:
    """What the scopes profile and email stand for comes by userinfo alone here."""
    basic.idp.lie.claims |= dict.fromkeys(("name", "email", "email_verified"), LEFT_OUT)
    assert basic.asked_for()["scope"].split() == ["openid", "profile", "email"]
    basic.accepts()
    account = Account.objects.get()
    assert (account.name, account.email) == ("Ada Byron", "ada@corp.example")


def test_oidcc_client_test_client_secret_basic(basic: RelyingParty) -> None:
    seen: list[tuple[str, bytes]] = []

    def watch(endpoint: str, environ: dict[str, Any]) -> None:
        if endpoint == "token":
            body = environ["wsgi.input"].getvalue()
            seen.append((environ["HTTP_AUTHORIZATION"], body))

    basic.idp.observe = watch
    basic.accepts()
    [(authorization, body)] = seen
    assert authorization.startswith("Basic ")
    assert b"client_secret" not in body


# oidcc-client-config-certification-test-plan


def test_oidcc_client_test_discovery_openid_config(party: RelyingParty) -> None:
    party.browser.leave("corp-oidc")
    assert party.idp.asked == {"discovery": 1}


def test_oidcc_client_test_discovery_jwks_uri_keys(party: RelyingParty) -> None:
    party.accepts()
    assert (party.idp.asked["discovery"], party.idp.asked["keys"]) == (1, 1)


def test_oidcc_client_test_discovery_issuer_mismatch(party: RelyingParty) -> None:
    """Nobody is sent away: it is the provider that is wrong, and no sign-in was begun."""
    party.idp.lie.discovery["issuer"] = f"{party.idp.issuer}1"
    answer = party.browser.get("/sign-in/corp-oidc")
    assert answer.status_code == 502
    assert "location" not in answer.headers
    assert LoginTrace.objects.latest("pk").failed_check == "provider.unreachable"
    assert "authorize" not in party.idp.asked


def test_oidcc_client_test_signing_key_rotation(party: RelyingParty) -> None:
    party.accepts()
    party.idp.rotate()
    party.accepts()
    assert party.idp.asked["keys"] == 2


@pytest.mark.parametrize("kid", ["rsa-2", "rsa-1"], ids=["new-kid", "same-kid"])
def test_oidcc_client_test_signing_key_rotation_just_before_signing(
    party: RelyingParty, kid: str
) -> None:
    """She is on her way already. A key that kept its name shows by a signature that fails."""
    party.accepts()
    callback = visit(party.browser.leave("corp-oidc")).location
    party.idp.rotate(kid=kid)
    assert party.browser.get(callback).status_code == 303
    assert party.idp.asked["keys"] == 2


# oidcc-client-test-plan: what the others do not have


def test_oidcc_client_test_missing_aud(party: RelyingParty) -> None:
    party.idp.lie.claims["aud"] = LEFT_OUT
    party.refuses("id_token.aud")


def test_oidcc_client_test_invalid_sig_es256(party: RelyingParty) -> None:
    party.idp.algorithm, party.idp.key = "ES256", ECKey.generate_key("P-256", {"kid": "ec-1"})
    party.refuses("id_token.signature")


@pytest.mark.parametrize("secret", [CLIENT_SECRET, "of somebody else, and as long as that one"])
def test_oidcc_client_test_invalid_sig_hs256(party: RelyingParty, secret: str) -> None:
    """No key that both sides know signs here, be it the right one."""
    party.idp.algorithm = "HS256"
    party.idp.lie.signing_key = OctKey.import_key(secret)
    party.refuses("id_token.alg")


def elsewhere(party: RelyingParty, source: dict[str, str]) -> None:
    party.idp.lie.userinfo |= {
        "groups": LEFT_OUT,
        "_claim_names": {"groups": "src1"},
        "_claim_sources": {"src1": source},
    }


def roles(party: RelyingParty) -> frozenset[str]:
    assert party.browser.session is not None
    return party.browser.session.roles


def test_oidcc_client_test_aggregated_claims(party: RelyingParty) -> None:
    with claims_registry() as registry:
        settings(claims_providers=[registry.issuer])
        registry.says = {"groups": ["/finance/payroll"]}
        elsewhere(party, {"JWT": registry.token()})
        party.accepts()
        assert roles(party) == {"payroll"}
        assert registry.called == []


def test_oidcc_client_test_distributed_claims(party: RelyingParty) -> None:
    with claims_registry() as registry:
        settings(claims_providers=[registry.issuer])
        registry.says = {"groups": ["/finance/payroll"]}
        elsewhere(party, {"endpoint": f"{registry.base}/claims", "access_token": "for-it-alone"})
        party.accepts()
        assert roles(party) == {"payroll"}
        assert [call["HTTP_AUTHORIZATION"] for call in registry.called] == ["Bearer for-it-alone"]


def test_oidcc_client_test_userinfo_signed(party: RelyingParty) -> None:
    settings(userinfo="signed")
    party.idp.userinfo_form = "signed"
    party.accepts()
