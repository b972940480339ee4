"""The news that somebody must go, and what came of it."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from gateway.departures.models import Act, Departure
from gateway.flows.ending import Order
from gateway.sessions.session import Session, SessionHandle
from gateway.sessions.why import Why
from gateway.tokens.credentials import WITHHELD, looks_like_credential, storable
from provisioning.models import Source

# Who says so may mean that somebody else has what is hers: her programs stop as well.
_IN_STRANGE_HANDS = frozenset({Source.GLOBAL_TOKEN_REVOCATION, Source.PERSON})
_WHY = {
    Source.CONSOLE: Why.ADMINISTRATOR,
    Source.COMMAND: Why.ADMINISTRATOR,
    Source.PERSON: Why.PERSON,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    account: str
    act: Act
    source: Source
    by: str  # which one of the source, as the record's actors: a provider's slug, an account's id
    cause: str  # for the record, a credential never
    at: datetime
    said_at: datetime | None = None  # when its sender says that it was so, if news may overtake
    id: str = ""  # the same news of the same source by the same name is taken once; empty: unnamed
    words: str = ""  # an administrator's own, for the person
    # Those that it is about, all of the account; None for all of hers.
    sessions: tuple[tuple[SessionHandle, Session], ...] | None = None
    reference: str = ""

    def __post_init__(self) -> None:
        """A stranger may have chosen the words."""
        object.__setattr__(self, "by", storable(self.by, Departure.MAX_BY))
        withheld = looks_like_credential(self.cause)
        cause = WITHHELD if withheld else storable(self.cause, Departure.MAX_CAUSE)
        object.__setattr__(self, "cause", cause)

    @property
    def key(self) -> str:
        """What it is known by; of another account, source or sender it is other news."""
        if not self.id:
            return ""
        named = f"{self.source}\0{self.by}\0{self.account}\0{self.id}"
        return sha256(named.encode(errors="replace")).hexdigest()

    @property
    def tokens_too(self) -> bool:
        return self.act is Act.CLOSE or self.source in _IN_STRANGE_HANDS

    @property
    def order(self) -> Order:
        """For those who end sessions."""
        closes = self.act is Act.CLOSE
        return Order(
            by=self.by,
            reason=self.cause,
            at=self.at,
            why=Why.ACCOUNT_CLOSED if closes else _WHY.get(self.source, Why.PROVIDER),
            words=self.words,
            reference=self.reference,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    sessions: int = 0  # that ended
    closed: bool = False  # the account was open until now
    held: bool = False  # nobody else could administer: nothing was done
    repeated: bool = False  # the news was taken before, with this outcome
    departure: int | None = None  # its row; None if there was nothing to do
