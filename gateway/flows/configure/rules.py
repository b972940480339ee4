"""Putting rules in force."""

from datetime import datetime

from django.db import transaction

from gateway.audit.events import Event
from gateway.audit.record import record
from gateway.flows.configuration import Saved, changes
from gateway.flows.configure.keeping import known_roles, wake_after_commit
from mapping import models as mapping_models
from mapping.errors import RuleInvalid
from mapping.ruleset import RuleSet


def publish_rules(content: object, *, based_on: int, actor: str, now: datetime) -> Saved:
    """Puts the rules in force as the next version, unless they are in force already.

    Raises RuleInvalid, and RuleSetStale when somebody published after `based_on`.
    """
    with transaction.atomic():
        before = mapping_models.active()
        wanted = RuleSet.parse(based_on + 1, content)
        _check_rule_roles(wanted)
        changed = changes(_by_name(before), _by_name(wanted))
        if changed:
            mapping_models.publish(content, based_on=based_on, by=actor, now=now)
            detail = {
                "version": wanted.version,
                "based_on": based_on,
                **_rule_names(before, wanted),
            }
            record(Event.RULES_PUBLISHED, actor=actor, detail=detail, at=now)
            wake_after_commit()
    return Saved(subject="rules", made=False, changes=changed)


def _by_name(rules: RuleSet) -> dict[str, object]:
    """The rules by id; what goes for all of them has names with a space, as no id has."""
    found: dict[str, object] = {rule.id: rule.plain() for rule in rules.rules}
    if rules.exclusive:
        found["exclusive roles"] = [list(group) for group in rules.exclusive]
    return found | {f"default role of {slug}": role for slug, role in rules.defaults}


def _rule_names(before: RuleSet, after: RuleSet) -> dict[str, list[str]]:
    old, new = _by_name(before), _by_name(after)
    return {
        "gained": sorted(new.keys() - old.keys()),
        "lost": sorted(old.keys() - new.keys()),
        "edited": sorted(name for name in old.keys() & new.keys() if old[name] != new[name]),
    }


def _check_rule_roles(rules: RuleSet) -> None:
    named = rules.roles()
    known = known_roles(role for role, _ in named)
    for role, place in named:
        if role not in known:
            raise RuleInvalid(place, f"there is no role {role!r}; declare it")
