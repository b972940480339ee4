"""Makes clients/vectors/sessions.json: `python -m tests.conformance.vectors`.

Signatures are never twice the same, so the file is made once and kept; make it anew when the format
gains something that clients must know.
"""

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from gateway.config import keyring
from gateway.config.keyring import KeyUse
from gateway.sessions import cookie, record
from gateway.sessions.session import Session, SessionHandle, SessionToken, account_tag
from gateway.tokens.keys import Addressed, Typ, public_jwks, sign, sign_detached, sign_jwt

FILE = Path(__file__).parents[2] / "clients" / "vectors" / "sessions.json"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ISSUER, AUDIENCE = "https://gateway.corp.example", "https://wiki.corp.example"
HOST, OTHER_HOST = "wiki.corp.example", "payroll.corp.example:8443"
ABOUT = (
    "What every reader of Gatehouse sessions must say yes and no to. docs/session-format.md tells"
    " the format. null: refused. Keys and people are made up."
)

ADA = Session(
    account="0e4a1f0e-6a1c-4f2b-9d6e-2c1b7a90aaaa",
    username="ada",
    name="Ada Byron",
    email="ada@corp.example",
    email_verified=True,
    roles=frozenset({"deployer", "auditor"}),
    provider="corp",
    upstream_session="sid-1",
    acr="urn:mfa",
    amr=("pwd", "otp"),
    authenticated_at=NOW - timedelta(minutes=20),
    started_at=NOW - timedelta(minutes=10),
    expires_at=NOW + timedelta(hours=8),
    idle_for=timedelta(hours=1),
    ruleset=7,
    generation=2,
    client="Firefox on Windows",
    country="DE",
)
ZOE = replace(
    ADA,
    account="0e4a1f0e-6a1c-4f2b-9d6e-2c1b7a90bbbb",
    username="zoë",
    name='Zoë 李 {"v":2}',
    email=None,
    email_verified=False,
    roles=frozenset(),
    provider="",
    upstream_session=None,
    acr=None,
    amr=(),
    remembered=True,
    client="",
    country="",
)


def base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def token(session: Session, seed: str) -> SessionToken:
    secret = base64url(sha256(seed.encode()).digest())
    return SessionToken(tag=account_tag(session.account), secret=secret)


def main() -> None:
    ring = keyring.parse(keyring.generate(NOW))
    stranger = keyring.parse(keyring.generate(NOW))
    content = {
        "about": ABOUT,
        "jwks": public_jwks(ring),
        "records": {"now": int(NOW.timestamp()), "cases": records(ring, stranger)},
        "assertions": {
            "issuer": ISSUER,
            "audience": AUDIENCE,
            "now": int(NOW.timestamp()),
            "cases": assertions(ring, stranger),
        },
        "cookies": {
            "host": HOST,
            "master_keys": {key.id: key.value.hex() for key in ring.all(KeyUse.COOKIE)},
            "binding_keys": {
                key.id: cookie.host_key(key.value, f"gatehouse cookie {HOST}").hex()
                for key in ring.all(KeyUse.COOKIE)
            },
            "cases": cookies(ring, stranger),
        },
    }
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")


Case = dict[str, object]


