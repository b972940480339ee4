"""What an app's answer to a lie says. Pure.

An app is not asked what it thinks; it is seen by what it does. Two questions come first: one as
nobody, one with something that is no token. An app that answers a lie as it answers those refused
it. One that shows the made-up name, or opens what was shut, believed it. If an honest assertion was
tried as well, whatever is answered like that one was believed, too.
"""

from dataclasses import dataclass

from gateway.flows.prove.report import Verdict

_OPEN, _FAULT = range(200, 300), range(500, 600)
_SHUT = frozenset({401, 403, *range(300, 400)})  # how nobody is kept out
_NO = frozenset({400, 401, 431})


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    status: int
    marked: bool  # whether the made-up name came back


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the app answers where there is nothing to believe, and to the honest one if tried."""

    nobody: Answer
    garbage: Answer
    honest: Answer | None = None

    @property
    def echoes(self) -> bool:
        """It shows whatever it is sent, so that a name which comes back says nothing."""
        return self.nobody.marked or self.garbage.marked

    @property
    def shut(self) -> bool:
        return self.nobody.status in _SHUT

    @property
    def greets(self) -> bool:
        """The honest one was taken, and by name."""
        return self.honest is not None and self.honest.marked and not self.echoes

    @property
    def honest_taken(self) -> bool:
        """403 says that it knows who asks, if it says something else to whom it does not know."""
        if self.honest is None:
            return False
        opened = self.shut and self.honest.status in {403, *_OPEN}
        return self.greets or (opened and self.honest.status not in self.to_nobody)

    @property
    def to_nobody(self) -> frozenset[int]:
        return frozenset({self.nobody.status, self.garbage.status})


def judged(answer: Answer, known: Known) -> tuple[Verdict, str]:
    """The verdict, and the evidence for it."""
    status, nobody = answer.status, known.nobody.status
    if answer.marked and not known.echoes:
        return "believed", f"the made-up name came back, with status {status}"
    if status in _FAULT and nobody not in _FAULT:
        return "fault", f"status {status}, where nobody gets {nobody}"
    if known.honest is not None and not known.honest_taken:
        return "cannot-tell", f"status {status}; an honest one was not taken either"
    return _of_shut(status, known) if known.shut else _of_open(status, known)


def _of_shut(status: int, known: Known) -> tuple[Verdict, str]:
    nobody = known.nobody.status
    if status in _OPEN:
        return "believed", f"status {status}, where nobody gets {nobody}"
    if known.honest_taken and known.honest is not None and status == known.honest.status:
        return "believed", f"status {status} as for the honest one, where nobody gets {nobody}"
    if status in known.to_nobody | _NO:
        return "refused", f"status {status}"
    return "cannot-tell", f"status {status}, where nobody gets {nobody}"


def _of_open(status: int, known: Known) -> tuple[Verdict, str]:
    nobody = known.nobody.status
    if status in _NO | {403}:
        return "refused", f"status {status}"
    if known.greets and status == nobody:
        return "refused", f"status {status} without the name, which an honest one gets"
    hint = "shows whatever it is sent" if known.echoes else f"nobody gets {nobody} as well"
    return "cannot-tell", f"status {status}; {hint}"
