"""What a directory says of a person, as rows can hold it."""

import pytest

from provisioning.directories.source import Person
from provisioning.directories.vouching import Told, could_sign_in


def test_what_cannot_be_seen_is_no_name_and_no_group_of_hers() -> None:
    person = Person(
        key="1",
        subject="1",
        active=True,
        username="a\0da",
        name="Ada\u202e\nByron",
        email="ada\0@corp.example",
        email_verified=True,
        groups=("eng", "en\0g", "e\u200bng"),
    )
    told = Told.of(person, ["pay", "pay\0"])
    assert (told.username, told.name, told.email) == ("ada", "AdaByron", "")
    assert told.groups == ("eng", "pay")


@pytest.mark.parametrize("subject", ["", "a\0b", "a\nb", "x" * 501])
def test_nobody_signs_in_by_what_no_row_can_hold(subject: str) -> None:
    assert not could_sign_in(subject)
    assert could_sign_in("x" * 500)
