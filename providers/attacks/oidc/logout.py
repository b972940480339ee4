"""Messages that would sign people out: logout tokens, and frames of the provider's page.

Sources: OpenID Connect Back-Channel Logout 1.0, section 2.6; Front-Channel Logout 1.0, section 3.
"""

import time
from collections.abc import Mapping

from providers.attacks.attack import Attack
from providers.attacks.oidc.forgery import LEFT_OUT
from providers.attacks.oidc.keyless import ALGORITHM, KEY, Make, shared, strange, unsigned
from providers.attacks.oidc.provider import EVENT, Lies, PlayedProvider
from providers.attacks.oidc.target import Fire, OidcAttack, OidcTarget
from providers.connector import AuthenticationResponse

_BACK, _FRONT = "Back-Channel Logout 1.0, 2.6", "Front-Channel Logout 1.0, 3"


def _told(
    lies: Mapping[str, object] | None = None, header: Mapping[str, object] | None = None
) -> Fire:
    def fire(target: OidcTarget, provider: PlayedProvider) -> object:
        now = int(time.time())
        said = {n: now + v if n in ("exp", "iat") and isinstance(v, int) and not isinstance(v, bool)
                else v for n, v in (lies or {}).items()}  # fmt: skip
        return target.logout_told(provider.logout_token(said, header or {}))

    return fire


def _made(make: Make) -> Fire:
    def fire(target: OidcTarget, provider: PlayedProvider) -> object:
        provider.lie = Lies(token=make)
        return target.logout_told(provider.logout_token({}, {}))

    return fire


def _replayed(target: OidcTarget, provider: PlayedProvider) -> object:
    token = provider.logout_token({}, {})
    target.logout_told(token)
    return target.logout_told(token)


def _id_token(target: OidcTarget, provider: PlayedProvider) -> object:
    """What the person's browser has: a signed token of hers, with a nonce."""
    said = {"nonce": "n" * 43, "events": LEFT_OUT, "jti": LEFT_OUT}
    return target.logout_told(provider.logout_token(said, {"typ": "JWT"}))


def _framed(repeated: frozenset[str] = frozenset(), **fields: str) -> Fire:
    def fire(target: OidcTarget, provider: PlayedProvider) -> object:
        said = {"iss": provider.issuer, "sid": "attack-kit-session", **fields}
        told = {name: value for name, value in said.items() if value}
        return target.logout_framed(
            AuthenticationResponse(method="GET", fields=told, repeated=repeated)
        )

    return fire


def _token_checks(*names: str) -> tuple[str, ...]:
    return tuple(name.replace("id_token", "logout_token") for name in names)


_LIES: tuple[tuple[str, str, dict[str, object], str], ...] = (
    ("iss-of-another", "as another issuer", {"iss": "https://attack-kit.invalid"}, "iss"),
    ("iss-missing", "as nobody", {"iss": LEFT_OUT}, "iss"),
    ("aud-of-another", "for another client", {"aud": "another-client"}, "aud"),
    ("aud-missing", "for no client", {"aud": LEFT_OUT}, "aud"),
    ("expired", "an hour after its end", {"exp": -3600}, "exp"),
    ("exp-missing", "without an end", {"exp": LEFT_OUT}, "exp"),
    ("exp-far", "for two days", {"exp": 172_800}, "exp"),
    ("iat-ahead", "an hour before its time", {"iat": 3600}, "iat"),
    ("iat-missing", "without its moment", {"iat": LEFT_OUT}, "iat"),
    ("events-missing", "without the event", {"events": LEFT_OUT}, "events"),
    ("events-other", "with another event", {"events": {"https://a.invalid": {}}}, "events"),
    ("events-a-list", "with a list of events", {"events": [EVENT]}, "events"),
    ("nonce", "with a nonce, as ID tokens have", {"nonce": "n" * 43}, "nonce"),
    ("jti-missing", "without a name, so that it counts for ever", {"jti": LEFT_OUT}, "jti"),
    ("jti-a-list", "with a list for a name", {"jti": ["a"]}, "jti"),
    ("nobody", "about nobody", {"sub": LEFT_OUT, "sid": LEFT_OUT}, "sub"),
    ("sid-a-number", "about session 7", {"sid": 7}, "sid"),
    ("sub-a-list", "about a list of people", {"sub": ["a"], "sid": LEFT_OUT}, "sub"),
)
_KEYLESS: tuple[tuple[str, str, tuple[str, ...], Make], ...] = (
    ("alg-none", "signs nothing, and says so", ALGORITHM, unsigned("none")),
    (
        "hs256-client-id",
        "takes the client id for a shared secret",
        ALGORITHM,
        shared(lambda provider: provider.settings.client_id.encode()),
    ),
    ("stranger-key", "signs with a key of its own", KEY, strange(lambda _key: {})),
    (
        "embedded-jwk",
        "brings its own key along (jwk)",
        KEY,
        strange(lambda key: {"jwk": key, "kid": key["kid"]}),
    ),
)
_FRAMES: tuple[tuple[str, str, Fire, str], ...] = (
    (
        "iss-of-another",
        "frames the page as another issuer",
        _framed(iss="https://attack-kit.invalid"),
        "frontchannel.iss",
    ),
    ("iss-missing", "frames the page as nobody", _framed(iss=""), "frontchannel.iss"),
    ("sid-missing", "frames the page and names no session", _framed(sid=""), "frontchannel.sid"),
    (
        "sid-twice",
        "frames the page and names two sessions",
        _framed(frozenset({"sid"})),
        "frontchannel.repeated",
    ),
)

CONTROL = OidcAttack(
    name="oidc-logout.control",
    words="says nothing but the truth",
    source=_BACK,
    checks=(),
    fire=_told(),
)
ATTACKS = (
    *(
        Attack(
            name=f"oidc-logout.{name}",
            words=f"signs somebody out {words}",
            source=_BACK,
            checks=(f"logout_token.{check}",),
            fire=_told(said),
        )
        for name, words, said, check in _LIES
    ),
    *(
        Attack(
            name=f"oidc-logout.{name}",
            words=f"{words}, to sign somebody out",
            source=_BACK,
            checks=_token_checks(*checks),
            fire=_made(make),
            keyless=True,
        )
        for name, words, checks, make in _KEYLESS
    ),
    *(
        Attack(
            name=f"oidc-front-channel.{name}",
            words=words,
            source=_FRONT,
            checks=(check,),
            fire=fire,
            keyless=True,
        )
        for name, words, fire, check in _FRAMES
    ),
    Attack(
        name="oidc-logout.replayed",
        words="says the same twice",
        source=_BACK,
        checks=("logout.replay",),
        fire=_replayed,
    ),
    Attack(
        name="oidc-logout.id-token",
        words="sends an ID token for a logout token",
        source=_BACK,
        checks=("logout_token.events",),
        fire=_id_token,
    ),
    Attack(
        name="oidc-logout.typ",
        words="sends another kind of token for a logout token",
        source=_BACK,
        checks=("logout_token.typ",),
        fire=_told({}, {"typ": "at+jwt"}),
    ),
)
