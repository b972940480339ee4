"""The provider's answer to our LogoutRequest, by redirect or as a posted form.

Sources: saml-core 3.7.3, saml-bindings 3.4.4.1 (a signature over the query exactly as it came).
"""

import base64
import binascii
from collections.abc import Mapping, Sequence
from urllib.parse import unquote_plus

import xmlsec
from lxml import etree
from onelogin.saml2.utils import OneLogin_Saml2_Utils

from providers.connector import AuthenticationResponse
from providers.errors import ResponseInvalid
from providers.saml import envelope, names, signatures
from providers.saml.response import check_status, issuer_of
from providers.saml.schema import check_schema
from providers.saml.text import shown

_SIGNED = ("SAMLResponse", "RelayState", "SigAlg")


def check_logout_response(
    response: AuthenticationResponse,
    *,
    issuer: str,
    certificates: Sequence[str],
    destination: str,
    request_id: str,
) -> None:
    """Returns if the provider says, in answer to this request, that it has ended the session.

    Raises ResponseInvalid, and ProviderRefused if it says that it has not, or not everywhere.
    """
    root = _signed_message(response, certificates)
    if issuer_of(root) != issuer:
        raise ResponseInvalid("saml.issuer", f"logout response by {shown(issuer_of(root))}")
    if root.get("Version") != "2.0":
        raise ResponseInvalid("saml.version", f"{shown(root.get('Version'))}, not 2.0")
    if root.get("InResponseTo") != request_id:
        raise ResponseInvalid("saml.in_response_to", "it answers another request")
    if root.get("Destination", destination) != destination:
        raise ResponseInvalid("saml.destination", f"for {shown(root.get('Destination'))}")
    check_status(root)


def _signed_message(
    response: AuthenticationResponse, certificates: Sequence[str]
) -> etree._Element:
    if response.method == "GET":
        sent = _parameters(response.query)
        root = _logout_response(envelope.inflated(unquote_plus(sent["SAMLResponse"])))
        _check_query(sent, certificates)
        return root
    root = _logout_response(envelope.decoded(response.fields.get("SAMLResponse", "")))
    if signatures.signature_of(root) is None:
        raise ResponseInvalid("saml.unsigned", "a logout response must be signed")
    signatures.verify(root, certificates)
    return root


def _logout_response(document: bytes) -> etree._Element:
    root = envelope.parse(document)
    if root.tag != names.LOGOUT_RESPONSE:
        raise ResponseInvalid("saml.message", "not a LogoutResponse")
    check_schema(root)
    signatures.check_places(root, root)
    return root


def _parameters(query: str) -> dict[str, str]:
    """The raw values by name: what is read must be what was signed, so nothing is decoded yet."""
    pairs = [part.partition("=") for part in query.split("&")]
    sent = {name: raw for name, _, raw in pairs}
    if len(sent) != len(pairs) or "SAMLResponse" not in sent:
        raise ResponseInvalid("saml.parameters", "SAMLResponse missing, or a parameter twice")
    return sent


def _check_query(sent: Mapping[str, str], certificates: Sequence[str]) -> None:
    """The signature is over three parameters as they were encoded, in this order."""
    algorithm = unquote_plus(sent.get("SigAlg", ""))
    if algorithm not in names.RSA_SIGNATURES:
        raise ResponseInvalid("saml.signature_algorithm", f"{names.last_part(algorithm)!r}")
    try:
        signature = base64.b64decode(unquote_plus(sent.get("Signature", "")), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ResponseInvalid("saml.signature", "not base64") from error
    text = "&".join(f"{name}={sent[name]}" for name in _SIGNED if name in sent)
    if not any(_holds(text, signature, certificate, algorithm) for certificate in certificates):
        raise ResponseInvalid("saml.signature", "not by a key of this provider's row")


def _holds(text: str, signature: bytes, certificate: str, algorithm: str) -> bool:
    try:
        holds = OneLogin_Saml2_Utils.validate_binary_sign(  # type: ignore[no-untyped-call]
            text, signature, certificate, algorithm
        )
    except (xmlsec.Error, ValueError, TypeError):
        return False
    return holds is True
