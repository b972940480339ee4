"""What nobody does unasked by changing the rules, or by taking a provider's word as right: take
roles from very many people, or shut the console to whoever does it or to everybody.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime

from gateway import wiring
from gateway.flows.errors import ConsoleLost, RoleLossTooLarge
from gateway.flows.mapping.losing import Losses, losses, losses_as_right
from mapping.ruleset import RuleSet
from provisioning.models import Account, LinkedIdentity

# Of a handful of people a few are many percent, and nobody needs to be asked about them.
FEW = 10
# Known losers, who come first; there is no end to how many may lose a role.
MOST_FIRST = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """What whoever does it has seen and agreed to."""

    losing: int | None = None  # so many people lose a role
    # Their own username, or `operator`: the console may be shut to them, or to everybody.
    name: str = ""


NOTHING_CONFIRMED = Confirmed()


def weighed(after: RuleSet, confirmed: Confirmed, *, actor: str, now: datetime) -> tuple[int, ...]:
    """The linked identities of those who would lose a role, if nothing stands against it.

    Raises RoleLossTooLarge, ConsoleLost, PreviewTooLong.
    """
    found = losses(after, actor=actor, now=now)
    _ask(found, confirmed, actor)
    losers = map(uuid.UUID, found.losing[:MOST_FIRST])
    linked = LinkedIdentity.objects.filter(account__in=losers)
    return tuple(linked.order_by("pk").values_list("pk", flat=True))


def weighed_as_right(provider: str, confirmed: Confirmed, *, actor: str, now: datetime) -> None:
    """Likewise what a provider's word takes from its people, whose removals are held until now."""
    found = losses_as_right(provider, actor=actor, now=now)
    _ask(found, confirmed, actor)


def _ask(found: Losses, confirmed: Confirmed, actor: str) -> None:
    losing, config = len(found.losing), wiring.config()
    many = losing > config.role_loss_people or (
        losing >= FEW and losing * 100 > found.accounts * config.role_loss_percent
    )
    if many and confirmed.losing != losing:
        raise RoleLossTooLarge(losing, found.accounts)
    shut = found.editor_loses_console or found.nobody_left_in_console
    if shut and confirmed.name != _name(actor):
        raise ConsoleLost(everybody=found.nobody_left_in_console)


def _name(actor: str) -> str:
    editor = Account.objects.acting(actor)
    return actor if editor is None else editor.username
