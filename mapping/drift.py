"""Whether a provider begins to say something of another shape than it always said.

Ids in place of names, one text in place of a list, a link in place of groups: whoever comes with
that did not lose her groups, it is her provider that changed. Far fewer groups may be either; of
several people at once they are the provider's doing. A person who lost one group shows no sign.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

from providers.identity import JSON, ExternalIdentity

# Of fewer people nothing is usual.
PEOPLE = 10
# What at most one value in twenty is, is not usual.
_RARE = 0.05
_MOST = 0.5
# A fourth of what a person had, or less; and at least two less.
_FEWER_THAN, _LESS = 4, 2

_SHARES = ("ids", "joined", "lists", "many")
_ID = re.compile(
    r"\{?[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}\}?|S-1-\d+(-\d+){1,14}",
    re.IGNORECASE | re.ASCII,
)
_SEPARATORS = re.compile(r"[,;|\n]")
_GROUPS = "groups"
_LINKS = ("hasgroups", "http://schemas.microsoft.com/claims/groups.link")


class Kind(StrEnum):
    IDS = "ids"  # GUIDs or SIDs in place of names
    TEXT = "text"  # one text in place of a list
    LINK = "link"  # a link in place of the values
    FEWER = "fewer"  # far fewer values


# One person who shows it is enough.
STRONG = frozenset({Kind.IDS, Kind.TEXT, Kind.LINK})


@dataclass(frozen=True, slots=True, kw_only=True)
class Usual:
    """What a provider says at one claim path, as a rule."""

    people: int  # who have anything there
    ids: float  # share of values
    joined: float  # share of values with a separator in them
    lists: float  # share of people
    many: float  # values that a person has, in the middle


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What one provider says of its people, by claim path."""

    paths: Mapping[str, Usual]

    @classmethod
    def of(cls, identities: Iterable[ExternalIdentity], paths: Iterable[str]) -> "Profile":
        said = list(identities)
        found = {path: _usual([one.claims.path(path) for one in said]) for path in sorted(paths)}
        return cls(paths={path: usual for path, usual in found.items() if usual.people >= PEOPLE})

    @classmethod
    def parse(cls, plain: Mapping[str, Mapping[str, float]]) -> "Profile":
        return cls(
            paths={
                path: Usual(people=int(told["people"]), **_shares(told))
                for path, told in plain.items()
            }
        )

    def plain(self) -> dict[str, dict[str, float]]:
        """What `parse` reads."""
        return {
            path: {"people": usual.people, **{name: getattr(usual, name) for name in _SHARES}}
            for path, usual in self.paths.items()
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """Of one person, at one claim path."""

    kind: Kind
    path: str
    had: int  # values there before; 0 if that is not known


def signs(
    profile: Profile, before: ExternalIdentity | None, now_said: ExternalIdentity
) -> tuple[Sign, ...]:
    """What is not as it usually is; of `before`, where that is known, what is not as it was.

    At a path where one sign is strong, the weak one says nothing besides. Of fewer people than
    `PEOPLE` nothing is known to be usual, and nothing is a sign.
    """
    found = (
        _sign(path, usual, before, now_said)
        for path, usual in profile.paths.items()
        if usual.people >= PEOPLE
    )
    return tuple(sign for sign in found if sign is not None)


def still(profile: Profile, sign: Sign, now_said: ExternalIdentity) -> bool:
    """Whether a person who showed the sign shows it now."""
    if sign.kind is Kind.FEWER:
        return _far_fewer(sign.had, len(_values(now_said.claims.path(sign.path))))
    again = signs(profile, None, now_said)
    return any((each.kind, each.path) == (sign.kind, sign.path) for each in again)


def _sign(
    path: str, usual: Usual, before: ExternalIdentity | None, now_said: ExternalIdentity
) -> Sign | None:
    had = None if before is None else _values(before.claims.path(path))
    has = _values(now_said.claims.path(path))
    if had == []:
        return None  # she had nothing there that could be sent otherwise
    shown = {
        Kind.IDS: usual.ids <= _RARE
        and _share(_is_id, has) >= _MOST
        and (had is None or _share(_is_id, had) < _MOST),
        Kind.TEXT: usual.lists >= _MOST
        and usual.joined <= _RARE
        and _is_one_text(has)
        and (had is None or bool(_parts(has) & _texts(had) - _texts(has))),
        Kind.LINK: not has and _is_elsewhere(path, now_said),
        Kind.FEWER: had is not None and _far_fewer(len(had), len(has)) and len(has) < usual.many,
    }
    kind = next((kind for kind, is_shown in shown.items() if is_shown), None)
    return None if kind is None else Sign(kind=kind, path=path, had=len(had or ()))


def _far_fewer(had: int, has: int) -> bool:
    return had - has >= _LESS and has * _FEWER_THAN <= had


def _is_elsewhere(path: str, identity: ExternalIdentity) -> bool:
    """Whether the provider says where the values are, instead of saying them."""
    first = path.partition(".")[0]
    named = identity.claims.get("_claim_names")  # OpenID Connect Core 5.6.2
    if isinstance(named, Mapping) and (path in named or first in named):
        return True
    return path == _GROUPS and any(name in identity.claims for name in _LINKS)


def _usual(said: list[JSON]) -> Usual:
    there = [(value, values) for value in said if (values := _values(value))]
    every = [each for _, values in there for each in values]
    return Usual(
        people=len(there),
        ids=_share(_is_id, every),
        joined=_share(_is_joined, every),
        lists=sum(isinstance(value, tuple) for value, _ in there) / max(len(there), 1),
        many=float(median(len(values) for _, values in there)) if there else 0.0,
    )


def _values(value: JSON) -> list[JSON]:
    every = value if isinstance(value, tuple) else (value,)
    return [each for each in every if each is not None and each != ""]


def _share(is_so: Callable[[JSON], bool], values: list[JSON]) -> float:
    return sum(map(is_so, values)) / len(values) if values else 0.0


def _is_id(value: JSON) -> bool:
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def _is_joined(value: JSON) -> bool:
    return isinstance(value, str) and _SEPARATORS.search(value) is not None


def _is_one_text(values: list[JSON]) -> bool:
    return len(values) == 1 and _is_joined(values[0])


def _parts(values: list[JSON]) -> set[str]:
    return {part.strip() for each in values for part in _SEPARATORS.split(str(each))} - {""}


def _texts(values: list[JSON]) -> set[str]:
    return {each for each in values if isinstance(each, str)}


def _shares(told: Mapping[str, float]) -> dict[str, float]:
    return {name: float(told[name]) for name in _SHARES}
