"""What the edge says by itself, where no page of the app has been published."""

import html
import json
from collections.abc import Mapping, Sequence

from gateway.edge.request import EdgeAnswer, EdgeRequest, Header

# What a policy inside a page cannot say (CSP Level 3, 3.3).
FRAMES = ("content-security-policy", "frame-ancestors 'none'")
_PLAIN_POLICY = ("content-security-policy", "default-src 'none'; frame-ancestors 'none'")
_ALWAYS: tuple[Header, ...] = (
    ("cache-control", "no-store"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
)
RETRY_AFTER_SECONDS = 5
_NONE: Mapping[str, str] = {}


def redirect(location: str, *more: Header, status: int = 302) -> EdgeAnswer:
    return EdgeAnswer(status=status, headers=(("location", location), *more, *_ALWAYS))


def page(status: int, body: str, *more: Header) -> EdgeAnswer:
    """A page with its own policy inside."""
    return _html(status, body, FRAMES, *more)


def told(
    request: EdgeRequest,
    status: int,
    code: str,
    sentence: str,
    *,
    link: tuple[str, str] | None = None,
    more: Sequence[Header] = (),
) -> EdgeAnswer:
    """A plain page for people, problem details (RFC 9457) for programs."""
    if not request.navigates:
        return problem(status, code, sentence, *more)
    way = f'<p><a href="{html.escape(link[0])}">{html.escape(link[1])}</a></p>' if link else ""
    body = (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>Gatehouse</title>'
        f"<main><h1>{html.escape(sentence)}</h1>{way}<p><small>{code}</small></p></main></html>"
    )
    return _html(status, body, _PLAIN_POLICY, *more)


def problem(
    status: int, code: str, sentence: str, *more: Header, members: Mapping[str, str] = _NONE
) -> EdgeAnswer:
    content = {"type": "about:blank", "status": status, "code": code, "title": sentence, **members}
    return EdgeAnswer(
        status=status,
        headers=(("content-type", "application/problem+json"), *more, *_ALWAYS),
        body=json.dumps(content).encode(),
    )


def not_signed_in() -> EdgeAnswer:
    challenge = ("www-authenticate", "Cookie")
    return problem(401, "session.none", "Nobody is signed in.", challenge)


def too_many(request: EdgeRequest) -> EdgeAnswer:
    sentence = "Too many tries. Wait a minute, then try again."
    return told(request, 429, "limit.too-many-tries", sentence, more=(("retry-after", "60"),))


def unavailable(request: EdgeRequest, app_page: str) -> EdgeAnswer:
    """Redis is away and this session is not provably alive. Nobody is said to be signed out."""
    retry = ("retry-after", str(RETRY_AFTER_SECONDS))
    if app_page and request.navigates:
        return page(503, app_page, retry)
    sentence = "Sign-in is away for a moment. You have not been signed out."
    return told(request, 503, "session.store-unavailable", sentence, more=(retry,))


def _html(status: int, body: str, policy: Header, *more: Header) -> EdgeAnswer:
    return EdgeAnswer(
        status=status,
        headers=(("content-type", "text/html; charset=utf-8"), policy, *more, *_ALWAYS),
        body=body.encode(),
    )
