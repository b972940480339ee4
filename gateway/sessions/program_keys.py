"""Programs as a sort of key that edges keep in memory (see `certain`)."""

import logging
from collections.abc import Callable
from datetime import datetime

from gateway.config.keyring import KeyRing
from gateway.sessions import program
from gateway.sessions.keys import program_key, program_of
from gateway.sessions.program import Program, ProgramHandle, ProgramRecordInvalid

USED_SECONDS = 86_400  # for which an edge's word of a use is kept

_log = logging.getLogger(__name__)


class Programs:
    """A record lives to its end, used or not: nothing is ever extended."""

    def __init__(self, key_ring: Callable[[], KeyRing], clock: Callable[[], datetime]) -> None:
        self._ring = key_ring
        self._clock = clock
        self.key = program_key
        self.name = program_of

    def tag(self, name: ProgramHandle) -> str:
        return name[:3]

    def read(self, name: ProgramHandle, raw: bytes | None) -> Program | None:
        if raw is None:
            return None
        try:
            found = program.read(raw, name, self._ring())
        except ProgramRecordInvalid as error:
            _log.warning("a program's record is not ours: %s", error)
            return None
        return found if self._clock() < found.session.expires_at else None

    def left(self, value: Program) -> float:
        return (value.session.expires_at - self._clock()).total_seconds()

    def half_life(self, _value: Program) -> float:
        return 0.0

    def extension(self, _value: Program, _left: int) -> int | None:
        return None

    def lives_as_long(self, _name: ProgramHandle) -> tuple[str, ...]:
        return ()
