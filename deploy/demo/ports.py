"""Whether the ports are free, and if one is not, who has it and where else there is room."""

import errno
import socket
import time
from collections.abc import Iterable, Sequence

import psutil  # type: ignore[import-untyped]

from deploy.demo.addresses import HIGHEST_BASE, Addresses

_STEP = 1000
_POLL_SECONDS = 0.2


def busy(ports: Iterable[int]) -> tuple[int, ...]:
    return tuple(port for port in ports if _is_busy(port))


def wait_until_free(ports: Iterable[int], seconds: float) -> tuple[int, ...]:
    """Those that are still busy after that time; programs that are just ending need some."""
    deadline = time.monotonic() + seconds
    found = busy(ports)
    while found and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
        found = busy(found)
    return found


def complaint(found: Sequence[int], addresses: Addresses) -> str:
    """What is wrong, in a line each, and the command that goes round it."""
    lines = [
        f"Port {port}, wanted for {addresses.ports()[port]}, is in use{_owner(port)}."
        for port in found
    ]
    other = _room_for_another(addresses.base)
    return "\n".join([*lines, f"Stop that program, or choose other ports: make demo PORT={other}"])


def _is_busy(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            return True
    return False


def _owner(port: int) -> str:
    """` by nginx (process 4711)`; empty where the system does not tell, as of others' programs."""
    try:
        for connection in psutil.net_connections(kind="tcp"):
            listens = connection.status == psutil.CONN_LISTEN
            if listens and connection.laddr.port == port and connection.pid is not None:
                name = psutil.Process(connection.pid).name()
                return f" by {name} (process {connection.pid})"
    except psutil.Error:
        pass
    return ""


def _room_for_another(base: int) -> int:
    for other in range(base + _STEP, HIGHEST_BASE, _STEP):
        if not busy(Addresses(base=other).ports()):
            return other
    return base + _STEP
