"""SCIM filters (RFC 7644, 3.4.2.2) as conditions of the database, and what lists are sorted by.

The grammar is that of scim2-models; each attribute comes from the list in `places` alone, and each
value reaches the database as a parameter. What is absent equals nothing: it is seen by `not` and
`ne` alone, as by `ScimFilter.match`.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import reduce
from operator import and_, or_
from typing import Any
from unicodedata import normalize
from uuid import UUID

from django.db.models import DateTimeField, Exists, Func, Q, Subquery, TextField, Value
from django.db.models.functions import Left, Right, StrIndex
from django.db.models.lookups import (
    Exact,
    GreaterThan,
    GreaterThanOrEqual,
    IsNull,
    LessThan,
    LessThanOrEqual,
)
from scim2_models import SCIMException, ScimFilter
from scim2_models.path import (
    AttrPath,
    CompareOperator,
    Comparison,
    FilterNode,
    LogicalExpr,
    LogicalOperator,
    Not,
    Present,
    ValuePath,
)

from provisioning.scim.errors import FilterInvalid, PathInvalid
from provisioning.scim.places import Column, Place, Several, Sort, place
from provisioning.scim.resources import Kind

MAX_FILTER = 4_000  # letters
MAX_NESTED = 20  # parentheses within each other
_Op = CompareOperator
_TEXTS = {Sort.TEXT, Sort.EXACT}
_ORDER = {
    _Op.gt: GreaterThan,
    _Op.ge: GreaterThanOrEqual,
    _Op.lt: LessThan,
    _Op.le: LessThanOrEqual,
}


def comparable(text: str, *, exact: bool = False) -> str:
    """As texts are compared: NFC, and without their case unless it counts (RFC 7643, 2.2)."""
    normal = normalize("NFC", text)
    return normal if exact else normalize("NFC", normal.lower())


def storable(text: str) -> bool:
    """Whether a database keeps it: PostgreSQL no NUL, and none half a letter."""
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


def condition(kind: Kind, text: str) -> Q:
    """Raises FilterInvalid."""
    if len(text) > MAX_FILTER:
        raise FilterInvalid(f"a filter of more than {MAX_FILTER} letters")
    try:
        tree = ScimFilter(text).ast
        if _nested(tree) > MAX_NESTED:
            raise FilterInvalid(f"nested deeper than {MAX_NESTED}")
        return _Reading(kind).of(tree, negated=False)
    except SCIMException as error:
        raise FilterInvalid(error.detail) from error
    except RecursionError as error:
        raise FilterInvalid("nested too deep") from error


def _nested(node: FilterNode) -> int:
    match node:
        case Not(expr=inner) | ValuePath(val_filter=inner):
            return 1 + _nested(inner)
        case LogicalExpr(terms=terms):
            return 1 + max(_nested(term) for term in terms)
    return 0


class ByCodePoint(Func):
    """A text as it is ordered: by its letters' numbers, whatever language the database speaks."""

    template = "(%(expressions)s)"
    output_field = TextField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:  # noqa: ANN401
        return self.as_sql(
            compiler, connection, template='(%(expressions)s COLLATE "C")', **context
        )


def ordering(kind: Kind, name: str) -> Any:  # noqa: ANN401 -- an expression
    """By what a list is sorted; of several values by the primary one, or else the first (RFC 7644,
    3.4.2.3). Raises PathInvalid.
    """
    uri, _, plain = name.rpartition(":")
    found = place(kind, uri or None, plain)
    if isinstance(found, Several) and "primary" in found.inside and "value" in found.inside:
        first = found.rows().order_by(
            found.inside["primary"].expression.desc(nulls_last=True), "pk"
        )
        value = found.inside["value"].expression
        return ByCodePoint(Subquery(first.annotate(first_value=value).values("first_value")[:1]))
    if not isinstance(found, Column) or found.sort is Sort.KEY:
        raise PathInvalid(f"lists cannot be sorted by {name}")
    return ByCodePoint(found.expression) if found.sort in _TEXTS else found.expression


