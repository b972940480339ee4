"""Which accounts: by words, provider, role, state and the id that a provider knows them by; each
narrows what is found.

Words are looked up by an index of PostgreSQL (migration 0019), which needs no extension; SQLite
reads all rows.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Group
from django.contrib.postgres.search import SearchVectorField
from django.db import connections
from django.db.models import F, Func, Lookup, Q, QuerySet, Value
from django.db.models.functions import Concat

from provisioning.models import Account, LinkedIdentity
from provisioning.scim.models import ScimUser

ENDS_SOON = timedelta(days=14)
MAX_WORDS = 8  # that are looked for
MAX_WORD = 254  # letters, as an address can have; PostgreSQL objects to very long ones
MAX_SAME = 1_000  # accounts that one id upstream may lead to
# As `account_words` of the database splits what it indexes: at all of ASCII that is no letter or
# digit.
_LETTER = r"0-9A-Za-z\u0080-\U0010ffff"
_WORD = re.compile(f"[{_LETTER}]+")


class State(StrEnum):
    ACTIVE = "active"
    LEFT = "left"
    ENDS_SOON = "ends-soon"
    BREAK_GLASS = "break-glass"
    SERVICE = "service"


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleSearch:
    """Nothing said finds everybody, programs included."""

    words: str = ""  # each begins a word of the name, username or address; or an account's id
    provider: str = ""  # slug of one that vouches for them
    role: str = ""  # that they have now
    state: State | None = None
    upstream: str = ""  # what a provider or SCIM knows them by, whole

    def rows(self, now: datetime) -> QuerySet[Account]:
        """By username, which is unique: the next page begins behind the last one's."""
        rows = Account.objects.order_by("username")
        if self.words:
            rows = _called(rows, self.words)
        if self.provider:
            linked = LinkedIdentity.objects.filter(provider=self.provider)
            rows = rows.filter(pk__in=linked.order_by().values("account"))
        if self.role:
            # By its key, of which the database knows how many have it.
            role = Group.objects.filter(name=self.role).values_list("pk", flat=True).first()
            has = Account.groups.through.objects.filter(group=role)
            rows = rows.filter(pk__in=has.values("account_id")) if role else rows.none()
        if self.upstream:
            rows = rows.filter(pk__in=_known_upstream_by(self.upstream))
        return rows if self.state is None else rows.filter(_is(self.state, now))


def state_of(row: Account, now: datetime) -> State:
    """The one by which it is shown; whoever left is nothing else."""
    if not row.is_active or row.over(now):
        return State.LEFT
    if row.kind == Account.Kind.SERVICE:
        return State.SERVICE
    if row.kind == Account.Kind.BREAK_GLASS:
        return State.BREAK_GLASS
    soon = row.ends_at is not None and row.ends_at <= now + ENDS_SOON
    return State.ENDS_SOON if soon else State.ACTIVE


def _is(state: State, now: datetime) -> Q:
    match state:
        case State.ACTIVE:
            return Q(is_active=True)
        case State.LEFT:
            return Q(is_active=False)
        case State.ENDS_SOON:
            return Q(is_active=True, ends_at__gt=now, ends_at__lte=now + ENDS_SOON)
        case State.BREAK_GLASS:
            return Q(kind=Account.Kind.BREAK_GLASS)
        case State.SERVICE:
            return Q(kind=Account.Kind.SERVICE)


def _called(rows: QuerySet[Account], text: str) -> QuerySet[Account]:
    try:
        return rows.filter(pk=UUID(text))
    except ValueError:
        words = _WORD.findall(text)[:MAX_WORDS]
    if not words or max(map(len, words)) > MAX_WORD:
        return rows.none()
    if connections[rows.db].vendor == "postgresql":
        begun = " & ".join(f"'{word}':*" for word in words)
        return rows.filter(_Begin(_WORDS, Value(begun))).order_by(_USERNAME)
    for word in words:
        begins = f"(?:^|[^{_LETTER}]){word}"
        said = Q(username__iregex=begins) | Q(name__iregex=begins) | Q(email__iregex=begins)
        rows = rows.filter(said)
    return rows


_WORDS = Func(
    *(F("name"), F("username"), F("email")),
    function="account_words",
    output_field=SearchVectorField(),
)
# In this order, but by no index of it: PostgreSQL cannot tell how many have a word, and would look
# through all rows in their order for one that few have.
_USERNAME = Concat(F("username"), Value(""))


class _Begin(Lookup):
    """Whether words that begin so are all there. No parser reads either side: it would take parts
    of addresses for hosts and numbers.
    """

    lookup_name = "begin"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:  # noqa: ANN401
        words, of_words = self.process_lhs(compiler, connection)
        begun, of_begun = self.process_rhs(compiler, connection)
        return f"{words} @@ lower({begun})::tsquery", (*of_words, *of_begun)


def _known_upstream_by(name: str) -> set[UUID]:
    """Two short look-ups, for no index serves both at once."""
    linked = LinkedIdentity.objects.filter(subject=name).values_list("account", flat=True)
    told = ScimUser.objects.filter(external_id=name, linked_identity__isnull=False)
    pushed = told.values_list("linked_identity__account", flat=True)
    return {*linked.order_by()[:MAX_SAME], *pushed.order_by()[:MAX_SAME]}
