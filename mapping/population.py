"""Everybody as last vouched for, turned over: of each claim's values, who has them.

People are numbered; so are accounts, of which one may be several people, one at each provider. A
person has her account's number unless somebody has that already.

What is too much to keep in memory has no column; then people are asked one by one, whom `asked_for`
brings again.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from pyroaring import BitMap

from mapping.columns import Column
from mapping.evidence import readable
from providers.identity import JSON, ExternalIdentity

# Of all columns together.
MAX_BYTES = 400_000_000
MAX_PATHS = 2_000
# Another one at each sign-in, or the same for everybody: no rule is made of these.
UNTOLD: Final = frozenset(
    {
        "acr",
        "amr",
        "at_hash",
        "aud",
        "auth_time",
        "azp",
        "c_hash",
        "exp",
        "iat",
        "iss",
        "jti",
        "nbf",
        "nonce",
        "s_hash",
        "session_state",
        "sid",
        "typ",
    }
)
_EXTRA: Final = 1 << 31  # the first number of a person whose account's number is taken


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    linked: int  # the linked identity
    account: str
    identity: ExternalIdentity


Source: TypeAlias = Callable[[Sequence[int]], Iterator[tuple[int, ExternalIdentity]]]
"""The identities behind these linked identities, again; whoever is gone meanwhile is left out."""


class Population:
    """Grows while it is made, and is then read by any number of threads."""

    __slots__ = (
        "_accounts", "_columns", "_left", "_linked", "_numbers", "_owners", "_paths", "_source",
        "domains", "people", "providers", "unknown",
    )  # fmt: skip

    def __init__(self, source: Source, paths: Iterable[str] | None = None) -> None:
        """`paths`: those that will be asked about; all that there are, if None."""
        self._source = source
        self._paths = None if paths is None else tuple(sorted(paths))
        self._columns: dict[str, Column | None] = {path: Column() for path in self._paths or ()}
        self._left = MAX_BYTES
        self._accounts: list[str] = []
        self._numbers: dict[str, int] = {}
        self._owners: dict[int, int] = {}  # of the people whose number is not their account's
        self._linked: dict[int, int] = {}
        self.people = BitMap()
        self.providers: dict[str, BitMap] = {}
        self.domains = Column()  # of verified addresses, as they are written after the @
        self.unknown = BitMap()  # accounts of whom a provider's word is not kept

    @classmethod
    def of(cls, people: Iterable[Person], paths: Iterable[str] | None = None) -> "Population":
        """From people who are at hand anyway."""
        kept = {person.linked: person for person in people}

        def again(linked: Sequence[int]) -> Iterator[tuple[int, ExternalIdentity]]:
            return ((each, kept[each].identity) for each in linked)

        made = cls(again, paths)
        for person in kept.values():
            made.add(person)
        return made

    @property
    def accounts(self) -> Sequence[str]:
        """By their numbers."""
        return self._accounts

    def number(self, account: str) -> int:
        """The account's number; it gets one if it has none."""
        number = self._numbers.setdefault(account, len(self._accounts))
        if number == len(self._accounts):
            self._accounts.append(account)
        return number

    def known(self, account: str) -> int | None:
        """The account's number, if it has one."""
        return self._numbers.get(account)

    def not_kept(self, account: str) -> None:
        """An account of whom a provider's word is not kept: nobody can say what rules give her."""
        self.unknown.add(self.number(account))

    def add(self, person: Person) -> None:
        account, identity = self.number(person.account), person.identity
        number = account
        if number in self.people:
            number = _EXTRA + len(self._owners)
            self._owners[number] = account
        self.people.add(number)
        self._linked[number] = person.linked
        self.providers.setdefault(identity.provider, BitMap()).add(number)
        if identity.email and identity.email_verified and readable(identity.email):
            _, _, domain = identity.email.partition("@")
            if domain and "@" not in domain:
                self.domains.add(domain, number)
        claims = identity.claims
        if self._paths is None:
            told: Iterable[tuple[str, JSON]] = _told(claims, "", claims)
        else:
            told = ((path, claims.path(path)) for path in self._paths)
        for path, value in told:
            if value is not None:
                self._add(path, value, number)

    def column(self, path: str) -> Column | None:
        """Who has what there; None if that is not at hand."""
        if path in self._columns:
            return self._columns[path]
        whole = self._paths is None and len(self._columns) < MAX_PATHS
        if not whole or path.partition(".")[0] in UNTOLD:
            return None
        return Column()  # nobody has anything there

    def columns(self) -> Mapping[str, Column]:
        """What is at hand, by path."""
        return {path: column for path, column in self._columns.items() if column is not None}

    def owners(self, people: BitMap) -> BitMap:
        """The accounts of these people."""
        if not self._owners or not people or people.max() < _EXTRA:
            return people
        extra = people & BitMap(range(_EXTRA, people.max() + 1))
        return (people - extra) | BitMap([self._owners[person] for person in extra])

    def asked_for(self, people: BitMap) -> Iterator[tuple[int, ExternalIdentity]]:
        """These people by their numbers, brought again."""
        numbers = {self._linked[person]: person for person in people}
        for linked, identity in self._source(sorted(numbers)):
            yield numbers[linked], identity

    def _add(self, path: str, value: JSON, person: int) -> None:
        column = self._columns.get(path)
        if column is None:
            if path in self._columns or len(self._columns) >= MAX_PATHS:
                return  # there was too much
            column = self._columns[path] = Column()
        before = column.size
        column.add(value, person)
        self._left -= column.size - before
        if self._left < 0:
            self._drop_largest()

    def _drop_largest(self) -> None:
        columns = self.columns()
        largest = max(columns, key=lambda path: (columns[path].size, path))
        self._left += columns[largest].size
        self._columns[largest] = None


def _told(
    values: Mapping[str, JSON], above: str, claims: Mapping[str, JSON]
) -> Iterator[tuple[str, JSON]]:
    """Each path by which `ClaimSet.path` comes to something, with what is there."""
    for name, value in values.items():
        if above and "." in name:
            continue  # no path leads there
        path = f"{above}.{name}" if above else name
        if (above and path in claims) or path in UNTOLD:
            continue
        yield path, value
        if isinstance(value, Mapping) and (above or "." not in name):
            yield from _told(value, path, claims)
