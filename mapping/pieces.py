"""The content of a version as pieces by name, which is how people speak of what changed."""

import json
from collections.abc import Mapping

from mapping.ruleset import RuleSet

EXCLUSIVE = "exclusive roles"
_DEFAULT = "default role of "

Pieces = Mapping[str, object]


def pieces(rules: RuleSet) -> dict[str, object]:
    """The rules by id; what goes for all of them has names with a space, as no id has."""
    found: dict[str, object] = {rule.id: rule.plain() for rule in rules.rules}
    if rules.exclusive:
        found[EXCLUSIVE] = [list(group) for group in rules.exclusive]
    return found | {default_of(slug): role for slug, role in rules.defaults}


def content(of: Pieces) -> dict[str, object]:
    """What `RuleSet.parse` reads, the rules in the order in which they stand here."""
    said: dict[str, object] = {
        "rules": [piece for name, piece in of.items() if " " not in name],
        "exclusive_roles": of.get(EXCLUSIVE, []),
        "default_roles": {
            name.removeprefix(_DEFAULT): role
            for name, role in of.items()
            if name.startswith(_DEFAULT)
        },
    }
    return said


def provider_of(name: str, piece: object) -> str | None:
    """The provider whose people alone a piece can concern; None if it can concern others."""
    if name.startswith(_DEFAULT):
        return name.removeprefix(_DEFAULT)
    found = piece.get("provider") if isinstance(piece, Mapping) else None
    return found if isinstance(found, str) else None


def default_of(provider: str) -> str:
    return f"{_DEFAULT}{provider}"


def changed(before: Pieces, after: Pieces) -> dict[str, list[str]]:
    """The names that came, went, and mean something else now; each list sorted."""
    return {
        "gained": sorted(after.keys() - before.keys()),
        "lost": sorted(before.keys() - after.keys()),
        "edited": sorted(
            name for name in before.keys() & after.keys() if not same(before[name], after[name])
        ),
    }


def differ(before: RuleSet, after: RuleSet) -> bool:
    """Whether they mean different things; the order in which rules stand means nothing."""
    return any(changed(pieces(before), pieces(after)).values())


def same(one: object, other: object) -> bool:
    """As JSON: for Python true is 1 and 1.0, which for conditions are three different things."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
