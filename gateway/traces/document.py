"""`docs/causes.md`, made of the table that the pages are made of."""

from gateway.traces.causes.cause import Kind, Place
from gateway.traces.causes.oidc import OIDC
from gateway.traces.causes.person import PERSON
from gateway.traces.causes.places import PATHS, VENDORS
from gateway.traces.causes.saml import SAML
from gateway.traces.causes.words import WORDS

_HEAD = """\
# Why a sign-in failed

<!-- Made by `make docs` from gateway/traces/causes. Do not edit. -->

Whoever could not sign in has a code of eight letters on her page. Type it into the console's
search, or under **Traces**: the trace of that sign-in shows every check with its verdict and
moment, the one that failed with what was expected and what was received, and the remedy below.
Traces are kept for seven days.
"""
_PARTS = (
    ("The person, the provider's answer, the network", PERSON),
    ("Checks of an OIDC sign-in", OIDC),
    ("Checks of a SAML sign-in", SAML),
)
_TITLES = {
    Place.CLIENT: "Client id, secret, redirect URIs",
    Place.SERVICE: "Our entity id and ACS address",
    Place.KEYS: "Signing keys and certificates",
    Place.CIPHERS: "Algorithms and encryption",
    Place.CLAIMS: "Claims, groups, NameID",
    Place.PEOPLE: "Who may sign in",
    Place.LOGS: "The provider's own log",
}


def document() -> str:
    return "\n".join([_HEAD, *_classes(), *_checks(), *_places()])


def _classes() -> list[str]:
    lines = [
        "## What the person is told\n",
        "| class | she reads | and is told to |",
        "| --- | --- | --- |",
    ]
    for kind in Kind:
        words = WORDS[kind]
        read = f"**{words.title}.** {words.happened}"
        lines.append(_row(str(kind.label), read, f"{words.to_do} {words.to_ask}"))
    return [*lines, ""]


def _checks() -> list[str]:
    lines = []
    for title, table in _PARTS:
        lines += [f"## {title}\n", "| check | class | what it found | remedy |"]
        lines.append("| --- | --- | --- | --- |")
        for name, cause in table.items():
            there = f" *There: {_TITLES[cause.place]}.*" if cause.place else ""
            label, remedy = str(cause.kind.label), f"{cause.remedy}{there}"
            lines.append(_row(f"`{name}`", label, str(cause.what), remedy))
        lines.append("")
    return lines


def _places() -> list[str]:
    lines = ["## Where that is, by vendor\n"]
    for protocol, title in (("oidc", "OIDC"), ("saml", "SAML")):
        lines += [f"### {title}\n", "| vendor | for | menu |", "| --- | --- | --- |"]
        for vendor, name in VENDORS.items():
            for place, paths in PATHS[protocol].items():
                lines.append(_row(name, _TITLES[place], paths[vendor]))
        lines.append("")
    return lines


def _row(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"
