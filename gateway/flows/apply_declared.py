"""A thing that a file declares, with the place where it does."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from gateway.flows.apply_source import Fault, Source

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared(Generic[_T]):
    """One thing, and where it stands: `providers.0` of its file."""

    source: Source
    place: str
    value: _T

    def fault(self, field: str, problem: str) -> Fault:
        return self.source.fault(f"{self.place}.{field}" if field else self.place, problem)
