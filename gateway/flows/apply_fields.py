"""Taking the fields of one declared thing, each by its type, with every fault remembered."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from gateway.flows.apply_source import Content, Fault, Source


@dataclass(slots=True, kw_only=True)
class Fields:
    """One mapping of a file, at `place`. What is missing or of another type is a fault and reads
    as empty, so that reading goes on; `finish` finds the fields that nobody asked for.
    """

    source: Source
    place: str
    content: Mapping[str, Content]
    faults: list[Fault]
    _asked: set[str] = field(default_factory=set)

    def text(self, name: str, default: str | None = None) -> str:
        value = self.take(name)
        if value is None and default is not None:
            return default
        if isinstance(value, str) and value:
            return value
        self.fault(name, "is missing" if value in (None, "") else "is no text; write it in quotes")
        return ""

    def flag(self, name: str, *, default: bool) -> bool:
        value = self.take(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.fault(name, "is neither true nor false")
            return default
        return value

    def number(self, name: str) -> int | None:
        """None where there is none."""
        value = self.take(name)
        if value is None or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        self.fault(name, "is no whole number")
        return None

    def texts(self, name: str) -> tuple[str, ...]:
        value = self.take(name)
        if value is None:
            return ()
        if not isinstance(value, list):
            self.fault(name, "is no list; write [one, two]")
            return ()
        texts = tuple(item for item in value if isinstance(item, str))
        if len(texts) != len(value):
            self.fault(name, "has an item that is no text; write it in quotes")
        return texts

    def mapping(self, name: str) -> dict[str, Content]:
        value = self.take(name)
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.fault(name, "is no mapping of names to values")
            return {}
        return value

    def part(self, name: str) -> "Fields":
        """A mapping within this one, with fields of its own."""
        content = self.mapping(name)
        return Fields(source=self.source, place=self._at(name), content=content, faults=self.faults)

    def list(self, name: str) -> list[Content]:
        value = self.take(name)
        if value is None:
            return []
        if not isinstance(value, list):
            self.fault(name, "is no list; begin each item with `- `")
            return []
        return value

    def things(self, name: str) -> Iterator["Fields"]:
        """The items of a list of mappings, each with fields of its own."""
        for at, item in enumerate(self.list(name)):
            place = f"{self._at(name)}.{at}"
            if isinstance(item, dict):
                yield Fields(source=self.source, place=place, content=item, faults=self.faults)
            else:
                self.fault(f"{name}.{at}", "is no mapping of names to values")

    def finish(self) -> None:
        for name in self.content:
            if name not in self._asked:
                known = ", ".join(sorted(self._asked))
                self.fault(name, f"is not known here; there are {known}")

    def fault(self, name: str, problem: str) -> None:
        self.faults.append(self.source.fault(self._at(name), problem))

    def _at(self, name: str) -> str:
        return f"{self.place}.{name}" if self.place else name

    def take(self, name: str) -> Content:
        """The value as it stands; None where there is none."""
        self._asked.add(name)
        return self.content.get(name)
