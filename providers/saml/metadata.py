"""What a provider says of itself, read without believing too much of it.

Metadata can only add keys, never take the need for one away: a KeyDescriptor without a `use` signs
as well, several keys are all kept (a provider that changes its key shows both for a while), and
none at all is refused. A federation's document describes thousands of others besides: it is read as
one tree of C, and only the one entity becomes values here.

Source: saml-metadata-2.0-os 2.3, 2.4; cacheDuration and validUntil in 2.3.1 and 2.3.2.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import isodate
from lxml import etree

from providers.errors import ProviderMisconfigured, ProviderUnreachable, ResponseInvalid
from providers.http import HttpClient
from providers.saml import names, signatures
from providers.saml.envelope import MAX_ATTRIBUTES_EACH
from providers.saml.keys import KeyUnusable, certificate_pem
from providers.saml.settings import MessageBinding
from providers.saml.text import moment

MAX_METADATA = 1_000_000  # bytes
MAX_AGGREGATE = 64_000_000  # bytes, of what an anchor signs: a whole federation; takes 320 MB
# Elements, ends and attributes: what a document may cost in memory beside its length. A description
# of one provider has a hundred.
MAX_PARTS = 60_000
MAX_AGGREGATE_PARTS = 4_000_000
FETCH_SECONDS = 30.0
MAX_DURATION = 40  # letters
MEDIA_TYPE = "application/samlmetadata+xml"
_OK = 200
_BINDINGS: tuple[tuple[MessageBinding, str], ...] = (
    ("redirect", names.REDIRECT),
    ("post", names.POST),
)
_IDP = f"{{{names.MD}}}IDPSSODescriptor"
_NAMESPACES = {"md": names.MD}


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
    valid_until: datetime | None = None  # not to be used from then on
    cache_for: timedelta | None = None  # how long it may be kept before it is asked for again

    def settings(self) -> dict[str, object]:
        """The part of a provider row's settings that metadata can fill."""
        found: dict[str, object] = {
            "entity_id": self.entity_id,
            "sso_url": self.sso_url,
            "sso_binding": self.sso_binding,
            "certificates": list(self.certificates),
        }
        return found | (self.slo.settings() if self.slo is not None else {})

    def facts(self) -> dict[str, object]:
        """All that security rests on, as JSON: what is compared when it is read again."""
        return self.settings() | {"wants_signed_requests": self.wants_signed_requests}


def fetch(
    url: str,
    http: HttpClient,
    *,
    now: datetime,
    entity_id: str | None = None,
    anchors: Sequence[str] = (),
) -> IdpMetadata:
    """Reads what stands at `url`. Raises ProviderUnreachable besides what `read` raises."""
    limit = MAX_AGGREGATE if anchors else MAX_METADATA
    response = http.get(url, accept=f"{MEDIA_TYPE}, application/xml, text/xml", limit=limit)
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
        root = _tree(document, aggregate=bool(anchors))
        if anchors:
            _check_signature(root, anchors)
        return _described(_entity(root, entity_id), now)
    except ResponseInvalid as error:
        raise _unusable(error.problem) from error


def _tree(document: bytes, *, aggregate: bool) -> etree._Element:
    """UTF-8 without a DTD. Comments are let in, unlike in messages: people keep these by hand."""
    longest = MAX_AGGREGATE if aggregate else MAX_METADATA
    if len(document) > longest:
        raise _unusable(f"is more than {longest} bytes")
    try:
        document.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _unusable("is not UTF-8") from error
    if b"<!DOCTYPE" in document:
        raise _unusable("has a DTD")
    if document.count(b"<") + document.count(b"=") > (
        MAX_AGGREGATE_PARTS if aggregate else MAX_PARTS
    ):
        raise _unusable("has more elements and attributes than metadata has")
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
        root = etree.fromstring(document, parser)
    except etree.XMLSyntaxError as error:
        raise _unusable("is not well-formed XML") from error
    if root.xpath("boolean(//*[count(@*) > $most])", most=MAX_ATTRIBUTES_EACH):
        raise _unusable(f"has an element with more than {MAX_ATTRIBUTES_EACH} attributes")
    return root


def _check_signature(root: etree._Element, anchors: Sequence[str]) -> None:
    if root.tag not in (names.ENTITY, names.ENTITIES) or signatures.signature_of(root) is None:
        raise _unusable("is not signed as a whole")
    # Whatever attribute a reader takes for an identifier: what is signed has this one alone.
    if root.xpath("count(//@*[. = $id])", id=root.get("ID", "")) != 1:
        raise _unusable("has two elements of one identifier")
    signatures.verify(root, anchors)


def _entity(root: etree._Element, entity_id: str | None) -> etree._Element:
    """Entities that are no identity provider do not count."""
    wanted = "" if entity_id is None else "[@entityID = $id]"
    path, name = f"//md:EntityDescriptor[md:IDPSSODescriptor]{wanted}", entity_id or ""
    # Counted first: no list of thousands is made.
    count: float = root.xpath(f"count({path})", namespaces=_NAMESPACES, id=name)  # type: ignore[assignment]
    if count != 1:
        named = "" if entity_id is None else f" named {entity_id}"
        raise _unusable(f"describes {count:.0f} identity providers{named}, not one")
    found: list[etree._Element] = root.xpath(path, namespaces=_NAMESPACES, id=name)  # type: ignore[assignment]
    return found[0]


def _valid_until(parts: Iterable[etree._Element], now: datetime) -> datetime | None:
    """The earliest end of a role, its entity and all that they stand in (2.3.1, 2.3.2, 2.4.1)."""
    found = [moment(part, "validUntil", "metadata") for part in parts]
    until = min((each for each in found if each is not None), default=None)
    if until is not None and until <= now:
        raise _unusable(f"was valid until {until}")
    return until


def _cache_for(parts: Iterable[etree._Element]) -> timedelta | None:
    """The shortest of their durations (XML Schema 2, 3.2.6); a month counts as thirty days."""
    found = [_duration(text) for part in parts if (text := part.get("cacheDuration")) is not None]
    return min(found, default=None)


def _duration(text: str) -> timedelta:
    try:
        found = isodate.parse_duration(text[:MAX_DURATION])  # type: ignore[no-untyped-call]
        if isinstance(found, isodate.Duration):
            years, months = int(found.years), int(found.months)
            found = found.tdelta + timedelta(days=365 * years + 30 * months)
    except (ValueError, OverflowError, ArithmeticError) as error:
        raise _unusable("has a cacheDuration that is no duration") from error
    return found  # type: ignore[no-any-return]


def _described(entity: etree._Element, now: datetime) -> IdpMetadata:
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
    parts = [provider, entity, *entity.iterancestors()]
    return IdpMetadata(
        entity_id=entity.get("entityID", ""),
        sso_url=sso.get("Location", ""),
        sso_binding=sso_binding,
        slo=_slo_endpoint(provider),
        certificates=_signing_certificates(provider),
        wants_signed_requests=provider.get("WantAuthnRequestsSigned") in ("true", "1"),
        name_id_formats=tuple((found.text or "").strip() for found in formats),
        valid_until=_valid_until(parts, now),
        cache_for=_cache_for(parts),
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
