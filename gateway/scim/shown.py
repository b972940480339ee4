"""A row as it is served: with its place, its version, and whoever belongs to it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias
from uuid import UUID

from scim2_models import Context, ResponseParameters

from gateway import wiring
from gateway.scim import bounds
from provisioning.scim.models import ScimConnection, ScimGroup, ScimMembership, ScimUser
from provisioning.scim.reading import content_of, judged, kind_of
from provisioning.scim.resources import GROUP_SCHEMA, MODELS, SERVICE, Kind

Row: TypeAlias = ScimUser | ScimGroup
Wanted: TypeAlias = ResponseParameters[Any]
_Several: TypeAlias = dict[UUID, list[dict[str, str]]]
_MEMBERS = "members"


def base(connection: ScimConnection) -> str:
    """The address that a provider is given."""
    return f"{wiring.config().base_url}/scim/v2/{connection.slug}"


def location(connection: ScimConnection, row: Row) -> str:
    return f"{base(connection)}/{kind_of(row).endpoint}/{row.pk}"


def wanted(kind: Kind, query: Mapping[str, object]) -> Wanted:
    """`attributes` and `excludedAttributes` (RFC 7644, 3.9). Raises ValueInvalid."""
    told = {name: query[name] for name in ("attributes", "excludedAttributes") if name in query}
    bounds.asking(told)
    with judged():
        parameters: Any = ResponseParameters
        found: Wanted = parameters[MODELS[kind]].model_validate(told)
        return found


def shown(connection: ScimConnection, rows: Sequence[Row], asked: Wanted) -> list[dict[str, Any]]:
    """All of one kind; one query for all of their groups or members, if those are asked for."""
    if not rows:
        return []
    people = isinstance(rows[0], ScimUser)
    several: _Several = {}
    if _asks(asked, "groups" if people else _MEMBERS):
        keys = [row.pk for row in rows]
        several = _groups(connection, keys) if people else _members(connection, keys)
    return [_shown(connection, row, asked, several.get(row.pk, [])) for row in rows]


def _shown(
    connection: ScimConnection, row: Row, asked: Wanted, several: list[dict[str, str]]
) -> dict[str, Any]:
    kind = kind_of(row)
    told: dict[str, Any] = {
        **content_of(row),
        "id": str(row.pk),
        "meta": {
            "resourceType": kind.value,
            "created": row.created_at.isoformat(),
            "lastModified": row.modified_at.isoformat(),
            "location": location(connection, row),
            "version": row.etag,
        },
    }
    if several and kind is Kind.USER:
        told["groups"] = several
    resource = MODELS[kind].model_validate(told)
    found: dict[str, Any] = resource.model_dump(
        scim_ctx=Context.RESOURCE_QUERY_RESPONSE, response_parameters=asked, scim_provider=SERVICE
    )
    if several and kind is Kind.GROUP:  # judged when they came: ten thousand are not judged again
        names = _parts(asked)
        found[_MEMBERS] = [
            {name: value for name, value in member.items() if not names or name in names}
            for member in several
        ]
    return found


def _groups(connection: ScimConnection, users: Iterable[UUID]) -> _Several:
    rows = ScimMembership.objects.filter(user__in=list(users)).order_by("group__display_name")
    found: _Several = {}
    at = f"{base(connection)}/{Kind.GROUP.endpoint}"
    for user, group, name in rows.values_list("user", "group", "group__display_name"):
        told = {"value": str(group), "$ref": f"{at}/{group}", "display": name, "type": "direct"}
        found.setdefault(user, []).append(told)
    return found


def _members(connection: ScimConnection, groups: Iterable[UUID]) -> _Several:
    rows = ScimMembership.objects.filter(group__in=list(groups)).order_by("pk")
    found: _Several = {}
    at = f"{base(connection)}/{Kind.USER.endpoint}"
    for group, user in rows.values_list("group", "user"):
        told = {"value": str(user), "$ref": f"{at}/{user}", "type": "User"}
        found.setdefault(group, []).append(told)
    return found


def _asks(asked: Wanted, name: str) -> bool:
    if asked.attributes:
        return any(_head(str(path)) == name for path in asked.attributes)
    return name not in {_plain(str(path)) for path in asked.excluded_attributes or ()}


def _parts(asked: Wanted) -> set[str]:
    """Of the members, if not all of each; `members.value` is without its place."""
    paths = [_plain(str(path)) for path in asked.attributes or ()]
    if _MEMBERS in paths:
        return set()
    return {path.partition(".")[2] for path in paths if _head(path) == _MEMBERS}


def _plain(path: str) -> str:
    return path.lower().removeprefix(f"{GROUP_SCHEMA.lower()}:")


def _head(path: str) -> str:
    return _plain(path).rpartition(":")[2].partition(".")[0]
