"""The record as a file that anybody can check without us.

JSON lines: one link each, in order, and at the end `{"head": ...}`: how far the chain reached,
signed with the audit key (`typ` gatehouse-audit-head+jws). Whoever has the file, the keys that were
published at the time, and the rule in `chain` needs nothing else.
"""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import BinaryIO

from gateway.audit.chain import GENESIS, Link, link
from gateway.audit.models import AuditSeal
from gateway.audit.verify import Head, Verification, verify_links
from gateway.config.keyring import KeyRing, KeyRingInvalid
from gateway.tokens.keys import TokenInvalid, Typ, sign, verify

MAX_LINE = 100_000  # bytes; the largest event is far smaller


class ExportInvalid(Exception):
    """The file is no export of ours. The text says where and why."""


def current_head() -> Head:
    """How far the chain in the database reaches now."""
    last = AuditSeal.objects.order_by("-position").values_list("position", "hash").first()
    return Head(position=last[0], hash=last[1]) if last else Head(position=0, hash=GENESIS)


def lines(ring: KeyRing, head: Head, *, issuer: str, now: datetime) -> Iterator[str]:
    """All links up to the head, then the head itself."""
    seals = AuditSeal.objects.filter(position__lte=head.position).order_by("position")
    for row in seals.select_related("event").iterator(chunk_size=1000):
        found = link(row)
        content = {
            "position": found.position,
            "previous": found.previous,
            "sealed_at": found.sealed_at,
            "event": found.event,
            "hash": row.hash,
        }
        yield json.dumps(content, separators=(",", ":"))
    signed = {"iss": issuer, "iat": int(now.timestamp())}
    signed |= {"position": head.position, "hash": head.hash}
    yield json.dumps({"head": sign(ring, Typ.AUDIT_HEAD, json.dumps(signed).encode())})


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
