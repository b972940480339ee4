"""The client's own certificate, as the proxy that ended its TLS passes it on.

That it is the client's the handshake has proven (RFC 8446, 4.4.3); that nobody else wrote the
header is the proxy's part, which overwrites it. Names, dates and issuers mean nothing here: a
certificate counts because it is listed, and no longer.
"""

import re
from functools import lru_cache
from hashlib import sha256
from ssl import PEM_cert_to_DER_cert
from urllib.parse import unquote

HEADER = b"x-gatehouse-client-certificate"
# Escaped, with a long chain of names; nginx sends 8 kB of header at most by itself.
MAX_PEM = 16_384
_FINGERPRINT = re.compile(r"[0-9A-Fa-f]{64}|[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){31}")
_PEM = "-----BEGIN%20CERTIFICATE-----"


@lru_cache(maxsize=1024)
def fingerprint(text: str) -> str:
    """SHA-256 of the certificate's DER, 64 hex digits in lower case; empty for none.

    From a fingerprint (colons and upper case allowed), or from URL-escaped PEM. What cannot be read
    is none.
    """
    if _FINGERPRINT.fullmatch(text):
        return text.replace(":", "").lower()
    if len(text) > MAX_PEM or not text.startswith(_PEM):
        return ""
    try:
        # What the bytes say does not matter: their hash is listed or it is not.
        return sha256(PEM_cert_to_DER_cert(unquote(text))).hexdigest()
    except ValueError:
        return ""
