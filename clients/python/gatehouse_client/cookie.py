"""The session cookie of one host: it names a session, and its MAC is good on this host alone."""

import base64
import hmac
import re
from collections.abc import Mapping
from hashlib import sha256

NAME = "__Host-gatehouse"
MAX_HEADER = 16_384

_OURS = re.compile(rf"(?:^|;)[ \t]*{NAME}=([^;]*)")
_VALUE = re.compile(
    r"1\.(?P<key>[a-z0-9]{1,32})\.(?P<tag>[0-9a-f]{3})\.(?P<secret>[A-Za-z0-9_-]{43})"
    r"\.(?P<mac>[A-Za-z0-9_-]{43})[ \t]*",
    re.ASCII,
)


def handle_of(header: str, host: str, binding_keys: Mapping[str, bytes]) -> str | None:
    """The handle of the session that a whole `Cookie` header names on this host, or None.

    None as well for two cookies of the name: one of them was planted. Never raises. The keys are
    those that the gateway derived for this host, by id.
    """
    found = _OURS.findall(header) if len(header) <= MAX_HEADER else []
    match = _VALUE.fullmatch(found[0]) if len(found) == 1 else None
    key = binding_keys.get(match["key"]) if match else None
    if match is None or key is None:
        return None
    bound = match[0][: match.end("secret")]
    mac = base64.urlsafe_b64encode(hmac.digest(key, f"{bound}.{host}".encode(), "sha256"))
    if not hmac.compare_digest(match["mac"].encode(), mac[:43]):
        return None
    return f"{match['tag']}.{sha256(match['secret'].encode()).hexdigest()}"


def ours(header: str) -> str:
    """The cookies of the gateway's name alone: what the edge is shown of a `Cookie` header."""
    pairs = [pair.strip(" \t") for pair in header[:MAX_HEADER].split(";")]
    return "; ".join(pair for pair in pairs if pair.startswith(NAME))
