"""What somebody holds on which no version of the rules can decide now: what a hand gave her, and
what rules gave or denied on a provider's word that is not kept.
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


def unasked(
    person: Account,
    not_kept: Iterable[LinkedIdentity],
    before: RuleSet,
    after: RuleSet,
    now: datetime,
) -> tuple[Unasked, ...]:
    """What stands under either version."""
    by = {link.pk: link.provider for link in not_kept}
    old, new = Standing(before, now), Standing(after, now)
    found = []
    for row in person.held_roles.select_related("role"):
        role = row.role.name
        if row.linked_identity_id is None:
            found.append(Unasked(role=role, given_by=row.given_by))
        elif row.linked_identity_id in by:
            provider = by[row.linked_identity_id]
            found.append(
                Unasked(
                    role=role,
                    rule=row.rule,
                    provider=provider,
                    before=old.gives(provider, row.rule, role),
                    after=new.gives(provider, row.rule, role),
                )
            )
    for denied in person.denied_roles.filter(linked_identity__in=by).select_related("role"):
        role, provider = denied.role.name, by[denied.linked_identity_id]
        found.append(
            Unasked(
                role=role,
                denies=True,
                rule=denied.rule,
                provider=provider,
                before=old.denies(provider, denied.rule, role),
                after=new.denies(provider, denied.rule, role),
            )
        )
    return tuple(one for one in found if one.before or one.after)
