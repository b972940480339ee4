"""The company's colour, made readable on our paper by day and by night (WCAG 2.2, 1.4.3).

An operator names one accent; whatever it is, text in it and text on it keep a contrast of 4.5:1.
"""

import re
from dataclasses import dataclass

DEFAULT_ACCENT = "#14594f"
READABLE = 4.5

# The backgrounds that accents meet, as the stylesheets have them: the darkest of the light theme,
# the lightest of the dark one, and the two inks that are written on an accent.
LIGHT_GROUND = "#efede8"
DARK_GROUND = "#262b30"
LIGHT_INK = "#ffffff"
DARK_INK = "#14171a"

_HEX = re.compile(r"#[0-9a-fA-F]{6}")
_STEPS = 50
_KNEE = 0.04045


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """What the stylesheets take: an accent and the ink on it, for each theme."""

    light: str
    dark: str
    on_light: str = LIGHT_INK
    on_dark: str = DARK_INK


def palette(accent: str) -> Palette:
    """The accent, darkened or lightened as far as reading needs it; empty means the default.

    Raises ValueError for anything but `#rrggbb`.
    """
    colour = checked_colour(accent) or DEFAULT_ACCENT
    return Palette(
        light=_readable(colour, "#000000", LIGHT_GROUND),
        dark=_readable(colour, "#ffffff", DARK_GROUND),
    )


def checked_colour(text: str) -> str:
    """The text, if it is empty or `#rrggbb`. Raises ValueError otherwise."""
    if text and not _HEX.fullmatch(text):
        raise ValueError(f"is {text!r}; write a colour as #14594f")
    return text


def contrast(one: str, other: str) -> float:
    """From 1 to 21 (WCAG 2.2, definition of contrast ratio)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _readable(colour: str, towards: str, ground: str) -> str:
    """The first step on the way to black or white that is readable; the last one always is."""
    steps = (mixed(colour, towards, step / _STEPS) for step in range(_STEPS))
    return next((step for step in steps if contrast(step, ground) >= READABLE), towards)


def mixed(colour: str, other: str, share: float) -> str:
    """The colour with this share of the other in it, from 0 to 1."""
    pairs = zip(_channels(colour), _channels(other), strict=True)
    return "#" + "".join(f"{round(one + (two - one) * share):02x}" for one, two in pairs)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(channel / 255) for channel in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    # sRGB's own curve; below its knee it is a straight line.
    return channel / 12.92 if channel <= _KNEE else ((channel + 0.055) / 1.055) ** 2.4


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