class _Reading:
    def __init__(self, kind: Kind, inside: Mapping[str, Column] | None = None) -> None:
        self._kind, self._inside = kind, inside

    def of(self, node: FilterNode, *, negated: bool) -> Q:
        match node:
            case Not(expr=inner):
                return self.of(inner, negated=not negated)
            case LogicalExpr(op=op, terms=terms):
                both = (op == LogicalOperator.and_) is not negated
                return reduce(
                    and_ if both else or_, (self.of(term, negated=negated) for term in terms)
                )
            case Comparison(attr_path=path, op=op, value=value):
                return self._comparison(path, op, value, negated=negated)
            case Present(attr_path=path):
                return self._presence(path, negated=negated)
            case ValuePath(attr_path=path, val_filter=inner):
                several = self._place(path)
                if not isinstance(several, Several):
                    raise FilterInvalid(f"{path} has no values to choose from")
                chosen = _Reading(self._kind, several.inside).of(inner, negated=False)
                return _any(several, chosen, negated=negated)
        raise FilterInvalid("this filter cannot be read")

    def _comparison(self, path: AttrPath, op: _Op, value: object, *, negated: bool) -> Q:
        if op == _Op.ne:
            return self._comparison(path, _Op.eq, value, negated=not negated)
        if isinstance(value, str) and not storable(value):
            raise FilterInvalid(f"{path} is never what no text has in it")
        found = self._place(path, by="value")
        if isinstance(found, Column):
            return _column(found, op, value, path, negated=negated)
        column = found.inside[path.sub_attr.lower() if path.sub_attr else "value"]
        if value is None:
            raise FilterInvalid(f"{path}: a value of several is never null")
        return _any(found, _column(column, op, value, path, negated=False), negated=negated)

    def _presence(self, path: AttrPath, *, negated: bool) -> Q:
        found = self._place(path)
        if isinstance(found, Column):
            absent = _absent(found)
            return absent if negated else ~absent
        some = ~_absent(found.inside[path.sub_attr.lower()]) if path.sub_attr else Q()
        return _any(found, some, negated=negated)

    def _place(self, path: AttrPath, by: str = "") -> Place:
        """Raises FilterInvalid for whatever cannot be sought."""
        name = f"{path.attr}.{path.sub_attr}" if path.sub_attr else path.attr
        if self._inside is not None:
            found: Place | None = None if path.uri else self._inside.get(name.lower())
        else:
            found = place(self._kind, path.uri, name) or self._of_several(path)
        if found is None or (by and isinstance(found, Several) and not self._has(found, path, by)):
            raise FilterInvalid(f"{path} cannot be sought")
        return found

    def _of_several(self, path: AttrPath) -> Place | None:
        several = place(self._kind, path.uri, path.attr)
        named = isinstance(several, Several) and (path.sub_attr or "").lower() in several.inside
        return several if named else None

    @staticmethod
    def _has(several: Several, path: AttrPath, by: str) -> bool:
        return (path.sub_attr or by).lower() in several.inside


def _any(several: Several, chosen: Q, *, negated: bool) -> Q:
    found = Exists(several.rows().filter(chosen))
    return ~Q(found) if negated else Q(found)


def _absent(column: Column) -> Q:
    """RFC 7644 3.4.2.2 has an empty text be none."""
    none = Q(IsNull(column.expression, True))  # noqa: FBT003 -- the lookup's own signature
    return none | Q(Exact(column.expression, Value(""))) if column.sort in _TEXTS else none


def _column(column: Column, op: _Op, value: object, path: AttrPath, *, negated: bool) -> Q:
    if value is None:
        if op != _Op.eq:
            raise FilterInvalid(f"{path}: nothing but eq and ne can be said of null")
        return ~_absent(column) if negated else _absent(column)
    holds = _holds(column, op, value, path)
    return _absent(column) | ~holds if negated else holds & ~_absent(column)


def _holds(column: Column, op: _Op, value: object, path: AttrPath) -> Q:
    expression, wanted = column.expression, _value(column, value, path)
    if op == _Op.eq:
        return Q(Exact(expression, wanted))
    if column.sort in _TEXTS:
        return _text(expression, op, str(value), exact=column.sort is Sort.EXACT)
    if column.sort is Sort.MOMENT and op in _ORDER:
        return Q(_ORDER[op](expression, wanted))
    raise FilterInvalid(f"{path}: {op} cannot be said of it")


def _text(expression: Any, op: _Op, value: str, *, exact: bool) -> Q:  # noqa: ANN401
    wanted = comparable(value, exact=exact)
    if op in _ORDER:
        text = Value(wanted, output_field=TextField())
        return Q(_ORDER[op](ByCodePoint(expression), text))
    if not wanted:
        return Q()
    if op == _Op.co:
        return Q(GreaterThan(StrIndex(expression, Value(wanted)), 0))
    side = Left if op == _Op.sw else Right
    return Q(Exact(side(expression, len(wanted)), Value(wanted)))


def _value(column: Column, value: object, path: AttrPath) -> Any:  # noqa: ANN401 -- a parameter
    """As the column is compared with. Raises FilterInvalid."""
    match column.sort:
        case Sort.TEXT | Sort.EXACT if isinstance(value, str):
            return Value(comparable(value, exact=column.sort is Sort.EXACT))
        case Sort.FLAG | Sort.FLAG_WORD if (flag := _flag(value)) is not None:
            return flag if column.sort is Sort.FLAG else Value(str(flag).lower())
        case Sort.MOMENT if (moment := _moment(value)) is not None:
            return Value(moment, output_field=DateTimeField())
        case Sort.KEY if isinstance(value, str):
            return _key(value)
    raise FilterInvalid(f"{path} is never {str(value)[:50]}")


def _flag(value: object) -> bool | None:
    """Entra writes the words in quotes."""
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.lower())
    return value if isinstance(value, bool) else None


def _moment(value: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
        return None if found is None or found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _key(value: str) -> UUID:
    """What is no id of ours is that of nobody."""
    try:
        return UUID(value)
    except ValueError:
        return UUID(int=0)
