"""Pages of people and groups, by index (RFC 7644, 3.4.2.4) or by cursor (RFC 9865).

By cursor nothing is counted and nothing is skipped: a page begins behind the last one's last row,
by what the list is sorted by, or ends before the next one's first. By index the total is counted
only where the page does not show it.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, TypeAlias

from django.core.signing import BadSignature, Signer
from django.db.models import F, Q, QuerySet, TextField, Value
from django.db.models.lookups import Exact, GreaterThan, IsNull, LessThan
from scim2_models import SearchRequest

from gateway.scim import bounds
from gateway.scim.shown import Row
from provisioning.scim.errors import CursorInvalid
from provisioning.scim.filter import condition, ordering
from provisioning.scim.models import ScimConnection, ScimGroup, ScimUser
from provisioning.scim.reading import judged
from provisioning.scim.resources import MAX_PAGE, MODELS, PAGE, TOLERANT, Kind

MAX_START = bounds.MAX_NUMBER
_YES = True  # what the lookup asks
Search: TypeAlias = SearchRequest[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    rows: list[Row]
    total: int | None = None  # not counted by cursor
    start: int | None = None
    next_cursor: str | None = None
    previous_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mark:
    """A row of another page: this one lies behind it, or before."""

    value: object  # by which that row was sorted
    pk: str
    before: bool


def asked(kind: Kind, query: Mapping[str, object]) -> Search:
    """Raises FilterInvalid, PathInvalid, ValueInvalid, CursorInvalid."""
    bounds.asking(query)
    request: Any = SearchRequest
    with judged():
        found: Search = request[MODELS[kind]].model_validate(query, scim_policy=TOLERANT)
        return found


def own(connection: ScimConnection, kind: Kind) -> "QuerySet[Any]":
    """What this connection told about, and no other."""
    if kind is Kind.USER:
        return ScimUser.objects.filter(connection=connection, deleted_at=None)
    return ScimGroup.objects.filter(connection=connection)


def page(connection: ScimConnection, kind: Kind, search: Search) -> Page:
    """Raises FilterInvalid, PathInvalid, CursorInvalid."""
    rows = own(connection, kind)
    if search.filter is not None:
        rows = rows.filter(condition(kind, str(search.filter)))
    count = PAGE if search.count is None else min(search.count, MAX_PAGE)
    if search.cursor is None:
        start = min(search.start_index or 1, MAX_START)
        return _by_index(_sorted(rows, kind, search, None), start, count)
    bound = _bound(connection, kind, search)
    mark = _opened(search.cursor, bound) if search.cursor else None
    return _by_cursor(_sorted(rows, kind, search, mark), bound, count, mark)


def _by_index(rows: "QuerySet[Any]", start: int, count: int) -> Page:
    found = list(rows[start - 1 : start + count]) if count else []  # one more than is shown
    if count and len(found) <= count and (found or start == 1):
        total = start - 1 + len(found)
    else:
        total = rows.order_by().count()
    return Page(rows=found[:count], total=total, start=start)


def _by_cursor(rows: "QuerySet[Any]", bound: str, count: int, mark: _Mark | None) -> Page:
    found = list(rows[: count + 1])
    shown, more = found[:count], len(found) > count
    back = mark is not None and mark.before
    if back:
        shown.reverse()
    if not shown:
        return Page(rows=shown)
    return Page(
        rows=shown,
        next_cursor=_sealed(shown[-1], bound, before=False) if more or back else None,
        previous_cursor=_sealed(shown[0], bound, before=True)
        if (more if back else mark is not None)
        else None,
    )


def _sorted(
    rows: "QuerySet[Any]", kind: Kind, search: Search, mark: _Mark | None
) -> "QuerySet[Any]":
    """Whoever has nothing to be sorted by comes last, or first if the list descends. What lies
    before a mark begins with what is nearest to it.
    """
    back = mark is not None and mark.before
    key = "-pk" if back else "pk"
    if search.sort_by is None:
        return (rows if mark is None else rows.filter(_farther(mark))).order_by(key)
    by, descending = F("sorted_by"), search.sort_order == SearchRequest.SortOrder.descending
    down = descending is not back
    rows = rows.annotate(sorted_by=ordering(kind, str(search.sort_by)))
    if mark is not None:
        rows = rows.filter(_beyond(by, mark, down=down))
    first = by.desc(nulls_first=True) if down else by.asc(nulls_last=True)
    return rows.order_by(first, key)


def _beyond(by: F, mark: _Mark, *, down: bool) -> Q:
    none = Q(IsNull(by, _YES))
    if mark.value is None:
        same = none & _farther(mark)
        return same | ~none if down else same
    output = TextField() if isinstance(mark.value, str) else None
    value = Value(mark.value, output_field=output)
    further = Q(LessThan(by, value)) if down else Q(GreaterThan(by, value)) | none
    return further | (Q(Exact(by, value)) & _farther(mark))


def _farther(mark: _Mark) -> Q:
    return Q(pk__lt=mark.pk) if mark.before else Q(pk__gt=mark.pk)


def _bound(connection: ScimConnection, kind: Kind, search: Search) -> str:
    """A cursor goes on with its own list alone."""
    told = (connection.pk, kind, search.filter, search.sort_by, search.sort_order)
    return sha256(repr([str(part) for part in told]).encode()).hexdigest()[:16]


def _sealed(row: Row, bound: str, *, before: bool) -> str:
    value = getattr(row, "sorted_by", None)
    moment = isinstance(value, datetime)
    told = value.isoformat() if isinstance(value, datetime) else value
    plain = json.dumps([bound, moment, told, str(row.pk), before]).encode()
    return _signer().sign(urlsafe_b64encode(plain).decode().rstrip("="))


def _opened(cursor: str, bound: str) -> _Mark:
    """Raises CursorInvalid."""
    try:
        plain = _signer().unsign(cursor)
        told = json.loads(urlsafe_b64decode(plain + "=" * (-len(plain) % 4)))
        whose, moment, value, pk, before = told
    except (BadSignature, ValueError) as error:
        raise CursorInvalid("this cursor is not one of ours") from error
    if whose != bound:
        raise CursorInvalid("this cursor is of another list")
    return _Mark(
        value=datetime.fromisoformat(value) if moment else value, pk=pk, before=bool(before)
    )


def _signer() -> Signer:
    """Of letters that may stand in an address as they are (RFC 9865, 2)."""
    return Signer(sep=".", salt="scim.cursor")
