"""The operator's mail server, out of one address. Nothing crosses a network in the clear."""

import re
from dataclasses import dataclass, field
from enum import Enum
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

_ADDRESS = re.compile(r"[!#-'*+\-/-9=?A-Z^-~.]+@[A-Za-z0-9.-]+")


class Security(Enum):
    TLS = "tls"  # from the first byte (RFC 8314)
    STARTTLS = "starttls"  # required: a server that does not offer it gets no mail (RFC 3207)
    NONE = "none"  # to this machine itself alone


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    host: str
    port: int
    security: Security
    user: str
    password: str = field(repr=False)


def mail_server(text: str) -> MailServer | None:
    """None for no text. Raises ValueError, which repeats none of it: it may hold a password."""
    if not text:
        return None
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    if parts.scheme not in {"smtp", "smtps"} or not host or parts.path.strip("/") or parts.query:
        raise ValueError(
            "must be smtps://user:password@host or smtp://user:password@host:587; "
            "in a password write %40 for @, %2F for /, %3A for :"
        )
    security, usual = _security(parts.scheme, host)
    return MailServer(
        host=host,
        port=port or usual,
        security=security,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )


def _security(scheme: str, host: str) -> tuple[Security, int]:
    """And the usual port."""
    if scheme == "smtps":
        return Security.TLS, 465
    return (Security.NONE, 25) if _is_loopback(host) else (Security.STARTTLS, 587)


def mail_addresses(text: str) -> tuple[str, ...]:
    """With commas between. Raises ValueError."""
    found = tuple(part.strip() for part in text.split(",") if part.strip())
    for address in found:
        if not _ADDRESS.fullmatch(address):
            raise ValueError(
                f"has {address!r}; write addresses, as it@corp.example, ops@corp.example"
            )
    return found


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
