"""Where Redis is: one node, a primary that sentinels name, or a cluster.

    redis://  rediss://  unix://                             one node, as redis-py reads it
    redis+sentinel://user:password@host:port,host:port/NAME[/database]
    redis+cluster://user:password@host:port,host:port
    rediss+sentinel://  rediss+cluster://                    the same over TLS

User and password are Redis's; those of the sentinels, if they ask for any, are the options
`sentinel_username` and `sentinel_password`. `ssl_ca_certs` names a file of authorities.
"""

from dataclasses import dataclass, field
from enum import Enum
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from redis.connection import parse_url

_OPTIONS = {"ssl_ca_certs", "sentinel_username", "sentinel_password"}
_PORTS = {"sentinel": 26379, "cluster": 6379}


class Kind(Enum):
    NODE = "node"
    SENTINEL = "sentinel"
    CLUSTER = "cluster"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where one server listens: host and port, or the path of its socket."""

    host: str = "localhost"
    port: int = 6379
    path: str | None = None

    def __str__(self) -> str:
        return self.path or f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    user: str = "default"
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisAddress:
    """What a Redis URL says."""

    kind: Kind
    members: tuple[Place, ...]  # the node; the sentinels; nodes by which a cluster is found
    service: str = ""  # what sentinels call the primary
    secure: bool = False
    authorities: str | None = None
    login: Login
    sentinel_login: Login = Login()
    database: int = 0


def parse(url: str) -> RedisAddress:
    """Raises ValueError, whose text holds nothing of the address."""
    scheme = url.partition(":")[0]
    transport, plus, kind = scheme.partition("+")
    if transport not in {"redis", "rediss", "unix"} or (plus and kind not in _PORTS):
        raise ValueError("it begins with no scheme that is known")
    if not plus:
        return _node(url)
    userinfo, members, tail = _split(url)
    found = RedisAddress(
        kind=Kind(kind),
        members=_members(members, _PORTS[kind]),
        secure=transport == "rediss",
        login=Login(),
    )
    return _completed(found, urlsplit(f"//{userinfo}host{tail}"))


def _node(url: str) -> RedisAddress:
    try:
        parts: dict[str, object] = parse_url(url)  # type: ignore[no-untyped-call]
        place = Place(
            host=str(parts.get("host", "localhost")),
            port=int(str(parts.get("port", 6379))),
            path=str(parts["path"]) if "path" in parts else None,
        )
        authorities = parts.get("ssl_ca_certs")
        return RedisAddress(
            kind=Kind.NODE,
            members=(place,),
            secure=url.startswith("rediss:"),
            authorities=str(authorities) if authorities else None,
            login=_login(parts.get("username"), parts.get("password")),
            database=int(str(parts.get("db", 0))),
        )
    except ValueError as error:
        raise ValueError("it cannot be read as an address") from error


def _completed(found: RedisAddress, parts: SplitResult) -> RedisAddress:
    """With what stands before and behind the list of members."""
    options = dict(parse_qsl(parts.query))
    names = [unquote(name) for name in parts.path.strip("/").split("/") if name]
    service, database = "", names
    if found.kind is Kind.SENTINEL:
        service, database = (names[0] if names else ""), names[1:]
        if not service:
            raise ValueError("the name of the primary is missing: /NAME behind the sentinels")
    if options.keys() - _OPTIONS or len(database) > 1 or not all(d.isdecimal() for d in database):
        raise ValueError("what stands behind the hosts is not understood")
    if found.kind is Kind.CLUSTER and database not in ([], ["0"]):
        raise ValueError("a cluster has one database alone")
    return RedisAddress(
        kind=found.kind,
        members=found.members,
        service=service,
        secure=found.secure,
        authorities=options.get("ssl_ca_certs"),
        login=_login(_unquoted(parts.username), _unquoted(parts.password)),
        sentinel_login=_login(options.get("sentinel_username"), options.get("sentinel_password")),
        database=int(database[0]) if database else 0,
    )


def _login(user: object, password: object) -> Login:
    return Login(
        user=str(user) if user else "default",
        password=str(password) if password is not None else None,
    )


def _unquoted(text: str | None) -> str | None:
    return None if text is None else unquote(text)


def _split(url: str) -> tuple[str, str, str]:
    """User and password with their @, the members, and what stands behind them."""
    rest = url.partition("://")[2]
    end = min((at for at in (rest.find("/"), rest.find("?")) if at >= 0), default=len(rest))
    userinfo, at, members = rest[:end].rpartition("@")
    return userinfo + at, members, rest[end:]


def _members(text: str, default_port: int) -> tuple[Place, ...]:
    try:
        found = [urlsplit(f"//{part}") for part in text.split(",")]
        places = tuple(
            Place(host=parts.hostname or "", port=parts.port or default_port) for parts in found
        )
    except ValueError as error:
        raise ValueError("the hosts cannot be read") from error
    if not all(place.host for place in places):
        raise ValueError("a host is missing")
    return places
