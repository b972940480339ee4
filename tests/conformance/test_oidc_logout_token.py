"""Logout tokens that a relying party must refuse, and those that it must take.

Back-Channel Logout 1.0, section 2.6. Where the OpenID Foundation's certification suite has a module
for a case, the case bears its name without the leading `oidcc-client-test-rp-backchannel-`.
"""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from joserfc.jwk import RSAKey

from providers.connector import AuthenticationResponse, BackChannelLogout, FrontChannelLogout
from providers.errors import ProviderUnreachable, ResponseInvalid
from providers.oidc.client_keys import published
from providers.oidc.logout import names_of
from providers.oidc.settings import parse
from tests.fakes.oidc_case import FOREIGN_KEY, NOW, OidcCase, oidc_case
from tests.fakes.oidc_encryption import Encryption, encrypt
from tests.fakes.oidc_forgery import LEFT_OUT, part
from tests.fakes.oidc_logout import EVENT, logout_token
from tests.fakes.oidc_provider import CLIENT_SECRET, SIGNING_KEYS

SECONDS = int(NOW.timestamp())
RSA = RSAKey.generate_key(2048)


@pytest.fixture
def case() -> Iterator[OidcCase]:
    with oidc_case() as made:
        yield made


def token(case: OidcCase, **options: Any) -> str:
    return logout_token(case.idp, at=SECONDS, **options)


def refused(case: OidcCase, told: str) -> str:
    """The name of the check that refuses this token."""
    with pytest.raises(ResponseInvalid) as error:
        case.connector.logout_told(told, case.now)
    return error.value.check


def test_rpinitlogout_is_taken_and_names_one_session(case):
    assert isinstance(case.connector, BackChannelLogout)
    notice = case.connector.logout_told(token(case, jti="token-1"), case.now)
    assert notice.names == ("sid session-of-ada",)
    assert notice.once is not None
    assert notice.once.id == "token-1"
    assert notice.once.until == NOW + timedelta(seconds=180)


def test_a_token_without_a_session_means_all_of_the_person(case):
    notice = case.connector.logout_told(token(case, sid=LEFT_OUT), case.now)
    assert notice.names == ("sub ada-0001",)


def test_a_token_that_names_the_session_alone_is_taken(case):
    notice = case.connector.logout_told(token(case, sub=LEFT_OUT), case.now)
    assert notice.names == ("sid session-of-ada",)


def test_what_a_token_names_is_what_the_sign_in_was_called(case):
    signed_in = case.login("ada").upstream_names
    for left_out in ("sid", "sub"):
        notice = case.connector.logout_told(token(case, **{left_out: LEFT_OUT}), case.now)
        assert set(notice.names) < set(signed_in)
    assert not set(signed_in) & set(case.login("ben").upstream_names)


def test_a_sign_in_of_a_provider_without_sessions_is_called_by_its_person():
    assert names_of({"sub": "ada"}) == ("sub ada",)
    assert names_of({"sub": "ada", "sid": 7}) == ("sub ada",)


@pytest.mark.parametrize("typ", ["logout+jwt", "application/logout+jwt", "Logout+JWT", "JWT"])
def test_a_token_of_a_lawful_type_is_taken(case, typ):
    case.connector.logout_told(token(case, header={"typ": typ}), case.now)
    case.connector.logout_told(token(case, header={"typ": LEFT_OUT}), case.now)


def encrypting(case: OidcCase) -> Encryption:
    """ID tokens are encrypted to us by this provider, and logout tokens with them."""
    key = json.dumps(RSA.as_dict(private=True))
    held = {"client_secret": CLIENT_SECRET, "decryption_key": key}
    case.connect(id_token_encrypted=True, secrets=held)
    settings = parse({"issuer": "https://idp.corp.example", "client_id": "gatehouse"})
    return Encryption(jwks=lambda: published(settings, held))


def test_an_encrypted_token_is_opened(case):
    encryption = encrypting(case)
    notice = case.connector.logout_told(encryption.encrypt(token(case)), case.now)
    assert notice.names == ("sid session-of-ada",)


def test_a_token_in_clear_is_taken_there_too_for_its_signature_proves_it(case):
    encrypting(case)
    case.connector.logout_told(token(case), case.now)


