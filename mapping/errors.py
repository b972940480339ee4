"""What can be wrong with rules.

MappingError
    RuleInvalid    a rule cannot be read; names the place and the remedy
    RuleSetStale   somebody else published meanwhile
"""

from typing import ClassVar


class MappingError(Exception):
    code: ClassVar[str] = "mapping.error"


class RuleInvalid(MappingError):
    """`field` is the dotted place inside the rule, e.g. `when.all.1.glob`."""

    code = "mapping.rule-invalid"

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}" if field else problem)
        self.field = field
        self.problem = problem


class RuleSetStale(MappingError):
    code = "mapping.rule-set-stale"
