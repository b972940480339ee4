"""The client says yes and no to the test vectors as every client must."""

import base64
import json
from datetime import UTC, datetime

import pytest

from gatehouse_client import NotVouchedFor, PublicKeys, verify_assertion
from gatehouse_client.cookie import handle_of
from gatehouse_client.keys import KeyUnknown
from gatehouse_client.record import live
from gatehouse_client.signatures import ASSERTION, verified
from tests.conformance.crooked import base64url
from tests.conformance.vectors import FILE

VECTORS = json.loads(FILE.read_text())
KEYS = PublicKeys(jwks=VECTORS["jwks"])


def cases(kind):
    return [pytest.param(case, id=case["why"]) for case in VECTORS[kind]["cases"]]


def now(kind):
    return datetime.fromtimestamp(VECTORS[kind]["now"], UTC)


@pytest.mark.parametrize("case", cases("records"))
def test_a_record(case):
    try:
        session = live(case["value"].encode(), case["handle"], KEYS, now("records"))
    except KeyUnknown:
        session = None
    said = case["session"]
    if said is None:
        assert session is None
        return
    assert session is not None
    assert session.account == said["sub"]
    assert session.username == said["user"]
    assert session.name == said["name"]
    assert session.email == said.get("email")
    assert session.email_verified is said.get("vouched", False)
    assert sorted(session.roles) == said["roles"]
    assert session.provider == said["provider"]
    assert (session.acr, list(session.amr)) == (said.get("acr"), said.get("amr", []))
    assert session.authenticated_at.timestamp() == said["auth_time"]
    assert session.started_at.timestamp() == said["iat"]
    assert session.expires_at.timestamp() == said["exp"]
    assert session.idle_for.total_seconds() == said["idle"]
    assert (session.ruleset, session.generation) == (said["rules"], said["gen"])
    assert (session.client, session.country) == (said.get("ua", ""), said.get("cc", ""))


@pytest.mark.parametrize("case", cases("assertions"))
def test_an_assertion(case):
    said = VECTORS["assertions"]
    to = {"audience": said["audience"], "issuer": said["issuer"], "keys": KEYS}
    if case["claims"] is None:
        with pytest.raises(NotVouchedFor):
            verify_assertion(case["token"].encode(), **to, now=now("assertions"))
        return
    person = verify_assertion(case["token"].encode(), **to, now=now("assertions"))
    assert person.account == case["claims"]["sub"]
    assert person.username == case["claims"]["preferred_username"]
    assert sorted(person.roles) == case["claims"]["roles"]


@pytest.mark.parametrize("case", cases("cookies"))
def test_a_cookie(case):
    said = VECTORS["cookies"]
    keys = {key_id: bytes.fromhex(key) for key_id, key in said["binding_keys"].items()}
    assert handle_of(case["header"], said["host"], keys) == case["handle"]


def test_the_key_of_another_host_reads_no_cookie_of_this_one():
    said = VECTORS["cookies"]
    keys = {key_id: bytes(32) for key_id in said["binding_keys"]}
    assert handle_of(said["cases"][0]["header"], said["host"], keys) is None


def test_a_key_whose_purpose_is_not_said_is_no_key():
    bare = [{n: v for n, v in key.items() if n != "purpose"} for key in VECTORS["jwks"]["keys"]]
    case = VECTORS["records"]["cases"][0]
    with pytest.raises(KeyUnknown):
        live(
            case["value"].encode(), case["handle"], PublicKeys(jwks={"keys": bare}), now("records")
        )


def test_the_algorithm_none_is_refused_whatever_else_the_header_says():
    header, payload, _ = VECTORS["assertions"]["cases"][0]["token"].split(".")
    said = json.loads(base64.urlsafe_b64decode(header + "==")) | {"alg": "none"}
    unsigned = base64url(json.dumps(said).encode())
    with pytest.raises(NotVouchedFor):
        verified(f"{unsigned}.{payload}.".encode(), ASSERTION, KEYS)


@pytest.mark.parametrize("token", [b"", b"a" * 128_001], ids=["empty", "large"])
def test_what_is_too_large_is_not_even_parsed(token):
    with pytest.raises(NotVouchedFor, match="too large"):
        verified(token, ASSERTION, KEYS)
