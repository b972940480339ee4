"""What a browser wishes: whose name stands on the provider's page, in which language; and to stay.

Of the provider's page hints, no more (OpenID Connect Core 1.0, section 3.1.2.1): who comes back is
whoever signed in. What could not be one is left out, since a sign-in needs neither.
"""

import re

from django.http import HttpRequest, QueryDict
from django.utils.translation.trans_real import parse_accept_lang_header

from gateway.flows import step_up

MAX_HINT = 254  # an e-mail address, RFC 5321, 4.5.3.1
MAX_LOCALES = 5
_LOCALE = re.compile(r"[a-z]{2,8}(?:-[a-z0-9]{1,8}){0,4}")  # RFC 5646, 2.1, but for oddities


def fields(request: HttpRequest) -> QueryDict:
    """What a sign-in begins with: of a link its query, of a form of ours its fields."""
    return request.POST if request.method == "POST" else request.GET


def remember(request: HttpRequest) -> bool:
    """Whether she stays signed in: if she ticked the box in a form of ours, which its CSRF token
    shows to be ours; no link can tick it for her. Whoever an app has show more keeps what she has.
    """
    if request.method == "POST":
        return request.POST.get("remember") == "1"
    record = request.session.record  # type: ignore[attr-defined]
    return (
        record is not None
        and record.remembered
        and step_up.is_on_the_way(request.GET.get("return_to", ""))
    )


def login_hint(request: HttpRequest) -> str:
    """`login_hint` if it could be a name or an address; else empty."""
    hint = fields(request).get("login_hint", "").strip()
    return hint if len(hint) <= MAX_HINT and hint.isprintable() else ""


def ui_locales(request: HttpRequest) -> tuple[str, ...]:
    """The browser's languages, most wanted first."""
    wanted = parse_accept_lang_header(request.headers.get("Accept-Language", "")[:500])
    return tuple(tag for tag, _ in wanted if _LOCALE.fullmatch(tag))[:MAX_LOCALES]
