"""Makes clients/vectors/sessions.json: `python -m tests.conformance.vectors`.

Signatures are never twice the same, so the file is made once and kept; make it anew when the format
gains something that clients must know.
"""

import hmac
import json
from hashlib import sha256
from pathlib import Path

from gateway.config import keyring
from gateway.config.keyring import KeyUse
from gateway.sessions import cookie, record
from gateway.sessions.session import Session, SessionHandle, SessionToken, account_tag
from gateway.tokens.keys import Typ, public_jwks, sign, sign_detached
from tests.conformance.crooked import base64url, bits_written_otherwise, hand_made, taking
from tests.conformance.vector_assertions import assertions
from tests.conformance.vector_people import (
    ADA,
    AUDIENCE,
    HOST,
    ISSUER,
    NOW,
    OTHER_HOST,
    ZOE,
    Case,
)

FILE = Path(__file__).parents[2] / "clients" / "vectors" / "sessions.json"
ABOUT = (
    "What every reader of Gatehouse sessions must say yes and no to. docs/session-format.md tells"
    " the format. null: refused. Keys and people are made up."
)


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


def records(ring: keyring.KeyRing, stranger: keyring.KeyRing) -> list[Case]:
    handle, zoes = token(ADA, "ada").handle, token(ZOE, "zoe").handle
    whole = record.write(ADA, handle, ring)
    signature, text = whole[: whole.index(b"{")], whole[whole.index(b"{") :]
    said = json.loads(text)
    older = {**said, "v": 1, "key": handle}
    del older["iat"]

    def signed(
        text: bytes, at: SessionHandle = handle, by: keyring.KeyRing = ring, typ: Typ = Typ.SESSION
    ) -> bytes:
        return sign_detached(by, typ, f"{at}\n".encode() + text).encode() + text

    def anew(content: Case, at: SessionHandle = handle, by: keyring.KeyRing = ring) -> bytes:
        return signed(json.dumps(content, separators=(",", ":")).encode(), at, by)

    def compact(content: Case, typ: Typ = Typ.SESSION) -> bytes:
        return sign(ring, typ, json.dumps(content).encode()).encode()

    def with_header(**more: object) -> bytes:
        made = hand_made(ring, Typ.SESSION, f"{handle}\n".encode() + text, more)
        header, _, ending = made.split(".")
        return f"{header}..{ending}".encode() + text

    # The edge has no key for records: it takes the one that it has.
    by_the_edge = anew(said, by=taking(ring, KeyUse.ASSERTION, as_if=KeyUse.RECORD))
    otherwise = bits_written_otherwise(signature.decode()).encode()
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
        (
            "members spelled otherwise are unknown members",
            handle,
            anew({**said, "Roles": ["root"], "SUB": "root"}),
            said,
        ),
        (
            "of a member that stands there twice the last counts",
            handle,
            signed(text[:-1] + b',"roles":["auditor"]}'),
            {**said, "roles": ["auditor"]},
        ),
        ("moved to another key", zoes, whole, None),
        ("of the release before, moved to another key", zoes, compact(older), None),
        ("expired", handle, anew({**said, "exp": int(NOW.timestamp())}), None),
        ("signed by somebody else", handle, anew(said, by=stranger), None),
        ("signed for another purpose", handle, compact(older, Typ.ROUTES), None),
        ("signed under the key for assertions, which the edge holds", handle, by_the_edge, None),
        ("signed as an assertion", handle, signed(text, typ=Typ.ASSERTION), None),
        (
            "with another member in the header",
            handle,
            with_header(jku="https://evil.example"),
            None,
        ),
        ("of a version that nobody knows", handle, anew({**said, "v": 4}), None),
        ("its version is text", handle, anew({**said, "v": "2"}), None),
        (
            "a role was added behind the signature",
            handle,
            whole.replace(b'"auditor"', b'"auditor","root"'),
            None,
        ),
        ("the bits of the signature written otherwise", handle, otherwise + text, None),
        ("a padded signature", handle, signature + b"==" + text, None),
        ("a line feed in the signature", handle, signature[:-9] + b"\n" + whole[-9:], None),
        ("a byte behind the end", handle, whole + b" ", None),
        ("signed with something behind the end", handle, signed(text + b"x"), None),
        ("without a signature", handle, text, None),
        ("the signature alone", handle, signature, None),
        ("roles are no list", handle, anew({**said, "roles": "root"}), None),
        ("roles are null", handle, anew({**said, "roles": None}), None),
        (
            "of this version in the form of the one before",
            handle,
            compact({**said, "key": handle}),
            None,
        ),
        ("a role is a number", handle, anew({**said, "roles": ["auditor", 1]}), None),
        ("nobody's", handle, anew({**said, "sub": None}), None),
        ("an acr that is a number", handle, anew({**said, "acr": 1}), None),
        ("without an end", handle, anew({k: v for k, v in said.items() if k != "exp"}), None),
        ("the end is text", handle, anew({**said, "exp": str(said["exp"])}), None),
        ("the end is no whole second", handle, anew({**said, "exp": said["exp"] + 0.5}), None),
        ("an end that no calendar has", handle, anew({**said, "exp": 10**15}), None),
        ("a generation that is true", handle, anew({**said, "gen": True}), None),
        ("empty", handle, b"", None),
    ]
    return [
        {"why": why, "handle": at, "value": value.decode(), "session": session}
        for why, at, value, session in cases
    ]


