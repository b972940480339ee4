"""Machines of a network that can be taken apart: namespaces around one bridge. Needs root."""

import ctypes
import itertools
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_NEW_NETWORK = 0x40000000  # CLONE_NEWNET

_numbers = itertools.count(1)


class Network:
    """Its machines are namespaces, each with one address; the bridge lies in one of its own, so
    that nothing of it shows on the machine that runs the tests.
    """

    def __init__(self, machines: int) -> None:
        self._name = f"gh{os.getpid()}-{next(_numbers)}"
        self.bridge = f"{self._name}-br"
        self.machines = [f"{self._name}-{number}" for number in range(machines)]
        self.hosts = [f"10.77.0.{number + 1}" for number in range(machines)]

    def build(self) -> None:
        self._ip("netns", "add", self.bridge)
        self._inside(self.bridge, "link", "add", "lan", "type", "bridge")
        self._inside(self.bridge, "link", "set", "lan", "up")
        for number, (machine, host) in enumerate(zip(self.machines, self.hosts, strict=True)):
            port = f"port{number}"
            self._ip("netns", "add", machine)
            self._inside(
                *(self.bridge, "link", "add", port, "type", "veth"),
                *("peer", "name", "eth0", "netns", machine),
            )
            self._inside(self.bridge, "link", "set", port, "master", "lan")
            self._inside(self.bridge, "link", "set", port, "up")
            self._inside(machine, "link", "set", "lo", "up")
            self._inside(machine, "address", "add", f"{host}/24", "dev", "eth0")
            self._inside(machine, "link", "set", "eth0", "up")

    def cut_off(self, machine: str) -> None:
        """Whoever is on it goes on, and hears of nobody else."""
        number = self.machines.index(machine)
        self._inside(self.bridge, "link", "set", f"port{number}", "down")

    def heal(self, machine: str) -> None:
        number = self.machines.index(machine)
        self._inside(self.bridge, "link", "set", f"port{number}", "up")

    def tear_down(self) -> None:
        for name in [*self.machines, self.bridge]:
            self._run("netns", "delete", name)

    def _inside(self, name: str, *command: str) -> None:
        self._ip("-n", name, *command)

    @staticmethod
    def _run(*command: str) -> "subprocess.CompletedProcess[str]":
        words = ["sh", "-c", 'ip "$@"', "sh", *command]  # a shell says it if there is no such thing
        return subprocess.run(words, check=False, capture_output=True, text=True)

    def _ip(self, *command: str) -> None:
        done = self._run(*command)
        if done.returncode:
            raise AssertionError(
                f"ip {' '.join(command)}: {done.stderr.strip()}. This test takes a network apart: "
                "run it as root, where network namespaces are allowed and iproute2 is installed."
            )


@contextmanager
def network(machines: int) -> Iterator[Network]:
    found = Network(machines)
    try:
        found.build()
        yield found
    finally:
        found.tear_down()


@contextmanager
def inside(machine: str | None) -> Iterator[None]:
    """Whatever this thread connects to meanwhile it reaches from there."""
    if machine is None:
        yield
        return
    with Path("/proc/thread-self/ns/net").open() as home:
        with Path(f"/run/netns/{machine}").open() as there:
            _enter(there.fileno())
        try:
            yield
        finally:
            _enter(home.fileno())


def _enter(namespace: int) -> None:
    if ctypes.CDLL(None, use_errno=True).setns(namespace, _NEW_NETWORK):
        raise OSError(ctypes.get_errno(), "setns")
