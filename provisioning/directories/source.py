"""What every directory can be asked: pages of people, and of members of groups."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

Cursor: TypeAlias = Mapping[str, object]
"""Where a reading stands, in a reader's own words; plain JSON, kept in the database."""

MAX_GROUPS = 5_000  # of one person


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """As a directory tells of her. `subject` is what her provider will call her at sign-in."""

    key: str  # by which the directory's own groups name her
    subject: str
    active: bool
    username: str
    name: str
    email: str
    email_verified: bool
    groups: tuple[str, ...] = ()  # those that came with her


@dataclass(frozen=True, slots=True, kw_only=True)
class Members:
    """Some members of one group, by their keys."""

    group: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One answer. Without `after` it is the last; then `news_from` is where the next reading of
    news begins, empty if this directory knows no news.
    """

    people: tuple[Person, ...] = ()
    members: tuple[Members, ...] = ()
    gone: tuple[str, ...] = ()  # subjects of whom the directory says that they are deleted
    after: Cursor | None = None
    news_from: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What is asked for: everybody, or only what is new since `news_from`."""

    after: Cursor = field(default_factory=dict)  # of the page before; empty for the first
    news_from: str = ""


class ReadEverything(Exception):
    """The news cannot be told one by one: everybody must be read."""


class Source(Protocol):
    """Every method raises DirectoryError. Nothing is ever written there.

    In a reading of everybody groups come before people, so that whoever is told of has hers.
    """

    def read(self, reading: Reading) -> Page:
        """The next page. Raises ReadEverything, of a reading of news alone."""

    def find(self, subject: str) -> bool:
        """Whether she is there and may sign in: asked before anybody is taken for gone."""

    def close(self) -> None: ...
