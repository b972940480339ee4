"""Assertions for clients/vectors/sessions.json."""

import json
from datetime import datetime, timedelta

from gateway.config.keyring import KeyRing, KeyUse
from gateway.tokens.keys import Addressed, Typ, sign_jwt
from tests.conformance.crooked import (
    ABSENT,
    base64url,
    bits_written_otherwise,
    hand_made,
    key_of,
    longer,
    symmetric,
    taking,
)
from tests.conformance.vector_people import ADA, AUDIENCE, ISSUER, NOW, Case


def assertions(ring: KeyRing, stranger: KeyRing) -> list[Case]:
    said = {"sub": ADA.account, "preferred_username": "ada", "roles": ["auditor"], "jti": "1"}
    now = int(NOW.timestamp())
    claims = {"iss": ISSUER, "aud": AUDIENCE, "iat": now, "exp": now + 60, **said}

    def made(
        *,
        by: KeyRing = ring,
        issuer: str = ISSUER,
        audience: str = AUDIENCE,
        at: datetime = NOW,
        typ: Typ = Typ.ASSERTION,
    ) -> str:
        addressed = Addressed(issuer=issuer, audience=audience, now=at)
        return sign_jwt(by, typ, addressed, said, timedelta(seconds=60))

    def saying(**changed: object) -> str:
        told = {name: value for name, value in {**claims, **changed}.items() if value is not ABSENT}
        return hand_made(ring, Typ.ASSERTION, json.dumps(told).encode())

    def headed(by: KeyRing = ring, **changed: object) -> str:
        return hand_made(by, Typ.ASSERTION, json.dumps(claims).encode(), changed)

    def bare(content: bytes) -> str:
        return hand_made(ring, Typ.ASSERTION, content)

    good = made()
    header, payload, signature = good.split(".")
    unsigned = base64url(b'{"alg":"none","typ":"gatehouse-assertion+jwt"}')
    whole = json.dumps(claims).encode()
    kid = key_of(ring, Typ.ASSERTION).kid
    own_key = key_of(stranger, Typ.ASSERTION).as_dict(private=False)
    other = {"typ": f"application/{Typ.ASSERTION.text}"}
    cases = [
        ("an assertion", good, said),
        ("issued by a clock five seconds ahead", saying(iat=now + 5), said),
        ("four seconds past its end", saying(iat=now - 64, exp=now - 4), said),
        ("members spelled otherwise are unknown members", saying(SUB="root", Iss="evil"), said),
        (
            "of a member that stands there twice the last counts",
            bare(whole.replace(b'"sub"', b'"sub": "root", "sub"')),
            said,
        ),
        ("for another app", made(audience="https://payroll.corp.example"), None),
        ("for several apps", saying(aud=[AUDIENCE, "https://payroll.corp.example"]), None),
        ("for nobody", saying(aud=ABSENT), None),
        ("by another gateway", made(issuer="https://gateway.evil.example"), None),
        ("by an issuer that only begins like ours", saying(iss=ISSUER + "/"), None),
        ("expired", made(at=NOW - timedelta(minutes=2)), None),
        ("five seconds past its end", saying(iat=now - 65, exp=now - 5), None),
        ("from the future", made(at=NOW + timedelta(minutes=2)), None),
        ("issued by a clock six seconds ahead", saying(iat=now + 6), None),
        ("without an end", saying(exp=ABSENT), None),
        ("the end is text", saying(exp=str(now + 60)), None),
        ("the end is no whole second", saying(exp=now + 60.5), None),
        ("without a beginning", saying(iat=ABSENT), None),
        ("the beginning is true", saying(iat=True), None),
        ("no object", bare(b"[%s]" % whole), None),
        ("signed with something behind its end", bare(whole + b"x"), None),
        ("no UTF-8", bare(whole.replace(b"ada", b"ad\xff")), None),
        ("signed by somebody else", made(by=stranger), None),
        (
            "signed under the key for records",
            made(by=taking(ring, KeyUse.RECORD, as_if=KeyUse.ASSERTION)),
            None,
        ),
        ("signed by somebody else under our key's id", headed(stranger, kid=kid), None),
        ("with the key of somebody else in it", headed(stranger, kid=kid, jwk=own_key), None),
        ("with the address of keys in it", headed(jku="https://evil.example/jwks.json"), None),
        ("with a condition that nobody knows", headed(crit=["moon"], moon=1), None),
        ("under the name of another algorithm", headed(alg="ES384"), None),
        ("without a key's id", headed(kid=ABSENT), None),
        ("without a type", headed(typ=ABSENT), None),
        ("of a type spelled otherwise", headed(**other), None),
        ("another kind of token of the same key", made(typ=Typ.INTERNAL), None),
        ("signed with the public key as a password", symmetric(ring, claims), None),
        ("without a signature", f"{header}.{payload}.", None),
        ("with the algorithm none", f"{unsigned}.{payload}.", None),
        ("another signature", f"{header}.{payload}.{signature[::-1]}", None),
        ("a signature with a zero more", f"{header}.{payload}.{longer(signature)}", None),
        ("the bits of the signature written otherwise", bits_written_otherwise(good), None),
        ("padded", good + "==", None),
        ("with a space behind it", good + " ", None),
        ("with a line feed in the signature", f"{good[:-9]}\n{good[-9:]}", None),
        ("with a fourth part", good + ".", None),
        ("twice", f"{good},{good}", None),
        ("empty", "", None),
    ]
    return [{"why": why, "token": text, "claims": claims} for why, text, claims in cases]
