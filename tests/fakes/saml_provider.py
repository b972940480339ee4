"""A SAML provider that really signs: as a value in tests, and as a site of its own.

    python -m tests.fakes.saml_provider --port 9000 --service-certificate gateway.pem

serves `/metadata`, `/sso` and `/slo` for ada, ben, cleo, dora and a thousand more people with
twenty groups each; `?person=p0042` or a cookie `person` says who sits at the browser.
"""

import argparse
import base64
import html
import os
import secrets
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl, urlencode

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from granian.constants import Interfaces
from granian.server import Server
from lxml import etree

from providers.connector import AuthenticationResponse
from providers.saml.keys import bare_base64
from tests.fakes import saml_messages as messages
from tests.fakes.saml_messages import SAML, SAMLP, SUCCESS, Asked, Person, Spoken
from tests.fakes.saml_signing import KeyPair, encrypt, form_field, key_pair, sign

RSA = "http://www.w3.org/2001/04/xmldsig-more#rsa-"
RSA_SHA256 = f"{RSA}sha256"
HASHES: dict[str, HashAlgorithm] = {
    f"{RSA}{hashed.name}": hashed for hashed in (SHA256(), SHA384(), SHA512())
}
StartResponse = Callable[[str, list[tuple[str, str]]], object]


def person(login: str, name: str, email: str, groups: tuple[str, ...]) -> Person:
    given, _, family = name.partition(" ")
    return Person(
        name_id=f"G-{login}",
        attributes=(
            ("username", (login,)),
            ("email", (email,)),
            ("firstName", (given,)),
            ("lastName", (family,)),
            *((("groups", groups),) if groups else ()),
        ),
    )


PEOPLE = {
    "ada": person("ada", "Ada Byron", "ada@corp.example", ("/engineering/platform",)),
    "ben": person("ben", "Ben Okafor", "ben@corp.example", ("/finance/payroll",)),
    "cleo": person("cleo", "Cleo Hart", "cleo@corp.example", ()),
    "dora": person("dora", "Dora Lind", "dora@corp.example", ("/it/admins",)),
}


def known(login: str) -> Person:
    """One of the four, or one of the thousand: `p0001` to `p1000`."""
    if login in PEOPLE:
        return PEOPLE[login]
    groups = tuple(f"/engineering/team-{number:02}" for number in range(20))
    return person(login, f"Person {login}", f"{login}@corp.example", groups)


@dataclass(frozen=True, kw_only=True)
class SamlProvider:
    """`signed` are the parts it signs; `encrypt_to` is a certificate (PEM) to encrypt assertions
    for, `encrypt_names_to` one for the NameIDs in them.
    """

    base_url: str = "https://idp.corp.example"
    entity_id: str = "https://idp.corp.example/metadata"
    keys: KeyPair = field(default_factory=lambda: key_pair("idp"))
    signed: tuple[str, ...] = ("response", "assertion")
    encrypt_to: str | None = None
    encrypt_names_to: str | None = None

    def settings(self, **changes: object) -> dict[str, object]:
        """What an admin puts into the row for this provider."""
        policy = "both" if len(self.signed) == 2 else self.signed[0]
        return {
            "entity_id": self.entity_id,
            "sso_url": f"{self.base_url}/sso",
            "slo_url": f"{self.base_url}/slo",
            "certificates": [self.keys.certificate],
            "signed": policy,
            "encrypted": self.encrypt_to is not None,
        } | changes

    def says(self, asked: Asked, who: Person, now: datetime) -> Spoken:
        unique = secrets.token_hex(16)
        honest = messages.spoken(asked, who, issuer=self.entity_id, now=now)
        return replace(honest, assertion_id=f"_a{unique}", response_id=f"_r{unique}")

    def answer(self, said: Spoken) -> etree._Element:
        """The signed response, as this provider sends it."""
        root = messages.response(said)
        assertion = root.find(f"{{{SAML}}}Assertion")
        if assertion is not None:
            if self.encrypt_names_to is not None:
                name = assertion.find(f"{{{SAML}}}Subject/{{{SAML}}}NameID")
                assert name is not None
                encrypt(name, self.encrypt_names_to, into="EncryptedID")
            if "assertion" in self.signed:
                sign(assertion, self.keys)
            if self.encrypt_to is not None:
                encrypt(assertion, self.encrypt_to)
        if "response" in self.signed:
            sign(root, self.keys)
        return parsed_again(root)

    def metadata(self) -> bytes:
        certificate = bare_base64(self.keys.certificate)
        return (
            f'<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata"'
            f' xmlns:ds="http://www.w3.org/2000/09/xmldsig#" entityID="{self.entity_id}">'
            f'<md:IDPSSODescriptor WantAuthnRequestsSigned="true"'
            f' protocolSupportEnumeration="{SAMLP}"><md:KeyDescriptor use="signing"><ds:KeyInfo>'
            f"<ds:X509Data><ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data>"
            f"</ds:KeyInfo></md:KeyDescriptor><md:SingleLogoutService"
            f' Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"'
            f' Location="{self.base_url}/slo"/><md:NameIDFormat>{messages.PERSISTENT}'
            f"</md:NameIDFormat><md:SingleSignOnService"
            f' Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"'
            f' Location="{self.base_url}/sso"/></md:IDPSSODescriptor></md:EntityDescriptor>'
        ).encode()

    def signed_query(
        self,
        message: etree._Element,
        relay_state: str | None,
        parameter: str = "SAMLResponse",
    ) -> str:
        """A message about signing out by redirect."""
        packer = zlib.compressobj(wbits=-15)
        packed = packer.compress(etree.tostring(message)) + packer.flush()
        fields = {
            parameter: base64.b64encode(packed).decode(),
            "RelayState": relay_state,
            "SigAlg": RSA_SHA256,
        }
        query = urlencode({name: value for name, value in fields.items() if value is not None})
        key = load_pem_private_key(
            self.keys.key.encode(), None, unsafe_skip_rsa_key_validation=True
        )
        signature = key.sign(query.encode(), padding.PKCS1v15(), SHA256())  # type: ignore[union-attr,call-arg,arg-type]
        return f"{query}&{urlencode({'Signature': base64.b64encode(signature).decode()})}"


