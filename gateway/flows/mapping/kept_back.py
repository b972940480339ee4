"""What people may be told of what providers said: no value of a claim that the operator keeps
nothing of.

Reasons and what accounts are described by are written down at a sign-in, when every claim was
there; and what is not to be kept may have been named only after it was kept.
"""

from collections.abc import Iterable, Mapping

from gateway import wiring
from mapping.columns import Column
from mapping.evidence import KEPT_BACK, within
from mapping.finding import without_values
from mapping.population import Population
from mapping.ruleset import RuleSet


def told(because: Iterable[object]) -> tuple[str, ...]:
    return without_values(because, wiring.config().claims_not_kept)


def described(rules: RuleSet, rule: str, name: str, value: str) -> str:
    """What an account is described by: the value under this name, by this one of the rules."""
    templates = (dict(each.attributes).get(name) for each in rules.rules if each.id == rule)
    for template in templates:
        if template is not None and any(map(_hides, template.paths())):
            return KEPT_BACK
    return value


def columns(population: Population) -> Mapping[str, Column]:
    """The claims that people have, to pick from."""
    return {path: each for path, each in population.columns().items() if not _hides(path)}


def _hides(path: str) -> bool:
    return any(within(path, hidden) for hidden in wiring.config().claims_not_kept)