def records(ring: keyring.KeyRing, stranger: keyring.KeyRing) -> list[Case]:
    handle, zoes = token(ADA, "ada").handle, token(ZOE, "zoe").handle
    whole = record.write(ADA, handle, ring)
    said = json.loads(whole[whole.index(b"{") :])
    older = {**said, "v": 1, "key": handle}
    del older["iat"]

    def anew(content: Case, at: SessionHandle = handle, by: keyring.KeyRing = ring) -> bytes:
        text = json.dumps(content, separators=(",", ":")).encode()
        return sign_detached(by, Typ.SESSION, f"{at}\n".encode() + text).encode() + text

    def compact(content: Case, typ: Typ = Typ.SESSION) -> bytes:
        return sign(ring, typ, json.dumps(content).encode()).encode()

    zoe = record.write(ZOE, zoes, ring)
    zoe_said = json.loads(zoe[zoe.index(b"{") :])
    cases = [
        ("a session", handle, whole, said),
        ("names are UTF-8, and a brace in one is no new beginning", zoes, zoe, zoe_said),
        (
            "the release before: a compact JWS",
            handle,
            compact(older),
            {**older, "iat": older["auth_time"]},
        ),
        (
            "the release after: unknown members are ignored",
            handle,
            anew({**said, "v": 3, "moon": 1}),
            {**said, "v": 3},
        ),
        ("moved to another key", zoes, whole, None),
        ("of the release before, moved to another key", zoes, compact(older), None),
        ("expired", handle, anew({**said, "exp": int(NOW.timestamp())}), None),
        ("signed by somebody else", handle, anew(said, by=stranger), None),
        ("signed for another purpose", handle, compact(older, Typ.ROUTES), None),
        ("of a version that nobody knows", handle, anew({**said, "v": 4}), None),
        (
            "a role was added behind the signature",
            handle,
            whole.replace(b'"auditor"', b'"auditor","root"'),
            None,
        ),
        ("a byte behind the end", handle, whole + b" ", None),
        ("without a signature", handle, whole[whole.index(b"{") :], None),
        ("the signature alone", handle, whole[: whole.index(b"{")], None),
        ("roles are no list", handle, anew({**said, "roles": "root"}), None),
        ("empty", handle, b"", None),
    ]
    return [
        {"why": why, "handle": at, "value": value.decode(), "session": session}
        for why, at, value, session in cases
    ]


def assertions(ring: keyring.KeyRing, stranger: keyring.KeyRing) -> list[Case]:
    said = {"sub": ADA.account, "preferred_username": "ada", "roles": ["auditor"], "jti": "1"}

    def made(
        *,
        by: keyring.KeyRing = ring,
        issuer: str = ISSUER,
        audience: str = AUDIENCE,
        at: datetime = NOW,
        typ: Typ = Typ.ASSERTION,
    ) -> str:
        addressed = Addressed(issuer=issuer, audience=audience, now=at)
        return sign_jwt(by, typ, addressed, said, timedelta(seconds=60))

    good = made()
    header, payload, signature = good.split(".")
    unsigned = base64url(b'{"alg":"none","typ":"gatehouse-assertion+jwt"}')
    cases = [
        ("an assertion", good, said),
        ("for another app", made(audience="https://payroll.corp.example"), None),
        ("by another gateway", made(issuer="https://gateway.evil.example"), None),
        ("expired", made(at=NOW - timedelta(minutes=2)), None),
        ("from the future", made(at=NOW + timedelta(minutes=2)), None),
        ("signed by somebody else", made(by=stranger), None),
        ("another kind of token of the same key", made(typ=Typ.INTERNAL), None),
        ("without a signature", f"{header}.{payload}.", None),
        ("with the algorithm none", f"{unsigned}.{payload}.", None),
        ("another signature", f"{header}.{payload}.{signature[::-1]}", None),
        ("empty", "", None),
    ]
    return [{"why": why, "token": text, "claims": claims} for why, text, claims in cases]


def cookies(ring: keyring.KeyRing, stranger: keyring.KeyRing) -> list[Case]:
    ada = token(ADA, "ada")
    value = cookie.write(ada, HOST, ring)
    pair = f"{cookie.NAME}={value}"
    cases = [
        ("alone", pair, True),
        ("among others", f"theme=dark; {pair}; x=1", True),
        ("for another host", f"{cookie.NAME}={cookie.write(ada, OTHER_HOST, ring)}", False),
        ("by somebody else", f"{cookie.NAME}={cookie.write(ada, HOST, stranger)}", False),
        ("twice", f"{pair}; {pair}", False),
        ("cut off", pair[:-1], False),
        ("with a letter more", pair + "A", False),
        ("of another shard", pair.replace(f".{ada.tag}.", ".fff."), False),
        ("under another name", f"gatehouse={value}", False),
        ("empty", f"{cookie.NAME}=", False),
        ("none", "theme=dark", False),
    ]
    return [
        {"why": why, "header": header, "handle": ada.handle if good else None}
        for why, header, good in cases
    ]


if __name__ == "__main__":
    main()
