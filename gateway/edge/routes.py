"""Which app stands at an address, and who may go there: the published routes.

The gateway publishes one signed table; the edge looks addresses up in it. A path decides who may
come in, so it is read in one way only: a path that another program could read as one with other
rules is refused, never guessed (GHSA-7x63-xv5r-3p2x, GHSA-7rh7-c77v-6434).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple

from gateway.config.addresses import normalised_host
from gateway.edge.demand import NOTHING, Demand
from gateway.edge.page import Page, packed, unpacked
from gateway.edge.paths import PLAIN_PATH, decoded_path, folded

# The first format has no demands, no certificates and no exact paths. A table without any is still
# written in it, so that edges of the release before follow its changes; one with some they refuse,
# and keep the table that they have: they would let in whom it keeps out.
FORMAT, PLAIN = 2, 1
# A table of many routes bears each page once (see `page`); edges of the release before keep theirs.
PACKED, FEW_ROUTES = 3, 200
MAX_AWAY_SECONDS = 300


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
    denied_page: str | Page = field(repr=False)  # HTML for whoever is known but not allowed
    exact: bool = False  # of this path alone, not of what lies below
    # While Redis is away sessions count that were certain at most so many seconds ago; 0: none do.
    away_seconds: int = 0
    preflight: bool = False  # CORS preflights come to the app, as of nobody
    programs: bool = False  # tokens of programs count here
    demand: Demand = NOTHING  # how she must have signed in
    # SHA-256 in hex; with any, whoever shows none of these certificates is refused.
    client_certificates: frozenset[str] = frozenset()
    certificate_page: str | Page = field(default="", repr=False)  # HTML for whom that is

    plain: bool = field(init=False, repr=False)  # whether roles alone decide

    def __post_init__(self) -> None:
        more = self.demand.anything or self.client_certificates or self.exact
        object.__setattr__(self, "plain", not more)  # once, since each request asks

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
    unavailable_page: str | Page = field(repr=False)  # HTML for 503; empty for the one we bring

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
        self._routes_at: dict[str, list[_Place]] = {}
        for route in sorted(routes, key=lambda route: route.nearness, reverse=True):
            self._routes_at.setdefault(route.host, []).append(_Place.of(route))

    def app_at(self, host: str) -> App | None:
        return self._app_at.get(host)

    def find(self, host: str, path: str) -> AccessRoute | None:
        """The route of exactly this path, else the one with the longest prefix; None if there is
        none or the path is ambiguous.

        `path` is as the browser sent it, without the query. A host with one route for all its paths
        has nothing to be ambiguous about.
        """
        places = self._routes_at.get(host)
        if places is None or not path.startswith("/"):
            return None
        if len(places) == 1 and places[0].below == "/" and not places[0].route.exact:
            return places[0].route

        plain = PLAIN_PATH.fullmatch(path) is not None
        decoded = path if plain else decoded_path(path)
        if decoded is None:
            return None
        found = _nearest(places, decoded)
        # An app that does not mind case, letter width or a slash at the end reads the path as
        # `_nearest_folded` does: if that leads elsewhere, nobody can say which rules are meant.
        as_folded = decoded if plain else folded(decoded)
        return found if found is _nearest_folded(places, as_folded) else None


class _Place(NamedTuple):
    """Where a route is: its path, what all paths below it begin with, and both as `folded`."""

    route: AccessRoute
    path: str
    below: str
    folded_path: str
    folded_below: str

    @staticmethod
    def of(route: AccessRoute) -> "_Place":
        path, other = route.path_prefix, folded(route.path_prefix)
        return _Place(route, path, f"{path.rstrip('/')}/", other, f"{other.rstrip('/')}/")


def _nearest(places: list[_Place], path: str) -> AccessRoute | None:
    for route, own, below, _, _ in places:  # nearest first
        if path == own or (not route.exact and path.startswith(below)):
            return route
    return None


def _nearest_folded(places: list[_Place], path: str) -> AccessRoute | None:
    bare = path.rstrip("/")
    for route, _, _, own, below in places:
        # To many apps a slash at the end says nothing: what keeps people from one path holds here.
        twin = route.exact and not route.public and own.rstrip("/") == bare
        if path == own or twin or (not route.exact and path.startswith(below)):
            return route
    return None


def serialise(table: RouteTable) -> bytes:
    """The table as JSON, for signing. Same table, same bytes."""
    many = len(table.routes) > FEW_ROUTES
    plain = not many and all(
        route.plain and not route.preflight and not route.away_seconds for route in table.routes
    )
    content: dict[str, object] = {
        "format": PACKED if many else PLAIN if plain else FORMAT,
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
                **({"programs": True} if route.programs else {}),
            }
            for route in table.routes
        ],
    }
    if many:
        content = packed(content)
    # A page is filled in where a table is not packed.
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False, default=str).encode()


def _strict(route: AccessRoute) -> dict[str, object]:
    """What the second format says besides; ages in seconds."""
    demand = route.demand
    return {
        "exact": route.exact,
        "preflight": route.preflight,
        "away_seconds": route.away_seconds,
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
        if (form := table["format"]) not in {PLAIN, FORMAT, PACKED}:
            raise RoutesInvalid(f"the table has format {form!r}, not {PLAIN} to {PACKED}")
        if form == PACKED:
            table = unpacked(table)
        return RouteTable(
            version=int(table["version"]),
            apps=tuple(_app(entry) for entry in table["apps"]),
            routes=tuple(_route(entry, strict=form != PLAIN) for entry in table["routes"]),
        )
    except (LookupError, TypeError, ValueError) as error:
        raise RoutesInvalid(f"the table cannot be read: {type(error).__name__}") from error


def _app(entry: Mapping[str, object]) -> App:
    return App(
        slug=_text(entry["slug"]),
        name=_text(entry["name"]),
        origin=_text(entry["origin"]),
        shares=_texts(entry["shares"]),
        unavailable_page=_page(entry["unavailable_page"]),
    )


def _route(entry: Mapping[str, object], *, strict: bool) -> AccessRoute:
    return AccessRoute(
        relying_party=_text(entry["relying_party"]),
        host=_text(entry["host"]),
        path_prefix=_text(entry["path_prefix"]),
        any_of_roles=_texts(entry["any_of_roles"]),
        public=_flag(entry["public"]),
        denied_page=_page(entry["denied_page"]),
        programs=_flag(entry.get("programs", False)),  # an edge that knows it not refuses them
        exact=strict and _flag(entry["exact"]),
        preflight=strict and _flag(entry["preflight"]),
        away_seconds=_away(entry["away_seconds"]) if strict else 0,
        demand=_demand(entry) if strict else NOTHING,
        client_certificates=_texts(entry["client_certificates"]) if strict else frozenset(),
        certificate_page=_page(entry["certificate_page"]) if strict else "",
    )


def _demand(entry: Mapping[str, object]) -> Demand:
    acr, amr = _listed(entry["acr"]), _listed(entry["amr"])
    max_age, idle_for = _span(entry["max_age"]), _span(entry["idle_for"])
    said = Demand(acr=acr, amr=amr, max_age=max_age, idle_for=idle_for)
    return said if said.anything else NOTHING


def _away(value: object) -> int:
    if not isinstance(value, int) or not 0 <= value <= MAX_AWAY_SECONDS:
        raise TypeError
    return int(value)


def _flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise TypeError


def _span(value: object) -> timedelta | None:
    if value is None or (isinstance(value, int) and value > 0):
        return None if value is None else timedelta(seconds=value)
    raise TypeError


def _page(value: object) -> str | Page:
    return value if isinstance(value, Page) else _text(value)


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    raise TypeError


def _texts(value: object) -> frozenset[str]:
    return frozenset(_listed(value))


def _listed(value: object) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(_text(item) for item in value)
    raise TypeError
