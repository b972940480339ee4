"""JSON that is made to be dear, to fill a room of so many bytes."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from joserfc.jwk import ECKey, OKPKey, RSAKey

from providers.oidc.json_object import MAX_DIGITS
from tests.fakes.oidc_forgery import part


def _repeated(piece: Callable[[int], str], room: int) -> str:
    left, pieces = room, []
    while left > 0:
        pieces.append(piece(len(pieces)))
        left -= len(pieces[-1].encode()) + 1
    return ",".join(pieces[:-1])


def _list(piece: Callable[[int], str]) -> Callable[[int], str]:
    return lambda room: f"[{_repeated(piece, room - 2)}]"


def _object(piece: Callable[[int], str]) -> Callable[[int], str]:
    return lambda room: f"{{{_repeated(piece, room - 2)}}}"


def _many(piece: Callable[[int], str], most: int) -> Callable[[int], str]:
    """As many as are read at all, if the room allows."""
    return lambda room: f"[{_repeated(piece, room - 2)[: most * (len(piece(0)) + 1) - 1]}]"


def _text(piece: str, room: int) -> str:
    return '"' + piece * ((room - 2) // len(piece.encode())) + '"'


LONG = f'"{"x" * 800}"'
VALUES: Mapping[str, Callable[[int], str]] = {
    "open-brackets": lambda room: "[" * room,
    "deep-lists": lambda room: "[" * (room // 2) + "]" * (room // 2),
    "deep-objects": lambda room: '{"a":' * (room // 6) + "1" + "}" * (room // 6),
    "less-deep-lists": _list(lambda _: "[" * 900 + "]" * 900),
    "numbers": _list(lambda _: "1"),
    "fractions": _list(lambda n: f"0.{n}e-300"),
    "long-numbers": _list(lambda _: "9" * 4_300),
    "longest-number": lambda room: "9" * room,
    "long-fraction": lambda room: "0." + "9" * (room - 2),
    "exponents": _list(lambda _: "1e308"),
    "exponents-as-many-as-allowed": _many(lambda _: "1e308", 29_900),
    "numbers-as-many-as-allowed": _many(lambda _: "1", 29_900),
    "numbers-as-long-as-allowed": _list(lambda _: "9" * MAX_DIGITS),
    "same-texts-as-many-as-allowed": _many(lambda _: '"a"', 29_900),
    "lists-as-many-as-allowed": _many(lambda _: '["a"]', 9_900),
    "texts-as-long-as-shown": _list(lambda _: f'"{"x" * 1_600}"'),
    "beginnings-of-tokens": _list(lambda _: f'"{"eyJ" * 533}"'),
    "short-texts": _list(lambda n: f'"{n}"'),
    "same-texts": _list(lambda _: '"a"'),
    "empty-texts": _list(lambda _: '""'),
    "empty-lists": _list(lambda _: "[]"),
    "empty-objects": _list(lambda _: "{}"),
    "long-text": lambda room: _text("x", room),
    "escapes": lambda room: _text(r"\u0041", room),
    "pairs-of-escapes": lambda room: _text(r"\ud83d\ude00", room),
    "wide-letters": lambda room: _text("😀", room),
    "names": _object(lambda n: f'"{n}":1'),
    "one-name": _object(lambda _: '"a":1'),
    "paths": _object(lambda n: f'"https://x/{n}/groups":["a"]'),
    "names-of-long-texts": _object(lambda n: f'"{n}":[{",".join([LONG] * 30)}]'),
    "spaces": lambda room: " " * room,
    "quotes": lambda room: '"' * room,
}
PLACES = ("groups", "realm_access", "email", "sub", "aud", "amr", "events", "_claim_names", "x")


def filled(claims: Mapping[str, Any], place: str, value: str, room: int) -> bytes:
    """The claims with this JSON text at one place."""
    honest = {name: said for name, said in claims.items() if name != place}
    start = json.dumps(honest)[:-1]
    return f'{start},"{place}":{VALUES[value](room - len(start) - len(place) - 10)}}}'.encode()


def spread(claims: Mapping[str, Any], value: str, room: int) -> bytes:
    """The members of this JSON object beside the claims."""
    start = json.dumps(dict(claims))[:-1]
    return f"{start},{VALUES[value](room - len(start) - 10)[1:]}".encode()


def _key_set(entry: Callable[[int], Mapping[str, Any]]) -> Callable[[], bytes]:
    return lambda: json.dumps({"keys": [entry(number) for number in range(100)]}).encode()


def _public(key: Any) -> dict[str, Any]:
    return dict(key.as_dict(private=False))


def _number(bits: int) -> str:
    return part(((1 << bits) - 1).to_bytes(bits // 8, "big"))


def key_sets(kid: str) -> Mapping[str, Callable[[], bytes]]:
    """Of which each key bears the id, or none, of one that is looked for."""
    rsa, ec = RSAKey.generate_key(2048), ECKey.generate_key("P-521")
    ed = OKPKey.generate_key("Ed25519")
    huge = {"kty": "RSA", "kid": kid, "alg": "RS256", "e": "AQAB"}
    return {
        "rsa-keys": _key_set(lambda n: {**_public(rsa), "kid": f"k{n}"}),
        "ec-keys": _key_set(lambda n: {**_public(ec), "kid": f"k{n}"}),
        "ed-keys": _key_set(lambda n: {**_public(ed), "kid": f"k{n}"}),
        "points-of-no-curve": _key_set(lambda n: {**_public(ec), "y": part(bytes([n]) * 66)}),
        "large-rsa-keys": _key_set(lambda n: {**huge, "kid": f"k{n}", "n": _number(16_384)}),
        "rsa-of-16384-bits": lambda: json.dumps(
            {"keys": [{**huge, "n": _number(16_384)}]}
        ).encode(),
        "rsa-of-the-largest-exponent": lambda: json.dumps(
            {"keys": [{**huge, "n": _number(16_384), "e": _number(16_376)}]}
        ).encode(),
        "rsa-of-3072-bits-and-as-large-an-exponent": lambda: json.dumps(
            {"keys": [{**huge, "n": _number(3_072), "e": _number(3_064)}]}
        ).encode(),
        "rsa-of-three-million-bits": lambda: json.dumps(
            {"keys": [{**huge, "n": _number(3_000_000)}]}
        ).encode(),
        "rsa-of-an-exponent-of-three-million-bits": lambda: json.dumps(
            {"keys": [{**huge, "n": _number(2_048), "e": _number(3_000_000)}]}
        ).encode(),
        "even-rsa": lambda: json.dumps(
            {"keys": [{**huge, "n": part(b"\xff" * 255 + b"\0"), "e": "AA"}]}
        ).encode(),
    }
