"""What an identity must have, or a condition cannot hold; so that few of many rules need asking."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import reduce
from typing import Final, NamedTuple

from mapping.circumstances import domain_of
from mapping.conditions import (
    AllOf,
    AnyOf,
    AtProvider,
    Below,
    Cel,
    Condition,
    EmailDomain,
    Equals,
    Glob,
    In,
    Matches,
    NoneOf,
    Not,
    Within,
)
from mapping.evidence import OBJECT, TEXT, UNREADABLE, Evidence, Scalar

# No claim can have these names: a claim's path is what it looks like.
PROVIDER: Final = "\nprovider"
EMAIL_DOMAIN: Final = "\nemail domain"
BELOW: Final = "\n"  # before the name of a claim: a text of it is this, or goes on with a slash

_LITERAL = re.compile(r"[^\\.+*?()|\[\]{}^$]*")
_QUANTIFIED = frozenset("*?{+")


class Atom(NamedTuple):
    path: str
    value: Scalar


def needs(condition: Condition) -> frozenset[Atom] | None:
    """The condition can hold only if the identity has one of these; None if that is not known.

    Of several parts that all must hold, the one with the fewest is taken, whatever their order.
    """
    match condition:
        case AllOf():
            known = [n for part in condition.conditions if (n := needs(part)) is not None]
            return min(known, key=lambda n: (len(n), sorted(map(repr, n))), default=None)
        case AnyOf():
            return reduce(_either, map(needs, condition.conditions))
        case Not(condition=Not(condition=inner)):
            return needs(inner)
    return _compared(condition)


def _compared(condition: Condition) -> frozenset[Atom] | None:
    match condition:
        case Equals():
            return frozenset({Atom(condition.claim, condition.value)})
        case In():
            return frozenset(Atom(condition.claim, value) for value in condition.values)
        case Below():
            return frozenset({Atom(BELOW + condition.claim, condition.group)})
        case Glob():
            return _prefixed(
                condition.claim, condition.pattern.partition("*")[0], condition.pattern
            )
        case Matches():
            return _prefixed(condition.claim, _literal(condition.pattern), None)
    return _circumstanced(condition)


def _circumstanced(condition: Condition) -> frozenset[Atom] | None:
    match condition:
        case AtProvider():
            return frozenset(Atom(PROVIDER, slug) for slug in condition.slugs)
        case EmailDomain():
            return frozenset(Atom(EMAIL_DOMAIN, domain) for domain in condition.domains)
        case Cel():
            atoms = condition.atoms()
            return None if atoms is None else frozenset(Atom(*atom) for atom in atoms)
    return None


def atoms(evidence: Evidence, path: str) -> Iterator[Scalar] | None:
    """What the identity has at the path of an atom; None if it may have anything there."""
    identity = evidence.identity
    if path == PROVIDER:
        return iter((identity.provider,))
    if path == EMAIL_DOMAIN:
        domain = domain_of(identity.email) if identity.email and identity.email_verified else None
        return iter((domain,) if domain else ())
    values = evidence.values(path.removeprefix(BELOW))
    if path.startswith(BELOW):
        return _heads(values.get(TEXT, ()))
    if OBJECT in values or UNREADABLE in values:
        return None  # an expression looks into these
    return (value for kind in values.values() for value in kind)


def moments(condition: Condition) -> frozenset[datetime]:
    """When the passing of time alone changes the answer."""
    match condition:
        case AllOf() | AnyOf() | NoneOf():
            return frozenset[datetime]().union(*map(moments, condition.conditions))
        case Not():
            return moments(condition.condition)
        case Within():
            ends = (condition.begins, condition.ends)
            return frozenset(moment for moment in ends if moment is not None)
    return frozenset()


def _either(one: frozenset[Atom] | None, other: frozenset[Atom] | None) -> frozenset[Atom] | None:
    return None if one is None or other is None else one | other


def _prefixed(claim: str, literal: str, whole: str | None) -> frozenset[Atom] | None:
    """Texts that begin so lie below the last whole step of it."""
    if literal == whole:
        return frozenset({Atom(claim, literal)})
    group = literal.rpartition("/")[0]
    return frozenset({Atom(BELOW + claim, group)}) if group else None


def _literal(pattern: str) -> str:
    """What every text that matches begins with, as far as that is plain to see."""
    if "|" in pattern:
        return ""
    found = _LITERAL.match(pattern)
    literal = found[0] if found else ""
    follows = pattern[len(literal) : len(literal) + 1]
    return literal[:-1] if follows in _QUANTIFIED else literal


def _heads(texts: Iterable[Scalar]) -> Iterator[str]:
    """Each text, and what stands before each of its slashes."""
    for text in map(str, texts):
        yield text
        at = text.rfind("/")
        while at > 0:
            yield text[:at]
            at = text.rfind("/", 0, at)
