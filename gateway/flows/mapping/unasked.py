"""What somebody holds on which no version of the rules can decide now: what a hand gave her, and
what rules gave or denied on a provider's word that is not kept, or asked for no more.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from mapping.ruleset import RuleSet
from mapping.standing import Standing
from provisioning.models import Account, DeniedRole, HeldRole, LinkedIdentity


@dataclass(frozen=True, slots=True, kw_only=True)
class Unasked:
    role: str
    denies: bool = False
    given_by: str = ""  # a hand; empty for a rule
    rule: str = ""
    provider: str = ""
    before: bool = True  # it stands under the version in force
    after: bool = True  # and under the new one
    ending: bool = False  # its provider is switched off


def unasked(
    person: Account,
    not_kept: Iterable[LinkedIdentity],
    ending: Iterable[LinkedIdentity],
    before: RuleSet,
    after: RuleSet,
    now: datetime,
) -> tuple[Unasked, ...]:
    """What stands under either version. `ending` are identities at providers that are switched off:
    what they gave stands until the next version.
    """
    by = {link.pk: link.provider for link in not_kept}
    off = {link.pk: link.provider for link in ending}
    old, new = Standing(before, now), Standing(after, now)

    def resting(row: HeldRole | DeniedRole) -> Iterator[Unasked]:
        """What rests on one of these identities' word."""
        linked, denies = row.linked_identity_id, isinstance(row, DeniedRole)
        stands = Standing.denies if denies else Standing.gives
        if linked in off or linked in by:
            ends = linked in off
            said = ((off if ends else by)[linked], row.rule, row.role.name)
            yield Unasked(
                role=row.role.name,
                denies=denies,
                rule=row.rule,
                provider=said[0],
                before=ends or stands(old, *said),
                after=not ends and stands(new, *said),
                ending=ends,
            )

    found: list[Unasked] = []
    for held in person.held_roles.select_related("role"):
        if held.linked_identity_id is None:
            found.append(Unasked(role=held.role.name, given_by=held.given_by))
        else:
            found += resting(held)
    for denied in person.denied_roles.select_related("role"):
        found += resting(denied)
    return tuple(one for one in found if one.before or one.after)
