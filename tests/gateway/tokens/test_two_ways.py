"""What we sign is read without the library that reads everybody's tokens; both say the same."""

import base64
import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from gateway.config import keyring
from gateway.config.keyring import KeyUse
from gateway.tokens import keys
from gateway.tokens.keys import TokenInvalid, Typ, sign, verify
from tests.gateway.tokens.test_keys import CONTENT, EDGE, NOW, RING, forged

KEY = RING.signers(KeyUse.RECORD)[0]
HEADER = {"alg": "ES256", "kid": KEY.kid, "typ": Typ.SESSION.text}
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # SEC 2, 2.4.2


def said(read, *arguments):
    try:
        return read(*arguments)
    except TokenInvalid:
        return None


def both(token, typ=Typ.SESSION, ring=RING):
    """The payload or None, which both ways say."""
    raw = token.encode("utf-8", "replace") if isinstance(token, str) else token
    quick, general = said(verify, ring, typ, raw), said(keys._read, ring, typ, raw)
    assert quick == general
    return quick


def encoded(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@pytest.fixture
def no_library(monkeypatch):
    """Nothing is read in the general way."""

    def read(*_):
        raise TokenInvalid("only in the general way")

    monkeypatch.setattr(keys, "_read", read)


@pytest.mark.parametrize("typ", list(Typ))
@pytest.mark.parametrize("payload", [b"", b"x", b'{"a":1}', bytes(range(256))])
def test_what_we_sign_is_what_the_library_would_and_it_reads_it(typ, payload):
    token = sign(RING, typ, payload)
    key = RING.signers(typ.use)[0]
    header = {"alg": "ES256", "kid": key.kid, "typ": typ.text}
    theirs = jws.serialize_compact(header, payload, key, registry=typ.registry)
    assert token.rpartition(".")[0] == theirs.rpartition(".")[0]
    assert both(token, typ) == both(theirs, typ) == payload


def test_what_we_sign_needs_no_library_to_be_read(no_library):
    assert verify(EDGE, Typ.SESSION, sign(RING, Typ.SESSION, b"content")) == b"content"


def test_what_the_library_reads_and_we_would_not_write_is_read_by_it():
    for header in ({"typ": HEADER["typ"], "kid": KEY.kid, "alg": "ES256"}, HEADER):
        assert both(forged(header, b"content")) == b"content"


SIGNED = sign(RING, Typ.SESSION, b'{"roles":["reader"]}').encode()
HEAD, BODY, SIGNATURE = SIGNED.decode().split(".")
NUMBERS = base64.urlsafe_b64decode(SIGNATURE + "==")
OTHER = sign(RING, Typ.ROUTES, b'{"roles":["reader"]}')
NEGATED = NUMBERS[:32] + (ORDER - int.from_bytes(NUMBERS[32:], "big")).to_bytes(32, "big")
REFUSED = {
    "another payload": f"{HEAD}.{encoded(b'{}')}.{SIGNATURE}",
    "another purpose": OTHER,
    "the header of another purpose": f"{OTHER.split('.')[0]}.{BODY}.{SIGNATURE}",
    "our header and another's signature": f"{HEAD}.{BODY}.{OTHER.split('.')[2]}",
    "no signature": f"{HEAD}.{BODY}.",
    "nothing signed": f"{HEAD}..{SIGNATURE}",
    "numbers of nought": f"{HEAD}.{BODY}.{encoded(bytes(64))}",
    "numbers beyond the curve": f"{HEAD}.{BODY}.{encoded(bytes([255]) * 64)}",
    "numbers cut off": f"{HEAD}.{BODY}.{encoded(NUMBERS[:-1])}",
    "numbers with something behind": f"{HEAD}.{BODY}.{encoded(NUMBERS + b'x')}",
    "numbers with noughts before": f"{HEAD}.{BODY}.{encoded(bytes(32) + NUMBERS)}",
    "a nought within": f"{HEAD}.{BODY}.{encoded(NUMBERS[:32] + bytes(1) + NUMBERS[32:])}",
    "padding": f"{HEAD}.{BODY}.{SIGNATURE}==",
    "the other alphabet": f"{HEAD}.{BODY}+.{SIGNATURE}",
    "what base64 skips": f"{HEAD}.{BODY}.{SIGNATURE[:40]}\n{SIGNATURE[40:]}",
    "what base64 skips in the payload": f"{HEAD}.{BODY[:8]}!{BODY[8:]}.{SIGNATURE}",
    "a fourth part": f"{HEAD}.{BODY}.{SIGNATURE}.{SIGNATURE}",
    "a key that is not on the ring": jws.serialize_compact(
        HEADER, b"{}", ECKey.generate_key("P-256")
    ),
}


@pytest.mark.parametrize("token", REFUSED.values(), ids=REFUSED)
def test_both_ways_refuse(token):
    assert both(token) is None


def test_the_last_sign_of_base64_is_written_in_one_way_only():
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    others = letters[letters.index(SIGNATURE[-1]) ^ 1]
    assert base64.urlsafe_b64decode(f"{SIGNATURE[:-1]}{others}==") == NUMBERS
    assert both(f"{HEAD}.{BODY}.{SIGNATURE[:-1]}{others}") is None


def test_both_take_the_two_signatures_that_the_curve_knows_of_one():
    assert both(f"{HEAD}.{BODY}.{encoded(NEGATED)}") == b'{"roles":["reader"]}'


@pytest.mark.parametrize(("size", "read"), [(2800, True), (3000, True), (3001, False)])
def test_what_is_too_large_is_refused_in_both_ways(size, read):
    largest = Typ.INTERNAL.max_bytes * 3 // 4  # as base64
    assert (size <= largest) is read
    assert (both(sign(RING, Typ.INTERNAL, b"x" * size), Typ.INTERNAL) is not None) is read


@pytest.mark.parametrize("change", [{"use": "enc"}, {"alg": "ES384"}, {"key_ops": ["verify"]}])
def test_a_key_that_is_not_for_this_is_the_librarys_matter(change, no_library):
    meant = {name: value for name, value in KEY.as_dict(private=True).items() if name != "use"}
    key = ECKey.import_key(meant | change)
    ring = replace(RING, signing={KeyUse.RECORD: (key,)})
    with pytest.raises(TokenInvalid, match="general"):
        verify(ring, Typ.SESSION, SIGNED)
    with pytest.raises(JoseError):
        sign(ring, Typ.SESSION, b"content")


@given(
    at=some.integers(0, len(SIGNED) - 1),
    gone=some.integers(0, 3),
    come=some.binary(max_size=3) | some.sampled_from([b"=", b".", b"..", b"A", b"-", b"\n", b" "]),
)
@settings(max_examples=300, deadline=None)
def test_both_ways_say_the_same_of_whatever_is_bent(at, gone, come):
    bent = SIGNED[:at] + come + SIGNED[at + gone :]
    assert (both(bent) is not None) == (bent == SIGNED)


@given(header=some.dictionaries(some.sampled_from([*HEADER, "b64", "crit"]), some.text(max_size=9)))
@settings(max_examples=100, deadline=None)
def test_both_ways_say_the_same_of_any_header(header):
    head = encoded(json.dumps(HEADER | header).encode())
    assert both(f"{head}.{BODY}.{SIGNATURE}") is None


def test_the_older_ring_reads_what_a_rotated_one_signed_before():
    content = CONTENT | {"keys": [*CONTENT["keys"], keyring.new_key(KeyUse.RECORD, NOW)]}
    assert both(SIGNED, ring=keyring.parse(content)) == b'{"roles":["reader"]}'
