"""Which app stands at an address, and who may go there: the published routes.

The gateway publishes one signed table; the edge looks addresses up in it. A path decides who may
come in, so it is read in one way only: a path that another program could read as one with other
rules is refused, never guessed (GHSA-7x63-xv5r-3p2x,
GHSA-7rh7-c77v-6434).
"""

import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from urllib.parse import quote, unquote_to_bytes

from gateway.config.addresses import normalised_host
from gateway.edge.demand import NOTHING, Demand

# The first format has no demands, no certificates and no exact paths. A table without any is still
# written in it, so that edges of the release before follow its changes; one with some they refuse,
# and keep the table that they have: they would let in whom it keeps out.
FORMAT, PLAIN = 2, 1

# Marks that servers read in different ways: a backslash may be a slash, `;` may begin parameters,
# `//` may be `/`, an encoded slash, percent sign or `;` may be decoded before the app looks at it.
_AMBIGUOUS = re.compile(
    rb"[\x00-\x20\x7f-\xff\\;?#]|//|%(?![0-9a-f]{2})|%(?:2f|5c|25|3b|3f|23|[01][0-9a-f]|7f)",
    re.IGNORECASE,
)
_ASCII = "".join(map(chr, range(128)))


class RoutesInvalid(Exception):
    """A published table that cannot be read. The text names what is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRoute:
    """Who may go to the paths under a prefix on one host, or to one path alone."""

    relying_party: str  # slug
    host: str  # `host[:port]`, as `config.environment.normalised_host` writes it
    path_prefix: (
        str  # whole segments, decoded; "/" for all, else, unless exact, no slash at its end
    )
    any_of_roles: frozenset[str]  # empty: whoever is signed in
    public: bool  # nobody needs to be signed in
    denied_page: str = field(repr=False)  # HTML for whoever is known but not allowed
    exact: bool = False  # of this path alone, not of what lies below
    preflight: bool = False  # CORS preflights come to the app, as of nobody
    demand: Demand = NOTHING  # how she must have signed in
    # SHA-256 in hex; with any, whoever shows none of these certificates is refused.
    client_certificates: frozenset[str] = frozenset()
    certificate_page: str = field(default="", repr=False)  # HTML for whom that is

    @property
    def plain(self) -> bool:
        """Whether roles alone decide."""
        undemanding = self.demand is NOTHING or self.demand == NOTHING  # cheap for the most
        return undemanding and not self.client_certificates and not self.exact

    @property
    def nearness(self) -> tuple[int, bool]:
        """Of several routes that a path belongs to, the one with the most decides."""
        return len(self.path_prefix), self.exact


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """One origin of a relying party. One that answers at two origins is in the table twice."""

    slug: str
    name: str
    origin: str  # scheme://host[:port]; the audience of its assertions
    shares: frozenset[str]  # what it learns beside the account's id: name, email, roles...
    unavailable_page: str = field(repr=False)  # HTML for 503; empty for the one that comes with us

    @property
    def host(self) -> str:
        return normalised_host(self.origin)


class RouteTable:
    """All routes of one version. Immutable."""

    def __init__(
        self, *, version: int, apps: tuple[App, ...], routes: tuple[AccessRoute, ...]
    ) -> None:
        self.version = version
        self.apps = apps
        self.routes = routes
        self._app_at = {app.host: app for app in apps}
        self._routes_at: dict[str, list[AccessRoute]] = {}
        for route in sorted(routes, key=lambda route: route.nearness, reverse=True):
            self._routes_at.setdefault(route.host, []).append(route)

    def app_at(self, host: str) -> App | None:
        return self._app_at.get(host)

    def find(self, host: str, path: str) -> AccessRoute | None:
        """The route of exactly this path, else the one with the longest prefix; None if there is
        none or the path is ambiguous.

        `path` is as the browser sent it, without the query. A host with one route for all its paths
        has nothing to be ambiguous about.
        """
        routes = self._routes_at.get(host)
        if routes is None or not path.startswith("/"):
            return None
        if len(routes) == 1 and routes[0].path_prefix == "/" and not routes[0].exact:
            return routes[0]
        decoded = _decoded(path)
        if decoded is None:
            return None
        found = _nearest(routes, decoded, str)
        # An app that does not mind case or letter width reads the path as `_folded` does: if that
        # leads elsewhere, nobody can say which rules are meant.
        return found if found is _nearest(routes, decoded, _folded) else None


def normalised_path(text: str) -> str:
    """A path as an exact `AccessRoute` keeps it. Raises ValueError for one that cannot come."""
    decoded = _decoded(quote(text, safe=_ASCII))
    if decoded is None or not decoded.startswith("/"):
        raise ValueError("must begin with / and hold no dot segment, //, ;, ?, # or encoded slash")
    return decoded


def normalised_prefix(text: str) -> str:
    """A prefix as `AccessRoute` keeps it. Raises ValueError for one that no path could match."""
    return normalised_path(text).rstrip("/") or "/"


def _decoded(path: str) -> str | None:
    """The path percent-decoded once (RFC 3986, 2.1), or None if it can be read in two ways."""
    raw = path.encode("utf-8", "replace")
    if _AMBIGUOUS.search(raw):
        return None
    try:
        decoded = unquote_to_bytes(raw).decode("utf-8")
    except UnicodeDecodeError:
        return None
    if any(segment in {".", ".."} for segment in _folded(decoded).split("/")):
        return None
    return decoded


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _nearest(
    routes: list[AccessRoute], path: str, read: Callable[[str], str]
) -> AccessRoute | None:
    wanted = read(path)
    for route in routes:  # nearest first
        prefix = read(route.path_prefix)
        if wanted == prefix or (
            not route.exact and f"{wanted}/".startswith(f"{prefix.rstrip('/')}/")
        ):
            return route
    return None


def serialise(table: RouteTable) -> bytes:
    """The table as JSON, for signing. Same table, same bytes."""
    plain = all(route.plain and not route.preflight for route in table.routes)
    content = {
        "format": PLAIN if plain else FORMAT,
        "version": table.version,
        "apps": [
            {
                "slug": app.slug,
                "name": app.name,
                "origin": app.origin,
                "shares": sorted(app.shares),
                "unavailable_page": app.unavailable_page,
            }
            for app in table.apps
        ],
        "routes": [
            {
                "relying_party": route.relying_party,
                "host": route.host,
                "path_prefix": route.path_prefix,
                "any_of_roles": sorted(route.any_of_roles),
                "public": route.public,
                "denied_page": route.denied_page,
                **({} if plain else _strict(route)),
            }
            for route in table.routes
        ],
    }
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode()


def _strict(route: AccessRoute) -> dict[str, object]:
    """What the second format says besides; ages in seconds."""
    demand = route.demand
    return {
        "exact": route.exact,
        "preflight": route.preflight,
        "acr": list(demand.acr),
        "amr": list(demand.amr),
        "max_age": _seconds(demand.max_age),
        "idle_for": _seconds(demand.idle_for),
        "client_certificates": sorted(route.client_certificates),
        "certificate_page": route.certificate_page,
    }


def _seconds(span: timedelta | None) -> int | None:
    return None if span is None else int(span.total_seconds())


def parse(content: bytes) -> RouteTable:
    """Raises RoutesInvalid."""
    try:
        table = json.loads(content)
        form = table["format"]
        if form not in {PLAIN, FORMAT}:
            raise RoutesInvalid(f"the table has format {form!r}, not {PLAIN} or {FORMAT}")
        read = _route if form == PLAIN else _strict_route
        return RouteTable(
            version=int(table["version"]),
            apps=tuple(_app(entry) for entry in table["apps"]),
            routes=tuple(read(entry) for entry in table["routes"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise RoutesInvalid(f"the table cannot be read: {type(error).__name__}") from error


def _app(entry: Mapping[str, object]) -> App:
    return App(
        slug=_text(entry["slug"]),
        name=_text(entry["name"]),
        origin=_text(entry["origin"]),
        shares=_texts(entry["shares"]),
        unavailable_page=_text(entry["unavailable_page"]),
    )


def _route(entry: Mapping[str, object]) -> AccessRoute:
    if not isinstance(entry["public"], bool):
        raise TypeError
    return AccessRoute(
        relying_party=_text(entry["relying_party"]),
        host=_text(entry["host"]),
        path_prefix=_text(entry["path_prefix"]),
        any_of_roles=_texts(entry["any_of_roles"]),
        public=entry["public"],
        denied_page=_text(entry["denied_page"]),
    )


def _strict_route(entry: Mapping[str, object]) -> AccessRoute:
    demand = Demand(
        acr=_listed(entry["acr"]),
        amr=_listed(entry["amr"]),
        max_age=_span(entry["max_age"]),
        idle_for=_span(entry["idle_for"]),
    )
    if not isinstance(entry["exact"], bool) or not isinstance(entry["preflight"], bool):
        raise TypeError
    return replace(
        _route(entry),
        exact=entry["exact"],
        preflight=entry["preflight"],
        demand=demand if demand.anything else NOTHING,
        client_certificates=_texts(entry["client_certificates"]),
        certificate_page=_text(entry["certificate_page"]),
    )


def _span(value: object) -> timedelta | None:
    if value is not None and (not isinstance(value, int) or value <= 0):
        raise TypeError
    return None if value is None else timedelta(seconds=value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _texts(value: object) -> frozenset[str]:
    return frozenset(_listed(value))


def _listed(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError
    return tuple(_text(item) for item in value)
