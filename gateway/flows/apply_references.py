"""What a configuration file refers to instead of saying it: secrets, and a provider's metadata."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from gateway.flows.apply_source import Content
from gateway.flows.configuration import MetadataPlace, WantedMetadata
from gateway.flows.metadata_fetch import fetched, in_force
from providers.errors import ProviderMisconfigured, ProviderUnreachable
from providers.saml import metadata
from providers.saml.keys import certificate_pem

MAX_SECRET = 64_000  # bytes; a private key with its certificates is a tenth of that


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
    reference: Content, file: Path, entity_id: Content, now: datetime
) -> tuple[dict[str, object], WantedMetadata | None]:
    """The settings that a SAML provider's own metadata fills in; and where it is to be read again,
    None for a file.

    The reference is `file:path`, an https address, or `{url, allowed_networks, anchors}`: the
    private networks that the address may be on, and the certificates (`file:path`) by one of which
    the metadata must be signed. With an entity id it must be that of the metadata. Raises
    ReferenceBroken.
    """
    wanted = entity_id if isinstance(entity_id, str) else None
    url, networks, anchors = _parts(reference)
    try:
        trusted = [certificate_pem(_beside(file, at, MAX_SECRET).decode()) for at in anchors]
        if url.startswith("file:"):
            limit = metadata.MAX_AGGREGATE if trusted else metadata.MAX_METADATA
            document = _beside(file, url.removeprefix("file:"), limit)
            found = metadata.read(document, now=now, entity_id=wanted, anchors=trusted)
            return found.settings(), None
        place = MetadataPlace(
            url=url,
            allowed_networks=tuple(networks),
            anchors=tuple(trusted),
            entity_id=wanted or "",
        )
        found = fetched(place, now)
    except (ProviderMisconfigured, ProviderUnreachable, ValueError) as error:
        raise ReferenceBroken(f"cannot be used: {error}") from error
    return found.settings(), in_force(place, found, now)


def _parts(reference: Content) -> tuple[str, list[str], list[str]]:
    """Address, networks, and the anchors' paths. Raises ReferenceBroken."""
    match {"url": reference} if isinstance(reference, str) else reference:
        case {"url": str(url), **more} if more.keys() <= {"allowed_networks", "anchors"}:
            networks, anchors = more.get("allowed_networks", []), more.get("anchors", [])
            if isinstance(networks, list) and isinstance(anchors, list):
                return url, list(map(str, networks)), [_file(anchor) for anchor in anchors]
    raise ReferenceBroken("write file:path, an https address, or {url, allowed_networks, anchors}")


def _file(reference: Content) -> str:
    if not isinstance(reference, str) or not reference.startswith("file:"):
        raise ReferenceBroken("has an anchor that is not file:path")
    return reference.removeprefix("file:")


def _beside(file: Path, where: str, limit: int) -> bytes:
    try:
        with (file.parent / where).open("rb") as opened:
            raw = opened.read(limit + 1)
    except (OSError, ValueError) as error:
        raise ReferenceBroken(f"refers to the file {where}, which cannot be read") from error
    if not raw.strip() or len(raw) > limit:
        raise ReferenceBroken(f"refers to the file {where}, which is empty or over {limit:,} bytes")
    return raw
