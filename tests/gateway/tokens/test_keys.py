"""What the gateway signs is believed for its own purpose, and for no other."""

import base64
import json
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from joserfc import jws
from joserfc.errors import UnsupportedKeyOperationError
from joserfc.jwk import ECKey, OctKey

from gateway.config import keyring
from gateway.config.keyring import KeyUse
from gateway.tokens.keys import (
    Addressed,
    TokenInvalid,
    Typ,
    public_jwks,
    sign,
    sign_detached,
    sign_jwt,
    verify,
    verify_detached,
    verify_jwt,
)

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
CONTENT = keyring.generate(NOW)
RING = keyring.parse(CONTENT)
EDGE = keyring.parse(keyring.for_edge(CONTENT))
WIKI = Addressed(
    issuer="https://gateway.corp.example", audience="https://wiki.corp.example", now=NOW
)


def forged(header, payload=b"{}", key=None):
    key = key or RING.signers(KeyUse.RECORD)[0]
    registry = jws.JWSRegistry(algorithms=[header["alg"]], strict_check_header=False)
    return jws.serialize_compact(header, payload, key, registry=registry)


def test_what_was_signed_is_read_back():
    assert verify(RING, Typ.SESSION, sign(RING, Typ.SESSION, b"content")) == b"content"


def test_the_edge_verifies_records_and_cannot_sign_them():
    token = sign(RING, Typ.SESSION, b"content")
    assert verify(EDGE, Typ.SESSION, token) == b"content"
    with pytest.raises(UnsupportedKeyOperationError):
        sign(EDGE, Typ.SESSION, b"content")


@pytest.mark.parametrize("signed", list(Typ))
@pytest.mark.parametrize("read", list(Typ))
def test_a_token_of_one_purpose_is_refused_for_every_other(signed, read):
    token = sign(RING, signed, b"{}")
    if signed is read:
        assert verify(RING, read, token) == b"{}"
    else:
        with pytest.raises(TokenInvalid):
            verify(RING, read, token)


def test_a_changed_payload_is_refused():
    head, _, signature = sign(RING, Typ.SESSION, b'{"roles":[]}').split(".")
    payload = base64.urlsafe_b64encode(b'{"roles":["admin"]}').rstrip(b"=").decode()
    with pytest.raises(TokenInvalid, match="signature"):
        verify(RING, Typ.SESSION, f"{head}.{payload}.{signature}")


def test_a_key_in_the_header_is_refused():
    mine = ECKey.generate_key("P-256")
    header = {
        "alg": "ES256",
        "kid": RING.signers(KeyUse.RECORD)[0].kid,
        "typ": "gatehouse-session+jws",
        "jwk": mine.as_dict(private=False),
    }
    with pytest.raises(TokenInvalid, match="other members"):
        verify(RING, Typ.SESSION, forged(header, key=mine))


def test_a_key_that_is_not_on_the_ring_is_refused():
    other = ECKey.generate_key("P-256", {"kid": "other"})
    header = {"alg": "ES256", "kid": "other", "typ": "gatehouse-session+jws"}
    with pytest.raises(TokenInvalid, match="not on the ring"):
        verify(RING, Typ.SESSION, forged(header, key=other))


def test_another_algorithm_is_refused():
    public = json.dumps(RING.signers(KeyUse.RECORD)[0].as_dict(private=False)).encode()
    kid = RING.signers(KeyUse.RECORD)[0].kid
    header = {"alg": "HS256", "kid": kid, "typ": "gatehouse-session+jws"}
    with pytest.raises(TokenInvalid):
        verify(RING, Typ.SESSION, forged(header, key=OctKey.import_key(public)))
    none = base64.urlsafe_b64encode(json.dumps(header | {"alg": "none"}).encode()).rstrip(b"=")
    with pytest.raises(TokenInvalid):
        verify(RING, Typ.SESSION, none + b".e30.")


@pytest.mark.parametrize(
    "junk", ["", ".", "..", "a.b.c", "é.é.é", "e30.e30.e30", "bnVsbA.e30.AA", "\x00", "W10.W10.W10"]
)
def test_junk_is_refused_and_never_crashes(junk):
    for typ in Typ:
        with pytest.raises(TokenInvalid):
            verify(RING, typ, junk)


def test_a_token_that_is_too_large_is_refused_before_it_is_read():
    with pytest.raises(TokenInvalid, match="large"):
        verify(RING, Typ.SESSION, "a" * 200_000)


def test_a_table_of_many_pages_can_be_signed():
    pages = b"x" * 2_000_000
    assert verify(RING, Typ.ROUTES, sign(RING, Typ.ROUTES, pages)) == pages


