"""The two verbs of an identity provider, and the values that they take and give."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, Protocol, TypeAlias, runtime_checkable

from providers.identity import ClaimSet, ExternalIdentity

# As long as a person may take at her provider: password, second factor, a call to the help desk.
REQUEST_LIFETIME = timedelta(minutes=10)
# What nobody asked for comes straight from the provider, or was kept by somebody for later.
MAX_UNSOLICITED_AGO = timedelta(minutes=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticationRequest:
    """What is remembered between the two legs of one login. Used once."""

    id: str  # 43 characters, 256 bits; OIDC state and SAML RelayState
    provider: str  # slug
    callback_url: str  # exactly the redirect URI or ACS that the provider is told
    return_to: str  # checked against known hosts before it is stored
    nonce: str = field(repr=False)
    code_verifier: str = field(repr=False)
    force_authentication: bool  # "use another account": prompt=login, ForceAuthn
    expires_at: datetime  # UTC
    max_age: timedelta | None = None  # since the provider saw her; checked on return
    # Wishes for the provider's page: nothing is checked of them on return, so they are forgotten.
    acr_values: tuple[str, ...] = ()
    login_hint: str = ""
    ui_locales: tuple[str, ...] = ()

    @property
    def begun_at(self) -> datetime:
        return self.expires_at - REQUEST_LIFETIME


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticationResponse:
    """What the browser brought back, free of any web framework.

    `fields` are the query (GET) or the form (POST); a name that came twice is in `repeated`, and
    every connector refuses a response in which a name of its protocol is repeated. `query` is the
    raw query string: SAML redirect signatures are made over its exact bytes.
    """

    method: Literal["GET", "POST"]
    fields: Mapping[str, str] = field(repr=False)
    repeated: frozenset[str] = frozenset()
    query: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RedirectBinding:
    url: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PostBinding:
    url: str
    fields: Mapping[str, str] = field(repr=False)


Binding: TypeAlias = RedirectBinding | PostBinding


class Connector(Protocol):
    """One configured identity provider. Two verbs; no state of its own."""

    def begin(self, request: AuthenticationRequest, now: datetime) -> Binding:
        """Where to send the browser. Raises ProviderUnreachable, ProviderMisconfigured."""

    def complete(
        self, request: AuthenticationRequest, response: AuthenticationResponse, now: datetime
    ) -> ExternalIdentity:
        """Whatever is returned was signed by the provider and meant for us. Raises ProviderRefused,
        ResponseInvalid, ProviderUnreachable, SharedCacheUnavailable.
        """


@runtime_checkable
class UnsolicitedConnector(Protocol):
    """A provider that may be allowed to begin a sign-in by itself (SAML, IdP-initiated)."""

    @property
    def takes_unsolicited(self) -> bool:
        """Whether its row allows it."""

    def unsolicited(
        self, callback_url: str, response: AuthenticationResponse, now: datetime
    ) -> ExternalIdentity:
        """As `complete`, for an answer to no question: whether the person at this browser wants to
        be signed in is not known. Raises RequestUnknown where the row does not allow it.
        """


@runtime_checkable
class Refreshes(Protocol):
    """A provider that can be asked about somebody again while she is away."""

    @property
    def recheck_every(self) -> timedelta | None:
        """How often its row wants that; None for never."""

    def refresh(self, renewal: str, keep: Callable[[str], None], now: datetime) -> ExternalIdentity:
        """The person of this `ExternalIdentity.renewal`, as the provider vouches for her now.

        `keep` is called with what takes the renewal's place as soon as that is known, before
        anything else is asked or checked: from then on the old one is worth nothing.

        Raises ProviderRefused, ResponseInvalid (also for another person), ProviderUnreachable,
        SharedCacheUnavailable; whatever `keep` raises comes through.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class LogoutRequest:
    """One person asks to be signed out at her provider too."""

    id: str  # 43 characters; OIDC state and SAML RelayState of the way back
    hint: str = field(repr=False)  # ExternalIdentity.logout_hint
    return_url: str  # exactly the address that the provider is told


