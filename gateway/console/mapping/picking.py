"""One more value below those that a condition has, picked or typed into a field of its own.

It counts as soon as it stands there: whoever saves without pressing the button has not lost it.
"""

import json
from collections.abc import Mapping

FIELD = "pick"


def one_more(value: str, kind: str, picked: str) -> tuple[str, str]:
    """The lines with this one below them, unless they have it, and their type. Spaces at its ends,
    which a line would lose, put all of them in quotes.
    """
    if not picked.strip():
        return value, kind
    lines = [line.strip() for line in value.split("\n") if line.strip()]
    if kind == "text" and picked != picked.strip():
        lines, kind = [_quoted(line) for line in lines], "mixed"
    line = _mixed(picked) if kind == "mixed" else picked.strip()
    return "\n".join(lines if line in lines else [*lines, line]), kind


def where(fields: Mapping[str, str]) -> str:
    """The address of the field that had a value, for the eye and the keyboard; empty for none."""
    filled = (name for name, value in fields.items() if value.strip())
    return next((name for name in filled if name.endswith(f".{FIELD}")), "")


def _mixed(picked: str) -> str:
    """A number, a flag or a quoted text as it is; any other text in quotes."""
    try:
        value = json.loads(picked)
    except (ValueError, RecursionError):
        return _quoted(picked)
    return picked.strip() if isinstance(value, str | bool | int | float) else _quoted(picked)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
