"""Of how many people a condition holds, while somebody types it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gateway.flows.mapping.checking import refuse_not_kept
from gateway.flows.mapping.losing import deadline
from gateway.flows.mapping.population import kept
from gateway.flows.mapping.previewing import Face, faces
from mapping.answers import Answers
from mapping.parsing import parse
from mapping.rules import Rule

SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """Of whom a condition holds."""

    accounts: int
    of: int
    unsure: int  # people of whom it cannot say
    unknown: int  # accounts of whom a provider's word is not kept
    faces: tuple[Face, ...]
    as_of: datetime


def count(when: object, *, provider: str | None, now: datetime) -> Count:
    """Of whom a condition, in plain form, holds; while somebody types. Everybody is as of a while
    ago, and known to this process.

    Raises RuleInvalid, PreviewTooLong.
    """
    rule = Rule(id="typed", when=parse(when), provider=provider)
    refuse_not_kept(rule.when.paths(), "when")
    everybody = kept(now)
    population, active = everybody.population, everybody.held.accounts
    answers = Answers(population, now, deadline(SECONDS))
    answer = answers.of(rule)
    accounts = population.owners(answer.held) & active
    return Count(
        accounts=len(accounts),
        of=len(active),
        unsure=len(answer.unsure),
        unknown=len(population.unknown & active),
        faces=faces(population, accounts),
        as_of=everybody.read_at,
    )
