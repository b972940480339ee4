"""Where Redis is: one address that leads to the primary."""

import ssl
from dataclasses import dataclass, field, replace
from typing import Self
from urllib.parse import parse_qs, unquote, urlsplit


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    path: str = ""  # of a socket; else host and port
    host: str = "localhost"
    port: int = 6379
    secure: ssl.SSLContext | None = None
    user: str = "default"
    password: str = field(default="", repr=False)
    database: int = 0

    @classmethod
    def at(cls, url: str) -> Self:
        """`redis://`, `rediss://` (with `?ssl_ca_certs=FILE`) or `unix://`. Raises ValueError."""
        parts = urlsplit(url)
        options = {name: values[0] for name, values in parse_qs(parts.query).items()}
        login = cls(
            user=unquote(parts.username or "default"), password=unquote(parts.password or "")
        )
        if parts.scheme == "unix":
            return replace(login, path=unquote(parts.path), database=int(options.get("db", 0)))
        if parts.scheme not in {"redis", "rediss"}:
            raise ValueError("an address of Redis begins with redis://, rediss:// or unix://")
        authorities = options.get("ssl_ca_certs")
        return replace(
            login,
            host=parts.hostname or "localhost",
            port=parts.port or 6379,
            secure=ssl.create_default_context(cafile=authorities)
            if parts.scheme == "rediss"
            else None,
            database=int(parts.path.strip("/") or 0),
        )
