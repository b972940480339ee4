"""Every pair of colours that meets in a stylesheet can be read, by day and by night (WCAG 2.2)."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.config import palette as colours
from gateway.config.palette import contrast, palette

GATEWAY = Path(colours.__file__).parents[1]
SHEETS = {
    "pages": GATEWAY / "static" / "gatehouse.css",
    "edge": GATEWAY / "templates" / "edge" / "style.css",
}
GROUNDS = ("paper", "surface", "sunken")
TEXTS = ("ink", "soft", "accent", "good", "warn", "bad", "info")
_PAIR = re.compile(r"--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)")


def tokens(sheet: str) -> dict[str, tuple[str, str]]:
    text = SHEETS[sheet].read_text()
    for name, value in {
        "light": palette("").light,
        "dark": palette("").dark,
        "on_light": colours.LIGHT_INK,
        "on_dark": colours.DARK_INK,
    }.items():
        text = text.replace("{{ %s }}" % name, value)  # noqa: UP031 -- braces of a template
    return {name: (light, dark) for name, light, dark in _PAIR.findall(text)}


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("sheet", SHEETS)
def test_every_text_is_readable_on_every_ground(sheet: str, theme: int) -> None:
    known = tokens(sheet)
    weak = {
        (text, ground): ratio
        for text in TEXTS
        for ground in GROUNDS
        if text in known and (ratio := contrast(known[text][theme], known[ground][theme])) < 4.5
    }
    assert weak == {}
    assert contrast(known["on-accent"][theme], known["accent"][theme]) >= 4.5


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("sheet", SHEETS)
def test_every_border_of_a_control_is_seen(sheet: str, theme: int) -> None:
    known = tokens(sheet)
    for ground in GROUNDS:
        assert contrast(known["edge"][theme], known[ground][theme]) >= 3


def test_both_stylesheets_speak_of_the_same_colours() -> None:
    pages, edge = tokens("pages"), tokens("edge")
    assert {name: pages[name] for name in edge} == edge


def test_the_palette_knows_the_grounds_of_the_stylesheet() -> None:
    assert tokens("pages")["sunken"] == (colours.LIGHT_GROUND, colours.DARK_GROUND)
    assert tokens("pages")["on-accent"] == (colours.LIGHT_INK, colours.DARK_INK)


@settings(deadline=None)
@given(st.integers(0, 0xFFFFFF))
def test_whatever_accent_a_company_has_it_can_be_read(colour: int) -> None:
    made = palette(f"#{colour:06x}")
    for ground in GROUNDS:
        light, dark = tokens("pages")[ground]
        assert contrast(made.light, light) >= 4.5
        assert contrast(made.dark, dark) >= 4.5
    assert contrast(made.light, made.on_light) >= 4.5
    assert contrast(made.dark, made.on_dark) >= 4.5


def test_an_accent_that_reads_well_stays_as_it_is() -> None:
    assert palette("#14594f").light == "#14594f"


@pytest.mark.parametrize("text", ["red", "#fff", "#14594f;}", "url(x)", "#14594g"])
def test_what_is_no_colour_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="write a colour"):
        palette(text)


def test_black_on_white_is_21_to_1() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)
