"""What somebody sends who has no key of the provider, and gets nowhere with.

Each takes a `Client` of `bench.login` and a number; whatever the gateway answers must be a no.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from joserfc.jwk import ECKey
from lxml import etree

from bench.login import Client
from tests.fakes.oidc_forgery import part, sign
from tests.fakes.saml_forgeries import FORGERIES

Hostile = Callable[[Client, int], int]  # the status that it was answered with

CALLBACK, BACK = "/oidc/corp-oidc/callback", "/oidc/corp-oidc/backchannel-logout"
ACS, SLO = "/saml/corp-saml/acs", "/saml/corp-saml/slo"
AT_THE_LIMIT = 190_000  # bytes of XML or of a token: just under what is read at all
SAMLP = "urn:oasis:names:tc:SAML:2.0:protocol"
_KEY = ECKey.generate_key("P-256", {"kid": "ec-1"})
_HEADER = {"alg": "ES256", "kid": "ec-1", "typ": "logout+jwt"}


def made_up_state(client: Client, _number: int) -> int:
    query = urlencode({"code": "c" * 40, "state": "s" * 43})
    return client.ask("GET", f"{CALLBACK}?{query}")


def repeated_fields(client: Client, _number: int) -> int:
    query = "&".join(f"state={number}" for number in range(90))
    return client.ask("GET", f"{CALLBACK}?{query}")


def made_up_code(client: Client, number: int) -> int:
    """In a sign-in that she began herself: the provider is asked, and says no."""
    pending, state = client.begun("corp-oidc", f"person-{number:04}")
    query = urlencode({"code": f"made-up-{number}", "state": state})
    return client.ask("GET", f"{CALLBACK}?{query}", cookie=pending)


def another_state(client: Client, number: int) -> int:
    pending, _ = client.begun("corp-oidc", f"person-{number:04}")
    query = urlencode({"code": "c", "state": "s" * 43})
    return client.ask("GET", f"{CALLBACK}?{query}", cookie=pending)


def forged_logout_token(client: Client, number: int) -> int:
    claims = {"iss": "http://127.0.0.1", "aud": "gatehouse", "sid": "s", "jti": str(number)}
    return client.ask(
        "POST", BACK, urlencode({"logout_token": sign(_HEADER, claims, _KEY, "ES256")})
    )


def long_logout_token(client: Client, _number: int) -> int:
    token = f"{part(_HEADER)}.{part(b'x' * AT_THE_LIMIT)}.{part(b's' * 64)}"
    return client.ask("POST", BACK, urlencode({"logout_token": token}))


def framed(client: Client, number: int) -> int:
    query = urlencode({"iss": "https://evil.example", "sid": f"session-{number}"})
    return client.ask("GET", f"/oidc/corp-oidc/frontchannel-logout?{query}")


def _posted(client: Client, document: bytes, cookie: str = "", relay_state: str = "r") -> int:
    form = {"SAMLResponse": b64encode(document).decode(), "RelayState": relay_state}
    return client.ask("POST", ACS, urlencode(form), cookie)


def _forged(name: str) -> Hostile:
    def post(client: Client, number: int) -> int:
        """By somebody who has signed in there as herself, and altered the answer."""
        pending, page = client.answered("corp-saml", f"p{number + 1:04}")
        form = dict(re.findall(r'name=(\w+) value="([^"]*)"', page))
        root = etree.fromstring(b64decode(form["SAMLResponse"]))
        return _posted(client, FORGERIES[name](root), pending, form["RelayState"])

    return post


def _begun(document: Callable[[], bytes]) -> Hostile:
    def post(client: Client, number: int) -> int:
        """In a sign-in that she began herself, so that the document is looked at."""
        pending, state = client.begun("corp-saml", f"p{number + 1:04}")
        return _posted(client, document(), pending, state)

    return post


def unsolicited(client: Client, _number: int) -> int:
    return _posted(client, b"<x/>" * 10_000)


def deflated(client: Client, _number: int) -> int:
    query = urlencode({"SAMLRequest": b64encode(b"\x00" * 4000).decode(), "RelayState": "r"})
    return client.ask("GET", f"{SLO}?{query}")


def _response(inside: str, attributes: str = "") -> bytes:
    """As long as may be, whatever is in it."""
    padded = "x" * max(0, AT_THE_LIMIT - len(inside) - len(attributes))
    return f'<p:Response xmlns:p="{SAMLP}" {attributes}>{inside}{padded}</p:Response>'.encode()


def _elements(count: int) -> Callable[[], bytes]:
    return lambda: _response("<p:x/>" * count)


def _deep() -> bytes:
    depth = AT_THE_LIMIT // 7
    return b"<x>" * depth + b"</x>" * depth


def _attributes(count: int, each: int) -> Callable[[], bytes]:
    own = " ".join(f'a{number}=""' for number in range(each))
    return lambda: _response(f"<p:x {own}/>" * (count // each))


def _namespaces(count: int) -> Callable[[], bytes]:
    return lambda: _response("", " ".join(f'xmlns:n{n}="u:{n}"' for n in range(count)))


def _references(count: int) -> Callable[[], bytes]:
    return lambda: _response("&lt;" * count)


def escaped(client: Client, number: int) -> int:
    """A form of which each letter is escaped."""
    pending, state = client.begun("corp-saml", f"p{number + 1:04}")
    body = f"RelayState={state}&SAMLResponse={'%41' * 130_000}"
    return client.ask("POST", ACS, body, pending)


def _entities() -> bytes:
    bomb = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(9))
    return f'<!DOCTYPE x [<!ENTITY e0 "{"x" * 1000}">{bomb}]><x>&e9;</x>'.encode()


OIDC: Mapping[str, Hostile] = {
    "a state that was made up": made_up_state,
    "ninety states at once": repeated_fields,
    "a code that was made up": made_up_code,
    "another one's state": another_state,
    "a logout token by another key": forged_logout_token,
    "a logout token of 190 KB": long_logout_token,
    "a frame of another issuer": framed,
}
SAML: Mapping[str, Hostile] = {
    "an answer to no question": unsolicited,
    "a logout that cannot be inflated": deflated,
    **{f"forged: {name}": _forged(name) for name in ("xsw1", "xsw4", "xsw8", "changed_name")},
    **{f"forged: {name}": _forged(name) for name in ("signatures_removed", "reference_twice")},
    "190 KB of nested elements": _begun(_deep),
    "too many elements": _begun(_elements(30_000)),
    "as many elements as may be": _begun(_elements(5_900)),
    "too many attributes": _begun(_attributes(14_000, 14_000)),
    "as many attributes as may be": _begun(_attributes(5_900, 60)),
    "all of them at one element": _begun(_attributes(5_900, 5_900)),
    "too many namespaces": _begun(_namespaces(7_000)),
    "as many namespaces as may be": _begun(_namespaces(30)),
    "too many references": _begun(_references(40_000)),
    "as many references as may be": _begun(_references(9_900)),
    "a form of escapes": escaped,
    "entities that grow": _begun(_entities),
}
