"""Lies that the endpoints of a hostile provider answer: documents, tokens, userinfo."""

from collections.abc import Mapping
from typing import Any

from joserfc.jwk import OctKey

from providers.attacks.oidc.forgery import LEFT_OUT, part
from providers.attacks.oidc.provider import PERSON, Lies, PlayedProvider
from providers.attacks.oidc.target import Fire, OidcAttack, OidcTarget, lying, walk

_UNREACHABLE = "provider.unreachable"  # what it publishes is not believed
_AT_HOST = "https://attack-kit.invalid/keys"


def _userinfo(form: str | None = None, **claims: object) -> Fire:
    return lying(userinfo=claims, userinfo_form=form)


def _reads_userinfo(provider: PlayedProvider) -> bool:
    return "userinfo" in provider.settings.claims_from


def _reads_plain_userinfo(provider: PlayedProvider) -> bool:
    return _reads_userinfo(provider) and provider.settings.userinfo == "json"


def _reads_signed_userinfo(provider: PlayedProvider) -> bool:
    return _reads_userinfo(provider) and provider.settings.userinfo != "json"


def _encrypted(provider: PlayedProvider) -> bool:
    return provider.settings.id_token_encrypted


def _several_keys(keys: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [*keys, {**keys[0], "kid": "attack-kit-second"}]


def _shared_key(_keys: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [dict(OctKey.import_key("attack-kit" * 4, {"kid": "shared"}).as_dict())]


def _weak_key(_keys: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"kty": "RSA", "kid": "weak", "e": "AQAB", "n": part(b"\xc1" * 128)}]


def _encryption_key(keys: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**each, "use": "enc"} for each in keys]


def _plain_http(target: OidcTarget, provider: PlayedProvider) -> object:
    provider.lie = Lies(discovery={"token_endpoint": "http://attack-kit.invalid/token"})
    return walk(target, provider)


def _over_tls(provider: PlayedProvider) -> bool:
    return provider.settings.issuer.startswith("https:")


_ANSWERED: tuple[tuple[str, str, str, tuple[str, ...], Fire], ...] = (
    (
        "no-id-token",
        "answers without an ID token",
        "OIDC Core 3.1.3.3",
        ("token.id_token",),
        lying(token_answer={"id_token": LEFT_OUT}),
    ),
    (
        "id-token-a-list",
        "answers with a list for an ID token",
        "OIDC Core 3.1.3.3",
        ("token.id_token",),
        lying(token_answer={"id_token": ["a"]}),
    ),
    (
        "id-token-one-part",
        "answers with one word for an ID token",
        "RFC 7515, 7.1",
        ("id_token.",),
        lying(token_answer={"id_token": "eyJhbGciOiJub25lIn0"}),
    ),
    (
        "token-type",
        "answers with a token that is no bearer token",
        "RFC 6749, 7.1",
        ("token.type",),
        lying(token_answer={"token_type": "mac"}),
    ),
    (
        "access-token-header",
        "answers with an access token that breaks a header",
        "RFC 6750, 2.1",
        ("token.access_token",),
        lying(token_answer={"access_token": "a\r\nX-User: admin"}),
    ),
    (
        "discovery-issuer",
        "publishes the document of another issuer",
        "OIDC Discovery 4.3",
        (_UNREACHABLE,),
        lying(discovery={"issuer": _AT_HOST}),
    ),
    (
        "discovery-without-keys",
        "names no place for its keys",
        "OIDC Discovery 3",
        (_UNREACHABLE,),
        lying(discovery={"jwks_uri": LEFT_OUT}),
    ),
    (
        "discovery-script",
        "sends the browser to a script",
        "CVE-2026-42849",
        (_UNREACHABLE,),
        lying(discovery={"authorization_endpoint": "javascript:alert(1)"}),
    ),
    ("keys-none", "publishes no key", "RFC 7517, 5", (_UNREACHABLE,), lying(keys=lambda _keys: [])),
    (
        "keys-shared",
        "publishes a key that is a secret",
        "RFC 8725, 2.1",
        (_UNREACHABLE,),
        lying(keys=_shared_key),
    ),
    (
        "keys-weak",
        "publishes an RSA key of 1024 bits",
        "RFC 7518, 3.3",
        (_UNREACHABLE,),
        lying(keys=_weak_key),
    ),
    (
        "keys-for-encryption",
        "signs with a key that is for encryption",
        "RFC 7517, 4.2",
        (_UNREACHABLE,),
        lying(keys=_encryption_key),
    ),
    (
        "kid-absent-several-keys",
        "publishes two keys and says not which one signed",
        "OIDC Core 10.1",
        ("id_token.kid",),
        lying(keys=_several_keys, header={"kid": LEFT_OUT}),
    ),
)
_USERINFO: tuple[tuple[str, str, Fire, tuple[str, ...]], ...] = (
    (
        "userinfo-sub-of-another",
        "tells of somebody else",
        _userinfo(sub=f"{PERSON}-victim"),
        ("userinfo.sub",),
    ),
    (
        "userinfo-sub-missing",
        "does not say of whom it tells",
        _userinfo(sub=LEFT_OUT),
        ("userinfo.sub",),
    ),
    (
        "userinfo-sub-a-list",
        "tells of a list of people",
        _userinfo(sub=[PERSON]),
        ("userinfo.sub",),
    ),
)


