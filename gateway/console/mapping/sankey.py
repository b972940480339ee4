"""A picture of three columns and the streams between them, laid out for SVG.

Each column is stacked from the top in the order that it has, and each stream is as wide as it has
people: of three columns nothing needs to be arranged by trial, as it would in a graph of any depth.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.flows.mapping.picture import Picture, Place, Stream

WIDTH: Final = 1_000
BAR: Final = 12
_X: Final = (250, 500, 760)
_GAP: Final = 14  # between two bars; a line of text must fit in a bar and a gap
_LINE: Final = 18
_TOP: Final = 30
_HEIGHT: Final = 420  # of the bars of the fullest column
_LETTERS: Final = 34


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    x: int
    y: float
    height: float
    label: str  # shortened; `whole` is not
    whole: str
    people: int
    text_x: int
    text_y: float
    before: bool  # the label stands before the bar


@dataclass(frozen=True, slots=True, kw_only=True)
class Ribbon:
    path: str
    whole: str
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    width: int
    height: int
    bars: tuple[Bar, ...]
    ribbons: tuple[Ribbon, ...]


Key = tuple[int, Place]  # column and place: each column has its own others


def drawn(picture: Picture, names: Mapping[Key, str]) -> Drawing:
    """`names`: what each place is called. An empty picture has no bars."""
    columns = (picture.said, picture.rules, picture.roles)
    streams = (picture.to_rules, picture.to_roles)
    widths = _widths(columns, streams)
    fullest = max(sum(widths[at, place] for place in column) for at, column in enumerate(columns))
    scale = _HEIGHT / (fullest or 1)
    bars: dict[Key, Bar] = {}
    bottom: float = _TOP
    for at, column in enumerate(columns):
        y: float = _TOP
        for place, people in column.items():
            key = (at, place)
            bars[key] = _bar(at, y, widths[key] * scale, names[key], people)
            y += max(bars[key].height + _GAP, _LINE)
        bottom = max(bottom, y)
    return Drawing(
        width=WIDTH,
        height=round(bottom),
        bars=tuple(bars.values()),
        ribbons=tuple(_ribbons(streams, bars, scale)),
    )


def _widths(
    columns: Sequence[Mapping[Place, int]], streams: Sequence[Sequence[Stream]]
) -> dict[Key, int]:
    """In people: what comes in or goes out, whichever is more; alone, who is there."""
    sums: dict[tuple[Key, bool], int] = {}
    for at, those in enumerate(streams):
        for one in those:
            for end in (((at, one.source), True), ((at + 1, one.target), False)):
                sums[end] = sums.get(end, 0) + one.people
    return {
        (at, place): max(sums.get(((at, place), out), 0) for out in (True, False)) or people
        for at, column in enumerate(columns)
        for place, people in column.items()
    }


def _bar(at: int, y: float, height: float, name: str, people: int) -> Bar:
    before = at == 0
    return Bar(
        x=_X[at],
        y=round(y, 1),
        height=round(max(height, 1.0), 1),
        label=name if len(name) <= _LETTERS else name[: _LETTERS - 1] + "…",
        whole=name,
        people=people,
        text_x=_X[at] - 6 if before else _X[at] + BAR + 6,
        text_y=round(y + min(max(height, 1.0), _LINE) / 2 + 4, 1),
        before=before,
    )


def _ribbons(
    streams: Sequence[Sequence[Stream]], bars: Mapping[Key, Bar], scale: float
) -> Iterator[Ribbon]:
    """Each leaves below the one before it, and arrives so."""
    for at, those in enumerate(streams):
        left: dict[Place, float] = {}
        come: dict[Place, float] = {}
        for one in those:
            source, target = bars[at, one.source], bars[at + 1, one.target]
            width = one.people * scale
            y0 = source.y + left.get(one.source, 0.0)
            y1 = target.y + come.get(one.target, 0.0)
            left[one.source] = left.get(one.source, 0.0) + width
            come[one.target] = come.get(one.target, 0.0) + width
            yield Ribbon(
                path=_path(source.x + BAR, y0, target.x, y1, max(width, 1.0)),
                whole=f"{source.whole} → {target.whole}",
                people=one.people,
            )


def _path(x0: float, y0: float, x1: float, y1: float, width: float) -> str:
    middle = (x0 + x1) / 2
    return (
        f"M{x0:.1f} {y0:.1f}C{middle:.1f} {y0:.1f} {middle:.1f} {y1:.1f} {x1:.1f} {y1:.1f}"
        f"V{y1 + width:.1f}"
        f"C{middle:.1f} {y1 + width:.1f} {middle:.1f} {y0 + width:.1f} {x0:.1f} {y0 + width:.1f}Z"
    )
