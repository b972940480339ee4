"""A text made of claims: `{department}`, `{address.country}-{costcentre}`."""

import re
from dataclasses import dataclass

from mapping.errors import RuleInvalid
from mapping.evidence import NUMBER, TEXT, Evidence
from mapping.shapes import text_of

MAX_VALUE = 200  # letters of what is made
MAX_CLAIMS = 10

_CLAIM = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    text: str

    @classmethod
    def parse(cls, value: object, field: str) -> "Template":
        """Raises RuleInvalid."""
        text = text_of(value, field)
        between = _CLAIM.split(text)[::2]
        if any(brace in piece for piece in between for brace in "{}"):
            raise RuleInvalid(field, "has a brace that does not enclose a claim, as {department}")
        if len(between) - 1 > MAX_CLAIMS:
            raise RuleInvalid(field, f"names more than {MAX_CLAIMS} claims")
        return cls(text=text)

    def paths(self) -> frozenset[str]:
        """The claims that it names."""
        return frozenset(_CLAIM.findall(self.text))

    def filled(self, evidence: Evidence) -> str | None:
        """None unless each claim is there with one text or number, and the whole is short."""
        found = {path: _single(evidence, path) for path in self.paths()}
        if None in found.values():
            return None
        text = _CLAIM.sub(lambda place: str(found[place[1]]), self.text)
        return text if len(text) <= MAX_VALUE else None


def _single(evidence: Evidence, path: str) -> str | None:
    values = evidence.values(path)
    if values.keys() - {TEXT, NUMBER}:
        return None  # what cannot be read, or is no text, is not written down
    elements = [element for kind in values.values() for element in kind]
    return str(elements[0]) if len(elements) == 1 else None
