"""What a change of the rules would do, in words for whoever reads the output of a pipeline: numbers
and roles, and nobody's name. The same people and rules make the same words.
"""

from collections.abc import Iterator

from gateway.flows.mapping.previewing import BlastRadius


def consequences(found: BlastRadius) -> tuple[str, ...]:
    """A line each, indented below the difference that they belong to; warnings come last."""
    return tuple(f"    {line}" for line in (*_numbers(found), *_warnings(found)))


def _numbers(found: BlastRadius) -> Iterator[str]:
    yield (
        f"of {_people(found.accounts)} {found.losing} lose and {found.gaining} gain a role;"
        f" of {found.unknown} no provider's word is kept"
    )
    if found.on_hold:
        yield f"removals held while claims drift: of {_people(found.on_hold)}"
    for role in found.roles:
        yield (
            f"role {role.role}: {role.before} -> {_people(role.after)}"
            f" ({role.losses} lose it, {role.gains} gain it)"
        )
    for app in sorted(found.apps, key=lambda each: (each.app, each.path)):
        yield f"app {app.app} {app.path}: {app.locked_out} locked out, {app.let_in} let in"


def _warnings(found: BlastRadius) -> Iterator[str]:
    for rule in sorted(found.rules, key=lambda each: each.rule):
        if rule.nobody:
            yield f"warning: rule {rule.rule} holds of nobody"
        if rule.always:
            yield f"warning: rule {rule.rule} holds of everybody"
        if rule.shadowed:
            yield f"warning: rule {rule.rule} changes nothing for anybody"
    for role in sorted(found.given_to_nobody):
        yield f"warning: nobody has {role}"
    if found.nobody_left_in_console:
        yield "warning: nobody could open the console any more"


def _people(number: int) -> str:
    return "1 person" if number == 1 else f"{number} people"
