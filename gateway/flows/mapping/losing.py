"""Who would lose a role: by other rules, or by a provider's word that is taken as right.

What people have is what the rules in force give them. Where these take too long to ask it is what
they hold now: rules that are slow must be no reason to be left with them.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from pyroaring import BitMap

from gateway import wiring
from gateway.flows.errors import PreviewTooLong
from gateway.flows.mapping.population import Everybody, counting, read
from mapping import models as mapping_models
from mapping.models import ClaimSighting
from mapping.population import Population
from mapping.preview import Held, Preview, Resting, preview
from mapping.ruleset import RuleSet
from provisioning.models import LinkedIdentity

SECONDS: Final = 60.0  # at most for a look at everybody
SECONDS_FOR_BOTH: Final = 30.0  # for the rules in force and others, where what is held will do


@dataclass(frozen=True, slots=True, kw_only=True)
class Losses:
    """What of a change nobody may overlook."""

    accounts: int
    losing: tuple[str, ...]  # accounts
    editor_loses_console: bool
    nobody_left_in_console: bool


class Console:
    """What becomes of the way into the console."""

    def __init__(self, population: Population, seen: Preview, actor: str | None) -> None:
        self.role = wiring.config().staff_role
        editor = None if actor is None else population.known(actor)
        self.lost = seen.losses.get(self.role, BitMap())
        self.editor_loses = editor is not None and editor in self.lost
        self.nobody_left = not seen.after.get(self.role) and self.role in seen.before


def losses(after: RuleSet, *, actor: str | None, now: datetime) -> Losses:
    """Who would lose a role by these rules. Raises PreviewTooLong if these take too long."""
    try:
        both = looked_at(mapping_models.active(), after, now, seconds=SECONDS_FOR_BOTH)
    except PreviewTooLong:
        both = looked_at(None, after, now)
    return _losses(*both, actor=actor)


def losses_as_right(provider: str, *, actor: str, now: datetime) -> Losses:
    """Who would lose a role that she keeps because this provider's word on her drifts. Raises
    PreviewTooLong.
    """
    rules, pause = mapping_models.active(), deadline(SECONDS)
    everybody = read(rules.paths(), now, pause)
    held, had = _without_holds(everybody.held, provider), counting(everybody.population)
    seen = preview(everybody.population, held, had, rules, now, pause=pause)
    drifting = ClaimSighting.objects.filter(provider=provider).values("identity")
    linked = LinkedIdentity.objects.filter(pk__in=drifting, account__is_active=True)
    accounts = linked.values_list("account", flat=True)
    those = BitMap(everybody.population.number(str(account)) for account in accounts)
    return _losses(everybody, seen, actor=actor, among=those)


def looked_at(
    before: RuleSet | None,
    after: RuleSet,
    now: datetime,
    told: Callable[[], None] = lambda: None,
    *,
    seconds: float | None = None,
) -> tuple[Everybody, Preview]:
    """Everybody as they are, and what the change would do; without rules `before`, to what they
    hold now. Raises PreviewTooLong.
    """
    pause = deadline(SECONDS if seconds is None else seconds)

    def paused() -> None:
        told()
        pause()

    paths = after.paths() if before is None else before.paths() | after.paths()
    everybody = read(paths, now, paused)
    had = counting(everybody.population) if before is None else before
    seen = preview(everybody.population, everybody.held, had, after, now, pause=pause)
    return everybody, seen


def deadline(seconds: float) -> Callable[[], None]:
    """Raises PreviewTooLong when it is called after so long."""
    end = time.monotonic() + seconds

    def pause() -> None:
        if time.monotonic() > end:
            raise PreviewTooLong(f"took more than {seconds:.0f} s")

    return pause


def _without_holds(held: Held, provider: str) -> Held:
    def others(by_claim: Mapping[str, Resting]) -> Mapping[str, Resting]:
        return {
            claim: {key: those for key, those in said.items() if key[0] != provider}
            for claim, said in by_claim.items()
        }

    return replace(
        held,
        given_on_hold=others(held.given_on_hold),
        denied_on_hold=others(held.denied_on_hold),
    )


def _losses(
    everybody: Everybody, seen: Preview, *, actor: str | None, among: BitMap | None = None
) -> Losses:
    console = Console(everybody.population, seen, actor)
    losing = seen.losing if among is None else seen.losing & among
    shut = among is None or bool(console.lost & among)
    return Losses(
        accounts=len(seen.accounts),
        losing=tuple(everybody.population.accounts[number] for number in losing),
        editor_loses_console=shut and console.editor_loses,
        nobody_left_in_console=shut and console.nobody_left,
    )
