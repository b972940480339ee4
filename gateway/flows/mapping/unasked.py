"""What somebody holds on which no version of the rules can decide now: what a hand gave her, and
what rules gave or denied on a provider's word that is not kept, or asked for no more.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from mapping.ruleset import RuleSet
from mapping.standing import Standing
from provisioning.models import Account, LinkedIdentity


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
    found = []
    for row in person.held_roles.select_related("role"):
        role, linked = row.role.name, row.linked_identity_id
        if linked is None:
            found.append(Unasked(role=role, given_by=row.given_by))
        elif linked in off:
            found.append(
                Unasked(role=role, rule=row.rule, provider=off[linked], after=False, ending=True)
            )
        elif linked in by:
            found.append(
                Unasked(
                    role=role,
                    rule=row.rule,
                    provider=by[linked],
                    before=old.gives(by[linked], row.rule, role),
                    after=new.gives(by[linked], row.rule, role),
                )
            )
    for denied in person.denied_roles.select_related("role"):
        role, linked = denied.role.name, denied.linked_identity_id
        if linked in off:
            provider = off[linked]
            found.append(
                Unasked(
                    role=role,
                    denies=True,
                    rule=denied.rule,
                    provider=provider,
                    after=False,
                    ending=True,
                )
            )
        elif linked in by:
            found.append(
                Unasked(
                    role=role,
                    denies=True,
                    rule=denied.rule,
                    provider=by[linked],
                    before=old.denies(by[linked], denied.rule, role),
                    after=new.denies(by[linked], denied.rule, role),
                )
            )
    return tuple(one for one in found if one.before or one.after)
