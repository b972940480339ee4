"""Rightly signed ID tokens that say the wrong thing: by a provider that is hostile, or was robbed.

Each claim that decides is left out, said to be nothing, and said as something of another type; then
come the values that are well formed and wrong.
"""

import json
import time
from collections.abc import Iterator, Mapping
from typing import Any

from providers.attacks.attack import CameToNothing
from providers.attacks.oidc.forgery import LEFT_OUT
from providers.attacks.oidc.provider import PERSON, PlayedProvider
from providers.attacks.oidc.target import Fire, OidcAttack, OidcTarget, lying, walk

_CORE = "OIDC Core 3.1.3.7"
_STRANGE: Mapping[str, object] = {
    "missing": LEFT_OUT,
    "nothing": None,
    "a number": 7,
    "true": True,
    "empty": "",
    "a list": [[]],
    "an object": {"a": "b"},
}
# Claims that must be there, and those of the strange values that are lawful for one.
_NEEDED: Mapping[str, frozenset[str]] = {
    "iss": frozenset(),
    "aud": frozenset(),
    "exp": frozenset(),
    "iat": frozenset({"a number"}),  # a token may be old; `exp` says for how long it counts
    "nonce": frozenset(),
    "sub": frozenset(),
}
# Claims that must be right if they are there.
_IF_THERE: Mapping[str, frozenset[str]] = {
    "azp": frozenset({"missing"}),
    "nbf": frozenset({"missing", "a number"}),
    "at_hash": frozenset({"missing"}),
    "auth_time": frozenset({"missing", "a number"}),
    "session_expiry": frozenset({"missing"}),
}
_AHEAD, _AGO = 3600, -3600
# By the words of the forger: claims with their moments, relative to now, and what guards them.
_WRONG: tuple[tuple[str, str, str, dict[str, object], tuple[str, ...]], ...] = (
    (
        "iss-of-another",
        "names another issuer",
        _CORE,
        {"iss": "https://attack-kit.invalid"},
        ("id_token.iss",),
    ),
    (
        "aud-of-another",
        "is for another client",
        _CORE,
        {"aud": "another-client"},
        ("id_token.aud",),
    ),
    (
        "aud-of-others",
        "is for other clients",
        _CORE,
        {"aud": ["another", "third"]},
        ("id_token.aud",),
    ),
    (
        "azp-of-another",
        "was issued to another client",
        _CORE,
        {"azp": "another-client"},
        ("id_token.azp",),
    ),
    (
        "nonce-of-another",
        "answers another sign-in",
        _CORE,
        {"nonce": "n" * 43},
        ("id_token.nonce",),
    ),
    ("expired", "is over for an hour", _CORE, {"exp": _AGO}, ("id_token.exp",)),
    ("expired-forever", "ends before all time", _CORE, {"exp": -1e20}, ("id_token.exp",)),
    ("iat-ahead", "is issued in an hour", _CORE, {"iat": _AHEAD}, ("id_token.iat",)),
    ("nbf-ahead", "is valid in an hour", "RFC 7519, 4.1.5", {"nbf": _AHEAD}, ("id_token.nbf",)),
    (
        "auth-time-ahead",
        "saw the person in an hour",
        _CORE,
        {"auth_time": _AHEAD},
        ("id_token.auth_time",),
    ),
    (
        "at-hash-of-another",
        "names another access token",
        "OIDC Core 3.1.3.8",
        {"at_hash": "ZmFsc2U"},
        ("id_token.at_hash",),
    ),
    (
        "sub-unseen-letters",
        "names somebody with letters that cannot be seen",
        "Unicode TR 36, 3",
        {"sub": f"{PERSON}\u200b"},
        ("id_token.sub",),
    ),
    (
        "sub-too-long",
        "names somebody with 256 letters",
        "OIDC Core, 2",
        {"sub": "a" * 256},
        ("id_token.sub",),
    ),
    (
        "session-over",
        "is of a session that is over",
        "Enterprise Extensions 1.0",
        {"session_expiry": _AGO},
        ("id_token.session_expiry",),
    ),
    (
        "groups-elsewhere",
        "keeps the groups where they cannot be asked for",
        "OIDC Core 5.6.2",
        {
            "_claim_names": {"groups": "a"},
            "_claim_sources": {"a": {"endpoint": "https://a.invalid"}},
        },
        ("claims.", "claims_source."),
    ),
    (
        "groups-bomb",
        "names 20,000 groups",
        "RFC 8725, 3.6",
        {"groups": ["g" * 12] * 20_000},
        ("claims.", "id_token.size"),
    ),
    (
        "nested-bomb",
        "nests a claim 500 deep",
        "RFC 8725, 3.6",
        {"bomb": "nested"},
        ("claims.", "id_token.shape"),
    ),
)
_MOMENTS = frozenset({"exp", "iat", "nbf", "auth_time", "session_expiry"})


