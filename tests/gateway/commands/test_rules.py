"""`manage.py rules`: versions listed, compared, and written as files that `apply` reads."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from mapping.models import Provenance, active, at_version, publish
from mapping.pieces import pieces
from tests.gateway.pages.signed_in import role

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_url")]

PLAIN = {
    "rules": [
        {"id": "eng", "when": {"claim": "groups", "glob": "/engineering/*"}, "roles": ["deployer"]}
    ]
}
RICH = {
    "rules": [
        {
            "id": "odd.texts",
            "when": {
                "any": [
                    {
                        "claim": "groups",
                        "in": ["yes", "no", "0123", "1e3", "~", "null", "a: b", "#x"],
                    },
                    {"claim": "name", "equals": "${GATEHOUSE_REDIS_URL} $${x} ${ 'é' \"q\" \\"},
                    {"claim": "cost", "equals": 7},
                    {"claim": "locked", "equals": True},
                    {"not": {"claim": "name", "matches": "^(a|b)${2}$"}},
                ]
            },
            "roles": ["deployer", "reader"],
            "denies": ["owner"],
            "attributes": {"department": "{department} / {city}"},
            "provider": "corp-oidc",
            "priority": -5,
            "until": "2027-03-31",
            "note": "One line and a: colon — “quoted”",
        },
        {
            "id": "timed",
            "when": {"claim": "groups", "equals": "/x"},
            "roles": ["reader"],
            "until": "2027-03-31T18:00:00Z",
        },
    ],
    "exclusive_roles": [["owner", "reader"]],
    "default_roles": {"corp-oidc": "reader"},
}


@pytest.fixture(autouse=True)
def _versions() -> None:
    for name in ("deployer", "reader", "owner"):
        role(name)
    for at, content in enumerate((PLAIN, RICH)):
        publish(content, based_on=at, by="dora", now=timezone.now())


def run(*words: str) -> str:
    out = StringIO()
    call_command("rules", *words, stdout=out)
    return out.getvalue()


def applied(text: str, folder: Path) -> str:
    file, out = folder / "rules.yaml", StringIO()
    file.write_text(text)
    call_command("apply", str(file), stdout=out)
    return out.getvalue()


def test_what_is_exported_is_what_is_in_force(tmp_path: Path) -> None:
    assert applied(run("export"), tmp_path) == "Nothing to change.\n"


def test_an_older_version_is_applied_as_the_next_one_and_back(tmp_path: Path) -> None:
    applied(run("export", "--version", "1"), tmp_path)
    assert active().version == 3
    assert pieces(active()) == pieces(at_version(1))
    applied(run("export", "--version", "2"), tmp_path)
    assert pieces(active()) == pieces(at_version(2))


def test_the_empty_version_takes_everything_back(tmp_path: Path) -> None:
    applied(run("export", "--version", "0"), tmp_path)
    assert pieces(active()) == {}


def test_two_versions_are_compared_field_by_field() -> None:
    publish(
        {"rules": [{**PLAIN["rules"][0], "roles": ["reader"]}]},
        based_on=2,
        by="dora",
        now=timezone.now(),
    )
    assert run("compare", "1", "3") == '~ eng\n    roles: ["deployer"] -> ["reader"]\n'
    assert run("compare", "3", "3") == "They say the same.\n"
    far = run("compare", "1", "2")
    assert "+ exclusive roles\n" in far
    assert '+ default role of corp-oidc\n    "reader"\n' in far
    assert '- eng\n    when: {"claim": "groups", "glob": "/engineering/*"} -> nothing\n' in far


def test_versions_are_listed_with_what_was_said_of_them() -> None:
    told = Provenance(author="ada", approved_by="ben", rolls_back_to=1, comment="As it was")
    publish(PLAIN, based_on=2, by="cleo", now=timezone.now(), provenance=told)
    newest, *others = run("list").splitlines()
    assert newest.split("\t")[2:] == ["cleo", "approved by ben", "back to 1", "As it was"]
    assert [line.split("\t")[0] for line in others] == ["2", "1"]


@pytest.mark.parametrize("words", [("export", "--version", "9"), ("compare", "1", "9")])
def test_a_version_that_never_was_is_said(words: tuple[str, ...]) -> None:
    with pytest.raises(CommandError, match="There is no version 9"):
        run(*words)


def test_help_teaches() -> None:
    from gateway.management.commands.rules import Command

    text = Command().create_parser("manage.py", "rules").format_help()
    for said in ("manage.py rules export --version 3 > old.yaml", "--check", "next version"):
        assert said in text
