"""What every content must pass, a draft's or a version's; and what people write about it."""

from collections.abc import Iterable

from gateway import wiring
from gateway.flows.configure.keeping import known_roles, refuse
from gateway.relying_parties.definition import FieldFault
from gateway.tokens.credentials import storable
from mapping import models as mapping_models
from mapping.errors import RuleInvalid
from mapping.evidence import within
from mapping.needs import expressions
from mapping.ruleset import RuleSet

# Of all expressions together: half a second, if each of them had to be asked.
MAX_STEPS = 1_000_000
GROUPS = 500


def checked(content: object, version: int) -> RuleSet:
    """Raises RuleInvalid with the place of the fault: roles must be known, and be no roles that the
    operator lets no rule give.
    """
    rules = mapping_models.read(version, content)
    _refuse_not_kept(rules)
    _refuse_dear(rules)
    rules.refuse_never_given()
    named = rules.roles()
    known = known_roles(role for role, _ in named)
    for role, place in named:
        if role not in known:
            raise RuleInvalid(place, f"there is no role {role!r}; declare it")
    return rules


def _refuse_not_kept(rules: RuleSet) -> None:
    """What is not kept of people cannot be asked about when rules are made live without them."""
    for at, rule in enumerate(rules.rules):
        refuse_not_kept(rule.paths(), f"rules.{at}")


def _refuse_dear(rules: RuleSet) -> None:
    """Nobody waits at a sign-in for what all expressions take together."""
    steps = [sum(cel.steps(GROUPS) for cel in expressions(rule.when)) for rule in rules.rules]
    if sum(steps) > MAX_STEPS:
        raise RuleInvalid(
            f"rules.{steps.index(max(steps))}.when",
            f"is the dearest of all expressions, which together take {sum(steps):,} steps for"
            f" somebody with {GROUPS} groups; at most {MAX_STEPS:,}",
        )


def refuse_not_kept(paths: Iterable[str], field: str) -> None:
    """Raises RuleInvalid."""
    not_kept = wiring.config().claims_not_kept
    for path in sorted(paths):
        if any(within(path, other) or within(other, path) for other in not_kept):
            raise RuleInvalid(field, f"asks about {path}, which is not kept of people")


def words(text: str, field: str, *, limit: int, needed: bool = True) -> str:
    """What somebody wrote, without the space around it. Raises DefinitionInvalid."""
    said = text.strip()
    if needed and not said:
        refuse([FieldFault(field=field, problem="is empty; write a few words")])
    if len(said) > limit:
        refuse([FieldFault(field=field, problem=f"is too long; at most {limit} letters")])
    return storable(said, limit)
