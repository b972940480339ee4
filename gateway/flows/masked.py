"""What an account holds that does not count, and why; and what describes it. Only looks."""

from dataclasses import dataclass

from gateway.flows.mapping.kept_back import described, told
from mapping import models as mapping_models
from provisioning.models import Account


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskedRole:
    role: str
    why: str  # "denied", "outranked"
    by: str  # the rule that denies it; the role that outranks it
    because: tuple[str, ...] = ()  # what the rule found


def masked(account: Account) -> tuple[MaskedRole, ...]:
    """By the rules in force."""
    held = set(account.held_roles.values_list("role__name", flat=True))
    denied = {row.role.name: row for row in account.denied_roles.select_related("role")}
    settled = mapping_models.active().settle(held, denied.keys())
    return tuple(
        MaskedRole(role=each.role, why=each.why, by=each.by)
        if each.by is not None
        else MaskedRole(
            role=each.role,
            why=each.why,
            by=denied[each.role].rule,
            because=told(denied[each.role].because),
        )
        for each in settled.masked
    )


def attributes(account: Account) -> dict[str, str]:
    """By name; of several identities the one that was seen last has the word."""
    rows = account.attributes.order_by("linked_identity__last_seen", "pk")
    rules = mapping_models.active()
    last = {row.name: described(rules, row.rule, row.name, row.value) for row in rows}
    return {name: last[name] for name in sorted(last)}
