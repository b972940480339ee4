"""The records of programs in Redis. What is written and ended here goes the way of sessions' ends,
over the connection whose canary edges watch: they hear of it as soon, and as surely.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime

from gateway.config.keyring import KeyRing
from gateway.sessions import program
from gateway.sessions.ending import Endings
from gateway.sessions.keys import milliseconds, program_key, program_of, program_used_key
from gateway.sessions.program import Program, ProgramHandle, ProgramRecordInvalid
from gateway.sessions.replay import Rewrite
from gateway.sessions.servers import Servers
from gateway.sessions.views import Command


class ProgramRecords:
    """Every method may raise SessionStoreUnavailable."""

    def __init__(
        self,
        servers: Servers,
        ending: Endings,
        key_ring: Callable[[], KeyRing],
        clock: Callable[[], datetime],
    ) -> None:
        self._servers = servers
        self._ending = ending
        self._ring = key_ring
        self._clock = clock

    def put(self, records: Mapping[ProgramHandle, Program]) -> None:
        """Whatever stood there before; from the return on every edge reads this. What is over is
        not written.
        """
        now, ring = self._clock(), self._ring()
        commands: list[Command] = []
        rewrites: list[Rewrite] = []
        for handle, each in records.items():
            life = milliseconds(each.session.expires_at - now)
            if life > 0:
                key, written = program_key(handle), program.write(each, handle, ring)
                commands.append(("SET", key, written, "PX", life))
                rewrites.append(
                    Rewrite(key=key, written=written, generation=each.session.generation)
                )
        with self._servers.answering():
            self._ending.execute_all(commands)
            for rewrite in rewrites:
                self._ending.recent.rewrote(rewrite)

    def end(self, handles: Iterable[ProgramHandle]) -> int:
        """How many were there. From the return on no edge lets them in."""
        commands: list[Command] = [("DEL", program_key(handle)) for handle in handles]
        with self._servers.answering():
            answers = self._ending.execute_all(commands)
            for command in commands:
                self._ending.recent.ended(command)
        return sum(1 for answer in answers if answer == 1)

    def generations(self, handles: Iterable[ProgramHandle]) -> dict[ProgramHandle, int | None]:
        """Of those that Redis has something of; None where that is no record of ours."""
        asked = list(handles)
        keys = [program_key(handle) for handle in asked]
        with self._servers.answering():
            found = self._servers.ask([("GET", key) for key in keys])
        return {
            handle: self.generation(key, raw) if isinstance(raw, bytes) else None
            for handle, key, raw in zip(asked, keys, found, strict=True)
            if raw is not None
        }

    def used(self, handles: Iterable[ProgramHandle]) -> dict[ProgramHandle, datetime]:
        """When edges saw those last that they saw within a day, to some minutes."""
        asked = list(handles)
        with self._servers.answering():
            found = self._servers.ask([("GET", program_used_key(handle)) for handle in asked])
        return {
            handle: datetime.fromtimestamp(int(at), UTC)
            for handle, at in zip(asked, found, strict=True)
            if isinstance(at, bytes) and at.isdigit() and len(at) <= len("9999999999")
        }

    def generation(self, key: str, raw: bytes) -> int | None:
        """Of a record under this key; None for what is none of ours."""
        handle = program_of(key.encode())
        try:
            if handle is None:
                return None
            return program.read(raw, handle, self._ring()).session.generation
        except ProgramRecordInvalid:
            return None
