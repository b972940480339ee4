"""Of whom a source said last that she has gone, by the name under which she signs in.

A closure says so of an account. This says it of the person, and is kept when her account is erased,
when the identity is taken off it, when she never had one, and when the source forgets its own row
of her: until the same source takes it back, or an administrator opens an account of hers.
"""

from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256

from providers.identity import Subject
from provisioning.models import Closure, LinkedIdentity, Source, ToldGone


def gone(subject: Subject, *, source: Source, by: str, now: datetime) -> None:
    """Twice changes nothing more."""
    told = {"source": source, "by": by[: Closure.MAX_BY]}
    ToldGone.objects.get_or_create(key=_key(subject), **told, defaults={"since": now})


def back(subject: Subject, *, source: Source, by: str) -> None:
    """Takes back what this source said, and nothing that another did."""
    told = {"source": source, "by": by[: Closure.MAX_BY]}
    ToldGone.objects.filter(key=_key(subject), **told).delete()


def is_gone(subject: Subject) -> bool:
    """Whether any source says so."""
    return ToldGone.objects.filter(key=_key(subject)).exists()


def forget(identities: Iterable[LinkedIdentity]) -> None:
    """Whatever any source said of them."""
    keys = [_key(Subject(issuer=one.issuer, value=one.subject)) for one in identities]
    ToldGone.objects.filter(key__in=keys).delete()


def _key(subject: Subject) -> str:
    """Nobody reads a name here who does not know it, as she may be erased."""
    return sha256(f"{subject.issuer}\0{subject.value}".encode(errors="replace")).hexdigest()
