"""Names out of the specifications: namespaces, bindings, formats, algorithms.

Sources: saml-core-2.0-os, saml-bindings-2.0-os, XML Signature 1.1, XML Encryption 1.1, RFC 9231.
"""

SAMLP = "urn:oasis:names:tc:SAML:2.0:protocol"
SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
MD = "urn:oasis:names:tc:SAML:2.0:metadata"
DS = "http://www.w3.org/2000/09/xmldsig#"
XENC = "http://www.w3.org/2001/04/xmlenc#"
XENC11 = "http://www.w3.org/2009/xmlenc11#"
EXC_C14N = "http://www.w3.org/2001/10/xml-exc-c14n#"
_MORE = "http://www.w3.org/2001/04/xmldsig-more#"

RESPONSE = f"{{{SAMLP}}}Response"
LOGOUT_REQUEST = f"{{{SAMLP}}}LogoutRequest"
LOGOUT_RESPONSE = f"{{{SAMLP}}}LogoutResponse"
ASSERTION = f"{{{SAML}}}Assertion"
ENCRYPTED_ASSERTION = f"{{{SAML}}}EncryptedAssertion"
ISSUER = f"{{{SAML}}}Issuer"
NAME_ID = f"{{{SAML}}}NameID"
SESSION_INDEX = f"{{{SAMLP}}}SessionIndex"
SUBJECT = f"{{{SAML}}}Subject"
ENCRYPTED_ID = f"{{{SAML}}}EncryptedID"
SIGNATURE = f"{{{DS}}}Signature"
ENTITY = f"{{{MD}}}EntityDescriptor"
ENTITIES = f"{{{MD}}}EntitiesDescriptor"

REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
RESPONDER = "urn:oasis:names:tc:SAML:2.0:status:Responder"

PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
UNSPECIFIED = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"
EMAIL_ADDRESS = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"

RSA_SHA256 = f"{_MORE}rsa-sha256"
# In short, as an admin names them.
RSA_BY_NAME = {
    "rsa-sha256": RSA_SHA256,
    "rsa-sha384": f"{_MORE}rsa-sha384",
    "rsa-sha512": f"{_MORE}rsa-sha512",
}
RSA_SIGNATURES = frozenset(RSA_BY_NAME.values())
# No SHA-1, no HMAC (its key would be the public certificate), no DSA.
SIGNATURES = RSA_SIGNATURES | {
    f"{_MORE}ecdsa-sha256",
    f"{_MORE}ecdsa-sha384",
    f"{_MORE}ecdsa-sha512",
}
SHA256 = f"{XENC}sha256"
SHA384 = f"{_MORE}sha384"
SHA512 = f"{XENC}sha512"
DIGESTS = frozenset({SHA256, SHA384, SHA512})
CANONICAL = frozenset({EXC_C14N, f"{EXC_C14N}WithComments"})
ENVELOPED = f"{DS}enveloped-signature"

OAEP_MGF1P = f"{XENC}rsa-oaep-mgf1p"
OAEP = f"{XENC11}rsa-oaep"
AES256_GCM = f"{XENC11}aes256-gcm"
# Bytes of the key, by algorithm.
GCM_KEYS = {f"{XENC11}aes128-gcm": 16, f"{XENC11}aes192-gcm": 24, AES256_GCM: 32}
CBC_KEYS = {f"{XENC}aes128-cbc": 16, f"{XENC}aes192-cbc": 24, f"{XENC}aes256-cbc": 32}


def last_part(name: str) -> str:
    """The short end of an address or URN, for people to read."""
    return name.replace("#", ":").replace("/", ":").rsplit(":", 1)[-1][:60]
