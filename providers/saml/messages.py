"""The messages that we send, and how: always signed with RSA-SHA256.

Sources: saml-core 3.4.1 (AuthnRequest), 3.7.1 (LogoutRequest), 3.7.2 (LogoutResponse);
saml-bindings 3.4.4.1 (the redirect binding and its signature over the query as it is sent), 3.5.4
(the POST binding, where the message itself is signed).
"""

import base64
import hashlib
import secrets
import zlib
from datetime import datetime
from urllib.parse import urlencode

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from lxml import etree

from providers.connector import (
    AuthenticationRequest,
    LogoutRequest,
    PostBinding,
    RedirectBinding,
)
from providers.saml import names, signatures
from providers.saml.person import LogoutHint
from providers.saml.settings import SamlSecrets, SamlSettings

_PREFIXES = {"samlp": names.SAMLP, "saml": names.SAML}


def message_id(request_id: str) -> str:
    """The ID of the message that a request becomes; nobody can tell the one from the other.

    The request's own id is the RelayState, which is not part of the message.
    """
    return "_" + hashlib.sha256(request_id.encode()).hexdigest()


def authn_request(
    settings: SamlSettings, entity_id: str, request: AuthenticationRequest, now: datetime
) -> bytes:
    root = _message("AuthnRequest", message_id(request.id), settings.sso_url, now)
    root.set("AssertionConsumerServiceURL", request.callback_url)
    root.set("ProtocolBinding", names.POST)
    if request.force_authentication:
        root.set("ForceAuthn", "true")
    _issuer(root, entity_id)
    policy = etree.SubElement(root, f"{{{names.SAMLP}}}NameIDPolicy")
    policy.set("Format", settings.name_id_format)
    policy.set("AllowCreate", "true")
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
    address: str, parameter: str, message: bytes, relay_state: str | None, key: rsa.RSAPrivateKey
) -> RedirectBinding:
    """`address` with the message as SAMLRequest or SAMLResponse, and its signature."""
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    packed = packer.compress(message) + packer.flush()
    fields = {
        parameter: base64.b64encode(packed).decode(),
        "RelayState": relay_state,
        "SigAlg": names.RSA_SHA256,
    }
    query = urlencode({name: value for name, value in fields.items() if value is not None})
    signature = key.sign(query.encode(), padding.PKCS1v15(), hashes.SHA256())
    signed = f"{query}&{urlencode({'Signature': base64.b64encode(signature).decode()})}"
    return RedirectBinding(url=f"{address}{'&' if '?' in address else '?'}{signed}")


def posted(
    address: str, parameter: str, message: bytes, relay_state: str | None, own: SamlSecrets
) -> PostBinding:
    """A form for `address` with the message, which bears its signature in itself."""
    signed = signatures.sign(message, own.private_key, own.certificate)
    fields = {parameter: base64.b64encode(signed).decode()}
    if relay_state is not None:
        fields["RelayState"] = relay_state
    return PostBinding(url=address, fields=fields)


def _message(name: str, identifier: str, destination: str, now: datetime) -> etree._Element:
    root = etree.Element(f"{{{names.SAMLP}}}{name}", nsmap=_PREFIXES)
    root.set("ID", identifier)
    root.set("Version", "2.0")
    root.set("IssueInstant", f"{now:%Y-%m-%dT%H:%M:%SZ}")
    root.set("Destination", destination)
    return root


def _issuer(root: etree._Element, entity_id: str) -> None:
    etree.SubElement(root, names.ISSUER).text = entity_id
