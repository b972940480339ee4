"""Lies that a browser brings: answers of others, of no sign-in, or of one that is over."""

from dataclasses import replace

from providers.attacks.oidc.forgery import LEFT_OUT
from providers.attacks.oidc.provider import PlayedProvider
from providers.attacks.oidc.target import Fire, OidcAttack, OidcTarget, walk
from providers.connector import AuthenticationResponse

_UNKNOWN = "provider.request-unknown"  # no sign-in of this browser that waits for it


def _brought(**fields: object) -> Fire:
    """The browser comes back with these fields instead."""

    def fire(target: OidcTarget, provider: PlayedProvider) -> object:
        return target.complete(provider.authorize(target.begin(), **fields))

    return fire


def _reused(target: OidcTarget, provider: PlayedProvider) -> object:
    response = provider.authorize(target.begin())
    target.complete(response)
    # A provider that is hostile redeems a code as often as it likes, so that alone is no guard.
    return target.complete(response)


def _of_another_browser(target: OidcTarget, provider: PlayedProvider) -> object:
    response = provider.authorize(target.begin())
    other = target.another()
    other.begin()
    return other.complete(response)


def _twice(target: OidcTarget, provider: PlayedProvider) -> object:
    response = provider.authorize(target.begin())
    return target.complete(replace(response, repeated=frozenset({"code"})))


def _by_the_other_method(target: OidcTarget, provider: PlayedProvider) -> object:
    response = provider.authorize(target.begin())
    other = "POST" if response.method == "GET" else "GET"
    return target.complete(replace(response, method=other))  # type: ignore[arg-type]


def _stolen_code(target: OidcTarget, provider: PlayedProvider) -> object:
    """A code of somebody else's sign-in is brought to one's own; the provider even copies the nonce
    over, as one does that takes it from the request. PKCE alone is left to stop it.
    """
    stolen = provider.authorize(target.begin()).fields["code"]
    own = target.begin()
    provider.lie.claims = {"nonce": provider.asked(own).get("nonce", "")}
    return target.complete(provider.authorize(own, code=stolen))


def _without_state(target: OidcTarget, provider: PlayedProvider) -> object:
    """An error that nobody asked for: whoever obeys it lets strangers sign people out."""
    walk(target, provider)
    fields = {"error": "access_denied"}
    return target.complete(AuthenticationResponse(method="GET", fields=fields))


_BROUGHT: tuple[tuple[str, str, str, tuple[str, ...], Fire, bool], ...] = (
    (
        "state-missing",
        "brings no state",
        "RFC 6749, 10.12",
        (_UNKNOWN,),
        _brought(state=LEFT_OUT),
        True,
    ),
    (
        "state-made-up",
        "brings a state of its own",
        "RFC 6749, 10.12",
        (_UNKNOWN,),
        _brought(state="s" * 43),
        True,
    ),
    (
        "state-of-another-browser",
        "brings the answer to somebody else’s sign-in",
        "CVE-2022-39222",
        (_UNKNOWN,),
        _of_another_browser,
        True,
    ),
    ("state-reused", "brings one answer twice", "RFC 6749, 10.12", (_UNKNOWN,), _reused, False),
    (
        "error-without-state",
        "brings an error that nobody asked for",
        "RFC 6749, 4.1.2.1",
        (_UNKNOWN,),
        _without_state,
        False,
    ),
    (
        "code-missing",
        "brings no code",
        "RFC 6749, 4.1.2",
        ("response.code",),
        _brought(code=LEFT_OUT),
        True,
    ),
    (
        "code-too-long",
        "brings a code of 5,000 letters",
        "RFC 8725, 3.6",
        ("response.code",),
        _brought(code="c" * 5000),
        True,
    ),
    ("field-twice", "brings two codes", "RFC 6749, 3.1", ("response.repeated",), _twice, True),
    (
        "method",
        "comes by the method that was not asked for",
        "Form Post Response Mode 1.0",
        ("response.method",),
        _by_the_other_method,
        True,
    ),
    (
        "mix-up",
        "answers as another provider (iss)",
        "RFC 9207, 2.4",
        ("response.iss",),
        _brought(iss="https://attack-kit.invalid"),
        False,
    ),
    (
        "mix-up-iss-missing",
        "does not say which provider answers, though it always does",
        "RFC 9207, 2.4",
        ("response.iss",),
        _brought(iss=LEFT_OUT),
        False,
    ),
    (
        "stolen-code",
        "brings a code that was stolen from somebody else",
        "RFC 7636, RFC 9700, 4.5",
        ("provider.refused",),
        _stolen_code,
        False,
    ),
)
ATTACKS = tuple(
    OidcAttack(
        name=f"oidc.{name}",
        words=words,
        source=source,
        checks=checks,
        fire=fire,
        keyless=keyless,
    )
    for name, words, source, checks, fire, keyless in _BROUGHT
)
