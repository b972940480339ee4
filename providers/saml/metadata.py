"""What a provider says of itself, read without believing too much of it.

Metadata can only add keys, never take the need for one away: a KeyDescriptor without a `use` signs
as well, several keys are all kept (a provider that changes its key shows both for a while), and
none at all is refused. Source: saml-metadata-2.0-os 2.3, 2.4.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from lxml import etree

from providers.errors import ProviderMisconfigured, ProviderUnreachable, ResponseInvalid
from providers.http import HttpClient
from providers.saml import envelope, names, signatures
from providers.saml.keys import KeyUnusable, certificate_pem
from providers.saml.settings import MessageBinding
from providers.saml.text import moment

MAX_METADATA = 1_000_000  # bytes
MEDIA_TYPE = "application/samlmetadata+xml"
_OK = 200
_BINDINGS: tuple[tuple[MessageBinding, str], ...] = (
    ("redirect", names.REDIRECT),
    ("post", names.POST),
)
_IDP = f"{{{names.MD}}}IDPSSODescriptor"


@dataclass(frozen=True, slots=True, kw_only=True)
class SloEndpoint:
    url: str
    binding: MessageBinding
    response_url: str | None

    def settings(self) -> dict[str, object]:
        answers = {"slo_response_url": self.response_url} if self.response_url else {}
        return {"slo_url": self.url, "slo_binding": self.binding, **answers}


@dataclass(frozen=True, slots=True, kw_only=True)
class IdpMetadata:
    entity_id: str
    sso_url: str
    sso_binding: MessageBinding  # redirect where there are both
    slo: SloEndpoint | None
    certificates: tuple[str, ...]  # PEM, of every key that may sign
    wants_signed_requests: bool
    name_id_formats: tuple[str, ...]

    def settings(self) -> dict[str, object]:
        """The part of a provider row's settings that metadata can fill."""
        found: dict[str, object] = {
            "entity_id": self.entity_id,
            "sso_url": self.sso_url,
            "sso_binding": self.sso_binding,
            "certificates": list(self.certificates),
        }
        return found | (self.slo.settings() if self.slo is not None else {})


def fetch(
    url: str,
    http: HttpClient,
    *,
    now: datetime,
    entity_id: str | None = None,
    anchors: Sequence[str] = (),
) -> IdpMetadata:
    """Reads what stands at `url`. Raises ProviderUnreachable besides what `read` raises."""
    response = http.get(url, accept=f"{MEDIA_TYPE}, application/xml, text/xml", limit=MAX_METADATA)
    if response.status != _OK:
        raise ProviderUnreachable(f"metadata: status {response.status}")
    return read(response.body, now=now, entity_id=entity_id, anchors=anchors)


def read(
    document: bytes,
    *,
    now: datetime,
    entity_id: str | None = None,
    anchors: Sequence[str] = (),
) -> IdpMetadata:
    """The one provider in `document`, or the one of this `entity_id` among several.

    With `anchors` (certificates, PEM) the whole document must be signed by one of their keys.
    Raises ProviderMisconfigured, whose field is `metadata`.
    """
    try:
        root = _tree(document)
        if anchors:
            _check_signature(root, anchors)
        entity = _entity(root, entity_id)
        _check_valid(root, now)
        _check_valid(entity, now)
        return _described(entity)
    except ResponseInvalid as error:
        raise _unusable(error.problem) from error


def _tree(document: bytes) -> etree._Element:
    """UTF-8 without a DTD. Comments are let in, unlike in messages: people keep these by hand."""
    if len(document) > MAX_METADATA:
        raise _unusable(f"is more than {MAX_METADATA} bytes")
    try:
        text = document.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _unusable("is not UTF-8") from error
    if "<!DOCTYPE" in text:
        raise _unusable("has a DTD")
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        return etree.fromstring(document, parser)
    except etree.XMLSyntaxError as error:
        raise _unusable("is not well-formed XML") from error


def _check_signature(root: etree._Element, anchors: Sequence[str]) -> None:
    if root.tag not in (names.ENTITY, names.ENTITIES) or signatures.signature_of(root) is None:
        raise _unusable("is not signed as a whole")
    seen: set[str] = set()
    for element in root.iter():
        envelope.check_identifiers(element, seen)
    signatures.verify(root, anchors)


def _entity(root: etree._Element, entity_id: str | None) -> etree._Element:
    """Entities that are no identity provider do not count."""
    entities = [e for e in root.iter(names.ENTITY) if e.find(_IDP) is not None]
    if entity_id is not None:
        entities = [entity for entity in entities if entity.get("entityID") == entity_id]
    if len(entities) != 1:
        wanted = "" if entity_id is None else f" named {entity_id}"
        raise _unusable(f"describes {len(entities)} identity providers{wanted}, not one")
    return entities[0]


def _check_valid(element: etree._Element, now: datetime) -> None:
    until = moment(element, "validUntil", "metadata")
    if until is not None and until <= now:
        raise _unusable(f"was valid until {until}")


def _described(entity: etree._Element) -> IdpMetadata:
    providers = [
        role
        for role in entity.findall(_IDP)
        if names.SAMLP in role.get("protocolSupportEnumeration", "").split()
    ]
    if len(providers) != 1:
        raise _unusable(f"has {len(providers)} descriptions of a SAML 2.0 provider, not one")
    provider = providers[0]
    found = _endpoint(provider, "SingleSignOnService")
    if found is None or not entity.get("entityID"):
        raise _unusable("names no entity, or no sign-on address for the redirect or POST binding")
    sso_binding, sso = found
    formats = provider.findall(f"{{{names.MD}}}NameIDFormat")
    return IdpMetadata(
        entity_id=entity.get("entityID", ""),
        sso_url=sso.get("Location", ""),
        sso_binding=sso_binding,
        slo=_slo_endpoint(provider),
        certificates=_signing_certificates(provider),
        wants_signed_requests=provider.get("WantAuthnRequestsSigned") in ("true", "1"),
        name_id_formats=tuple((found.text or "").strip() for found in formats),
    )


def _slo_endpoint(provider: etree._Element) -> SloEndpoint | None:
    found = _endpoint(provider, "SingleLogoutService")
    if found is None:
        return None
    binding, endpoint = found
    url, answers = endpoint.get("Location", ""), endpoint.get("ResponseLocation")
    return SloEndpoint(url=url, binding=binding, response_url=answers)


def _endpoint(
    provider: etree._Element, service: str
) -> tuple[MessageBinding, etree._Element] | None:
    """By redirect where it can, else by POST; no other binding is spoken here."""
    for binding, name in _BINDINGS:
        for endpoint in provider.findall(f"{{{names.MD}}}{service}"):
            if endpoint.get("Binding") == name and endpoint.get("Location"):
                return binding, endpoint
    return None


def _signing_certificates(provider: etree._Element) -> tuple[str, ...]:
    """Of each key whose use is signing, or not said: such a key is for both (2.4.1.1)."""
    found: list[str] = []
    for key in provider.findall(f"{{{names.MD}}}KeyDescriptor"):
        if key.get("use", "signing") != "signing":
            continue
        for certificate in key.iter(f"{{{names.DS}}}X509Certificate"):
            try:
                found.append(certificate_pem(certificate.text or ""))
            except KeyUnusable as error:
                raise _unusable(f"has a certificate that {error}") from error
    if not found:
        raise _unusable("has no certificate that signs: its answers could not be believed")
    return tuple(dict.fromkeys(found))


def _unusable(problem: str) -> ProviderMisconfigured:
    return ProviderMisconfigured("metadata", problem)
