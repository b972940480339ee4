"""The person in a checked assertion: her name there, and what is said about her."""

import json
from dataclasses import asdict, dataclass

from lxml import etree

from providers.errors import ResponseInvalid
from providers.saml import names
from providers.saml.text import text_of
from providers.trace import checks

MAX_NAME_ID = 256  # letters; saml-core 8.3.7
MAX_NAME = 1024  # letters of an attribute's name, or of what qualifies a NameID
MAX_ATTRIBUTES = 250
MAX_VALUES = 4_000  # of all attributes together


@dataclass(frozen=True, slots=True, kw_only=True)
class NameId:
    """A NameID as it is: not trimmed, not folded (saml-core 2.2.3)."""

    value: str
    format: str = names.UNSPECIFIED
    name_qualifier: str | None = None
    sp_name_qualifier: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogoutHint:
    """What a LogoutRequest must repeat (saml-core 3.7.1)."""

    name_id: NameId
    session_index: str | None

    def names(self, provider: str, service: str) -> tuple[str, ...]:
        """What both sides call this session, and all of this person's; alike for two NameIDs that
        mean one.

        A qualifier that was left out is the entity id of the provider, and of the service, whose
        message it is (saml-core 8.3.7). An index is a name of one person's session: providers may
        count them for each anew (2.7.2).
        """
        name_id = self.name_id
        person = [
            name_id.value,
            name_id.format,
            name_id.name_qualifier or provider,
            name_id.sp_name_qualifier or service,
        ]
        everything = json.dumps(person)
        if self.session_index is None:
            return (everything,)
        return json.dumps([*person, self.session_index]), everything

    def dump(self) -> str:
        return json.dumps(asdict(self))

    @staticmethod
    def load(text: str) -> "LogoutHint":
        """From `dump`. Raises ResponseInvalid for any other text."""
        try:
            kept = json.loads(text)
            return LogoutHint(
                name_id=NameId(**kept["name_id"]), session_index=kept["session_index"]
            )
        except (ValueError, TypeError, KeyError) as error:
            raise ResponseInvalid("saml.logout_hint", "not one of ours") from error


@checks("saml.name_id")
def name_id_of(subject: etree._Element) -> NameId:
    """Raises ResponseInvalid if there is none that can be read, such as a BaseID."""
    found = subject.find(names.NAME_ID)
    if found is None:
        raise ResponseInvalid("saml.name_id", "no NameID")
    value = text_of(found)
    if not value.strip() or len(value) > MAX_NAME_ID:
        raise ResponseInvalid("saml.name_id", f"empty, or longer than {MAX_NAME_ID}")
    qualifiers = ("Format", "NameQualifier", "SPNameQualifier")
    if any(len(found.get(name, "")) > MAX_NAME for name in qualifiers):
        raise ResponseInvalid("saml.name_id", f"a qualifier longer than {MAX_NAME}")
    return NameId(
        value=value,
        format=found.get("Format", names.UNSPECIFIED),
        name_qualifier=found.get("NameQualifier"),
        sp_name_qualifier=found.get("SPNameQualifier"),
    )


@checks("saml.attributes")
def attributes_of(assertion: etree._Element) -> dict[str, list[str]]:
    """The texts of each attribute by its name; one that comes in several elements is one list.

    Empty values, and those that are elements instead of text, are left out. Raises ResponseInvalid
    for more than a person can have, and for encrypted ones: they would be missing without a word.
    """
    merged: dict[str, list[str]] = {}
    values = 0
    for attribute in assertion.iterfind(f"{{{names.SAML}}}AttributeStatement/*"):
        name = attribute.get("Name", "")
        if not 0 < len(name) <= MAX_NAME:  # an EncryptedAttribute has none
            raise ResponseInvalid("saml.attributes", "an attribute that cannot be read")
        texts = [value.text for value in attribute if not len(value) and value.text]
        values += len(attribute)
        merged.setdefault(name, []).extend(texts)
        if len(merged) > MAX_ATTRIBUTES or values > MAX_VALUES:
            raise ResponseInvalid("saml.attributes", "more attributes than a person can have")
    return merged
