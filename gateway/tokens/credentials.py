"""What secrets look like, for everything that is written down and read by others."""

import re

WITHHELD = "[withheld: looks like a credential]"

# Whoever made them: a JWT, a PEM block, a SAML message plain or in base64, an Authorization header,
# one of our cookies or tokens of programs, and 256 random bits in base64url.
_CREDENTIALS = (
    re.compile(r"(?<![\w-])(?>[\w-]*?eyJ)[\w-]{8,}+\.[\w-]{8}"),
    re.compile(r"-----BEGIN "),
    re.compile(r"<\w*:?(?:Response|Assertion|EncryptedAssertion)\b"),
    re.compile(r"\b(?:PHNhbW|PD94bW)[A-Za-z0-9+/]{8}"),
    re.compile(r"\b(?:Bearer|Basic)\s+[\w.~+/-]{8,}", re.IGNORECASE),
    re.compile(r"__Host-gatehouse[\w.-]*="),
    re.compile(r"\bgh(?:at|sa|sc)_[\w-]{8,}"),
    re.compile(r"(?<![\w-])(?=[\w-]*[a-z])(?=[\w-]*[A-Z])(?=[\w-]*[0-9])[\w-]{40,}"),
)


def looks_like_credential(text: str) -> bool:
    return any(pattern.search(text) for pattern in _CREDENTIALS)


def storable(text: str, limit: int) -> str:
    """Text that every database takes: no NUL, no lone surrogate, at most `limit` letters."""
    clean = text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
    return clean if len(clean) <= limit else clean[: limit - 1] + "…"
