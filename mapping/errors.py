"""What can be wrong with rules.

MappingError
    RuleInvalid     a rule cannot be read; names the place and the remedy
    RuleSetStale    somebody else published meanwhile
    RuleSetUnknown  there never was such a version
"""

from typing import ClassVar


class MappingError(Exception):
    code: ClassVar[str] = "mapping.error"


class RuleInvalid(MappingError):
    """`field` is the dotted place inside the rule, e.g. `when.all.1.glob`; of an expression the
    line and column are known as well, the first being 1.
    """

    code = "mapping.rule-invalid"

    def __init__(self, field: str, problem: str, *, at: tuple[int, int] | None = None) -> None:
        placed = f"line {at[0]}, column {at[1]}: {problem}" if at else problem
        super().__init__(f"{field}: {placed}" if field else placed)
        self.field = field
        self.problem = placed
        self.at = at


class RuleSetStale(MappingError):
    code = "mapping.rule-set-stale"


class RuleSetUnknown(MappingError):
    code = "mapping.rule-set-unknown"
