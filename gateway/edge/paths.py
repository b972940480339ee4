"""How a path is read: in one way only, or not at all."""

import re
import unicodedata
from urllib.parse import quote, unquote_to_bytes

# Marks that servers read in different ways: a backslash may be a slash, `;` may begin parameters,
# `//` may be `/`, an encoded slash, percent sign or `;` may be decoded before the app looks at it.
_AMBIGUOUS = re.compile(
    rb"[\x00-\x20\x7f-\xff\\;?#]|//|%(?![0-9a-f]{2})|%(?:2f|5c|25|3b|3f|23|[01][0-9a-f]|7f)",
    re.IGNORECASE,
)
# Small letters, digits, `-`, `_` and single slashes alone: read in one way only, as it stands.
PLAIN_PATH = re.compile(r"(?:/[a-z0-9_-]+)+/?|/", re.ASCII)
_ASCII = "".join(map(chr, range(128)))


def normalised_path(text: str) -> str:
    """A path as an exact `AccessRoute` keeps it. Raises ValueError for one that cannot come."""
    decoded = decoded_path(quote(text, safe=_ASCII))
    if decoded is None or not decoded.startswith("/"):
        raise ValueError("must begin with / and hold no dot segment, //, ;, ?, # or encoded slash")
    return decoded


def normalised_prefix(text: str) -> str:
    """A prefix as `AccessRoute` keeps it. Raises ValueError for one that no path could match."""
    return normalised_path(text).rstrip("/") or "/"


def decoded_path(path: str) -> str | None:
    """The path percent-decoded once (RFC 3986, 2.1), or None if it can be read in two ways."""
    raw = path.encode("utf-8", "replace")
    if _AMBIGUOUS.search(raw):
        return None
    try:
        decoded = unquote_to_bytes(raw).decode("utf-8")
    except UnicodeDecodeError:
        return None
    if any(segment in {".", ".."} for segment in folded(decoded).split("/")):
        return None
    return decoded


def folded(text: str) -> str:
    """As a program reads it that does not mind case or letter width."""
    return unicodedata.normalize("NFKC", text).casefold()
