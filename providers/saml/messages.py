"""The messages that we send, always by redirect and always signed with RSA-SHA256.

Sources: saml-core 3.4.1 (AuthnRequest), 3.7.1 (LogoutRequest); saml-bindings 3.4.4.1 (the redirect
binding and its signature over the query as it is sent).
"""

import base64
import hashlib
import zlib
from datetime import datetime
from urllib.parse import urlencode

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from lxml import etree

from providers.connector import AuthenticationRequest, LogoutRequest
from providers.saml import names
from providers.saml.person import LogoutHint
from providers.saml.settings import SamlSettings

_PREFIXES = {"samlp": names.SAMLP, "saml": names.SAML}


def message_id(request_id: str) -> str:
    """The ID of the message that a request becomes; nobody can tell the one from the other.

    The request's own id is the RelayState, which is not part of the message.
    """
    return "_" + hashlib.sha256(request_id.encode()).hexdigest()


def authn_request(
    settings: SamlSettings, entity_id: str, request: AuthenticationRequest, now: datetime
) -> bytes:
    root = _message("AuthnRequest", request.id, settings.sso_url, now)
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
    root = _message("LogoutRequest", request.id, slo_url, now)
    _issuer(root, entity_id)
    name_id = etree.SubElement(root, names.NAME_ID)
    name_id.text = hint.name_id.value
    name_id.set("Format", hint.name_id.format)
    if hint.name_id.name_qualifier is not None:
        name_id.set("NameQualifier", hint.name_id.name_qualifier)
    if hint.name_id.sp_name_qualifier is not None:
        name_id.set("SPNameQualifier", hint.name_id.sp_name_qualifier)
    if hint.session_index is not None:
        etree.SubElement(root, f"{{{names.SAMLP}}}SessionIndex").text = hint.session_index
    return etree.tostring(root)


def redirect_url(address: str, message: bytes, relay_state: str, key: rsa.RSAPrivateKey) -> str:
    """`address` with the message as SAMLRequest, and its signature."""
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    packed = packer.compress(message) + packer.flush()
    query = urlencode(
        {
            "SAMLRequest": base64.b64encode(packed).decode(),
            "RelayState": relay_state,
            "SigAlg": names.RSA_SHA256,
        }
    )
    signature = key.sign(query.encode(), padding.PKCS1v15(), hashes.SHA256())
    signed = f"{query}&{urlencode({'Signature': base64.b64encode(signature).decode()})}"
    return f"{address}{'&' if '?' in address else '?'}{signed}"


def _message(name: str, request_id: str, destination: str, now: datetime) -> etree._Element:
    root = etree.Element(f"{{{names.SAMLP}}}{name}", nsmap=_PREFIXES)
    root.set("ID", message_id(request_id))
    root.set("Version", "2.0")
    root.set("IssueInstant", f"{now:%Y-%m-%dT%H:%M:%SZ}")
    root.set("Destination", destination)
    return root


def _issuer(root: etree._Element, entity_id: str) -> None:
    etree.SubElement(root, names.ISSUER).text = entity_id
