"""Addresses of apps, compared as parsed parts and never as texts that begin alike.

Only the plain form is understood: `scheme://host[:port]`. User names, paths, backslashes, white
space, wildcards and everything that two parsers might read in two ways are refused.
"""

import re

MAX_ORIGIN = 300  # a host name has 253 characters at most (RFC 1035, 2.3.4)
MAX_PORT = 65535

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_ORIGIN = re.compile(
    rf"(?P<scheme>https?)://(?P<host>{_LABEL}(?:\.{_LABEL})*|\[[0-9a-f:.]+\])"
    r"(?::(?P<port>[1-9][0-9]{0,4}))?/?",
    re.ASCII,
)
_DEFAULT_PORTS = {"http": "80", "https": "443"}
_LOOPBACK = re.compile(r"http://(?:(?:.+\.)?localhost|127(?:\.[0-9]+){3}|\[::1\])(?::[0-9]+)?")


class OriginInvalid(Exception):
    """The text is no origin. Says what to write."""


def normalised(text: str) -> str:
    """`scheme://host[:port]` in lower case, default port and final slash left out.

    Raises OriginInvalid.
    """
    # ASCII first: lower() makes an ordinary k of a Kelvin sign.
    plain = text.isascii() and len(text) <= MAX_ORIGIN
    found = _ORIGIN.fullmatch(text.lower()) if plain else None
    if found is None or int(found["port"] or 1) > MAX_PORT:
        raise OriginInvalid("is no origin; write scheme and host alone: https://app.example.com")
    port = found["port"]
    if port is None or port == _DEFAULT_PORTS[found["scheme"]]:
        return f"{found['scheme']}://{found['host']}"
    return f"{found['scheme']}://{found['host']}:{port}"


def usable(text: str) -> str:
    """The normalised origin of an app that can be protected. Raises OriginInvalid.

    Cookies with the prefix `__Host-` need TLS; browsers make an exception for loopback alone.
    """
    origin = normalised(text)
    if origin.startswith("http://") and not _LOOPBACK.fullmatch(origin):
        raise OriginInvalid("sessions are not sent over plain HTTP; write https://")
    return origin
