"""What a configuration file refers to instead of saying it: secrets, and a provider's metadata."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from gateway.flows.apply_source import Content
from gateway.flows.configuration import MetadataPlace, WantedMetadata
from gateway.flows.metadata_fetch import fetched, in_force
from providers.errors import ProviderMisconfigured, ProviderUnreachable
from providers.saml import metadata
from providers.saml.keys import certificate_pem
from providers.tls import authorities, check_in_force

MAX_SECRET = 64_000  # bytes; a private key with its certificates is a tenth of that

_LISTS = ("allowed_networks", "ca_certificates", "anchors")
_SHAPE = f"write file:path, an https address, or {{{', '.join(('url', 'proxy', *_LISTS))}}}"


class ReferenceBroken(Exception):
    """A reference leads nowhere. The text says what to do and never shows a secret."""


def secret(reference: Content, file: Path, variables: Mapping[str, str]) -> str:
    """What `env:NAME` or `file:path` leads to; paths count from the file. Raises
    ReferenceBroken, also for a secret that is written out.
    """
    kind, _, where = reference.partition(":") if isinstance(reference, str) else ("", "", "")
    if kind == "env":
        if not variables.get(where):
            raise ReferenceBroken(f"refers to the variable {where}, which is not set")
        return variables[where]
    if kind == "file":
        try:
            return _beside(file, where, MAX_SECRET).decode().strip()
        except UnicodeDecodeError as error:
            raise ReferenceBroken(f"refers to the file {where}, which is no text") from error
    raise ReferenceBroken("is written out; change it, and refer to it as env:NAME or file:path")


def provider_metadata(
    reference: Content, file: Path, *, entity_id: Content, proxy_credentials: str, now: datetime
) -> tuple[dict[str, object], WantedMetadata | None]:
    """The settings that a SAML provider's own metadata fills in; and where it is to be read again,
    None for a file.

    The reference is `file:path`, an https address, or a mapping of `url` and, besides:
    `allowed_networks`, the private ones that the address may be on; `ca_certificates` (`file:path`)
    that are believed besides the machine's own; `proxy`, by which it is called; `anchors`
    (`file:path`), by one of which the metadata must be signed. With an entity id it must be that of
    the metadata. Raises ReferenceBroken.
    """
    wanted = entity_id if isinstance(entity_id, str) else None
    place = _place(reference, wanted or "")
    try:
        anchors = tuple(certificate_pem(_text(file, at)) for at in place.anchors)
        if place.url.startswith("file:"):
            limit = metadata.MAX_AGGREGATE if anchors else metadata.MAX_METADATA
            document = _beside(file, place.url.removeprefix("file:"), limit)
            found = metadata.read(document, now=now, entity_id=wanted, anchors=anchors)
            return found.settings(), None
        texts = [_text(file, at) for at in place.ca_certificates]
        believed = authorities("ca_certificates", texts)
        check_in_force("ca_certificates", believed, now)
        place = replace(place, anchors=anchors, ca_certificates=believed)
        found = fetched(place, now, proxy_credentials=proxy_credentials)
    except (ProviderMisconfigured, ProviderUnreachable, ValueError) as error:
        raise ReferenceBroken(f"cannot be used: {error}") from error
    return found.settings(), in_force(place, found, now)


def _place(reference: Content, entity_id: str) -> MetadataPlace:
    """As it is written, certificates as the paths of their files. Raises ReferenceBroken."""
    match {"url": reference} if isinstance(reference, str) else reference:
        case {"url": str(url), **more} if more.keys() <= {"proxy", *_LISTS}:
            proxy = more.get("proxy", "")
            if isinstance(proxy, str):
                return MetadataPlace(
                    url=url,
                    allowed_networks=_listed(more, "allowed_networks"),
                    ca_certificates=tuple(map(_path, _listed(more, "ca_certificates"))),
                    proxy=proxy,
                    anchors=tuple(map(_path, _listed(more, "anchors"))),
                    entity_id=entity_id,
                )
    raise ReferenceBroken(_SHAPE)


def _listed(said: Mapping[object, object], name: str) -> tuple[str, ...]:
    found = said.get(name, [])
    if not isinstance(found, list):
        raise ReferenceBroken(_SHAPE)
    return tuple(map(str, found))


def _path(reference: str) -> str:
    if not reference.startswith("file:"):
        raise ReferenceBroken("has a certificate that is not file:path")
    return reference.removeprefix("file:")


def _text(file: Path, where: str) -> str:
    return _beside(file, where, MAX_SECRET).decode()


def _beside(file: Path, where: str, limit: int) -> bytes:
    try:
        with (file.parent / where).open("rb") as opened:
            raw = opened.read(limit + 1)
    except (OSError, ValueError) as error:
        raise ReferenceBroken(f"refers to the file {where}, which cannot be read") from error
    if not raw.strip() or len(raw) > limit:
        raise ReferenceBroken(f"refers to the file {where}, which is empty or over {limit:,} bytes")
    return raw
