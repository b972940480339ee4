"""Who a person is, in the words of the provider that vouched for her."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType, NoneType
from typing import TypeAlias, cast

from providers.errors import ResponseInvalid

JSON: TypeAlias = "bool | int | float | str | tuple[JSON, ...] | Mapping[str, JSON] | None"

# What one person's claims may weigh; a provider that sends more is answered with a refusal, not
# with memory. 10,000 groups of 40 letters are 0.4 MB.
MAX_CLAIM_NODES = 20_000
MAX_CLAIM_TEXT = 1_000_000
MAX_CLAIM_DEPTH = 12

# As tuples: a union of types would be made anew for each of thousands of values.
_TEXT = {str}
_OTHERS = {bool, int, float, NoneType}
_LISTS = (list, tuple)
_NUMBERS = (bool, int, float)
_OBJECTS = (dict, MappingProxyType, Mapping)


class ClaimSet(Mapping[str, JSON]):
    """Claims by name as plain JSON: numbers, objects and lists stay what they are.

    Immutable (lists become tuples, objects read-only mappings) and size-capped. A dialect has
    already normalised groups to one list of text under `groups`.

    Raises `ResponseInvalid` (check `claims.size`, `claims.type`) for what is too large, too deep or
    no JSON.
    """

    __slots__ = ("_left", "_values")

    def __init__(self, values: Mapping[str, object]) -> None:
        self._left = _Budget()
        self._values: Mapping[str, JSON] = self._left.members(values, 1)

    def changed(self, values: Mapping[str, object], *, without: Collection[str]) -> "ClaimSet":
        """These claims but `without`, and `values` in the place of what bears their names.

        Only those are looked at: what stays is immutable and was counted already. Raises like the
        making of all of them.
        """
        gone = {
            name: value for name, value in self._values.items() if name in values or name in without
        }
        kept = {name: value for name, value in self._values.items() if name not in gone}
        made = ClaimSet({})
        made._left = self._left.but(gone)
        made._values = MappingProxyType({**kept, **made._left.members(values, 1)})
        return made

    def __getitem__(self, name: str) -> JSON:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"ClaimSet({', '.join(sorted(self._values))})"  # names only: values are personal

    def path(self, name: str) -> JSON:
        """The value at `name`, or None.

        A claim of exactly that name wins (Auth0's are URLs with dots in them); otherwise dots walk
        into objects, so `realm_access.roles` finds Keycloak's. What is absent is None, never an
        error.
        """
        if name in self._values:
            return self._values[name]
        value: JSON = self._values
        for step in name.split("."):
            if not isinstance(value, Mapping) or step not in value:
                return None
            value = value[step]
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """The texts at `name`, a bare text as one, in the order received; anything else is left."""
        value = self.path(name)
        if isinstance(value, str):
            return (value,)
        if isinstance(value, tuple):
            return tuple(item for item in value if isinstance(item, str))
        return ()

    def plain(self) -> dict[str, object]:
        """The same as ordinary dicts and lists, for `json.dumps`."""
        return {name: _plain(value) for name, value in self._values.items()}


class _Budget:
    """Counts while it freezes, so that a hostile answer is refused half-way, not afterwards."""

    def __init__(self, nodes: int = MAX_CLAIM_NODES, text: int = MAX_CLAIM_TEXT) -> None:
        self._nodes = nodes
        self._text = text

    def but(self, values: Mapping[str, JSON]) -> "_Budget":
        """What is left once these claims are gone, which were paid from it."""
        theirs = _Budget()
        theirs.members(values, 1)
        return _Budget(
            self._nodes + MAX_CLAIM_NODES - theirs._nodes,
            self._text + MAX_CLAIM_TEXT - theirs._text,
        )

    def members(self, values: Mapping[str, object], depth: int) -> Mapping[str, JSON]:
        if not all(issubclass(kind, str) for kind in set(map(type, values))):
            raise ResponseInvalid("claims.type", "a claim's name is not text")
        self._spend(len(values), sum(map(len, values)))
        return MappingProxyType(dict(zip(values, self._each(values.values(), depth), strict=True)))

    def _each(self, values: Collection[object], depth: int) -> Collection[JSON]:
        """Most of what comes is long lists of texts: counted at once, not one after the other."""
        kinds = set(map(type, values)) if depth <= MAX_CLAIM_DEPTH else None
        if kinds == _TEXT:
            texts = cast(Collection[str], values)
            self._spend(len(texts), sum(map(len, texts)))
            return texts
        if kinds is not None and kinds <= _OTHERS:
            self._spend(len(values), 0)
            return cast(Collection[JSON], values)
        return [self._frozen(value, depth) for value in values]

    def _frozen(self, value: object, depth: int) -> JSON:
        if depth > MAX_CLAIM_DEPTH:
            raise ResponseInvalid("claims.size", f"nested deeper than {MAX_CLAIM_DEPTH}")
        if isinstance(value, str):
            self._spend(1, len(value))
            return value
        self._spend(1, 0)
        if isinstance(value, _LISTS):
            return tuple(self._each(value, depth + 1))
        if value is None or isinstance(value, _NUMBERS):
            return value
        if isinstance(value, _OBJECTS):
            return self.members(value, depth + 1)
        raise ResponseInvalid("claims.type", f"{type(value).__name__} is not JSON")

    def _spend(self, nodes: int, text: int) -> None:
        self._nodes -= nodes
        self._text -= text
        if self._nodes < 0 or self._text < 0:
            raise ResponseInvalid("claims.size", "more claims than one person can have")


def _plain(value: JSON) -> object:
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Who, for ever: the issuer's own identifier. Never an e-mail address."""

    issuer: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalIdentity:
    """One person as one provider vouched for them, at one moment."""

    provider: str  # slug
    subject: Subject
    claims: ClaimSet
    username: str
    name: str  # for people to read; empty when the provider sent none
    email: str | None
    email_verified: bool
    authenticated_at: datetime  # UTC; when the provider saw the person, or else spoke of her
    acr: str | None
    amr: tuple[str, ...]
    upstream_session: str | None  # OIDC sid or SAML SessionIndex
    # By each of which the provider may say later that this is over (`LogoutNotice.names`).
    upstream_names: tuple[str, ...]
    # Whether it said itself when it saw her: without that she may have been there for weeks.
    auth_time_told: bool = False
    groups_told: bool = False  # whether it named her groups, be it none; else it was silent
    session_ends: datetime | None = None  # UTC; the provider's own session lives no longer
    # What the connector needs to end the upstream session later (ID token, NameID): opaque to all
    # others, kept sealed, never logged.
    logout_hint: str | None = field(default=None, repr=False)
    # What the connector needs to ask about the person again (`connector.Refreshes`): likewise.
    renewal: str | None = field(default=None, repr=False)