def parsed_again(root: etree._Element) -> etree._Element:
    """As a reader sees it: what xmlsec builds is not found by lxml's own searches."""
    return etree.fromstring(etree.tostring(root))


def received(
    query: str, service_certificate: str, parameter: str = "SAMLRequest"
) -> tuple[etree._Element, str]:
    """The message in a redirect of the gateway's, and its RelayState; its signature is verified."""
    fields = {name: values[0] for name, values in parse_qs(query, strict_parsing=True).items()}
    raw = {name: value for name, _, value in (p.partition("=") for p in query.split("&"))}
    signed = (parameter, "RelayState", "SigAlg")
    text = "&".join(f"{name}={raw[name]}" for name in signed if name in raw)
    public = x509.load_pem_x509_certificate(service_certificate.encode()).public_key()
    public.verify(  # type: ignore[union-attr,call-arg]
        base64.b64decode(fields["Signature"]),
        text.encode(),
        padding.PKCS1v15(),
        HASHES[fields["SigAlg"]],
    )
    message = zlib.decompress(base64.b64decode(fields[parameter]), -15)
    return etree.fromstring(message), fields.get("RelayState", "")


def asked(query: str, service_certificate: str) -> Asked:
    """The AuthnRequest in a redirect."""
    root, relay_state = received(query, service_certificate)
    assert root.tag == f"{{{SAMLP}}}AuthnRequest"
    return question(root, relay_state)


def question(root: etree._Element, relay_state: str) -> Asked:
    return Asked(
        id=root.get("ID", ""),
        issuer=root.findtext(f"{{{SAML}}}Issuer") or "",
        acs_url=root.get("AssertionConsumerServiceURL", ""),
        relay_state=relay_state,
        force=root.get("ForceAuthn") == "true",
    )


def posted(document: etree._Element | bytes, relay_state: str) -> AuthenticationResponse:
    """As the browser brings it back."""
    fields = {"SAMLResponse": form_field(document), "RelayState": relay_state}
    return AuthenticationResponse(method="POST", fields=fields)


@dataclass(frozen=True, kw_only=True)
class Site:
    """The provider as a WSGI application."""

    provider: SamlProvider
    service_certificate: str

    def __call__(self, environ: dict[str, str], start: StartResponse) -> Iterable[bytes]:
        path, query = environ["PATH_INFO"], environ.get("QUERY_STRING", "")
        if path == "/metadata":
            start("200 OK", [("Content-Type", "application/samlmetadata+xml")])
            return [self.provider.metadata()]
        own = urlencode([pair for pair in parse_qsl(query) if pair[0] != "person"])
        if path == "/sso":
            login = dict(parse_qsl(query)).get("person") or _cookie(environ)
            request = asked(own, self.service_certificate)
            said = self.provider.says(request, known(login), datetime.now(UTC))
            start("200 OK", [("Content-Type", "text/html; charset=utf-8")])
            return [
                _form(request.acs_url, form_field(self.provider.answer(said)), request.relay_state)
            ]
        if path == "/slo":
            start("302 Found", [("Location", self._logged_out(own))])
            return [b""]
        start("404 Not Found", [])
        return [b""]

    def _logged_out(self, query: str) -> str:
        root, relay_state = received(query, self.service_certificate)
        metadata_url = root.findtext(f"{{{SAML}}}Issuer") or ""
        target = metadata_url.removesuffix("/metadata") + "/slo"
        message = messages.logout_response(
            issuer=self.provider.entity_id,
            destination=target,
            in_response_to=root.get("ID", ""),
            status=SUCCESS,
            now=datetime.now(UTC),
        )
        return f"{target}?{self.provider.signed_query(message, relay_state)}"


def _cookie(environ: dict[str, str]) -> str:
    sent = SimpleCookie(environ.get("HTTP_COOKIE", "")).get("person")
    return sent.value if sent else "ada"


def _form(action: str, response: str, relay_state: str) -> bytes:
    return (
        "<!doctype html><title>Corp</title><body onload=document.forms[0].submit()>"
        f'<form method=post action="{html.escape(action)}">'
        f'<input type=hidden name=SAMLResponse value="{response}">'
        f'<input type=hidden name=RelayState value="{html.escape(relay_state)}">'
        "<button>Continue</button></form>"
    ).encode()


def app() -> Site:
    """What the server process loads."""
    base_url = os.environ["SAML_PROVIDER_URL"]
    provider = SamlProvider(
        base_url=base_url, entity_id=f"{base_url}/metadata", keys=key_pair("corp")
    )
    certificate = Path(os.environ["SAML_SERVICE_CERTIFICATE"]).read_text()
    return Site(provider=provider, service_certificate=certificate)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--service-certificate", required=True, help="the gateway's, PEM")
    chosen = parser.parse_args()
    os.environ["SAML_PROVIDER_URL"] = f"http://127.0.0.1:{chosen.port}"
    os.environ["SAML_SERVICE_CERTIFICATE"] = chosen.service_certificate
    Server(
        "tests.fakes.saml_provider:app",
        address="127.0.0.1",
        port=chosen.port,
        interface=Interfaces.WSGI,
        factory=True,
        log_enabled=False,
    ).serve()


if __name__ == "__main__":
    main()