def test_an_encrypted_token_opens_with_no_key_where_that_was_not_agreed(case):
    encrypted = encrypting(case).encrypt(token(case))
    case.connect()
    assert refused(case, encrypted) == "logout_token.decryption"


def test_what_was_encrypted_must_be_signed_and_only_we_can_open_it(case):
    encryption = encrypting(case)
    forged = token(case, key=FOREIGN_KEY)
    assert refused(case, encryption.encrypt(forged)) == "logout_token.signature"
    header = {"alg": "RSA-OAEP-256", "enc": "A256GCM", "cty": "JWT"}
    stray = encrypt(header, token(case), RSAKey.generate_key(2048))
    assert refused(case, stray) == "logout_token.decryption"


def test_further_claims_and_further_events_are_passed_over(case):
    told = token(case, events={EVENT: {"a": 1}, "revoke_offline_access": True}, tenant="t")
    case.connector.logout_told(told, case.now)


HEADERS: list[tuple[str, dict[str, Any], str]] = [
    ("an-access-token", {"typ": "at+jwt"}, "logout_token.typ"),
    ("another-security-event", {"typ": "secevent+jwt"}, "logout_token.typ"),
    ("alg-not-of-the-row", {"alg": "RS512"}, "logout_token.alg"),
    ("alg-missing", {"alg": LEFT_OUT}, "logout_token.alg"),
    ("crit", {"crit": ["exp"]}, "logout_token.crit"),
    ("kid-of-nobody", {"kid": "nobody"}, "logout_token.kid"),
]
CLAIMS: list[tuple[str, dict[str, Any], str]] = [
    ("rpinitlogout-wrong-iss", {"iss": "https://evil.example"}, "logout_token.iss"),
    ("missing-iss", {"iss": LEFT_OUT}, "logout_token.iss"),
    ("rpinitlogout-wrong-aud", {"aud": "other"}, "logout_token.aud"),
    ("missing-aud", {"aud": LEFT_OUT}, "logout_token.aud"),
    ("several-aud-without-azp", {"aud": ["gatehouse", "b"]}, "logout_token.azp"),
    ("for-another-client", {"azp": "other"}, "logout_token.azp"),
    ("expired", {"exp": SECONDS - 60}, "logout_token.exp"),
    ("missing-exp", {"exp": LEFT_OUT}, "logout_token.exp"),
    ("exp-as-text", {"exp": str(SECONDS + 60)}, "logout_token.exp"),
    ("exp-far-ahead", {"exp": SECONDS + 86_401}, "logout_token.exp"),
    ("missing-iat", {"iat": LEFT_OUT}, "logout_token.iat"),
    ("iat-in-the-future", {"iat": SECONDS + 61}, "logout_token.iat"),
    ("nbf-in-the-future", {"nbf": SECONDS + 61}, "logout_token.nbf"),
    ("missing-jti", {"jti": LEFT_OUT}, "logout_token.jti"),
    ("jti-empty", {"jti": ""}, "logout_token.jti"),
    ("jti-number", {"jti": 7}, "logout_token.jti"),
    ("jti-too-long", {"jti": "j" * 1025}, "logout_token.jti"),
    ("rpinitlogout-no-event", {"events": LEFT_OUT}, "logout_token.events"),
    ("rpinitlogout-wrong-event", {"events": {EVENT + "/": {}}}, "logout_token.events"),
    ("event-null", {"events": {EVENT: None}}, "logout_token.events"),
    ("event-true", {"events": {EVENT: True}}, "logout_token.events"),
    ("events-list", {"events": [EVENT]}, "logout_token.events"),
    ("events-text", {"events": EVENT}, "logout_token.events"),
    ("rpinitlogout-with-nonce", {"nonce": "n"}, "logout_token.nonce"),
    ("nonce-null", {"nonce": None}, "logout_token.nonce"),
    ("nobody-named", {"sub": LEFT_OUT, "sid": LEFT_OUT}, "logout_token.sub"),
    ("sid-empty", {"sid": ""}, "logout_token.sid"),
    ("sid-null", {"sid": None}, "logout_token.sid"),
    ("sid-list", {"sid": ["session-of-ada"]}, "logout_token.sid"),
    ("sid-too-long", {"sid": "s" * 1025}, "logout_token.sid"),
    ("sub-number-beside-a-sid", {"sub": 7}, "logout_token.sub"),
    ("sub-empty", {"sub": "", "sid": LEFT_OUT}, "logout_token.sub"),
    ("half-a-surrogate-pair", {"sid": "\ud800"}, "logout_token.shape"),
]


