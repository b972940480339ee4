"""What browsers bring to the doors of sign-ins, through the whole of the HTTP side."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from hypothesis import strategies as st

from tests.fakes.oidc_provider import OidcProvider
from tests.fuzz.edits import AT, BYTES, PIECES, edited_bytes
from tests.fuzz.target import Message, Recipe, Target
from tests.journeys.browser import Browser, visit

FORM = "application/x-www-form-urlencoded"
NAMES = (
    *("code", "state", "iss", "error", "error_description", "error_uri", "SAMLResponse"),
    *(
        "SAMLRequest",
        "RelayState",
        "SigAlg",
        "Signature",
        "logout_token",
        "sid",
        "offer",
        "id_token",
    ),
)
SAID = st.one_of(st.sampled_from(PIECES), st.sampled_from(NAMES), st.text(max_size=20))
EDITS = st.one_of(
    st.tuples(st.just("add"), st.sampled_from(NAMES), SAID),
    st.tuples(st.just("set"), AT, SAID),
    st.tuples(st.sampled_from(["drop", "twice"]), AT),
    st.tuples(st.just("rename"), AT, st.sampled_from(NAMES)),
).map(list)
DOORS = {
    "oidc": ("GET", "/oidc/corp-oidc/callback"),
    "oidc-posted": ("POST", "/oidc/corp-oidc/callback"),
    "saml": ("POST", "/saml/corp-saml/acs"),
    "offer": ("POST", "/saml/corp-saml/continue"),
    "slo": ("POST", "/saml/corp-saml/slo"),
    "slo-redirected": ("GET", "/saml/corp-saml/slo"),
    "signed-out": ("GET", "/oidc/corp-oidc/signed-out"),
    "back-channel": ("POST", "/oidc/corp-oidc/backchannel-logout"),
    "front-channel": ("GET", "/oidc/corp-oidc/frontchannel-logout"),
}
RECIPES = st.fixed_dictionaries(
    {
        "door": st.sampled_from(sorted(DOORS)),
        "type": st.sampled_from(
            [FORM, FORM, FORM, "multipart/form-data; boundary=x", "text/plain", ""]
        ),
        "fields": st.lists(EDITS, max_size=4),
        "bytes": st.lists(BYTES, max_size=2),
    }
)
HUGE = 2_400_000  # bytes of a body, just under what is read at all


def callback(idp: OidcProvider) -> Target:  # noqa: C901, PLR0915 -- one table of doors
    at = iter(range(1, 1 << 24))

    def arrival(door: str) -> tuple[Browser, list[tuple[str, str]]]:
        """A browser that set out, and what it honestly brings."""
        browser = Browser()
        number = next(at)
        # One address each: what is counted by address is not what is asked here.
        browser.client.defaults["REMOTE_ADDR"] = (
            f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
        )
        if door.startswith("oidc"):
            location = visit(browser.leave("corp-oidc")).location
            return browser, parse_qsl(urlsplit(location).query)
        if door == "saml":
            page = visit(browser.leave("corp-saml")).body
            return browser, re.findall(r'name="?(\w+)"? value="([^"]*)"', page)
        return browser, [
            ("state", "s"),
            ("RelayState", "r"),
            ("offer", "o"),
            ("logout_token", "a.b.c"),
        ]

    def message(recipe: Recipe) -> Message:
        browser, fields = arrival(recipe["door"])
        honest = dict(fields)
        sent = edited_fields(fields, recipe["fields"])
        text = edited_bytes(urlencode(sent, errors="replace").encode(), recipe["bytes"])
        return Message(content=(browser, recipe["door"], recipe["type"], text, honest))

    def take(content: tuple[Browser, str, str, bytes, dict[str, str]]) -> None:
        browser, door, kind, text, honest = content
        method, path = DOORS[door]
        if method == "GET":
            query = text.decode("latin-1")
            answer = browser.client.generic("GET", path, QUERY_STRING=query)
        else:
            answer = browser.client.generic("POST", path, text, content_type=kind)
        assert answer.status_code < 500, answer.content.decode()
        session = browser.session
        if session is not None:
            brought = dict(parse_qsl(text.decode("latin-1"), keep_blank_values=True))
            asked = {name: honest[name] for name in honest if name != "iss"}
            assert asked.items() <= _without_white_space(brought).items(), (asked, brought)
            # Two providers know an ada: each has an account of its own.
            assert session.username.startswith("ada")
            assert session.email == "ada@corp.example"

    def costly(door: str, text: bytes) -> Any:
        return lambda: (arrival(door)[0], door, FORM, text, {})

    long = b"A" * HUGE
    return Target(
        recipes=RECIPES,
        message=message,
        take=take,
        costly={
            f"{name}-{door}": costly(door, text if DOORS[door][0] == "POST" else text[:60_000])
            for door in DOORS
            for name, text in {
                "nothing": b"",
                "many-fields": b"a=b&" * 200_000,
                "many-names": b"&".join(b"a%d=" % number for number in range(990)),
                "one-name-often": b"state=x&" * 999,
                "semicolons": b";" * HUGE,
                "ampersands": b"&" * HUGE,
                "percents": b"state=" + b"%" * HUGE,
                "encoded": b"state=" + b"%41" * (HUGE // 3),
                "long-state": b"state=" + long,
                "long-code": b"state=x&code=" + long,
                "long-answer": b"RelayState=x&SAMLResponse=" + long,
                "long-question": b"SAMLRequest=" + long,
                "long-name": long,
                "long-token": b"logout_token=" + long,
            }.items()
        },
    )


def _without_white_space(fields: Mapping[str, str]) -> dict[str, str]:
    """Base64 is one text however its lines are broken (saml-bindings 3.5.4); all else is not."""
    answer = "".join(fields.get("SAMLResponse", "").split())
    return {**fields, "SAMLResponse": answer}


def edited_fields(fields: list[tuple[str, str]], edits: list[Any]) -> list[tuple[str, str]]:
    fields = list(fields)
    for kind, *rest in edits:
        if kind == "add":
            fields.append((rest[0], rest[1]))
        elif fields:
            at = rest[0] % len(fields)
            name, value = fields[at]
            if kind == "set":
                fields[at] = (name, rest[1])
            elif kind == "drop":
                del fields[at]
            elif kind == "twice":
                fields.append((name, value))
            elif kind == "rename":
                fields[at] = (rest[1], value)
    return fields
