import json
import time
from dataclasses import replace

import pytest
from django.core.management import CommandError, call_command

from gateway.audit.models import AuditEvent
from gateway.config import keyring
from gateway.config.keyring import KeyRingFile, KeyUse
from gateway.flows.keys import MADE_KNOWN
from providers.models import Provider
from provisioning.last_identity import opened
from provisioning.models import LastIdentity
from tests.provisioning.people import ada, signs_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def ring(tmp_path, settings):
    """Rings of this test's own, in force in this process."""
    path, edge = tmp_path / "ring.json", tmp_path / "edge.json"
    keyring.ensure(path, edge)
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, key_ring=path, edge_key_ring=edge)

    class Ring:
        def now(self):
            return keyring.parse(keyring.read(path))

        def edge(self):
            return keyring.parse(keyring.read(edge))

        def in_force(self):
            """As a process sees it that looks again."""
            settings.KEY_RING = KeyRingFile(path)
            keys = settings.KEY_RING.current().all(KeyUse.SECRETS)
            settings.PROVIDER_SECRET_KEYS = lambda: tuple((key.id, key.value) for key in keys)
            people = settings.KEY_RING.current().all(KeyUse.IDENTITIES)
            settings.IDENTITY_KEYS = lambda: tuple((key.id, key.value) for key in people)

    found = Ring()
    found.in_force()
    return found


def ids(keys):
    return [key.id for key in keys]


@pytest.mark.parametrize("use", ["cookie", "pending", "secrets", "identities", "django"])
def test_a_new_key_is_the_one_in_use_and_the_old_one_stays(ring, use):
    before = ids(ring.now().all(KeyUse(use)))
    call_command("keys", "rotate", use, "--at-once")
    after = ids(ring.now().all(KeyUse(use)))
    assert after[1:] == before
    assert len(after) == 2


@pytest.mark.parametrize("use", ["record", "assertion", "audit"])
def test_a_new_signing_key_signs_and_the_old_one_still_verifies(ring, use):
    (before,) = ring.now().signers(KeyUse(use))
    call_command("keys", "rotate", use, "--at-once")
    first, second = ring.now().signers(KeyUse(use))
    assert second.kid == before.kid
    assert first.kid != before.kid


def test_a_new_key_is_known_everywhere_before_it_is_used(ring, capsys):
    before = ring.now()
    for use in KeyUse:
        call_command("keys", "rotate", use.value)
    assert capsys.readouterr().out.count("is in use from") == len(KeyUse)
    call_command("keys", "list")
    told = capsys.readouterr().out
    assert (told.count("in use\n"), told.count("in use from")) == (len(KeyUse), len(KeyUse))
    for found in (ring.now(), ring.edge()):
        assert found.active(KeyUse.COOKIE).id == before.active(KeyUse.COOKIE).id
        assert len(found.all(KeyUse.COOKIE)) == 2
        assert found.signers(KeyUse.ASSERTION)[0].kid == before.signers(KeyUse.ASSERTION)[0].kid
        assert len(found.signers(KeyUse.ASSERTION)) == 2


def test_ten_minutes_later_it_is_used(ring, monkeypatch):
    before = ring.now()
    call_command("keys", "rotate", "cookie")
    call_command("keys", "rotate", "record")
    later = time.time() + MADE_KNOWN.total_seconds() + 1
    monkeypatch.setattr(time, "time", lambda: later)
    after = ring.now()
    assert after.active(KeyUse.COOKIE).id != before.active(KeyUse.COOKIE).id
    assert after.signers(KeyUse.RECORD)[0].kid != before.signers(KeyUse.RECORD)[0].kid


def test_a_key_that_waits_for_its_time_can_be_taken_out_again(ring):
    before = ring.now().active(KeyUse.COOKIE).id
    call_command("keys", "rotate", "cookie")
    waiting = ring.now().all(KeyUse.COOKIE)[1].id
    with pytest.raises(CommandError, match="keys rotate cookie"):
        call_command("keys", "retire", before)
    call_command("keys", "retire", waiting)
    assert ids(ring.now().all(KeyUse.COOKIE)) == [before]


def test_the_edge_gets_what_it_needs_of_a_new_key_and_no_more(ring):
    for use in KeyUse:
        call_command("keys", "rotate", use.value, "--at-once")
    edge = ring.edge()
    assert ids(edge.all(KeyUse.COOKIE)) == ids(ring.now().all(KeyUse.COOKIE))
    assert [key.is_private for key in edge.signers(KeyUse.RECORD)] == [False, False]
    assert set(edge.symmetric) == {KeyUse.COOKIE}
    assert set(edge.signing) == {KeyUse.RECORD, KeyUse.ASSERTION}


def test_a_rotation_is_on_record_without_the_key(ring):
    call_command("keys", "rotate", "cookie", "--at-once")
    event = AuditEvent.objects.get(event="keys.rotated")
    assert event.detail == {"use": "cookie", "key_id": ring.now().active(KeyUse.COOKIE).id}


