"""A connection to an LDAP server: encrypted, to an address that was looked at, and read-only.

LDAPS, or StartTLS before anything is said (RFC 4511, 4.14); the certificate is the name's, always.
The name is resolved once, and the connection goes to one of the addresses that were looked at.
Referrals are not followed.
"""

import socket
import ssl
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

import ldap3
from ldap3.core.exceptions import (
    LDAPBusyResult,
    LDAPException,
    LDAPInvalidCredentialsResult,
    LDAPOperationResult,
    LDAPTimeLimitExceededResult,
    LDAPUnavailableResult,
)

from providers.errors import ProviderUnreachable
from providers.network import addresses_of
from providers.tls import trusting
from provisioning.directories.errors import (
    DirectoryMisconfigured,
    DirectoryRefused,
    DirectoryUnreachable,
)
from provisioning.directories.settings import Settings

CONNECT_SECONDS, ANSWER_SECONDS = 5, 15
# Answers that say: not now. Any other that is no success is a no, never half a list.
LATER = (LDAPBusyResult, LDAPUnavailableResult, LDAPTimeLimitExceededResult)
_PORTS = {"ldaps": 636, "ldap": 389}
_MAX_ERROR = 300


def connected(settings: Settings, password: str) -> ldap3.Connection:
    """Raises DirectoryRefused, DirectoryUnreachable."""
    if not password:
        raise DirectoryMisconfigured("secret", "is empty: that would bind as nobody")
    parts = urlsplit(settings["url"])
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    ldaps = parts.scheme == "ldaps"
    try:
        addresses = addresses_of(
            host, port, allowed=settings.reach.allowed, seconds=CONNECT_SECONDS
        )
        server = _LookedAt(host, port, addresses, settings.reach.authorities, ldaps=ldaps)
        return _opened(server, settings["bind_dn"], password)
    except LDAPInvalidCredentialsResult as error:
        raise DirectoryRefused(f"{host}: does not know {settings['bind_dn']}") from error
    except LATER as error:
        raise DirectoryUnreachable(f"{host}: {short(error)}") from error
    except LDAPOperationResult as error:
        raise DirectoryRefused(f"{host}: {short(error)}") from error
    except (LDAPException, ProviderUnreachable, OSError) as error:
        raise DirectoryUnreachable(f"{host}: {short(error)}") from error


def _opened(server: ldap3.Server, user: str, password: str) -> ldap3.Connection:
    connection = ldap3.Connection(
        server,
        user=user,
        password=password,
        read_only=True,
        auto_referrals=False,
        check_names=False,
        raise_exceptions=True,
        receive_timeout=ANSWER_SECONDS,
    )
    try:
        connection.open()
        if not server.ssl:
            connection.start_tls()
        connection.bind()
    except (LDAPException, OSError):
        if connection.socket is not None:
            connection.socket.close()
        raise
    return connection


class _LookedAt(ldap3.Server):
    """A server that is connected to at these very addresses; its name is for its certificate."""

    def __init__(
        self,
        host: str,
        port: int,
        addresses: Iterable[object],
        authorities: tuple[str, ...],
        *,
        ldaps: bool,
    ) -> None:
        super().__init__(
            host,
            port=port,
            use_ssl=ldaps,
            get_info=ldap3.NONE,
            connect_timeout=CONNECT_SECONDS,
            tls=_Verified(host, authorities),
        )
        self._looked_at = [str(address) for address in addresses]

    def candidate_addresses(self) -> list[list[object]]:
        found: list[list[object]] = []
        for address in self._looked_at:
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            found.append(
                [
                    family,
                    socket.SOCK_STREAM,
                    socket.IPPROTO_TCP,
                    "",
                    (address, self.port),
                    None,
                    None,
                ]
            )
        return found


class _Verified(ldap3.Tls):
    """The library would check the certificate's name by an own reading of it; Python's is used."""

    def __init__(self, host: str, authorities: tuple[str, ...]) -> None:
        super().__init__(validate=ssl.CERT_REQUIRED)
        self._host, self._trust = host, trusting(authorities)

    def wrap_socket(self, connection: Any, do_handshake: bool = False) -> None:  # noqa: ANN401, ARG002, FBT001, FBT002
        connection.socket = self._trust.wrap_socket(connection.socket, server_hostname=self._host)


def short(error: Exception) -> str:
    """For a record: the library's text may be long, and names no password."""
    return f"{type(error).__name__} {error}"[:_MAX_ERROR]
