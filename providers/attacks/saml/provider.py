"""A SAML provider that the kit plays: it answers as the real one would, but for its lies.

It takes on the entity id, the signed parts, the encryption and the names that the row asks for;
only its key is its own. Where the row's certificates stay, that key is a stranger's.
"""

import base64
import secrets
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlencode, urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from lxml import etree

from providers.attacks.saml import messages
from providers.attacks.saml.messages import SAML, SAMLP, Asked, Person, Spoken
from providers.attacks.saml.signing import (
    LAWFUL,
    CipherKind,
    KeyPair,
    SignatureKind,
    encrypt,
    form_field,
    key_pair,
    sign,
)
from providers.connector import AuthenticationResponse, Binding, PostBinding
from providers.saml.keys import private_key
from providers.saml.names import RSA_SHA256, UNSPECIFIED
from providers.saml.settings import SamlSettings

PERSON = "attack-kit-person"
Shape = Callable[[etree._Element], object]  # noqa: SLF001 - lxml's name for it


class PlayedSamlProvider:
    """`settings` are the row's; `encrypt_to` is the gateway's own certificate (PEM)."""

    def __init__(self, settings: SamlSettings, *, encrypt_to: str, keyless: bool = False) -> None:
        self.settings = settings
        self.keyless = keyless
        self.keys: KeyPair = key_pair("stranger" if keyless else "attack-kit")
        self.signed = ("response", "assertion") if settings.signed == "both" else (settings.signed,)
        self._encrypt_to = encrypt_to

    def asked(self, binding: Binding) -> Asked:
        """What a browser was sent away with. Who signed it is not asked."""
        if isinstance(binding, PostBinding):
            fields = dict(binding.fields)
            document = base64.b64decode(fields["SAMLRequest"])
        else:
            fields = dict(parse_qsl(urlsplit(binding.url).query))
            document = zlib.decompress(base64.b64decode(fields["SAMLRequest"]), -15)
        root = etree.fromstring(document)
        return Asked(
            id=root.get("ID", ""),
            issuer=root.findtext(f"{{{SAML}}}Issuer") or "",
            acs_url=root.get("AssertionConsumerServiceURL", ""),
            relay_state=fields.get("RelayState", ""),
        )

    def person(self) -> Person:
        said = {"username": PERSON, "email": "attack-kit@attack-kit.invalid"}
        if self.settings.subject_attribute is not None:
            said[self.settings.subject_attribute] = PERSON
        known = self.settings.name_id_format
        return Person(
            name_id=PERSON,
            name_id_format="" if known == UNSPECIFIED else known,
            attributes=tuple((name, (value,)) for name, value in said.items()),
        )

    def says(self, asked: Asked) -> Spoken:
        honest = messages.spoken(
            asked, self.person(), issuer=self.settings.entity_id, now=datetime.now(UTC)
        )
        unique = secrets.token_hex(16)
        contexts = self.settings.answering_contexts or (messages.PASSWORD,)
        return replace(
            honest, assertion_id=f"_a{unique}", response_id=f"_r{unique}", context=contexts[0]
        )

    def answer(
        self,
        said: Spoken,
        *,
        shape: Shape | None = None,
        kind: SignatureKind = LAWFUL,
        signed: tuple[str, ...] | None = None,
        encrypted: bool | None = None,
        cipher: CipherKind | None = None,
    ) -> etree._Element:
        """The response as the row asks for it; `shape` changes it before it is signed."""
        parts = self.signed if signed is None else signed
        encrypts = self.settings.encrypted if encrypted is None else encrypted
        root = messages.response(said)
        if shape is not None:
            shape(root)
        assertion = root.find(f"{{{SAML}}}Assertion")
        if assertion is not None and "assertion" in parts:
            sign(assertion, self.keys, kind)
        if assertion is not None and encrypts:
            encrypt(assertion, self._encrypt_to, cipher)
        if "response" in parts:
            sign(root, self.keys, kind)
        # As a reader sees it: what xmlsec builds is not found by lxml's own searches.
        return etree.fromstring(etree.tostring(root))

    def logout_request(self, destination: str, **lies: str | None) -> etree._Element:
        """Unsigned (saml-core 3.7.1); None leaves a part out."""
        now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
        told = {"ID": f"_l{secrets.token_hex(16)}", "Version": "2.0", "IssueInstant": now}
        told |= {"Destination": destination, "issuer": self.settings.entity_id, "name": PERSON}
        said: dict[str, str | None] = {**told, **lies}
        root = etree.Element(f"{{{SAMLP}}}LogoutRequest", nsmap={"samlp": SAMLP, "saml": SAML})
        parts = (
            (f"{{{SAML}}}Issuer", said.pop("issuer")),
            (f"{{{SAML}}}NameID", said.pop("name")),
            (f"{{{SAMLP}}}SessionIndex", said.pop("session", "attack-kit-session")),
        )
        for name, value in said.items():
            if value is not None:
                root.set(name, value)
        for tag, value in parts:
            if value is not None:
                etree.SubElement(root, tag).text = value
        return root

    def posted_logout(
        self, message: etree._Element, *, signs: bool = True
    ) -> AuthenticationResponse:
        if signs:
            sign(message, self.keys)
        return AuthenticationResponse(method="POST", fields={"SAMLRequest": form_field(message)})

    def redirected_logout(
        self,
        message: etree._Element | bytes,
        *,
        algorithm: str = RSA_SHA256,
        signs: bool = True,
    ) -> AuthenticationResponse:
        """Saml-bindings 3.4.4.1."""
        document = message if isinstance(message, bytes) else etree.tostring(message)
        packer = zlib.compressobj(9, wbits=-15)
        packed = packer.compress(document) + packer.flush()
        query = urlencode({"SAMLRequest": base64.b64encode(packed).decode()})
        if signs:
            query = f"{query}&{urlencode({'SigAlg': algorithm})}"
            digest = hashes.SHA1() if algorithm.endswith("rsa-sha1") else hashes.SHA256()  # noqa: S303
            made = private_key(self.keys.key).sign(query.encode(), padding.PKCS1v15(), digest)
            query = f"{query}&{urlencode({'Signature': base64.b64encode(made).decode()})}"
        return AuthenticationResponse(method="GET", fields=dict(parse_qsl(query)), query=query)


def posted(document: etree._Element | bytes, relay_state: str) -> AuthenticationResponse:
    """As a browser brings it back."""
    fields = {"SAMLResponse": form_field(document), "RelayState": relay_state}
    return AuthenticationResponse(method="POST", fields=fields)
