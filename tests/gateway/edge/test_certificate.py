"""Which certificate the client showed, in each spelling that proxies have for it."""

from hashlib import sha256
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from gateway.edge.certificate import MAX_PEM, fingerprint
from tests.fakes.authority import Authority

PEM, _ = Authority().issue("laptop-17")
DER = x509.load_pem_x509_certificate(PEM.encode()).public_bytes(Encoding.DER)
HEX = sha256(DER).hexdigest()


@pytest.mark.parametrize(
    "spelled",
    [HEX, HEX.upper(), ":".join(HEX[at : at + 2] for at in range(0, 64, 2)).upper(), quote(PEM)],
    ids=["plain", "upper", "colons", "escaped"],
)
def test_every_spelling_is_one_fingerprint(spelled):
    assert fingerprint(spelled) == HEX


@pytest.mark.parametrize(
    "strange",
    [
        "",
        "(null)",
        HEX[:-1],
        HEX + "0",
        HEX[:-1] + "g",
        f" {HEX}",
        f"{HEX}, {HEX}",
        PEM,
        quote(PEM[:-30]),
        quote(PEM) + "%20" * MAX_PEM,
        "-----BEGIN%20CERTIFICATE-----%0A!%0A-----END%20CERTIFICATE-----",
        "é",
    ],
    # Another certificate in every process: the cases must have the same names in all.
    ids=[
        *("nothing", "null", "short", "long", "no-hex", "space", "two", "not-escaped"),
        *("cut-off", "too-long", "no-base64", "no-ascii"),
    ],
)
def test_what_cannot_be_read_is_no_certificate(strange):
    assert fingerprint(strange) in {"", sha256(b"").hexdigest()}
    assert fingerprint(strange) != HEX
