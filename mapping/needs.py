"""What an identity must have, or a condition cannot hold; so that few of many rules need asking."""

from collections.abc import Iterator
from datetime import datetime
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
from mapping.texts import literal_of

# No claim can have these names: a claim's path is what it looks like.
PROVIDER: Final = "\nprovider"
EMAIL_DOMAIN: Final = "\nemail domain"
BELOW: Final = "\n"  # before the name of a claim: a text of it is this, or goes on with a slash


class Atom(NamedTuple):
    path: str
    value: Scalar


def needs(condition: Condition) -> frozenset[Atom] | None:
    """The condition can hold only if the identity has one of these; None if that is not known.

    Of several parts that all must hold, the one with the fewest is taken, whatever their order.
    """
    return min(alternatives(condition), key=_size, default=None)


def alternatives(condition: Condition) -> tuple[frozenset[Atom], ...]:
    """Of each of these the identity must have one atom, or the condition cannot hold."""
    match condition:
        case AllOf():
            return tuple(one for part in condition.conditions for one in alternatives(part))
        case AnyOf():
            each = [needs(part) for part in condition.conditions]
            known = [one for one in each if one is not None]
            return (frozenset[Atom]().union(*known),) if len(known) == len(each) else ()
        case Not(condition=Not(condition=inner)):
            return alternatives(inner)
        case Cel():
            return tuple(frozenset(Atom(*atom) for atom in one) for one in condition.atoms())
    compared = _compared(condition)
    return () if compared is None else (compared,)


def _compared(condition: Condition) -> frozenset[Atom] | None:
    match condition:
        case Equals():
            return frozenset({Atom(condition.claim, condition.value)})
        case In():
            return frozenset(Atom(condition.claim, value) for value in condition.values)
        case Below():
            return frozenset({Atom(BELOW + condition.claim, condition.group)})
        case Glob():
            head = condition.pattern.partition("*")[0]
            return _prefixed(condition.claim, head, condition.pattern)
        case Matches():
            return _prefixed(condition.claim, literal_of(condition.pattern), None)
    return _circumstanced(condition)


def _circumstanced(condition: Condition) -> frozenset[Atom] | None:
    match condition:
        case AtProvider():
            return frozenset(Atom(PROVIDER, slug) for slug in condition.slugs)
        case EmailDomain():
            return frozenset(Atom(EMAIL_DOMAIN, domain) for domain in condition.domains)
    return None


def atoms(evidence: Evidence, path: str) -> frozenset[Scalar] | None:
    """What the identity has at the path of an atom; None if it may have anything there."""
    identity = evidence.identity
    if path == PROVIDER:
        return frozenset((identity.provider,))
    if path == EMAIL_DOMAIN:
        domain = evidence.once(domain_of) if identity.email_verified else None
        return frozenset((domain,) if domain else ())
    if path.startswith(BELOW):
        return _heads(evidence.values(path.removeprefix(BELOW)).get(TEXT, frozenset()))
    values = evidence.values(path)
    if OBJECT in values or UNREADABLE in values:
        return None  # an expression looks into these
    kinds = list(values.values())
    return kinds[0] if len(kinds) == 1 else frozenset[Scalar]().union(*kinds)


def moments(condition: Condition) -> frozenset[datetime]:
    """When the passing of time alone changes the answer."""
    ends = [(part.begins, part.ends) for part in _leaves(condition) if isinstance(part, Within)]
    return frozenset(moment for both in ends for moment in both if moment is not None)


def expressions(condition: Condition) -> Iterator[Cel]:
    """All that are in it."""
    return (part for part in _leaves(condition) if isinstance(part, Cel))


def _leaves(condition: Condition) -> Iterator[Condition]:
    """What it is put together of."""
    match condition:
        case AllOf() | AnyOf() | NoneOf():
            for part in condition.conditions:
                yield from _leaves(part)
        case Not():
            yield from _leaves(condition.condition)
        case _:
            yield condition


def _size(atoms: frozenset[Atom]) -> tuple[int, list[str]]:
    return len(atoms), sorted(map(repr, atoms))


def _prefixed(claim: str, literal: str, whole: str | None) -> frozenset[Atom] | None:
    """Texts that begin so lie below the last whole step of it."""
    if literal == whole:
        return frozenset({Atom(claim, literal)})
    group = literal.rpartition("/")[0]
    return frozenset({Atom(BELOW + claim, group)}) if group else None


def _heads(texts: frozenset[Scalar]) -> frozenset[str]:
    """Each text, and what stands before each of its slashes."""
    heads = level = set(map(str, texts))
    while level:
        level = {text.rpartition("/")[0] for text in level} - heads - {""}
        heads = heads | level
    return frozenset(heads)
