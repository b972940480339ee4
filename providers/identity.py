"""Who a person is, in the words of the provider that vouched for her."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import TypeAlias

from providers.errors import ResponseInvalid

JSON: TypeAlias = "bool | int | float | str | tuple[JSON, ...] | Mapping[str, JSON] | None"

# What one person's claims may weigh; a provider that sends more is answered with a refusal, not
# with memory. 10,000 groups of 40 letters are 0.4 MB.
MAX_CLAIM_NODES = 20_000
MAX_CLAIM_TEXT = 1_000_000
MAX_CLAIM_DEPTH = 12


class ClaimSet(Mapping[str, JSON]):
    """Claims by name as plain JSON: numbers, objects and lists stay what they are.

    Immutable (lists become tuples, objects read-only mappings) and size-capped. A dialect has
    already normalised groups to one list of text under `groups`.

    Raises `ResponseInvalid` (check `claims.size`, `claims.type`) for what is too large, too deep or
    no JSON.
    """

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, object]) -> None:
        budget = _Budget()
        self._values: Mapping[str, JSON] = MappingProxyType(
            {budget.name(name): budget.freeze(value, 1) for name, value in values.items()}
        )

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

    def __init__(self) -> None:
        self._nodes = MAX_CLAIM_NODES
        self._text = MAX_CLAIM_TEXT

    def name(self, name: object) -> str:
        if not isinstance(name, str):
            raise ResponseInvalid("claims.type", "a claim's name is not text")
        self._spend(len(name))
        return name

    def freeze(self, value: object, depth: int) -> JSON:
        if depth > MAX_CLAIM_DEPTH:
            raise ResponseInvalid("claims.size", f"nested deeper than {MAX_CLAIM_DEPTH}")
        if isinstance(value, str):
            self._spend(len(value))
            return value
        self._spend(0)
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, Mapping):
            return MappingProxyType(
                {self.name(name): self.freeze(item, depth + 1) for name, item in value.items()}
            )
        if isinstance(value, list | tuple):
            if depth < MAX_CLAIM_DEPTH and all(type(item) is str for item in value):
                # Groups: by far the most of what people have, counted in one go.
                self._nodes -= len(value) - 1
                self._spend(sum(map(len, value)))
                return tuple(value)
            return tuple(self.freeze(item, depth + 1) for item in value)
        raise ResponseInvalid("claims.type", f"{type(value).__name__} is not JSON")

    def _spend(self, text: int) -> None:
        self._nodes -= 1
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
    authenticated_at: datetime  # UTC; when the provider saw the person
    acr: str | None
    amr: tuple[str, ...]
    upstream_session: str | None  # OIDC sid or SAML SessionIndex
    # By each of which the provider may say later that this is over (`LogoutNotice.names`).
    upstream_names: tuple[str, ...]
    session_ends: datetime | None = None  # UTC; the provider's own session lives no longer
    # What the connector needs to end the upstream session later (ID token, NameID): opaque to all
    # others, kept sealed, never logged.
    logout_hint: str | None = field(default=None, repr=False)
    # What the connector needs to ask about the person again (`connector.Refreshes`): likewise.
    renewal: str | None = field(default=None, repr=False)
