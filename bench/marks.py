"""What was seen, beside its mark, as a table and as the last line in JSON."""

import json
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    key: str  # in the JSON
    words: str
    seen: float | None  # None: could not be measured here
    unit: str = ""
    mark: float | None = None
    within: Literal["at most", "at least", "less than"] = "at most"

    @property
    def kept(self) -> bool | None:
        """Whether the mark is kept; None where there is none, or nothing was seen."""
        if self.seen is None or self.mark is None:
            return None
        if self.within == "at least":
            return self.seen >= self.mark
        return self.seen < self.mark if self.within == "less than" else self.seen <= self.mark


def report(figures: list[Figure]) -> None:
    width = max(len(figure.words) for figure in figures)
    print(f"{'figure':{width}}{'seen':>12} {'':4}  mark")
    for figure in figures:
        seen = "not measured" if figure.seen is None else f"{figure.seen:,.2f}"
        mark = "" if figure.mark is None else f"{figure.within} {figure.mark:g}"
        word = {None: "", True: "", False: ": MISSED"}[figure.kept]
        print(f"{figure.words:{width}}{seen:>12} {figure.unit:4}  {mark}{word}".rstrip())
    print(json.dumps({f.key: None if f.seen is None else round(f.seen, 3) for f in figures}))
