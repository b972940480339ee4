import json

import pytest
from django.core.management import CommandError, call_command

from gateway import wiring
from gateway.audit.chain import GENESIS
from gateway.audit.events import Event
from gateway.audit.models import AuditEvent, AuditSeal
from gateway.audit.record import record
from gateway.flows.audit import seal_waiting
from gateway.tokens.keys import public_jwks
from tests.gateway.audit.conftest import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _five_sign_ins():
    for number in range(5):
        detail = {"provider": "corp-oidc", "ruleset": number}
        record(Event.LOGIN_SUCCEEDED, actor="ada", account="ada", detail=detail, at=NOW)
    seal_waiting(now=NOW)


@pytest.fixture
def export(tmp_path, capsys):
    target = tmp_path / "audit.jsonl"
    call_command("audit", "export", str(target))
    assert capsys.readouterr().out == f"5 events and their signed head are in {target}.\n"
    return target


@pytest.fixture
def jwks(tmp_path):
    path = tmp_path / "jwks.json"
    path.write_text(json.dumps(public_jwks(wiring.key_ring())))
    return path


def forge():
    """Somebody puts in a sixth link that does not follow the fifth."""
    event = AuditEvent.objects.filter(seal=None).first()
    AuditSeal(position=6, event=event, previous=GENESIS, hash="f" * 64, sealed_at=NOW).save()


def test_a_sound_record_is_told_with_its_head(capsys):
    call_command("audit", "verify")
    told = capsys.readouterr().out
    assert "The database holds: 5 links" in told
    assert AuditSeal.objects.get(position=5).hash in told


def test_what_is_not_sealed_yet_is_counted(capsys):
    record(Event.LOGIN_SUCCEEDED, actor="ben", detail={}, at=NOW)
    call_command("audit", "verify")
    assert "1 events are not sealed yet" in capsys.readouterr().out


def test_a_broken_record_names_the_position_and_ends_with_1():
    record(Event.LOGIN_SUCCEEDED, actor="ben", detail={}, at=NOW)
    forge()
    with pytest.raises(CommandError, match="broken at position 6") as caught:
        call_command("audit", "verify")
    assert caught.value.returncode == 1


def test_an_export_is_for_the_operator_alone(export):
    assert export.stat().st_mode & 0o777 == 0o600


def test_an_export_never_overwrites(export):
    before = export.read_bytes()
    with pytest.raises(CommandError, match="exists"):
        call_command("audit", "export", str(export))
    assert export.read_bytes() == before


def test_an_export_is_checked_against_the_database_as_well(export, capsys):
    call_command("audit", "verify", "--file", str(export))
    told = capsys.readouterr().out
    assert f"The file {export} holds: 5 links" in told
    assert "The database, from the file's head on, holds" in told


def test_an_export_is_checked_with_the_published_keys_alone(
    export, jwks, capsys, django_assert_num_queries
):
    with django_assert_num_queries(0):
        call_command("audit", "verify", "--file", str(export), "--jwks", str(jwks))
    assert "holds: 5 links" in capsys.readouterr().out


def test_an_edited_export_names_the_position(export, jwks):
    export.write_text(export.read_text().replace('"ruleset":2', '"ruleset":9'))
    with pytest.raises(CommandError, match="broken at position 3"):
        call_command("audit", "verify", "--file", str(export), "--jwks", str(jwks))


@pytest.mark.parametrize("content", ["", "nonsense", "{}", '{"keys": [1]}', '{"keys": []}'])
def test_other_keys_do_not_verify_it(export, jwks, content):
    jwks.write_text(content)
    with pytest.raises(CommandError, match=r"JWK Set|not signed"):
        call_command("audit", "verify", "--file", str(export), "--jwks", str(jwks))


def test_a_file_that_is_not_there_is_a_sentence(tmp_path):
    with pytest.raises(CommandError, match="No such file"):
        call_command("audit", "verify", "--file", str(tmp_path / "none"))


def test_keys_without_a_file_make_no_sense(jwks):
    with pytest.raises(CommandError, match="--file"):
        call_command("audit", "verify", "--jwks", str(jwks))
