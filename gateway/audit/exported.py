"""Checking an export: with the file and the published keys alone, anywhere. No Django."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from gateway.audit.chain import Link
from gateway.audit.verify import Head, Verification, verify_links
from gateway.config.keyring import KeyRing, KeyRingInvalid, KeyUse
from gateway.tokens.keys import TokenInvalid, Typ, verify

MAX_LINE = 100_000  # bytes; the largest event is far smaller


class ExportInvalid(Exception):
    """The file is no export of ours. The text says where and why."""


def published(path: Path) -> KeyRing:
    """The keys of a JWK Set, as a ring that can verify. Raises ExportInvalid, OSError."""
    try:
        keys = tuple(ECKey.import_key(key) for key in json.loads(path.read_text())["keys"])
    except (KeyError, TypeError, ValueError, JoseError) as error:
        raise ExportInvalid(f"{path} is no JWK Set") from error
    return KeyRing(symmetric={}, signing={KeyUse.AUDIT: keys})


def verify_file(file: BinaryIO, ring: KeyRing) -> tuple[Verification, Head]:
    """Checks an export by the audit keys of the ring alone; also the head that was signed.

    Raises ExportInvalid if a line cannot be read or the head is missing or not signed by us.
    """
    signed = _signed_head(file, ring)
    file.seek(0)
    return verify_links(_links(file), signed), signed


def _signed_head(file: BinaryIO, ring: KeyRing) -> Head:
    found: object = None
    for _, content in _content(file):
        found = content.get("head")
    if not isinstance(found, str):
        raise ExportInvalid("the last line is no signed head; the end of the file is missing")
    try:
        head = json.loads(verify(ring, Typ.AUDIT_HEAD, found))
        return Head(position=int(head["position"]), hash=str(head["hash"]))
    except (TokenInvalid, KeyRingInvalid, KeyError, TypeError, ValueError) as error:
        raise ExportInvalid(f"the head is not signed by these keys ({error})") from error


def _links(file: BinaryIO) -> Iterator[tuple[Link, str]]:
    for number, content in _content(file):
        if "head" in content:
            continue
        try:
            made = Link(
                position=int(content["position"]),  # type: ignore[call-overload]
                previous=str(content["previous"]),
                sealed_at=str(content["sealed_at"]),
                event=dict(content["event"]),  # type: ignore[call-overload]
            )
            yield made, str(content["hash"])
        except (KeyError, TypeError, ValueError) as error:
            raise ExportInvalid(f"line {number} is no link of the chain") from error


def _content(file: BinaryIO) -> Iterator[tuple[int, dict[str, object]]]:
    number = 0
    while line := file.readline(MAX_LINE):
        number += 1
        try:
            content = json.loads(line)
        except ValueError as error:
            raise ExportInvalid(f"line {number} is not JSON, or is too long") from error
        if not isinstance(content, dict):
            raise ExportInvalid(f"line {number} is no JSON object")
        yield number, content