def _told(claims: Mapping[str, object]) -> dict[str, Any]:
    now = time.time()
    told = {
        name: int(now + value) if name in _MOMENTS and isinstance(value, int) else value
        for name, value in claims.items()
    }
    if "bomb" in told:
        told["bomb"] = json.loads("[" * 500 + "]" * 500)
    return told


def _wrong(claims: Mapping[str, object]) -> Fire:
    def fire(target: OidcTarget, provider: PlayedProvider) -> object:
        provider.lie.claims = _told(claims)
        return walk(target, provider)

    return fire


def _strange() -> Iterator[OidcAttack]:
    for claims, source in ((_NEEDED, _CORE), (_IF_THERE, _CORE)):
        for claim, lawful in claims.items():
            for word, value in _STRANGE.items():
                if word not in lawful:
                    yield OidcAttack(
                        name=f"oidc.{claim}-{word.replace(' ', '-')}",
                        words=f"says {claim} as {word}" if value is not LEFT_OUT else f"no {claim}",
                        source=source,
                        checks=(f"id_token.{claim}",),
                        fire=lying(claims={claim: value}),
                    )


def _required_acr(provider: PlayedProvider) -> bool:
    return bool(provider.settings.acr_values)


def _required_age(provider: PlayedProvider) -> bool:
    return provider.settings.max_age is not None


def _too_long_ago(target: OidcTarget, provider: PlayedProvider) -> object:
    provider.lie.claims = {"auth_time": int(time.time()) - (provider.settings.max_age or 0) - 120}
    return walk(target, provider)


def _address_of_another(target: OidcTarget, provider: PlayedProvider) -> object:
    """Two people with one address, which the provider vouches for to neither."""
    said = {"email": "victim@attack-kit.invalid", "email_verified": False}
    both = []
    for subject in ("victim", "thief"):
        name = f"{PERSON}-{subject}"
        provider.lie.person = {"sub": name, "oid": name, **said}
        both.append(walk(target, provider))
    if both[0] != both[1]:
        raise CameToNothing("these are two people")
    return both[0]


ATTACKS = (
    OidcAttack(
        name="oidc.address-of-another",
        words="signs in with the address of somebody else",
        source="nOAuth (Descope 2023), OIDC Core 5.7",
        checks=("attack.came-to-nothing",),
        fire=_address_of_another,
    ),
    *_strange(),
    *(
        OidcAttack(
            name=f"oidc.{name}", words=words, source=source, checks=checks, fire=_wrong(said)
        )
        for name, words, source, said, checks in _WRONG
    ),
    OidcAttack(
        name="oidc.aud-several-without-azp",
        words="is for several clients and names none as its own",
        source=_CORE,
        checks=("id_token.azp",),
        fire=lambda target, provider: lying(
            claims={"aud": [provider.settings.client_id, "another-client"]}
        )(target, provider),
    ),
    OidcAttack(
        name="oidc.acr-weaker",
        words="proved the person in a weaker way than was asked for",
        source=_CORE,
        checks=("id_token.acr",),
        where=_required_acr,
        fire=lying(claims={"acr": "attack-kit-weak"}),
    ),
    OidcAttack(
        name="oidc.acr-missing",
        words="does not say how the person was proved",
        source=_CORE,
        checks=("id_token.acr",),
        where=_required_acr,
        fire=lying(claims={"acr": LEFT_OUT}),
    ),
    OidcAttack(
        name="oidc.auth-time-too-long-ago",
        words="saw the person longer ago than was asked for",
        source=_CORE,
        checks=("id_token.auth_time",),
        where=_required_age,
        fire=_too_long_ago,
    ),
    OidcAttack(
        name="oidc.token-of-a-megabyte",
        words="is a token of 900 kB",
        source="RFC 8725, 3.6",
        checks=("id_token.size",),
        fire=lying(claims={"filler": "a" * 650_000}),
    ),
)
