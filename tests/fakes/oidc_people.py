"""The people whom the fake provider knows."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    subject: str
    username: str
    given_name: str
    family_name: str
    email: str
    groups: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}"


def _person(username: str, given_name: str, family_name: str, *groups: str) -> Person:
    return Person(
        subject=f"{username}-0001",
        username=username,
        given_name=given_name,
        family_name=family_name,
        email=f"{username}@corp.example",
        groups=groups,
    )


PEOPLE = {
    person.username: person
    for person in (
        _person("ada", "Ada", "Byron", "/engineering/platform"),
        _person("ben", "Ben", "Okafor", "/finance/payroll"),
        _person("cleo", "Cleo", "Hart"),
        _person("dora", "Dora", "Lind", "/it/admins"),
    )
}


def crowd(size: int, groups_each: int) -> dict[str, Person]:
    """So many people more, `person-0000` and on, each in so many groups of a hundred."""
    return {
        name: _person(
            name,
            "Person",
            f"{number:04}",
            *(f"/department-{(number + step) % 100:02}" for step in range(groups_each)),
        )
        for number, name in ((number, f"person-{number:04}") for number in range(size))
    }
