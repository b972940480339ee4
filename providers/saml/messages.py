"""The messages that we send, by redirect or as a form, and always signed.

Sources: saml-core 3.4.1 (AuthnRequest), 3.7.1 (LogoutRequest), 3.7.2 (LogoutResponse);
saml-bindings 3.4.4.1 (redirect) and 3.5.4 (POST).
"""

import base64
import hashlib
import secrets
import zlib
from datetime import datetime
from typing import Literal, TypeAlias
from urllib.parse import urlencode

from lxml import etree

from providers.connector import (
    AuthenticationRequest,
    LogoutRequest,
    PostBinding,
    RedirectBinding,
)
from providers.saml import names
from providers.saml.person import LogoutHint
from providers.saml.settings import SamlSettings
from providers.saml.signing import Signer

Parameter: TypeAlias = Literal["SAMLRequest", "SAMLResponse"]

_PREFIXES = {"samlp": names.SAMLP, "saml": names.SAML}


def message_id(request_id: str) -> str:
    """The ID of the message that a request becomes; nobody can tell the one from the other.

    The request's own id is the RelayState, which is not part of the message.
    """
    return "_" + hashlib.sha256(request_id.encode()).hexdigest()


def asks_anew(request: AuthenticationRequest) -> bool:
    """SAML has no age to ask for: whoever demands one has her asked now."""
    return request.force_authentication or request.max_age is not None


def authn_request(
    settings: SamlSettings, entity_id: str, request: AuthenticationRequest, now: datetime
) -> bytes:
    root = _message("AuthnRequest", message_id(request.id), settings.sso_url, now)
    root.set("AssertionConsumerServiceURL", request.callback_url)
    root.set("ProtocolBinding", names.POST)
    if asks_anew(request):
        root.set("ForceAuthn", "true")
    _issuer(root, entity_id)
    policy = etree.SubElement(root, f"{{{names.SAMLP}}}NameIDPolicy")
    policy.set("Format", settings.name_id_format)
    policy.set("AllowCreate", "true")
    contexts = request.acr_values or settings.authn_context
    if contexts:
        asked = etree.SubElement(root, f"{{{names.SAMLP}}}RequestedAuthnContext")
        compared = "exact" if request.acr_values else settings.authn_context_comparison
        asked.set("Comparison", compared)
        for context in contexts:
            etree.SubElement(asked, f"{{{names.SAML}}}AuthnContextClassRef").text = context
    return etree.tostring(root)


def logout_request(
    slo_url: str, entity_id: str, request: LogoutRequest, hint: LogoutHint, now: datetime
) -> bytes:
    """One session if the provider gave it a name, else all of this person's."""
    root = _message("LogoutRequest", message_id(request.id), slo_url, now)
    _issuer(root, entity_id)
    name_id = etree.SubElement(root, names.NAME_ID)
    name_id.text = hint.name_id.value
    name_id.set("Format", hint.name_id.format)
    if hint.name_id.name_qualifier is not None:
        name_id.set("NameQualifier", hint.name_id.name_qualifier)
    if hint.name_id.sp_name_qualifier is not None:
        name_id.set("SPNameQualifier", hint.name_id.sp_name_qualifier)
    if hint.session_index is not None:
        etree.SubElement(root, names.SESSION_INDEX).text = hint.session_index
    return etree.tostring(root)


def logout_response(
    address: str, entity_id: str, request_id: str, now: datetime, *, ended: bool
) -> bytes:
    """The answer to the provider's request of this id: done, or not done here."""
    root = _message("LogoutResponse", f"_{secrets.token_hex(32)}", address, now)
    root.set("InResponseTo", request_id)
    _issuer(root, entity_id)
    status = etree.SubElement(root, f"{{{names.SAMLP}}}Status")
    code = etree.SubElement(status, f"{{{names.SAMLP}}}StatusCode")
    code.set("Value", names.SUCCESS if ended else names.RESPONDER)
    return etree.tostring(root)


def redirected(
    address: str, parameter: Parameter, message: bytes, relay_state: str | None, signer: Signer
) -> RedirectBinding:
    """The message in the query of `address`, and the signature over that."""
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    packed = packer.compress(message) + packer.flush()
    query = signer.query(urlencode(_fields(parameter, packed, relay_state)))
    return RedirectBinding(url=f"{address}{'&' if '?' in address else '?'}{query}")


def posted(
    address: str, parameter: Parameter, message: bytes, relay_state: str | None, signer: Signer
) -> PostBinding:
    """A form for `address` with the message, which bears its signature in itself."""
    return PostBinding(
        url=address, fields=_fields(parameter, signer.document(message), relay_state)
    )


def _fields(parameter: Parameter, message: bytes, relay_state: str | None) -> dict[str, str]:
    fields = {parameter: base64.b64encode(message).decode(), "RelayState": relay_state}
    return {name: value for name, value in fields.items() if value is not None}


def _message(name: str, identifier: str, destination: str, now: datetime) -> etree._Element:
    root = etree.Element(f"{{{names.SAMLP}}}{name}", nsmap=_PREFIXES)
    root.set("ID", identifier)
    root.set("Version", "2.0")
    root.set("IssueInstant", f"{now:%Y-%m-%dT%H:%M:%SZ}")
    root.set("Destination", destination)
    return root


def _issuer(root: etree._Element, entity_id: str) -> None:
    etree.SubElement(root, names.ISSUER).text = entity_id
