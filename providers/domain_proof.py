"""Whether a domain's owner says in DNS that it belongs to a provider here.

A TXT record (RFC 1035, 3.3.14) at `_gatehouse.<domain>` holds `gatehouse-domain=<token>`. The token
is random, of one domain and one provider: whoever can write it there has the domain, and means this
provider. Asked are the resolvers that the operator names, or the machine's own; their word is
taken, so they should be near and check DNSSEC.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import dns.exception
import dns.nameserver
import dns.rdatatype
import dns.resolver
from dns.rdtypes.ANY.TXT import TXT

RECORD_LABEL = "_gatehouse"
PREFIX = "gatehouse-domain="
TRY_SECONDS = 2.0  # one question to one resolver
ALL_SECONDS = 5.0  # all of them together


class Proof(Enum):
    FOUND = "found"
    ABSENT = "absent"  # DNS answered, and the record is not there
    UNKNOWN = "unknown"  # DNS did not answer, or with an error


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    proof: Proof
    problem: str = ""  # in words, of what was not found


def new_token() -> str:
    """128 random bits. No secret: it is published."""
    return secrets.token_hex(16)


def record_name(domain: str) -> str:
    return f"{RECORD_LABEL}.{domain}"


def record_text(token: str) -> str:
    return PREFIX + token


def look(domain: str, token: str, resolvers: Sequence[tuple[str, int]]) -> Looked:
    """Asks DNS, for five seconds at most. `resolvers` are (address, port); the machine's own if
    there are none. Aliases (CNAME) are followed. Raises nothing.
    """
    try:
        answer = _resolver(resolvers).resolve(
            record_name(domain) + ".", dns.rdatatype.TXT, raise_on_no_answer=False
        )
    except dns.resolver.NXDOMAIN:
        return Looked(proof=Proof.ABSENT, problem="there is no such name in DNS")
    except dns.exception.DNSException as error:
        return Looked(proof=Proof.UNKNOWN, problem=f"DNS did not say ({type(error).__name__})")
    except OSError as error:
        return Looked(proof=Proof.UNKNOWN, problem=f"DNS cannot be asked ({type(error).__name__})")
    found = [record for record in answer.rrset or () if isinstance(record, TXT)]
    texts = [b"".join(record.strings) for record in found]  # at most 64 KiB: one message
    if record_text(token).encode() in [text.strip() for text in texts]:
        return Looked(proof=Proof.FOUND)
    if any(text.strip().startswith(PREFIX.encode()) for text in texts):
        return Looked(proof=Proof.ABSENT, problem="the record there has another token")
    return Looked(proof=Proof.ABSENT, problem="the record is not there")


def _resolver(resolvers: Sequence[tuple[str, int]]) -> dns.resolver.Resolver:
    """Raises DNSException where none are named and the machine has none."""
    resolver = dns.resolver.Resolver(configure=not resolvers)
    if resolvers:
        resolver.nameservers = [dns.nameserver.Do53Nameserver(*each) for each in resolvers]
    resolver.timeout, resolver.lifetime = TRY_SECONDS, ALL_SECONDS
    return resolver