def test_an_older_key_still_verifies_and_the_newest_signs():
    token = sign(RING, Typ.SESSION, b"content")
    newer = keyring.new_key(KeyUse.RECORD, NOW + timedelta(days=1))
    rotated = keyring.parse({"version": 1, "keys": [*CONTENT["keys"], newer]})
    assert verify(rotated, Typ.SESSION, token) == b"content"
    fresh = sign(rotated, Typ.SESSION, b"content")
    with pytest.raises(TokenInvalid):
        verify(RING, Typ.SESSION, fresh)


def test_a_second_library_verifies_an_assertion_against_the_published_keys():
    token = sign_jwt(RING, Typ.ASSERTION, WIKI, {"sub": "ada"}, timedelta(seconds=60))
    keys = {key["kid"]: jwt.PyJWK(key) for key in public_jwks(RING)["keys"]}
    claims = jwt.decode(
        token,
        keys[jwt.get_unverified_header(token)["kid"]],
        algorithms=["ES256"],
        audience="https://wiki.corp.example",
        issuer="https://gateway.corp.example",
        options={"verify_exp": False, "verify_iat": False},
    )
    assert claims["sub"] == "ada"
    assert claims["exp"] - claims["iat"] == 60


def test_the_published_keys_hold_no_private_half():
    published = public_jwks(RING)["keys"]
    assert len(published) == 4
    members = {"kty", "crv", "x", "y", "kid", "alg", "use", "purpose"}
    assert all(set(key) <= members for key in published)


def test_the_published_keys_say_what_each_signs():
    purposes = [key["purpose"] for key in public_jwks(RING)["keys"]]
    assert purposes == ["record", "assertion", "audit", "event"]


@pytest.mark.parametrize(
    ("reader", "why"),
    [
        ({"issuer": "https://other.example"}, "issuer"),
        ({"audience": "https://payroll.other.example"}, "audience"),
        ({"now": NOW + timedelta(seconds=66)}, "expired"),
        ({"now": NOW - timedelta(seconds=6)}, "future"),
    ],
)
def test_a_jwt_is_believed_by_whom_it_was_said_to_and_only_in_its_time(reader, why):
    token = sign_jwt(RING, Typ.ASSERTION, WIKI, {"sub": "ada"}, timedelta(seconds=60))
    wanted = {"issuer": WIKI.issuer, "audience": WIKI.audience, "now": NOW}
    assert verify_jwt(RING, Typ.ASSERTION, Addressed(**wanted), token)["sub"] == "ada"
    with pytest.raises(TokenInvalid, match=why):
        verify_jwt(RING, Typ.ASSERTION, Addressed(**wanted | reader), token)


@pytest.mark.parametrize("payload", [b"[]", b"nonsense", b'{"iss":1}'])
def test_a_signed_payload_that_is_no_jwt_is_refused(payload):
    with pytest.raises(TokenInvalid):
        verify_jwt(RING, Typ.ASSERTION, WIKI, sign(RING, Typ.ASSERTION, payload))


def test_a_jwt_without_an_end_is_refused():
    claims = {"iss": WIKI.issuer, "aud": WIKI.audience}
    with pytest.raises(TokenInvalid, match="exp"):
        verify_jwt(
            RING, Typ.ASSERTION, WIKI, sign(RING, Typ.ASSERTION, json.dumps(claims).encode())
        )


def test_a_detached_signature_is_for_exactly_its_content():
    signature = sign_detached(RING, Typ.SESSION, b"content").encode()
    verify_detached(RING, Typ.SESSION, signature, b"content")
    for content in (b"Content", b"content ", b""):
        with pytest.raises(TokenInvalid):
            verify_detached(RING, Typ.SESSION, signature, content)


def test_content_that_is_too_large_is_not_looked_at():
    signature = sign_detached(RING, Typ.SESSION, b"x" * 40_000).encode()
    verify_detached(RING, Typ.SESSION, signature, b"x" * 40_000)
    with pytest.raises(TokenInvalid, match="too large"):
        verify_detached(RING, Typ.SESSION, signature, b"x" * 64_001)


@pytest.mark.parametrize("changed", [{"iat": None}, {"iat": "1"}, {"exp": None}, {"exp": "1"}])
def test_a_token_without_its_times_is_refused(changed):
    token = sign_jwt(RING, Typ.ASSERTION, WIKI, changed, timedelta(seconds=60))
    with pytest.raises(TokenInvalid, match="iat or exp"):
        verify_jwt(RING, Typ.ASSERTION, WIKI, token)
