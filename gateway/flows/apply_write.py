"""The other way round: a file's text from which `apply` reads the same content again."""

import re
from collections.abc import Mapping

import yaml

from mapping.ruleset import RuleSet

# What reading would take for a variable of the environment; doubled it stands for itself.
_LIKE_A_VARIABLE = re.compile(r"\$\{[^}]*\}")


def rules_file(rules: RuleSet) -> str:
    """Every section is there, for one that a file does not have would stay as it is in force."""
    whole = {"rules": [], "exclusive_roles": [], "default_roles": {}, **rules.plain()}
    text: str = yaml.safe_dump(
        _escaped(whole), sort_keys=False, allow_unicode=True, width=100, default_flow_style=None
    )
    return text


def _escaped(value: object) -> object:
    if isinstance(value, str):
        return _LIKE_A_VARIABLE.sub(lambda found: f"${found[0]}", value)
    if isinstance(value, Mapping):
        return {key: _escaped(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_escaped(inner) for inner in value]
    return value
