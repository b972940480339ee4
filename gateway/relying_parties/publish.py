"""The routes of all enabled apps, signed for the edge, which asks no database."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

import redis
from django.db.models import QuerySet

from gateway.config.addresses import normalised_host
from gateway.config.environment import Environment
from gateway.config.keyring import KeyRing
from gateway.edge.routes import (
    AccessRoute,
    App,
    RoutesInvalid,
    RouteTable,
    parse,
    serialise,
)
from gateway.relying_parties.definition import Access
from gateway.relying_parties.demands import demand_of
from gateway.relying_parties.models import RelyingParty, RoutesVersion
from gateway.relying_parties.origins import OriginInvalid, normalised
from gateway.relying_parties.pages import MissingRole, SharedPages
from gateway.tokens.keys import TokenInvalid, Typ, sign, verify
from provisioning.models import RoleInfo

ROUTES_KEY = "gh:routes"


class RoutesTooLarge(Exception):
    """No edge would read them: those that were published last stay in force."""

    code: ClassVar[str] = "configuration.routes-too-large"


def matching_origin(origin: str) -> RelyingParty | None:
    """The enabled app at exactly this origin: scheme, host and port, however they are spelled."""
    try:
        wanted = normalised(origin)
    except OriginInvalid:
        return None
    return next((app for app in _enabled() if wanted in app.origins), None)


def publish(client: "redis.Redis", ring: KeyRing, config: Environment) -> int:
    """Writes the routes as they stand in the database; returns their version.

    Inside the caller's transaction: the lock of the counter's row lets one publisher write at a
    time, so what is published last is what was read last. Raises redis.RedisError and
    RoutesTooLarge.
    """
    counter, _ = RoutesVersion.objects.select_for_update().get_or_create(pk=1)
    # The edge never goes back: a counter that was restored from a backup must still outgrow it.
    counter.version = max(counter.version, _published(client, ring)) + 1
    content = serialise(route_table(counter.version, config))
    if len(content) > Typ.ROUTES.max_bytes:
        raise RoutesTooLarge
    client.set(ROUTES_KEY, sign(ring, Typ.ROUTES, content))
    counter.save()
    return counter.version


def route_table(version: int, config: Environment) -> RouteTable:
    """All enabled apps and their routes, with the pages that the edge shows."""
    places = tuple((row, origin) for row in _enabled() for origin in row.origins)
    roles = {
        info.role.name: MissingRole(label=info.label, whom_to_ask=info.whom_to_ask)
        for info in RoleInfo.objects.select_related("role")
    }
    pages = SharedPages(config.base_url, config.branding)
    return RouteTable(
        version=version,
        apps=tuple(_app(row, origin, pages) for row, origin in places),
        routes=tuple(
            route for row, origin in places for route in _routes(row, origin, roles, pages)
        ),
    )


def _enabled() -> QuerySet[RelyingParty]:
    return RelyingParty.objects.filter(enabled=True).order_by("slug")


def _app(row: RelyingParty, origin: str, pages: SharedPages) -> App:
    return App(
        slug=row.slug,
        name=row.name,
        origin=origin,
        shares=frozenset(row.shares),
        unavailable_page=pages.unavailable(app_name=row.name),
    )


def _routes(
    row: RelyingParty, origin: str, roles: Mapping[str, MissingRole], pages: SharedPages
) -> Iterator[AccessRoute]:
    for access in map(Access.read, row.access):
        yield AccessRoute(
            relying_party=row.slug,
            host=normalised_host(origin),
            path_prefix=access.path,
            exact=access.exact,
            preflight=access.preflight,
            programs=access.programs,
            away_seconds=access.away_seconds,
            any_of_roles=frozenset(access.roles),
            public=access.public,
            denied_page=pages.denied(
                app_name=row.name,
                origin=origin,
                roles=[roles.get(name, MissingRole(label=name)) for name in access.roles],
                contact=row.contact,
            )
            if not access.public
            else "",
            demand=demand_of(row, access),
            client_certificates=frozenset(access.client_certificates),
            certificate_page=(
                pages.certificate(app_name=row.name, contact=row.contact)
                if access.client_certificates
                else ""
            ),
        )


def _published(client: "redis.Redis", ring: KeyRing) -> int:
    """The version that stands in Redis and is signed by us; 0 if there is none."""
    found = client.get(ROUTES_KEY)
    if not isinstance(found, bytes):
        return 0
    try:
        return parse(verify(ring, Typ.ROUTES, found)).version
    except (TokenInvalid, RoutesInvalid):
        return 0