@runtime_checkable
class LogoutConnector(Protocol):
    """A provider that can be asked to end its own session."""

    def end_session(self, request: LogoutRequest, now: datetime) -> Binding | None:
        """Where to send the browser; None when this provider's row names no such place.

        Raises ProviderUnreachable, SharedCacheUnavailable.
        """

    def logout_ended(self, request: LogoutRequest, response: AuthenticationResponse) -> None:
        """Checks the answer to `end_session`. Raises ProviderRefused, ResponseInvalid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OneUse:
    """The identifier of a message that counts once, and until when anybody would take it."""

    id: str = field(repr=False)
    until: datetime  # UTC


@dataclass(frozen=True, slots=True, kw_only=True)
class LogoutNotice:
    """A provider says that something of its own is over, and with it what came of it here."""

    # Of `ExternalIdentity.upstream_names`; every session of each is meant, and no other.
    names: tuple[str, ...] = field(repr=False)
    once: OneUse | None  # None for what may be said again


@runtime_checkable
class BackChannelLogout(Protocol):
    """A provider that tells us itself, by a token."""

    def logout_told(self, logout_token: str, now: datetime) -> LogoutNotice:
        """Whatever is returned was signed by the provider and meant for us.

        Raises ResponseInvalid, ProviderUnreachable, SharedCacheUnavailable.
        """


@runtime_checkable
class FrontChannelLogout(Protocol):
    """A provider that tells us through the browser, in a frame of its own page."""

    @property
    def origin(self) -> str:
        """Of the provider's pages, which alone may frame ours."""

    def logout_framed(self, response: AuthenticationResponse) -> LogoutNotice:
        """Nobody signed it: it counts because it names a session that only the provider and the
        browser know. Raises ResponseInvalid.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class LogoutAsked:
    """A provider asks through the browser, and waits for an answer."""

    notice: LogoutNotice
    message_id: str  # which the answer names
    relay_state: str | None = field(repr=False)  # which the answer brings back


@runtime_checkable
class SingleLogout(Protocol):
    """A provider whose question has to be answered."""

    def logout_asked(
        self, response: AuthenticationResponse, address: str, now: datetime
    ) -> LogoutAsked:
        """`address` is exactly the one at which the question came in.

        Whatever is returned was signed by the provider and meant for us. Raises ResponseInvalid.
        """

    def logout_answer(self, asked: LogoutAsked, now: datetime, *, ended: bool) -> Binding | None:
        """Where to send the browser; None when this provider's row names no such place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOut:
    """All that a vendor's spelling of "sign her out at the provider too" can be made of."""

    issuer: str
    client_id: str
    end_session_endpoint: str | None  # as discovery names it
    request: LogoutRequest


class GroupDirectory(Protocol):
    """A vendor's own interface that lists somebody's groups. Pure: it only reads and writes words.
    `base` is its address, `scope` what the login must ask for to be allowed in.
    """

    @property
    def base(self) -> str: ...

    @property
    def scope(self) -> str: ...

    def needed(self, claims: Mapping[str, object], *, withheld: bool) -> bool:
        """Whether the groups of this person are to be asked for; see `Dialect.groups_withheld`."""

    def first_page(self, claims: Mapping[str, object]) -> str:
        """The address of the first page."""

    def read(self, page: Mapping[str, object], url: str) -> tuple[list[str], str | None]:
        """The groups of one page that was at `url`, and the address of the next one."""


class Dialect(Protocol):
    """How one vendor spells things, over OIDC and SAML alike. Pure; never raises for strange data.

    `offline` is what an authorization request must say besides, so that a refresh token comes;
    `directory` lists the groups that this vendor's tokens may not hold. `claims` makes the normal
    form of what was sent; the other readers, but `tells_groups`, take that form.
    """

    @property
    def offline(self) -> Mapping[str, str]: ...

    @property
    def directory(self) -> GroupDirectory | None: ...

    def claims(self, raw: Mapping[str, object]) -> ClaimSet:
        """What the provider sent, and over it the same things under one spelling.

        `raw` is an object of OIDC claims, or SAML attributes as lists of text by attribute name.
        `groups` is always there as a list of text and `email_verified` as a boolean; `email`,
        `name`, `preferred_username` are texts, there if they were found, and `email` only if it is
        well formed; `roles` is a list of text where the vendor has roles besides groups.
        Everything else stays as it came. Raises ResponseInvalid for too many claims only.
        """

    def subject(self, claims: Mapping[str, object]) -> str:
        """The lasting identifier of the person: `sub`, but `tid` and `oid` at Entra.

        Empty when it was not sent.
        """

    def username(self, claims: Mapping[str, object]) -> str:
        """What she types to sign in there, else her address, else her subject. No key."""

    def name(self, claims: Mapping[str, object]) -> str:
        """What people call her, on one line; empty when it was not sent."""

    def email(self, claims: Mapping[str, object]) -> tuple[str | None, bool]:
        """Her address, and whether the provider vouches that it is hers."""

    def tells_groups(self, raw: Mapping[str, object]) -> bool:
        """Whether it names her groups, be it none at all; silence about them is no word."""

    def groups_withheld(self, claims: Mapping[str, object]) -> bool:
        """True if she has groups that were left out of the answer, so that it tells too few."""

    def lapsed(self, described: str) -> bool:
        """Whether a no, by its description, says only that the provider's own page was too old."""

    def sign_out_url(self, sign_out: SignOut) -> str | None:
        """Where to send the browser; None if there is no such place. `state` comes back."""


class SharedCache(Protocol):
    """Small shared memory for all gateway processes (Redis). Every method may raise
    SharedCacheUnavailable, which is never "not there". Keys are namespaced by the caller.
    """

    def get(self, key: str) -> bytes | None: ...
    def put(self, key: str, value: bytes, lives: timedelta) -> None: ...
    def add(self, key: str, value: bytes, lives: timedelta) -> bool:
        """True if the key was not there: atomic over all processes (replay marks, locks)."""

    def drop(self, key: str) -> None: ...
