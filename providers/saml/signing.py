"""Signing what we send, with our own key and RSA-SHA256 or better.

Sources: saml-bindings 3.4.4.1 (over the query of a redirect, as it is sent), saml-core 5.4 (inside
a posted message).
"""

import base64
from dataclasses import dataclass, field
from urllib.parse import urlencode

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from onelogin.saml2.utils import OneLogin_Saml2_Utils

from providers.saml import names
from providers.saml.keys import private_key

_HASHES: dict[str, tuple[hashes.HashAlgorithm, str]] = {
    names.RSA_BY_NAME["rsa-sha256"]: (hashes.SHA256(), names.SHA256),
    names.RSA_BY_NAME["rsa-sha384"]: (hashes.SHA384(), names.SHA384),
    names.RSA_BY_NAME["rsa-sha512"]: (hashes.SHA512(), names.SHA512),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """`algorithm` is one of `names.RSA_SIGNATURES`; key and certificate are PEM."""

    private_key: str = field(repr=False)
    certificate: str
    algorithm: str

    def query(self, query: str) -> str:
        """The query with SigAlg and Signature after it."""
        text = f"{query}&{urlencode({'SigAlg': self.algorithm})}"
        digest, _ = _HASHES[self.algorithm]
        made = private_key(self.private_key).sign(text.encode(), padding.PKCS1v15(), digest)
        return f"{text}&{urlencode({'Signature': base64.b64encode(made).decode()})}"

    def document(self, message: bytes) -> bytes:
        """The message with an enveloped signature after its Issuer, which names our certificate."""
        _, digest = _HASHES[self.algorithm]
        signed: bytes = OneLogin_Saml2_Utils.add_sign(  # type: ignore[no-untyped-call]
            message,
            self.private_key,
            self.certificate,
            sign_algorithm=self.algorithm,
            digest_algorithm=digest,
        )
        return signed
