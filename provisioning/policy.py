"""What the word of one provider is worth here, as its row says."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from providers.models import Provider, held_domains
from provisioning.profile import ProfilePolicy

# From the moment at which she came from the new provider, and from her sign-in to the old account.
OFFER_LIFETIME, PROOF_LIFETIME = timedelta(minutes=15), timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """Somebody signed in to an account, so that an identity that came before may join it.

    Times are UTC. It counts once, for the identity to which it was bound by whoever kept it.
    """

    account: str
    linked: int  # key of the identity by which she signed in
    asked_at: datetime  # when she came by the identity that is to be joined
    given_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkPolicy:
    """What an e-mail address from one provider is worth, whom it lets join and whom it makes known.

    `proof` is what the person has shown besides.
    """

    by_verified_email: bool
    email_domains: frozenset[str]  # lower case; exactly these, none below them
    by_proof: bool = False
    newcomers: Provider.Newcomers = Provider.Newcomers.CREATED
    by_invitation: bool = True
    proof: Proof | None = None
    profile: ProfilePolicy = field(default_factory=ProfilePolicy)  # what sign-ins there take

    @classmethod
    def of(cls, provider: Provider, now: datetime) -> "LinkPolicy":
        """With the domains that lead to the provider: who holds one speaks for its addresses."""
        held = held_domains(now).filter(provider=provider).values_list("domain", flat=True)
        return cls(
            by_verified_email=provider.link_policy == Provider.LinkPolicy.VERIFIED_EMAIL,
            email_domains=frozenset(named(provider.email_domains)) | frozenset(held),
            by_proof=provider.link_policy == Provider.LinkPolicy.PROOF,
            newcomers=Provider.Newcomers(provider.newcomers),
            profile=ProfilePolicy.of(provider),
        )

    def vouches(self, address: str) -> bool:
        """Whether this provider's word for the address, in lower case, is taken at all."""
        return address.rpartition("@")[2] in self.email_domains

    def trusts(self, address: str) -> bool:
        return self.by_verified_email and self.vouches(address)

    def for_told(self) -> "LinkPolicy":
        """For somebody of whom SCIM or a directory tells: nobody is there to prove anything, and
        being told of is what lets her in. An invitation waits for herself.
        """
        return replace(
            self, by_proof=False, by_invitation=False, newcomers=Provider.Newcomers.CREATED
        )


def named(domains: Iterable[object]) -> Iterator[str]:
    return (str(domain).lower() for domain in domains)