@pytest.mark.parametrize(
    ("header", "check"), [row[1:] for row in HEADERS], ids=[row[0] for row in HEADERS]
)
def test_a_token_with_a_wrong_header_is_refused_by_name(case, header, check):
    assert refused(case, token(case, header=header)) == check


@pytest.mark.parametrize(
    ("claims", "check"), [row[1:] for row in CLAIMS], ids=[row[0] for row in CLAIMS]
)
def test_a_token_with_a_wrong_claim_is_refused_by_name(case, claims, check):
    assert refused(case, token(case, **claims)) == check


def test_rpinitlogout_alg_none_is_refused(case):
    _, payload, _ = token(case).split(".")
    told = f"{part({'alg': 'none', 'typ': 'logout+jwt'})}.{payload}."
    assert refused(case, told) == "logout_token.alg"


def test_rpinitlogout_wrong_alg_is_refused(case):
    """A published key of the provider, but not the algorithm that the row names."""
    case.connect(signing_algorithms=["RS256"])
    case.idp.algorithm, case.idp.key = "ES256", SIGNING_KEYS["ES256"]
    assert refused(case, token(case)) == "logout_token.alg"


def test_a_token_that_somebody_else_signed_is_refused(case):
    assert refused(case, token(case, key=FOREIGN_KEY)) == "logout_token.signature"


def test_an_id_token_of_this_very_provider_is_no_logout_token(case):
    id_token = case.login("ada").logout_hint
    assert id_token is not None
    assert refused(case, id_token) == "logout_token.events"


def test_a_token_of_a_wrong_shape_is_refused(case):
    assert refused(case, "") == "logout_token.shape"
    assert refused(case, "a.b") == "logout_token.shape"
    assert refused(case, "A" * 1_000_000) == "logout_token.size"


def test_a_new_key_of_the_provider_is_heard_of_by_a_logout_token_too(case):
    case.login("ada")
    case.idp.rotate()
    case.connector.logout_told(token(case), case.now)


def test_a_provider_whose_keys_cannot_be_had_is_away_and_its_token_not_bad(case):
    told = token(case)
    case.silence()
    with pytest.raises(ProviderUnreachable):
        case.connector.logout_told(told, case.now)


def framed(case: OidcCase, repeated: frozenset[str] = frozenset(), **fields: Any) -> Any:
    honest = {"iss": case.idp.issuer, "sid": "session-of-ada"}
    said = {name: v for name, v in {**honest, **fields}.items() if v is not LEFT_OUT}
    answer = AuthenticationResponse(method="GET", fields=said, repeated=repeated)
    return case.connector.logout_framed(answer)


def test_a_frame_names_one_session_of_its_own_provider(case):
    assert isinstance(case.connector, FrontChannelLogout)
    notice = framed(case)
    assert notice.names == ("sid session-of-ada",)
    assert notice.once is None
    assert case.connector.origin == case.idp.base


@pytest.mark.parametrize(
    ("fields", "check"),
    [
        ({"iss": LEFT_OUT}, "frontchannel.iss"),
        ({"iss": "https://evil.example"}, "frontchannel.iss"),
        ({"sid": LEFT_OUT}, "frontchannel.sid"),
        ({"sid": ""}, "frontchannel.sid"),
        ({"sid": "s" * 1025}, "frontchannel.sid"),
        ({"repeated": frozenset({"sid"})}, "frontchannel.repeated"),
        ({"repeated": frozenset({"iss"})}, "frontchannel.repeated"),
    ],
)
def test_a_frame_that_does_not_say_both_once_is_refused(case, fields, check):
    with pytest.raises(ResponseInvalid) as error:
        framed(case, **fields)
    assert error.value.check == check


def test_a_frame_in_the_name_of_an_issuer_with_a_path_is_of_its_origin():
    with oidc_case() as made:
        made.connect(issuer="https://id.corp.example:8443/realms/corp")
        assert made.connector.origin == "https://id.corp.example:8443"
