"""Who may come in: one decision for every kind of server."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self
from urllib.parse import quote

from gatehouse_client.asked import PATHS, Answer, Asked, redirect, told, unavailable
from gatehouse_client.assertion import AssertionReader
from gatehouse_client.edge import EdgeClient
from gatehouse_client.keys import PublicKeys
from gatehouse_client.person import NotVouchedFor, Person, Unavailable
from gatehouse_client.reader import SessionReader

ASSERTION = "x-gatehouse-assertion"


class Door(Protocol):
    """One way to know who asks."""

    @property
    def edge(self) -> EdgeClient | None:
        """Where `/.gatehouse/` is handed on; None where a proxy does it."""

    def who(self, asked: Asked) -> Person | None:
        """Raises Unavailable."""

    async def awho(self, asked: Asked) -> Person | None:
        """Raises Unavailable."""

    def sign_in(self, asked: Asked) -> Answer:
        """What nobody gets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WithoutProxy:
    """She is known by her cookie and her session in Redis; no header says anything."""

    reader: SessionReader
    edge: EdgeClient
    origin: str

    def who(self, asked: Asked) -> Person | None:
        handle = self.reader.handle_of(asked.header("cookie"))
        held = self.reader.find(handle)
        if held is None or handle is None:
            return None
        self.edge.extend(asked, handle, held)
        return held.session

    async def awho(self, asked: Asked) -> Person | None:
        handle = self.reader.handle_of(asked.header("cookie"))
        held = await self.reader.afind(handle)
        if held is None or handle is None:
            return None
        self.edge.extend(asked, handle, held)
        return held.session

    def sign_in(self, asked: Asked) -> Answer:
        if asked.navigates:
            return redirect(f"{self.origin}{PATHS}start?to={quote(asked.target, safe='/')}")
        challenge = ("www-authenticate", "Cookie")
        return told(asked, 401, "session.none", "Nobody is signed in.", challenge)


@dataclass(frozen=True, slots=True, kw_only=True)
class BehindProxy:
    """She is known by the assertion of the edge, and by no other header."""

    assertions: AssertionReader
    edge: None = None

    def who(self, asked: Asked) -> Person | None:
        try:
            return self.assertions.read(asked.header(ASSERTION).encode("latin-1"))
        except NotVouchedFor:
            return None

    async def awho(self, asked: Asked) -> Person | None:
        try:
            return await self.assertions.aread(asked.header(ASSERTION).encode("latin-1"))
        except NotVouchedFor:
            return None

    def sign_in(self, asked: Asked) -> Answer:
        # No redirect: whoever comes without an assertion did not come through the gateway.
        return told(asked, 401, "session.none", "Nobody is signed in.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """For the middleware. `roles`: one of them is needed, if there are any; `public`: paths below
    which nobody is asked for.
    """

    door: Door
    origin: str  # the app's own
    roles: frozenset[str] = frozenset()
    public: tuple[str, ...] = ()

    @classmethod
    def without_proxy(
        cls,
        file: str | Path,
        *,
        origin: str,
        redis_url: str,
        edge_url: str,
        roles: Collection[str] = (),
        public: Sequence[str] = (),
    ) -> Self:
        """`file` is what `manage.py readers add` printed. Raises OSError, ValueError."""
        reader = SessionReader.from_file(file, origin=origin, redis_url=redis_url)
        door = WithoutProxy(reader=reader, edge=EdgeClient(edge_url, origin), origin=origin)
        return cls(door=door, origin=origin, roles=frozenset(roles), public=tuple(public))

    @classmethod
    def behind_proxy(
        cls,
        *,
        origin: str,
        gateway_url: str,
        keys_url: str = "",
        roles: Collection[str] = (),
        public: Sequence[str] = (),
    ) -> Self:
        """`keys_url` is where the gateway is asked for its keys, if not at its own address."""
        keys = PublicKeys(keys_url or gateway_url)
        reader = AssertionReader(audience=origin, issuer=gateway_url, keys=keys)
        door = BehindProxy(assertions=reader)
        return cls(door=door, origin=origin, roles=frozenset(roles), public=tuple(public))

    def ask(self, asked: Asked) -> Person | Answer | None:
        """Who comes in; None: nobody, and nobody is asked for here; else the answer to give."""
        if asked.within(self.public):
            return None
        try:
            return self._judged(asked, self.door.who(asked))
        except Unavailable:
            return unavailable(asked)

    async def aask(self, asked: Asked) -> Person | Answer | None:
        if asked.within(self.public):
            return None
        try:
            return self._judged(asked, await self.door.awho(asked))
        except Unavailable:
            return unavailable(asked)

    def is_own_page(self, asked: Asked) -> bool:
        """Whether a WebSocket is opened by a page of this very host, or by no page at all: another
        host of the same site could use the person's cookie.
        """
        return asked.header("origin") in {"", self.origin}

    def handed_on(self, asked: Asked) -> EdgeClient | None:
        """Who answers instead of the app, if it is the edge."""
        return self.door.edge if asked.path.startswith(PATHS) else None

    def _judged(self, asked: Asked, person: Person | None) -> Person | Answer:
        if person is None:
            return self.door.sign_in(asked)
        if self.roles and not self.roles & person.roles:
            return told(asked, 403, "access.not-permitted", "A role is missing.")
        return person
