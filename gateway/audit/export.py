"""The record as a file that anybody can check without us; `exported` does it.

JSON lines: one link each, in order, and at the end `{"head": ...}`: how far the chain reached,
signed with the audit key (`typ` gatehouse-audit-head+jws). Whoever has the file, the keys that were
published at the time, and the rule in `chain` needs nothing else.
"""

import json
from collections.abc import Iterator
from datetime import datetime

from gateway.audit.links import link
from gateway.audit.models import AuditSeal
from gateway.audit.verify import Head
from gateway.config.keyring import KeyRing
from gateway.tokens.keys import Typ, sign


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