def test_what_the_edge_cannot_be_told_is_not_done(ring, settings, tmp_path):
    before = ring.now().active(KeyUse.COOKIE).id
    (tmp_path / "file").write_text("")
    nowhere = tmp_path / "file" / "edge.json"
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, edge_key_ring=nowhere)
    with pytest.raises(OSError, match="file"):
        call_command("keys", "rotate", "cookie", "--at-once")
    assert ring.now().active(KeyUse.COOKIE).id == before
    assert not AuditEvent.objects.exists()


def test_a_key_in_use_is_not_taken_out(ring):
    key = ring.now().active(KeyUse.COOKIE).id
    with pytest.raises(CommandError, match="keys rotate cookie"):
        call_command("keys", "retire", key)
    assert ids(ring.now().all(KeyUse.COOKIE)) == [key]


def test_an_old_key_is_taken_out_of_both_files(ring):
    old = ring.now().active(KeyUse.COOKIE).id
    call_command("keys", "rotate", "cookie", "--at-once")
    call_command("keys", "retire", old)
    assert old not in ids(ring.now().all(KeyUse.COOKIE))
    assert old not in ids(ring.edge().all(KeyUse.COOKIE))


def test_a_key_that_is_not_there_is_a_sentence(ring):
    with pytest.raises(CommandError, match="keys list"):
        call_command("keys", "retire", "x1")


def test_a_key_that_still_seals_a_secret_stays_until_all_are_sealed_anew(ring):
    corp = Provider(slug="corp-oidc", name="Corp", protocol="oidc", dialect="plain")
    corp.seal_secret("client_secret", "a secret")
    corp.save()
    old = ring.now().active(KeyUse.SECRETS).id
    call_command("keys", "rotate", "secrets", "--at-once")
    ring.in_force()
    with pytest.raises(CommandError, match="secrets rotate"):
        call_command("keys", "retire", old)
    call_command("secrets", "rotate")
    call_command("keys", "retire", old)
    ring.in_force()
    corp.refresh_from_db()
    assert corp.secret("client_secret") == "a secret"
    rotated = AuditEvent.objects.get(event="secrets.rotated")
    assert rotated.detail == {"count": 1, "key_id": ring.now().active(KeyUse.SECRETS).id}


def test_a_key_that_still_seals_what_is_kept_of_people_stays_likewise(ring):
    signs_in(ada())
    old = ring.now().active(KeyUse.IDENTITIES).id
    call_command("keys", "rotate", "identities", "--at-once")
    ring.in_force()
    with pytest.raises(CommandError, match="secrets rotate"):
        call_command("keys", "retire", old)
    call_command("secrets", "rotate")
    call_command("keys", "retire", old)
    ring.in_force()
    assert opened(LastIdentity.objects.get()) == ada()
    rotated = AuditEvent.objects.get(event="secrets.rotated")
    assert rotated.detail == {"count": 1, "key_id": ring.now().active(KeyUse.IDENTITIES).id}


def test_a_ring_of_an_older_release_gets_the_keys_that_it_lacks_and_keeps_its_own(ring, settings):
    path, edge = settings.ENVIRONMENT.key_ring, settings.ENVIRONMENT.edge_key_ring
    whole = keyring.read(path)
    older = {**whole, "keys": [key for key in whole["keys"] if key["use"] != "identities"]}
    keyring.write(path, older)
    assert keyring.lacking(keyring.read(path)) == (KeyUse.IDENTITIES,)
    assert keyring.ensure(path, edge)
    assert keyring.read(path)["keys"][:-1] == older["keys"]
    assert keyring.read(path)["keys"][-1]["use"] == "identities"
    assert not keyring.ensure(path, edge)


def test_sealing_anew_when_all_is_new_does_nothing(ring, capsys):
    call_command("secrets", "rotate")
    assert capsys.readouterr().out.startswith("0 secrets")
    assert not AuditEvent.objects.exists()


def test_the_list_shows_ids_and_never_a_key(ring, capsys):
    call_command("keys", "rotate", "cookie", "--at-once")
    capsys.readouterr()
    call_command("keys", "list")
    told = capsys.readouterr().out
    for key in ring.now().all(KeyUse.COOKIE):
        assert key.id in told
        assert key.value.hex() not in told
    assert told.count("in use") == len(KeyUse)


def test_the_edges_file_is_made_anew(ring, settings):
    settings.ENVIRONMENT.edge_key_ring.unlink()
    call_command("keys", "edge")
    assert ids(ring.edge().all(KeyUse.COOKIE)) == ids(ring.now().all(KeyUse.COOKIE))


def test_a_ring_that_cannot_be_read_is_a_sentence_and_stays_as_it_is(ring, settings):
    settings.ENVIRONMENT.key_ring.write_text(json.dumps({"version": 2}))
    for words in (("rotate", "cookie"), ("list",), ("edge",), ("retire", "x")):
        with pytest.raises(CommandError, match="version 1"):
            call_command("keys", *words)
    assert settings.ENVIRONMENT.key_ring.read_text() == '{"version": 2}'
