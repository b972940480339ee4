"""`docs/vendors.md`, made of the guides that the forms are made of."""

from collections.abc import Iterator

from gateway.console.connecting.guides import GUIDES
from gateway.console.connecting.guides.guide import PATHS, Guide

_HEAD = """\
# Vendor by vendor

<!-- Made by `make docs` from gateway/console/connecting/guides. Do not edit. -->

The console asks and says the same: **Providers > Connect a provider**. SLUG is the short name that
you choose there, GATEWAY the gateway's own host. A file of `manage.py apply` takes the same
`issuer`, `dialect` and `settings`.
"""


def document() -> str:
    return "\n".join([_HEAD, *(line for guide in GUIDES.values() for line in _lines(guide))])


def _lines(guide: Guide) -> Iterator[str]:
    yield f"## {guide.title[:1].upper()}{guide.title[1:]}\n"
    yield f"Source: {guide.document}. `dialect: {guide.dialect}`\n"
    yield from (f"{number}. {step}" for number, step in enumerate(guide.steps, 1))
    yield "\n| its name there | value |\n| --- | --- |"
    for value, word in guide.copies:
        yield f"| {_cell(str(word))} | `https://GATEWAY{PATHS[value].format(slug='SLUG')}` |"
    yield ""
    if guide.issuer:
        yield f"Issuer: `{guide.issuer}`" + "".join(_answers(guide)) + "\n"
    if guide.settings:
        yield "Settings: " + ", ".join(f"`{n}: {_plain(v)}`" for n, v in guide.settings.items())
        yield ""
    if guide.afterwards:
        yield "Once it is saved:\n"
        yield from (f"- {step}" for step in guide.afterwards)
        yield ""
    yield f"{guide.groups} {guide.logout}\n"


def _answers(guide: Guide) -> Iterator[str]:
    for ask in guide.asks:
        written = f"{ask.before}{ask.example}"
        yield f"; {{{ask.name}}} is the {ask.label!s}, such as `{written}`"
        yield "" if ask.needed else ", or nothing"


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"[{', '.join(value)}]" if isinstance(value, list) else str(value)


def _cell(text: str) -> str:
    return text.replace("|", "&#124;")
