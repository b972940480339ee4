"""Versions that were published before rules could give several roles."""

from importlib import import_module

from mapping.ruleset import RuleSet

widened = import_module("mapping.migrations.0002_rules_with_more_than_one_role").widened


def test_an_old_rule_becomes_one_of_a_single_role():
    when = {"claim": "groups", "equals": "/finance"}
    old = {"id": "payroll", "role": "payroll", "when": when, "provider": "corp", "priority": 2}
    new = widened(old)
    assert new == {key: old[key] for key in old if key != "role"} | {"roles": ["payroll"]}
    assert RuleSet.parse(3, {"rules": [new]}).rules[0].roles == ("payroll",)
