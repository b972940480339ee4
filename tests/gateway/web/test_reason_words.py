"""Reasons for a role as somebody is told them about herself."""

import pytest

from gateway.web.reason_words import by_hand, by_rule, denied, facts, outranked


@pytest.mark.parametrize(
    ("because", "words"),
    [
        (['groups: "/engineering/platform"'], "you are in the group /engineering/platform"),
        (['resource.memberOf: "CN=Leads"'], "you are in the group CN=Leads"),
        (['email: "ada@corp.example"'], "your e-mail address is ada@corp.example"),
        (['job_title: "Lead"'], "your job title is Lead"),
        (['https://corp.example/department: "R: D"'], "your department is R: D"),
        (["employment.level: 4"], "your level is 4"),
        (['realm_access.roles: "dev"'], "your roles include dev"),
        (["leaves is missing"], "nothing is said of your leaves"),
        (
            ['groups: "/a"', 'groups: "/b"', "level: 4", "more: 5"],
            "you are in the group /a, you are in the group /b and your level is 4",
        ),
        (["claims.groups.size() > 1 holds", "since 2026-01-01", 'x: nothing equal to "y"'], ""),
        ([], ""),
    ],
)
def test_what_a_rule_found_is_said_as_what_she_is(because: list[str], words: str) -> None:
    assert facts(because) == words


def test_every_reason_is_a_sentence_without_a_rules_name() -> None:
    assert by_rule("r1", "Corp", ['groups: "/a"']) == "Because you are in the group /a at Corp"
    assert by_rule("r1", "Corp", ["expression holds"]) == "Because of what Corp says about you"
    assert by_rule("default", "Corp", ["signs in at corp"]) == "Everyone at Corp has it"
    assert by_hand("Dora") == "Dora gave it to you"
    assert denied(['groups: "/a"']) == "It does not count, because you are in the group /a."
    assert denied([]) == "It does not count: your company says that you may not have it."
    assert outranked("Owner") == "It does not count: you have Owner, which stands above it."
