"""What can go wrong between us and a directory.

DirectoryError
    DirectoryMisconfigured   the row cannot work as it stands; an admin must mend it
    DirectoryUnreachable     it did not answer in time, or not as a directory does
    DirectoryRefused         it does not know our credentials, or does not let them read
    DirectoryBusy            it asks us to come back later
    DirectoryAnswerInvalid   it answered, and the answer cannot be read
    DirectoryUnknown         there is no such directory
    RunUnderWay              it is being read already
    RunOver                  what was to be decided is decided, or newer news took its place
"""

from typing import ClassVar


class DirectoryError(Exception):
    code: ClassVar[str] = "directory.error"


class DirectoryMisconfigured(DirectoryError):
    code = "directory.misconfigured"

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


class DirectoryUnreachable(DirectoryError):
    code = "directory.unreachable"


class DirectoryRefused(DirectoryError):
    code = "directory.refused"


class DirectoryBusy(DirectoryError):
    """`seconds` is how long it wants to be left alone."""

    code = "directory.busy"

    def __init__(self, seconds: float) -> None:
        super().__init__(f"asks us to come back in {seconds:.0f} s")
        self.seconds = seconds


class DirectoryAnswerInvalid(DirectoryError):
    code = "directory.answer-invalid"


class DirectoryUnknown(DirectoryError):
    code = "directory.unknown"


class RunOver(DirectoryError):
    code = "directory.run-over"


class RunUnderWay(DirectoryError):
    code = "directory.run-under-way"
