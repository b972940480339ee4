"""Rightly signed answers of a strange build, in a strange place, or at a strange time."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any

from lxml import etree

from providers.attacks.saml.keyless import plain
from providers.attacks.saml.messages import SAML, Spoken
from providers.attacks.saml.provider import PlayedSamlProvider, posted
from providers.attacks.saml.signing import CipherKind, SignatureKind, xmlsec
from providers.attacks.saml.statements import saying
from providers.attacks.saml.target import Document, Fire, SamlAttack, SamlTarget, relaying, sending

_PROFILE = "saml-profiles 4.1.4.3"
_EVIL = "https://attack-kit.invalid"
_UNKNOWN = "provider.request-unknown"  # no sign-in of this browser that waits for it
_TRANSFORM = xmlsec.Transform
_TWICE = ("Issuer", "Subject", "Conditions", "AuthnStatement")
_TWICE_WITHIN = ("NameID", "SubjectConfirmation", "SubjectConfirmationData")
_KINDS: tuple[tuple[str, str, tuple[str, ...], SignatureKind], ...] = (
    (
        "signature-sha1",
        "signs with RSA-SHA1",
        ("saml.signature_algorithm",),
        SignatureKind(algorithm=_TRANSFORM.RSA_SHA1),
    ),
    (
        "digest-sha1",
        "digests with SHA-1",
        ("saml.digest_algorithm",),
        SignatureKind(digest=_TRANSFORM.SHA1),
    ),
    (
        "canonicalisation-inclusive",
        "canonicalises in a way that lets namespaces in",
        ("saml.canonicalization",),
        SignatureKind(canonicalization=_TRANSFORM.C14N),
    ),
    (
        "transform-missing",
        "leaves the canonicalisation away",
        ("saml.transforms",),
        SignatureKind(transforms=(_TRANSFORM.ENVELOPED,)),
    ),
)

_CIPHERS: tuple[tuple[str, str, CipherKind], ...] = (
    (
        "key-transport-pkcs1",
        "wraps the key so that it can be found by asking often (PKCS #1 v1.5)",
        CipherKind(transport=_TRANSFORM.RSA_PKCS1),
    ),
    (
        "cipher-3des",
        "encrypts with triple DES",
        CipherKind(algorithm=_TRANSFORM.DES3, key=xmlsec.KeyData.DES, bits=192),
    ),
)
_CBC = CipherKind(algorithm=_TRANSFORM.AES256)


def _doubled(name: str) -> Callable[[etree._Element], None]:
    def shape(root: etree._Element) -> None:
        found = next(root.iter(f"{{{SAML}}}Assertion")).find(f".//{{{SAML}}}{name}")
        if found is not None:
            found.addnext(deepcopy(found))

    return shape


def _removed(name: str) -> Callable[[etree._Element], None]:
    def shape(root: etree._Element) -> None:
        found = next(root.iter(f"{{{SAML}}}Assertion")).find(f".//{{{SAML}}}{name}")
        if found is not None and (parent := found.getparent()) is not None:
            parent.remove(found)

    return shape


def _shaped(shape: Callable[[etree._Element], None]) -> Fire:
    return sending(lambda provider, said: provider.answer(said, shape=shape))


def _signed_as(kind: SignatureKind) -> Fire:
    return sending(lambda provider, said: provider.answer(said, kind=kind))


def _encrypted_as(kind: CipherKind) -> Fire:
    return sending(lambda provider, said: provider.answer(said, encrypted=True, cipher=kind))


def _edited_around(provider: PlayedSamlProvider, said: Spoken) -> Document:
    """The assertion alone is signed, and answers another request; the wrapping says otherwise."""
    told = replace(said, in_response_to="_another")
    return provider.answer(told)


def _stripped_around(provider: PlayedSamlProvider, said: Spoken) -> Document:
    root = provider.answer(replace(said, in_response_to="_another"))
    root.attrib.pop("InResponseTo")
    return root


def _asks_class(provider: PlayedSamlProvider) -> bool:
    return bool(provider.settings.answering_contexts)


def _assertion_alone(provider: PlayedSamlProvider) -> bool:
    return provider.settings.signed == "assertion"


def _encrypted(provider: PlayedSamlProvider) -> bool:
    return provider.settings.encrypted


def _replayed(target: SamlTarget, provider: PlayedSamlProvider) -> object:
    asked = provider.asked(target.begin())
    response = posted(provider.answer(provider.says(asked)), asked.relay_state)
    target.complete(response)
    return target.complete(response)


def _unsolicited(target: SamlTarget, provider: PlayedSamlProvider) -> object:
    asked = provider.asked(target.begin())
    said = replace(provider.says(asked), in_response_to=None, response_in_response_to=None)
    return target.unsolicited(posted(provider.answer(said), "/"))


def _of_another_browser(target: SamlTarget, provider: PlayedSamlProvider) -> object:
    asked = provider.asked(target.begin())
    response = posted(provider.answer(provider.says(asked)), asked.relay_state)
    other = target.another()
    other.begin()
    return other.complete(response)


def _attack(
    name: str,
    words: str,
    checks: tuple[str, ...],
    fire: Fire,
    source: str = _PROFILE,
    **more: Any,  # noqa: ANN401
) -> SamlAttack:
    return SamlAttack(
        name=f"saml.{name}", words=words, source=source, checks=checks, fire=fire, **more
    )


_SHAPE = ("saml.schema", "saml.subject", "saml.conditions", "saml.authn_statement")
ATTACKS = (
    *(
        _attack(
            f"{name}-twice",
            f"says {name} twice",
            (*_SHAPE, "saml.confirmation", "saml.name_id"),
            _shaped(_doubled(name)),
        )
        for name in (*_TWICE, *_TWICE_WITHIN)
    ),
    *(
        _attack(
            f"{name}-missing",
            f"says no {name}",
            (*_SHAPE, "saml.confirmation", "saml.name_id", "saml.issuer"),
            _shaped(_removed(name)),
        )
        for name in (*_TWICE, *_TWICE_WITHIN)
    ),
    *(
        _attack(name, words, checks, _signed_as(kind), "RFC 9231, saml-core 5.4")
        for name, words, checks, kind in _KINDS
    ),
    _attack(
        "in-response-to-only-around",
        "answers another request inside than outside",
        ("saml.in_response_to",),
        sending(_edited_around),
        where=_assertion_alone,
    ),
    _attack(
        "in-response-to-stripped-around",
        "answers another request inside, and none outside",
        ("saml.in_response_to",),
        sending(_stripped_around),
        where=_assertion_alone,
    ),
    _attack(
        "context-weaker",
        "proved the person in a weaker way than was asked for",
        ("saml.authn_context",),
        saying(lambda _: {"context": "urn:attack-kit:weak"}),
        "saml-core 3.3.2.2.1",
        where=_asks_class,
    ),
    _attack(
        "context-missing",
        "does not say how the person was proved",
        ("saml.authn_context", "saml.schema"),
        saying(lambda _: {"context": None}),
        "saml-core 3.3.2.2.1",
        where=_asks_class,
    ),
    _attack(
        "not-encrypted",
        "leaves the encryption away",
        ("saml.encryption",),
        sending(plain),
        "saml-core 6",
        where=_encrypted,
    ),
    *(
        _attack(
            name,
            words,
            ("saml.encryption",),
            _encrypted_as(kind),
            "XML Encryption 1.1, 5.5",
            where=_encrypted,
        )
        for name, words, kind in _CIPHERS
    ),
    _attack(
        "cipher-cbc",
        "encrypts with a cipher that does not protect what it encrypts (CBC)",
        ("saml.encryption",),
        _encrypted_as(_CBC),
        "XML Encryption 1.1, 5.2",
        where=lambda provider: provider.settings.encrypted and not provider.settings.allow_cbc,
    ),
    _attack(
        "replayed",
        "sends one answer twice",
        (_UNKNOWN, "saml.replay"),
        _replayed,
        "GHSA-cqj8-fxxf-9pg7",
    ),
    _attack(
        "unsolicited",
        "begins a sign-in that nobody asked for",
        (_UNKNOWN,),
        _unsolicited,
        "CVE-2026-16442",
        where=lambda provider: not provider.settings.idp_initiated,
    ),
    _attack(
        "state-of-another-browser",
        "sends the answer to somebody else’s sign-in",
        (_UNKNOWN,),
        _of_another_browser,
        "GHSA-cqj8-fxxf-9pg7",
    ),
    _attack(
        "relay-state-address",
        "has the person sent elsewhere (RelayState)",
        (_UNKNOWN,),
        relaying(lambda _asked: _EVIL),
        "RFC 9700, 4.11",
    ),
)
