"""Reading a configuration file so that every fault can name its line.

The file is YAML 1.1 in its plain part: mappings, lists, texts, numbers, true and false. Keys that
stand twice, merges, and whatever makes objects are refused. `${GATEHOUSE_NAME}` in a text is
replaced by that variable of the environment; `$${...}` stands for `${...}`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, TypeAlias

import yaml

MAX_BYTES = 1_000_000
MAX_NODES = 50_000  # an alias counts as often as it is used
MAX_DEPTH = 30

_VARIABLE = re.compile(r"\$?\$\{([^}]*)\}")
_NAME = re.compile(r"GATEHOUSE_[A-Z0-9_]+")
_TEXT = "tag:yaml.org,2002:str"
_PLAIN = frozenset(
    f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "seq", "map")
)

Content: TypeAlias = "bool | int | float | str | list[Content] | dict[str, Content] | None"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong: where, and what to write instead."""

    file: str
    line: int
    field: str  # dotted: providers.0.settings.issuer; empty for the file as a whole
    problem: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {f'{self.field} ' if self.field else ''}{self.problem}"


class ConfigurationInvalid(Exception):
    """Nothing was applied. All faults of all files at once."""

    code: ClassVar[str] = "configuration.invalid"

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One file as plain content, with the line of each place in it."""

    file: Path
    content: Mapping[str, Content]
    lines: Mapping[str, int]

    def fault(self, field: str, problem: str) -> Fault:
        """At the line of the field, or of the nearest thing around it that is there."""
        place = field
        while place and place not in self.lines:
            place = place.rpartition(".")[0]
        return Fault(
            file=str(self.file), line=self.lines.get(place, 1), field=field, problem=problem
        )


def read(file: Path, variables: Mapping[str, str]) -> Source:
    """Raises ConfigurationInvalid."""
    try:
        with file.open("rb") as opened:
            raw = opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise _whole(file, f"cannot be read: {error.strerror}") from error
    if len(raw) > MAX_BYTES:
        raise _whole(file, f"is larger than {MAX_BYTES:,} bytes")
    try:
        loader = yaml.SafeLoader(raw)
        node = loader.get_single_node()
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise _whole(file, f"is no YAML: {_problem(error)}", _line(error)) from error
    if not isinstance(node, yaml.MappingNode):
        raise _whole(file, "has no sections; begin with `providers:`")
    reader = _Reader(file, loader, variables)
    content = reader.mapping(node, "", 1)
    if reader.faults:
        raise ConfigurationInvalid(tuple(reader.faults))
    return Source(file=file, content=content, lines=reader.lines)


class _Reader:
    """Turns nodes into plain content; remembers lines and every fault."""

    def __init__(self, file: Path, loader: yaml.SafeLoader, variables: Mapping[str, str]) -> None:
        self._file, self._loader, self._variables = file, loader, variables
        self._left = MAX_NODES
        self.lines: dict[str, int] = {}
        self.faults: list[Fault] = []

    def mapping(self, node: yaml.MappingNode, place: str, depth: int) -> dict[str, Content]:
        found: dict[str, Content] = {}
        for key_node, value_node in node.value:
            key = key_node.value if key_node.tag == _TEXT else None
            if not isinstance(key, str):
                self._fault(key_node, place, "has a key that is no text; write it in quotes")
                continue
            inner = f"{place}.{key}" if place else key
            if key in found:
                self._fault(
                    key_node, inner, f"stands here twice, first in line {self.lines[inner]}"
                )
                continue
            self.lines[inner] = key_node.start_mark.line + 1
            found[key] = self._value(value_node, inner, depth + 1)
        return found

    def _value(self, node: yaml.Node, place: str, depth: int) -> Content:
        self._left -= 1
        if self._left < 0 or depth > MAX_DEPTH:
            raise _whole(self._file, "is nested or repeats itself beyond measure", _line_of(node))
        if node.tag not in _PLAIN:
            self._fault(node, place, "is neither text, number, true nor false; write it in quotes")
            return None
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, place, depth)
        if isinstance(node, yaml.SequenceNode):
            return self._sequence(node, place, depth)
        if node.tag == _TEXT:
            return self._text(node, place)
        return self._scalar(node, place)

    def _sequence(self, node: yaml.SequenceNode, place: str, depth: int) -> list[Content]:
        found = []
        for at, item in enumerate(node.value):
            self.lines[f"{place}.{at}"] = item.start_mark.line + 1
            found.append(self._value(item, f"{place}.{at}", depth + 1))
        return found

    def _scalar(self, node: yaml.Node, place: str) -> Content:
        try:
            value: Content = self._loader.construct_object(node)
        except (yaml.YAMLError, ValueError):
            self._fault(node, place, "cannot be read; write it in quotes")
            return None
        return value

    def _text(self, node: yaml.Node, place: str) -> str:
        def value_of(found: "re.Match[str]") -> str:
            name = found[1]
            if found[0].startswith("$$"):
                return found[0][1:]
            if not _NAME.fullmatch(name):
                self._fault(node, place, f"names ${{{name}}}; only GATEHOUSE_... may stand there")
            elif name not in self._variables:
                self._fault(node, place, f"names ${{{name}}}, which is not set")
            return self._variables.get(name, "")

        return _VARIABLE.sub(value_of, str(node.value))

    def _fault(self, node: yaml.Node, place: str, problem: str) -> None:
        self.faults.append(
            Fault(file=str(self._file), line=_line_of(node), field=place, problem=problem)
        )


def _whole(file: Path, problem: str, line: int = 1) -> ConfigurationInvalid:
    return ConfigurationInvalid((Fault(file=str(file), line=line, field="", problem=problem),))


def _line_of(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _problem(error: Exception) -> str:
    return getattr(error, "problem", None) or type(error).__name__


def _line(error: Exception) -> int:
    mark = getattr(error, "problem_mark", None)
    return 1 if mark is None else int(mark.line) + 1
