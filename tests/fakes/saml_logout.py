"""What the SAML fake says about signing out, and how it reads what the gateway says."""

import base64
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias
from urllib.parse import parse_qsl, urlsplit

from lxml import etree

from providers.connector import AuthenticationResponse, Binding, PostBinding
from tests.fakes.saml_messages import PERSISTENT, SAML, SAMLP
from tests.fakes.saml_provider import SamlProvider, parsed_again, received
from tests.fakes.saml_signing import form_field, sign, verified

Sends: TypeAlias = Callable[..., AuthenticationResponse]


@dataclass(frozen=True, kw_only=True)
class LogoutRequest:
    """None leaves a part out; a moment is a datetime or a text."""

    issuer: str | None
    destination: str | None
    issued: datetime | str
    name_id: str | None = "G-ada"
    format: str | None = PERSISTENT
    qualifiers: Mapping[str, str] = field(default_factory=dict)
    sessions: tuple[str, ...] = ("_session-1",)
    ends: datetime | str | None = None
    version: str = "2.0"
    id: str = field(default_factory=lambda: f"_lr{secrets.token_hex(16)}")

    def element(self) -> etree._Element:
        """Unsigned."""
        root = etree.Element(f"{{{SAMLP}}}LogoutRequest", nsmap={"samlp": SAMLP, "saml": SAML})
        told = {
            "ID": self.id,
            "Version": self.version,
            "IssueInstant": _spelled(self.issued),
            "Destination": self.destination,
            "NotOnOrAfter": _spelled(self.ends),
        }
        for name, value in told.items():
            if value is not None:
                root.set(name, value)
        if self.issuer is not None:
            etree.SubElement(root, f"{{{SAML}}}Issuer").text = self.issuer
        if self.name_id is not None:
            name_id = etree.SubElement(root, f"{{{SAML}}}NameID", dict(self.qualifiers))
            name_id.text = self.name_id
            if self.format is not None:
                name_id.set("Format", self.format)
        for index in self.sessions:
            etree.SubElement(root, f"{{{SAMLP}}}SessionIndex").text = index
        return root


def _spelled(moment: datetime | str | None) -> str | None:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}" if isinstance(moment, datetime) else moment


def by_post(
    provider: SamlProvider, message: etree._Element, relay_state: str | None = None
) -> AuthenticationResponse:
    """A LogoutRequest as the browser, or the provider itself, posts it."""
    sign(message, provider.keys)
    fields = {"SAMLRequest": form_field(parsed_again(message))}
    if relay_state is not None:
        fields["RelayState"] = relay_state
    return AuthenticationResponse(method="POST", fields=fields)


def by_redirect(
    provider: SamlProvider,
    message: etree._Element,
    relay_state: str | None = None,
    change: Callable[[str], str] = lambda query: query,
) -> AuthenticationResponse:
    query = change(provider.signed_query(message, relay_state, "SAMLRequest"))
    pairs = parse_qsl(query, keep_blank_values=True)
    names = [name for name, _ in pairs]
    return AuthenticationResponse(
        method="GET",
        fields=dict(pairs),
        repeated=frozenset(name for name in names if names.count(name) > 1),
        query=query,
    )


def opened(
    binding: Binding, certificate: str, parameter: str = "SAMLResponse"
) -> tuple[etree._Element, str]:
    """The message that the gateway sends, its signature verified, and its RelayState."""
    if isinstance(binding, PostBinding):
        root = etree.fromstring(base64.b64decode(binding.fields[parameter]))
        verified(root, certificate)
        return root, binding.fields.get("RelayState", "")
    return received(urlsplit(binding.url).query, certificate, parameter)


def status_of(message: etree._Element) -> str:
    code = message.find(f"{{{SAMLP}}}Status/{{{SAMLP}}}StatusCode")
    assert code is not None
    return code.get("Value", "").rsplit(":", 1)[-1]
