"""A message about signing out, by redirect or as a posted form: always signed, or not looked at.

Sources: saml-bindings 3.4.4.1 (a signature over the query exactly as it came) and 3.5.4.
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
from providers.saml.encrypted_name import check_schema_but_names


def signed_message(
    response: AuthenticationResponse, parameter: str, tag: str, certificates: Sequence[str]
) -> etree._Element:
    """The message of this `tag` in SAMLRequest or SAMLResponse, after its signature was verified.

    Raises ResponseInvalid.
    """
    if response.method == "GET":
        sent = _parameters(response.query, parameter)
        root = _message(envelope.inflated(unquote_plus(sent[parameter])), tag)
        _check_query(sent, parameter, certificates)
        return root
    root = _message(envelope.decoded(response.fields.get(parameter, "")), tag)
    if signatures.signature_of(root) is None:
        raise ResponseInvalid("saml.unsigned", "a message about signing out must be signed")
    signatures.verify(root, certificates)
    return root


def _message(document: bytes, tag: str) -> etree._Element:
    root = envelope.parse(document)
    if root.tag != tag:
        raise ResponseInvalid("saml.message", f"not a {names.last_part(tag.replace('}', ':'))}")
    check_schema_but_names(root)
    signatures.check_places(root, root)
    return root


def _parameters(query: str, parameter: str) -> dict[str, str]:
    """The raw values by name: what is read must be what was signed, so nothing is decoded yet."""
    pairs = [part.partition("=") for part in query.split("&")]
    sent = {name: raw for name, _, raw in pairs}
    if len(sent) != len(pairs) or parameter not in sent:
        raise ResponseInvalid("saml.parameters", f"{parameter} missing, or a parameter twice")
    return sent


def _check_query(sent: Mapping[str, str], parameter: str, certificates: Sequence[str]) -> None:
    """The signature is over three parameters as they were encoded, in this order."""
    algorithm = unquote_plus(sent.get("SigAlg", ""))
    if algorithm not in names.RSA_SIGNATURES:
        raise ResponseInvalid("saml.signature_algorithm", f"{names.last_part(algorithm)!r}")
    try:
        signature = base64.b64decode(unquote_plus(sent.get("Signature", "")), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ResponseInvalid("saml.signature", "not base64") from error
    signed = (parameter, "RelayState", "SigAlg")
    text = "&".join(f"{name}={sent[name]}" for name in signed if name in sent)
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
