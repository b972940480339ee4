"""What holds of an identity beside its claims: its provider, its address's domain, the moment."""

from dataclasses import dataclass
from datetime import datetime

from mapping.evidence import Evidence, readable, shown
from mapping.finding import Finding
from mapping.moments import plain_begin, plain_end
from providers.domains import DomainInvalid, normalised


@dataclass(frozen=True, slots=True, kw_only=True)
class AtProvider:
    """One of these providers vouches for the person."""

    slugs: tuple[str, ...]

    def check(self, evidence: Evidence) -> Finding:
        slug = evidence.identity.provider
        return Finding(held=slug in self.slugs, because=(f"the provider is {slug}",))

    def plain(self) -> dict[str, object]:
        return {"provider": list(self.slugs)}

    def paths(self) -> frozenset[str]:
        return frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailDomain:
    """The e-mail address, which the provider has verified, is at one of these domains.

    The domain itself is meant, not those below it. An address that nobody verified says nothing.
    """

    domains: tuple[str, ...]  # as `providers.domains.normalised` writes them

    def check(self, evidence: Evidence) -> Finding:
        address = evidence.identity.email
        if not address:
            return Finding(held=None, because=("email is missing",))
        if not evidence.identity.email_verified:
            return Finding(held=None, because=("email is not verified",))
        told = evidence.said("email", address)
        domain = evidence.once(domain_of)
        if domain is None:
            return Finding(held=None, because=(f"email: {told} cannot be read as it stands",))
        if domain in self.domains:
            return Finding(held=True, because=(f"email: {told}",))
        wanted = " or ".join(shown(domain) for domain in self.domains[:3])
        more = " ..." if self.domains[3:] else ""
        return Finding(held=False, because=(f"email: not at {wanted}{more}",))

    def plain(self) -> dict[str, object]:
        return {"email_domain": list(self.domains)}

    def paths(self) -> frozenset[str]:
        return frozenset({"email"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Within:
    """A window of time in which the moment of deciding lies."""

    begins: datetime | None  # the first moment inside
    ends: datetime | None  # the first moment after it

    def check(self, evidence: Evidence) -> Finding:
        if self.begins is not None and evidence.now < self.begins:
            return Finding(held=False, because=(f"begins with {plain_begin(self.begins)}",))
        if self.ends is not None and evidence.now >= self.ends:
            return Finding(held=False, because=(f"ended with {plain_end(self.ends)}",))
        begun = f"since {plain_begin(self.begins)}" if self.begins is not None else ""
        until = f"until {plain_end(self.ends)}" if self.ends is not None else ""
        return Finding(held=True, because=(" ".join(filter(None, (begun, until))),))

    def plain(self) -> dict[str, object]:
        window: dict[str, object] = {}
        if self.begins is not None:
            window["from"] = plain_begin(self.begins)
        if self.ends is not None:
            window["until"] = plain_end(self.ends)
        return {"time": window}

    def paths(self) -> frozenset[str]:
        return frozenset()


def domain_of(evidence: Evidence) -> str | None:
    """The domain of the address, normalised; None if it is not what it looks like."""
    address = evidence.identity.email or ""
    if not readable(address) or address.count("@") != 1:
        return None
    try:
        return normalised(address.rpartition("@")[2])
    except DomainInvalid:
        return None
