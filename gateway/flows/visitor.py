"""Who comes to sign in, before anybody knows who it is."""

from dataclasses import dataclass
from datetime import datetime

from gateway.config.addresses import counted_as
from gateway.sessions.session import SessionHandle
from provisioning.policy import Proof


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """A browser. `sessions` are what it is signed in as until now: they end."""

    address: str
    country: str = ""  # of the address (ISO 3166-1, two letters)
    client: str = ""  # "Firefox on Windows", as it says of itself
    sessions: frozenset[SessionHandle] = frozenset()

    @property
    def counted_as(self) -> str:
        """The name under which limits count the address."""
        return counted_as(self.address)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a sign-in was about, besides who came."""

    return_to: str
    begun_at: datetime  # UTC
    visitor: Visitor
    idp_initiated: bool = False
    remember: bool = False  # she wants to stay signed in on this device
    proof: Proof | None = None  # that an account is hers, which knows her not by this identity yet
    is_new: bool = False  # she says that no account here is hers
