"""The sections of the files that are rules: what they are together, and where a fault stands."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from gateway.flows.apply_declared import Declared
from gateway.flows.apply_fields import Fields
from gateway.flows.apply_source import Content, Fault, Source
from mapping.errors import RuleInvalid
from mapping.rules import Rule
from mapping.ruleset import RuleSet

_LISTS = ("rules", "exclusive_roles")
_DEFAULTS = "default_roles"
SECTIONS = (*_LISTS, _DEFAULTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredRules:
    """By section what all files say there; a section that no file has is not here."""

    source: Source  # the first file that has one of them
    sections: dict[str, tuple[Declared[Content], ...]]

    def content(self, in_force: RuleSet) -> dict[str, object]:
        """All rules as they shall be: sections that no file has stay as they are in force."""
        said: dict[str, object] = dict(in_force.plain())
        for name, declared in self.sections.items():
            if name == _DEFAULTS:
                said[name] = {d.place.partition(".")[2]: d.value for d in declared}
            else:
                said[name] = [d.value for d in declared]
        return said

    def faults(self) -> Iterator[Fault]:
        """Each rule judged alone, so that one wrong rule does not hide the next; and providers with
        two roles.
        """
        for at, rule in enumerate(self.sections.get("rules", ())):
            try:
                Rule.parse(rule.value, f"rules.{at}")
            except RuleInvalid as error:
                yield self.fault(error)
        seen: set[str] = set()
        for default in self.sections.get(_DEFAULTS, ()):
            if default.place in seen:
                yield default.fault("", "is declared already in another file")
            seen.add(default.place)

    def fault(self, error: RuleInvalid) -> Fault:
        """`rules.3.when.glob` counts over all files; the place counts in one."""
        section, _, place = error.field.partition(".")
        declared = self.sections.get(section, ())
        if section == _DEFAULTS:
            for default in declared:
                if default.place == error.field:
                    return default.fault("", error.problem)
        else:
            at, _, field = place.partition(".")
            if at.isdecimal() and int(at) < len(declared):
                return declared[int(at)].fault(field, error.problem)
        return self.whole_fault(error.problem)  # too many of them

    def whole_fault(self, problem: str) -> Fault:
        """About all of them together: told at the first that there is."""
        return self.source.fault(next(iter(self.sections)), problem)


def read_rules(files: Iterable[Fields]) -> DeclaredRules | None:
    """None where no file has any of the sections."""
    found: dict[str, list[Declared[Content]]] = {}
    sources: list[Source] = []
    for file in files:
        for name in SECTIONS:
            pieces = list(_pieces(file, name))
            if name in file.content:
                found.setdefault(name, []).extend(pieces)
                sources.append(file.source)
    if not found:
        return None
    return DeclaredRules(
        source=sources[0], sections={name: tuple(pieces) for name, pieces in found.items()}
    )


def _pieces(file: Fields, name: str) -> Iterator[Declared[Content]]:
    """What they mean is judged by `mapping`, which knows its own faults."""
    whole = file.mapping(name) if name == _DEFAULTS else file.list(name)
    pairs = whole.items() if isinstance(whole, dict) else enumerate(whole)
    for key, value in pairs:
        yield Declared(source=file.source, place=f"{name}.{key}", value=value)