def _attack(
    name: str,
    words: str,
    source: str,
    checks: tuple[str, ...],
    fire: Fire,
    **more: Any,  # noqa: ANN401 - `where`
) -> OidcAttack:
    return OidcAttack(
        name=f"oidc.{name}",
        words=words,
        source=source,
        checks=checks,
        fire=fire,
        **more,
    )


def _sent_unencrypted(lies: Mapping[str, Any]) -> Fire:
    return lying(encrypted=False, **lies)


ATTACKS = (
    *(_attack(*row) for row in _ANSWERED),
    *(
        _attack(name, words, "OIDC Core 5.3.2", checks, fire, where=_reads_userinfo)
        for name, words, fire, checks in _USERINFO
    ),
    _attack(
        "userinfo-signed-unasked",
        "chooses another form for userinfo than was agreed",
        "OIDC Core 5.3.2",
        ("userinfo.form",),
        _userinfo("signed"),
        where=_reads_plain_userinfo,
    ),
    _attack(
        "userinfo-plain",
        "chooses plain JSON for userinfo that should be signed",
        "OIDC Core 5.3.2",
        ("userinfo.form",),
        _userinfo("json"),
        where=_reads_signed_userinfo,
    ),
    _attack(
        "userinfo-unsigned",
        "signs userinfo with nothing",
        "RFC 8725, 3.2",
        ("userinfo.alg",),
        _userinfo("unsigned"),
        where=_reads_signed_userinfo,
    ),
    _attack(
        "userinfo-aud-of-another",
        "signs userinfo for another client",
        "OIDC Core 5.3.2",
        ("userinfo.aud",),
        _userinfo(aud="another-client"),
        where=_reads_signed_userinfo,
    ),
    _attack(
        "userinfo-iss-of-another",
        "signs userinfo as another issuer",
        "OIDC Core 5.3.2",
        ("userinfo.iss",),
        _userinfo(iss="https://attack-kit.invalid"),
        where=_reads_signed_userinfo,
    ),
    _attack(
        "id-token-not-encrypted",
        "leaves the encryption away",
        "OIDC Core 3.1.3.7, 1",
        ("id_token.encryption",),
        _sent_unencrypted({}),
        where=_encrypted,
    ),
    _attack(
        "discovery-plain-http",
        "has codes redeemed over plain HTTP",
        "RFC 6749, 3.2",
        (_UNREACHABLE,),
        _plain_http,
        where=_over_tls,
    ),
)
