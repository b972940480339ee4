"""The attributes that may be sought and sorted by, and where each of them stands.

Whatever is not here is in no query: a filter over it is refused, never left out.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeAlias

from django.db.models import F, OuterRef, QuerySet
from django.db.models.fields.json import KT

from provisioning.scim.models import ScimMembership, ScimValue
from provisioning.scim.resources import ENTERPRISE, GROUP_SCHEMA, USER_SCHEMA, Kind


class Sort(Enum):
    """How a value is compared: texts with their case or without, and the rest as what it is."""

    TEXT = "text"
    EXACT = "exact text"
    FLAG = "true or false"
    FLAG_WORD = "true or false, kept as a word"
    MOMENT = "moment"
    KEY = "id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    expression: Any
    sort: Sort


@dataclass(frozen=True, slots=True, kw_only=True)
class Several:
    """An attribute of several values: the rows of one resource, and what each row has."""

    rows: Callable[[], "QuerySet[Any]"]
    inside: Mapping[str, Column]


Place: TypeAlias = Column | Several

# By the spelling of RFC 7643; their comparison forms are kept in `sought`.
TEXTS = (
    *("displayName", "nickName", "profileUrl", "title", "userType"),
    *("preferredLanguage", "locale", "timezone"),
    *("name.formatted", "name.familyName", "name.givenName", "name.middleName"),
    *("name.honorificPrefix", "name.honorificSuffix"),
    *(f"{ENTERPRISE}:{name}" for name in ("employeeNumber", "costCenter", "organization")),
    *(f"{ENTERPRISE}:{name}" for name in ("division", "department", "manager.displayName")),
)
EXACT_TEXTS = (f"{ENTERPRISE}:manager.value",)
SEVERAL: Mapping[str, tuple[str, ...]] = {
    "emails": ("value", "type", "display", "primary"),
    "phoneNumbers": ("value", "type", "display", "primary"),
    "entitlements": ("value", "type", "display", "primary"),
    "roles": ("value", "type", "display", "primary"),
    "addresses": (
        *("type", "primary", "formatted", "streetAddress", "locality"),
        *("region", "postalCode", "country"),
    ),
}
_SCHEMAS = {Kind.USER: USER_SCHEMA, Kind.GROUP: GROUP_SCHEMA}


def place(kind: Kind, uri: str | None, name: str) -> Place | None:
    """`name` is dotted, in any case; `uri` the schema that qualifies it, if one does."""
    if uri is not None and uri.lower() != _SCHEMAS[kind].lower():
        name = f"{uri}:{name}"
    return _PLACES[kind].get(name.lower())


def _kept(path: str) -> Any:  # noqa: ANN401 -- an expression
    return KT(f"sought__{path}")


def _values(attribute: str, names: tuple[str, ...]) -> Several:
    return Several(
        rows=lambda: ScimValue.objects.filter(user=OuterRef("pk"), attribute=attribute),
        inside={
            name.lower(): Column(
                expression=KT(f"keys__{name}"),
                sort=Sort.FLAG_WORD if name == "primary" else Sort.TEXT,
            )
            for name in names
        },
    )


_MOMENTS: Mapping[str, Place] = {
    "id": Column(expression=F("pk"), sort=Sort.KEY),
    "externalid": Column(expression=F("external_id"), sort=Sort.EXACT),
    "meta.created": Column(expression=F("created_at"), sort=Sort.MOMENT),
    "meta.lastmodified": Column(expression=F("modified_at"), sort=Sort.MOMENT),
}
_PLACES: Mapping[Kind, Mapping[str, Place]] = {
    Kind.USER: {
        **_MOMENTS,
        "username": Column(expression=F("user_name_key"), sort=Sort.TEXT),
        "active": Column(expression=F("active"), sort=Sort.FLAG),
        **{path.lower(): Column(expression=_kept(path), sort=Sort.TEXT) for path in TEXTS},
        **{path.lower(): Column(expression=_kept(path), sort=Sort.EXACT) for path in EXACT_TEXTS},
        **{name.lower(): _values(name, inside) for name, inside in SEVERAL.items()},
        "groups": Several(
            rows=lambda: ScimMembership.objects.filter(user=OuterRef("pk")),
            inside={
                "value": Column(expression=F("group_id"), sort=Sort.KEY),
                "display": Column(expression=F("group__display_name_key"), sort=Sort.TEXT),
            },
        ),
    },
    Kind.GROUP: {
        **_MOMENTS,
        "displayname": Column(expression=F("display_name_key"), sort=Sort.TEXT),
        "members": Several(
            rows=lambda: ScimMembership.objects.filter(group=OuterRef("pk")),
            inside={"value": Column(expression=F("user_id"), sort=Sort.KEY)},
        ),
    },
}
