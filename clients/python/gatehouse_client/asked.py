"""One request and one answer, free of any server."""

import html
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

PATHS = "/.gatehouse/"
RETRY_AFTER_SECONDS = "5"
Header = tuple[str, str]
_AS_IT_IS = "/?:@!$&'()*+,;=~%"
_SPELLINGS = re.compile(r"[^a-z0-9]")
_PLAIN_PATH = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9_.~-]*)*/?", re.ASCII)
_ALWAYS: tuple[Header, ...] = (
    ("cache-control", "no-store"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
)


def is_identity(name: str) -> bool:
    """Whether a header is named as those are by which the edge says who it is, in any spelling:
    servers that make variables of headers take `_` and `-` for the same.
    """
    return _SPELLINGS.sub("-", name.lower()).startswith("x-gatehouse-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a browser asked of the app."""

    method: str
    path: str  # decoded, without the query
    raw_path: bytes  # as it came
    query: bytes
    headers: Sequence[Header] = field(repr=False)  # names in lower case
    address: str  # the browser's, as the server knows it

    def header(self, name: str) -> str:
        """Empty if it did not come. A `Cookie` header may come in parts (RFC 9113, 8.2.3); of any
        other one counts only if it came once.
        """
        found = [value for each, value in self.headers if each == name]
        if name == "cookie":
            return "; ".join(found)
        return found[0] if len(found) == 1 else ""

    @property
    def target(self) -> str:
        """Path and query, printable ASCII whatever came."""
        path = quote(self.raw_path, safe=_AS_IT_IS)
        return f"{path}?{quote(self.query, safe=_AS_IT_IS)}" if self.query else path

    @property
    def navigates(self) -> bool:
        """Whether a person goes to a page: only she can be sent elsewhere to sign in."""
        mode = self.header("sec-fetch-mode")
        if mode:
            return mode == "navigate"
        return self.method in {"GET", "HEAD"} and "text/html" in self.header("accept")

    def within(self, prefixes: Sequence[str]) -> bool:
        """Whether the path lies below one of these, for whoever reads it: a path that somebody
        else might read as another one does not.
        """
        return bool(_PLAIN_PATH.fullmatch(self.path)) and any(
            self.path == prefix.rstrip("/") or self.path.startswith(prefix.rstrip("/") + "/")
            for prefix in prefixes
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Instead of the app's."""

    status: int
    headers: Sequence[Header] = field(repr=False)
    body: bytes = field(default=b"", repr=False)


def redirect(location: str) -> Answer:
    return Answer(status=302, headers=(("location", location), *_ALWAYS))


def told(asked: Asked, status: int, code: str, sentence: str, *more: Header) -> Answer:
    """A plain page for people, problem details (RFC 9457) for programs."""
    if not asked.navigates:
        content = {"type": "about:blank", "status": status, "code": code, "title": sentence}
        kind = ("content-type", "application/problem+json")
        body = json.dumps(content).encode()
        return Answer(status=status, headers=(kind, *more, *_ALWAYS), body=body)
    page = (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>Gatehouse</title>'
        f"<main><h1>{html.escape(sentence)}</h1><p><small>{code}</small></p></main></html>"
    )
    headers = (
        ("content-type", "text/html; charset=utf-8"),
        ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
    )
    return Answer(status=status, headers=(*headers, *more, *_ALWAYS), body=page.encode())


def unavailable(asked: Asked) -> Answer:
    sentence = "Sign-in is away for a moment. You have not been signed out."
    retry = ("retry-after", RETRY_AFTER_SECONDS)
    return told(asked, 503, "session.store-unavailable", sentence, retry)
