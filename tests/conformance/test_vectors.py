"""The gateway itself says yes and no to the test vectors as every client must."""

import json
from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import pytest
from joserfc.jwk import ECKey

from gateway.config.keyring import KeyRing, KeyUse, SymmetricKey
from gateway.sessions import cookie, record
from gateway.tokens.keys import Addressed, TokenInvalid, Typ, verify_jwt
from tests.conformance.vectors import FILE
from tests.gateway.sessions.people import RING

VECTORS = json.loads(FILE.read_text())
SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "session-record.schema.json").read_text())


def cases(kind: str) -> list[object]:
    return [pytest.param(case, id=case["why"]) for case in VECTORS[kind]["cases"]]


def master_keys() -> tuple[SymmetricKey, ...]:
    said = VECTORS["cookies"]["master_keys"]
    return tuple(SymmetricKey(id=key_id, value=bytes.fromhex(key)) for key_id, key in said.items())


@pytest.fixture(scope="module")
def ring() -> KeyRing:
    """Public halves, and the cookies' master key."""
    return KeyRing(
        symmetric={KeyUse.COOKIE: master_keys()},
        signing={
            KeyUse(key["purpose"]): (ECKey.import_key(key),) for key in VECTORS["jwks"]["keys"]
        },
    )


@pytest.mark.parametrize("case", cases("records"))
def test_a_record(case, ring):
    now = datetime.fromtimestamp(VECTORS["records"]["now"], UTC)
    session = record.live(case["value"].encode(), case["handle"], ring, now)
    if case["session"] is None:
        assert session is None
        return
    jsonschema.validate(case["session"], SCHEMA)
    assert session is not None
    said = case["session"]
    assert session.account == said["sub"]
    assert sorted(session.roles) == said["roles"]
    assert session.started_at.timestamp() == said["iat"]
    written = record.write(session, case["handle"], RING)
    content = json.loads(written[written.index(b"{") :])
    assert content == {k: v for k, v in said.items() if k not in {"key", "moon"}} | {"v": 2}


@pytest.mark.parametrize("case", cases("assertions"))
def test_an_assertion(case, ring):
    said = VECTORS["assertions"]
    now = datetime.fromtimestamp(said["now"], UTC)
    addressed = Addressed(issuer=said["issuer"], audience=said["audience"], now=now)
    if case["claims"] is None:
        with pytest.raises(TokenInvalid):
            verify_jwt(ring, Typ.ASSERTION, addressed, case["token"])
    else:
        assert (
            verify_jwt(ring, Typ.ASSERTION, addressed, case["token"]).items()
            >= case["claims"].items()
        )


@pytest.mark.parametrize("case", cases("cookies"))
def test_a_cookie(case, ring):
    token = cookie.read(case["header"], VECTORS["cookies"]["host"], ring)
    assert (token.handle if token else None) == case["handle"]


def test_a_reader_holds_the_keys_of_its_own_host_alone():
    said = VECTORS["cookies"]
    assert said["binding_keys"] == {
        key.id: cookie.host_key(key.value, f"gatehouse cookie {said['host']}").hex()
        for key in master_keys()
    }
