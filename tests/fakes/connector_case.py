"""What the behaviour suite of all connectors needs of one protocol."""

from datetime import datetime
from typing import Protocol

from providers.connector import (
    AuthenticationRequest,
    AuthenticationResponse,
    Connector,
    LogoutRequest,
)
from tests.fakes.cache import MemoryCache


class ConnectorCase(Protocol):
    """One connector, wired to a fake provider that knows ada, ben, cleo and dora.

    The provider's slug is `corp`; `now` is the moment of everything, `cache` the connector's.
    """

    connector: Connector
    cache: MemoryCache
    now: datetime

    def request(self, **changes: object) -> AuthenticationRequest:
        """A login begun now at `corp`; `changes` are fields of the request."""

    def sign_in(self, request: AuthenticationRequest, person: str) -> AuthenticationResponse:
        """Begins at the connector, lets the person sign in at the fake, and brings the answer."""

    def cancel(self, request: AuthenticationRequest) -> AuthenticationResponse:
        """The same, but the person does not want to."""

    def forge(self, response: AuthenticationResponse) -> AuthenticationResponse:
        """The same answer, signed by somebody else."""

    def sign_out(self, request: LogoutRequest) -> AuthenticationResponse:
        """Asks the connector where to go, goes there, and brings what came back."""
