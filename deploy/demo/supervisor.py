"""Starts all parts in order, watches them, and stops them together."""

import fcntl
import json
import os
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from deploy import programs
from deploy.demo import parts, ports, words
from deploy.demo.addresses import DEFAULT_BASE, Addresses
from deploy.demo.world import World, open_world
from deploy.keycloak.distribution import cache_folder, prepare
from deploy.keycloak.java import find_java
from deploy.programs import ProgramFailed, Running

WATCH_SECONDS = 0.5
LEAVING_SECONDS = programs.STOP_SECONDS + 5.0
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class PortsTaken(Exception):
    """The text names each, its owner where that can be seen, and the way to other ports."""


class DemoRunning(Exception):
    """Another supervisor holds this folder."""

    def __init__(self, record: str) -> None:
        known = json.loads(record or "{}")
        super().__init__(
            f"The demo is running already (process {known.get('process', 'unknown')})."
        )
        self.addresses = Addresses(base=known.get("base", DEFAULT_BASE))


@dataclass(slots=True, kw_only=True)
class Supervisor:
    """One demo in one folder."""

    folder: Path
    addresses: Addresses
    settings: Mapping[str, str]  # of the gateway, beside those that the demo needs
    _running: list[Running] = field(default_factory=list)

    def run(self) -> None:
        """Until somebody ends it (KeyboardInterrupt), or raises PortsTaken, ProgramFailed,
        DemoRunning or KeycloakUnavailable. Whichever it is, nothing is left running.
        """
        self.folder.mkdir(mode=0o700, exist_ok=True)
        with self._alone() as cut_off, self._everything_stopped():
            self._check_ports(LEAVING_SECONDS if cut_off else 0.0)
            world = open_world(self.folder, self.addresses, self.settings)
            self._up(world)
            world.mark_complete()
            words.say(words.ready(self.addresses, world.credentials.people_password))
            words.say("  Ctrl-C stops everything.")
            self._watch()

    @contextmanager
    def _alone(self) -> Iterator[bool]:
        """Holds the folder. Says whether its last demo was cut off."""
        with (self.folder / "running").open("a+") as file:
            file.seek(0)
            known = file.read()
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise DemoRunning(known) from None
            file.truncate(0)
            json.dump({"base": self.addresses.base, "process": os.getpid()}, file)
            file.flush()
            try:
                yield bool(known)
            finally:
                file.truncate(0)

    @contextmanager
    def _everything_stopped(self) -> Iterator[None]:
        for number in _ENDING:
            signal.signal(number, signal.default_int_handler)
        try:
            yield
        finally:
            for number in _ENDING:  # the rest takes seconds and must not be cut off
                signal.signal(number, signal.SIG_IGN)
            if self._running:
                with words.step("Stopping everything"):
                    programs.stop(list(reversed(self._running)))

    def _check_ports(self, patience: float) -> None:
        """Parts of a demo that was killed a moment ago may still be on their way out."""
        taken = ports.wait_until_free(self.addresses.ports(), patience)
        if taken:
            raise PortsTaken(ports.complaint(taken, self.addresses))

    def _up(self, world: World) -> None:
        java = find_java()
        home = prepare(cache_folder(), java, words.say)
        keycloak = self._start(parts.keycloak(world, home, java))
        valkey = self._start(parts.valkey(world))
        self._await([valkey])
        with words.step("The gateway's database is brought up to date"):
            programs.run(parts.migrations(world), parts.PART_SECONDS)
        self._await([keycloak])
        with words.step("Providers, rules and apps are applied from gatehouse.yaml"):
            programs.run(parts.configuration(world), parts.PART_SECONDS)
        makers = (parts.gateway, parts.edge, parts.worker, parts.wiki, parts.payroll, parts.caddy)
        self._await([self._start(make(world)) for make in makers])

    def _start(self, part: parts.Part) -> tuple[parts.Part, Running]:
        running = programs.start(part.program)
        self._running.append(running)
        return part, running

    def _await(self, started: list[tuple[parts.Part, Running]]) -> None:
        for part, running in started:
            with words.step(f"{part.program.name} starts"):
                programs.wait_until(part.ready, running, part.seconds)

    def _watch(self) -> None:
        while True:
            for running in self._running:
                if running.process.poll() is not None:
                    raise ProgramFailed(programs.ending(running))
            time.sleep(WATCH_SECONDS)
