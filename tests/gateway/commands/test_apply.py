import pytest
from django.core.management import CommandError, call_command

from gateway.relying_parties.models import RelyingParty
from mapping.models import active
from tests.gateway.flows.mapping.staff import identity, provider, signs_in

WIKI = """\
relying_parties:
  - slug: wiki
    name: Wiki
    origins: ["http://wiki.corp.localhost:${GATEHOUSE_PORT}"]
    access: [{path: /}]
"""

IT = """\
roles:
  - {name: gatehouse-admin, label: Administrators}
rules:
  - {id: it, roles: [gatehouse-admin], when: {claim: groups, below: /it}}
"""

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.setenv("GATEHOUSE_PORT", "8000")
    path = tmp_path / "gatehouse.yaml"
    path.write_text(WIKI)
    return path


def test_it_says_what_it_did_and_then_that_nothing_is_left(file, capsys):
    call_command("apply", str(file))
    assert capsys.readouterr().out == "+ relying party wiki\n"
    call_command("apply", str(file))
    assert capsys.readouterr().out == "Nothing to change.\n"


def test_a_check_ends_with_2_while_there_is_a_difference_and_with_0_after(file, capsys):
    with pytest.raises(SystemExit) as caught:
        call_command("apply", "--check", str(file))
    assert caught.value.code == 2
    assert capsys.readouterr().out == "+ relying party wiki\n"
    assert not RelyingParty.objects.exists()
    call_command("apply", str(file))
    call_command("apply", "--check", str(file))


def test_a_bad_file_ends_with_1_and_names_file_line_field_and_remedy(file):
    file.write_text(WIKI.replace("http://wiki.corp.localhost", "http://wiki.corp.example"))
    for words in (("apply",), ("apply", "--check")):
        with pytest.raises(CommandError) as caught:
            call_command(*words, str(file))
        assert caught.value.returncode == 1
        assert f"{file}:4: relying_parties.0.origins.0 sessions are not sent" in str(caught.value)
        assert "write https://" in str(caught.value)


@pytest.mark.usefixtures("redis_url")
def test_rules_that_shut_the_console_to_everybody_are_applied_only_if_that_is_said(file, capsys):
    provider()
    file.write_text(IT)
    call_command("apply", str(file))
    signs_in(identity("dora", "/it/admins"))
    file.write_text("rules: []\n")
    for words in (("apply",), ("apply", "--check")):
        with pytest.raises(CommandError) as caught:
            call_command(*words, str(file))
        assert "nobody could open the console any more" in str(caught.value)
        assert "say --confirm-console-lost" in str(caught.value)
    assert active().version == 1
    with pytest.raises(SystemExit):
        call_command("apply", "--check", "--confirm-console-lost", str(file))
    assert "warning: nobody could open the console any more" in capsys.readouterr().out
    call_command("apply", "--confirm-console-lost", str(file))
    assert active().version == 2
