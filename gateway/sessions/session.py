"""One person, signed in on one browser; and the store that keeps it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import ClassVar, NewType, Protocol

from gateway.sessions.why import End


class SessionStoreUnavailable(Exception):
    """Redis did not answer. This is never "no session": the caller says so and asks to retry."""

    code: ClassVar[str] = "session.store-unavailable"


SessionHandle = NewType("SessionHandle", str)
"""`shard tag.SHA-256 of the random part, in hex`: names a session and is no secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionToken:
    """What a browser's cookie carries besides its host's MAC. Secret; Redis never sees it."""

    tag: str  # 3 hex digits, 12 bits of a hash of the account: the shard of all its keys
    secret: str = field(repr=False)  # 256 random bits, base64url, 43 characters

    @property
    def handle(self) -> SessionHandle:
        return SessionHandle(f"{self.tag}.{sha256(self.secret.encode('ascii')).hexdigest()}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One person, signed in on one browser. All that the edge may know."""

    account: str
    username: str
    name: str
    email: str | None
    email_verified: bool
    roles: frozenset[str]
    provider: str  # slug; empty for a local sign-in
    upstream_session: str | None
    acr: str | None
    amr: tuple[str, ...]
    authenticated_at: datetime  # UTC; when the provider saw her
    started_at: datetime  # UTC; when this session began here
    expires_at: datetime  # UTC; never moved
    idle_for: timedelta  # ends earlier if unused this long
    ruleset: int  # version of the rules that gave the roles; 0 for none
    generation: int = 0  # grows with every rewrite; signed with the key
    remembered: bool = False  # its cookies outlive the browser's being closed
    client: str = ""  # the browser that it began in, "Firefox on Windows"; empty if unknown
    country: str = ""  # where it began (ISO 3166-1, two letters); empty if unknown
    # Whether `authenticated_at` is what her provider said; else it is when it told us of her, and
    # she may have been there for weeks.
    auth_time_told: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamLogin:
    """The sign-in at a provider from which a session comes, as far as that provider may end it."""

    names: tuple[str, ...]  # by each of which the provider may name it, or it and others, later
    begun_at: datetime  # UTC, by our own clock: when the browser left for the provider


def account_tag(account: str) -> str:
    """The shard tag of an account: 12 bits of SHA-256, three hex digits."""
    return sha256(account.encode()).hexdigest()[:3]


class SessionStore(Protocol):
    """Every method may raise SessionStoreUnavailable, which is not 'no session'."""

    def start(self, session: Session, upstream: UpstreamLogin | None = None) -> SessionToken:
        """Raises UpstreamSessionEnded if the provider said meanwhile that this sign-in is over."""

    def load(self, handle: SessionHandle) -> Session | None:
        """Live, or None if ended, expired, forged or never. One round trip. Extends idle life past
        its half.
        """

    def end(self, handle: SessionHandle, end: End | None = None) -> bool:
        """Whether it lived. From the return on, no load finds it. Why it ended is kept for a day,
        if that is told.
        """

    def end_all(
        self, handles: Iterable[SessionHandle], end: End | None = None
    ) -> frozenset[SessionHandle]:
        """Those that lived. What is of one account ends in one atomic step; if the call fails, some
        accounts' may have ended and others' not.
        """

    def end_account(
        self, account: str, end: End | None = None, *, keep: SessionHandle | None = None
    ) -> int:
        """How many ended, all but `keep`, in one atomic step. From the return on, no load finds
        them.
        """

    def why_ended(self, handle: SessionHandle) -> End | None:
        """Of a session that ended within a day, if anybody told."""

    def left(self, handles: Iterable[SessionHandle]) -> list[timedelta | None]:
        """How long each lives from now on if nobody uses it; None for what is over. Looking extends
        nothing.
        """

    def bar_upstream(self, provider: str, name: str) -> tuple[tuple[SessionHandle, Session], ...]:
        """The live sessions that the provider means by `name`; from the return on no sign-in of
        that name can start one that was begun before the call.
        """

    def set_roles(self, roles: Mapping[str, frozenset[str]], ruleset: int) -> int:
        """Rewrites every live session of these accounts in place; returns how many.

        `roles` by account. However many accounts there are, the round trips are the same few.
        """

    def cap(self, account: str, ends_at: datetime) -> int:
        """No live session of the account outlives this moment; how many were looked at."""

    def of_account(self, account: str) -> tuple[tuple[SessionHandle, Session], ...]:
        """The live ones, newest sign-in first."""

    def count_of_account(self, account: str) -> int:
        """No fewer than live: what is over may be counted until the next one starts. Reads none."""

    def read_private(self, handle: SessionHandle) -> bytes | None:
        """The gateway's own notes beside the session (messages, sealed logout hint)."""

    def write_private(self, handle: SessionHandle, value: bytes) -> bool:
        """False, and nothing written, unless the session lives."""


class UpstreamSessionEnded(Exception):
    """The provider ended this sign-in before we could start it."""

    code: ClassVar[str] = "session.upstream-ended"
    account = ""  # whose it would have been, for the record