def without_key(token: SessionToken) -> str:
    """What somebody would take who looks no key up and goes on with an empty one."""
    bound = f"{cookie.VERSION}.c000000.{token.tag}.{token.secret}"
    return f"{bound}.{base64url(hmac.digest(b'', f'{bound}.{HOST}'.encode(), 'sha256'))}"


def cookies(ring: keyring.KeyRing, stranger: keyring.KeyRing) -> list[Case]:
    ada = token(ADA, "ada")
    value = cookie.write(ada, HOST, ring)
    pair = f"{cookie.NAME}={value}"
    kid = ring.active(KeyUse.COOKIE).id
    cases = [
        ("alone", pair, True),
        ("among others", f"theme=dark; {pair}; x=1", True),
        ("among others with tabs", f"theme=dark;\t{pair}\t;x=1", True),
        ("beside one whose name begins alike", f"{cookie.NAME}-entry.x=1; {pair}", True),
        ("for another host", f"{cookie.NAME}={cookie.write(ada, OTHER_HOST, ring)}", False),
        ("by somebody else", f"{cookie.NAME}={cookie.write(ada, HOST, stranger)}", False),
        ("under a key that nobody has", pair.replace(f".{kid}.", ".c000000."), False),
        ("under a key that nobody has, made with none", f"{cookie.NAME}={without_key(ada)}", False),
        ("twice", f"{pair}; {pair}", False),
        ("beside an empty one", f"{cookie.NAME}=; {pair}", False),
        ("cut off", pair[:-1], False),
        ("with a letter more", pair + "A", False),
        ("the bits of its end written otherwise", bits_written_otherwise(pair), False),
        ("padded", pair + "=", False),
        ("in quotes", f'{cookie.NAME}="{value}"', False),
        ("of another shard", pair.replace(f".{ada.tag}.", ".fff."), False),
        ("of another version", pair.replace("=1.", "=2."), False),
        ("under another name", f"gatehouse={value}", False),
        ("under a name that ends alike", f"x{pair}", False),
        ("under its name in small letters", f"{cookie.NAME.lower()}={value}", False),
        ("behind a comma", f"theme=dark,{pair}", False),
        ("empty", f"{cookie.NAME}=", False),
        ("none", "theme=dark", False),
    ]
    return [
        {"why": why, "header": header, "handle": ada.handle if good else None}
        for why, header, good in cases
    ]


if __name__ == "__main__":
    main()
