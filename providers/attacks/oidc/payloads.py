"""Rightly signed tokens that are none: by their header another kind, by their payload no JSON."""

from collections.abc import Callable

from providers.attacks.oidc.target import OidcAttack, lying

_SHAPES: tuple[tuple[str, str, Callable[[bytes], bytes]], ...] = (
    ("payload-list", "says a list and no object", lambda payload: b"[" + payload + b"]"),
    ("payload-not-json", "says something that is no JSON", lambda _payload: b"sub=ada"),
    (
        "payload-not-a-number",
        "says NaN",
        lambda payload: payload[:-1] + b', "a": NaN}',
    ),
    ("payload-nul", "says NUL", lambda payload: payload[:-1] + b', "a": "\\u0000"}'),
    (
        "payload-half-a-letter",
        "says half a surrogate pair",
        lambda payload: payload[:-1] + b', "a": "\\ud800"}',
    ),
)
_HEADERS: tuple[tuple[str, str, dict[str, object], str], ...] = (
    ("crit", "must be understood, and is not", {"crit": ["a"], "a": 1}, "id_token.crit"),
    ("typ-logout", "is a logout token", {"typ": "logout+jwt"}, "id_token.typ"),
    ("typ-access", "is an access token", {"typ": "at+jwt"}, "id_token.typ"),
)

ATTACKS = (
    *(
        OidcAttack(
            name=f"oidc.{name}",
            words=words,
            source="RFC 8259",
            checks=("id_token.shape",),
            fire=lying(payload=change),
        )
        for name, words, change in _SHAPES
    ),
    *(
        OidcAttack(
            name=f"oidc.{name}",
            words=words,
            source="RFC 8725, 3.11",
            checks=(check,),
            fire=lying(header=header),
        )
        for name, words, header, check in _HEADERS
    ),
)
